/** What keys and pointer do in Compare, and what is said of what is shown, without a page: address, choice, pair and playing, findings, figures. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CommandHandler } from '../../../src-renderer/lib/commands.svelte.ts';
import { fakeWindow } from '../support/fakeWindow.ts';
import { client, host, reset } from './compareHost.svelte.ts';

vi.mock('../../../src-renderer/client.ts', () => import('./compareHost.svelte.ts'));

const page = fakeWindow();
const { useQuery } = await import('../../../src-renderer/lib/query.svelte.ts');
const { Comparison } = await import('../../../src-renderer/views/compare/compare.svelte.ts');
const { navigate, route } = await import('../../../src-renderer/lib/router.svelte.ts');
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
let close: () => void = () => undefined;

beforeEach(reset);
afterEach(() => {
  close();
  vi.useRealTimers();
});

async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    flushSync();
    await settle();
  }
  flushSync();
}

async function open(path: string) {
  navigate(path);
  let comparison!: InstanceType<typeof Comparison>;
  close = $effect.root(() => {
    comparison = new Comparison({ client: client as never, query: useQuery, route, navigate });
  });
  await settled();
  const search = vi.fn<() => void>();
  const commands = comparison.commands(search) as Record<string, CommandHandler | (() => void)>;
  const handler = (id: string): CommandHandler => {
    const entry = commands[`compare.${id}`]!;
    return typeof entry === 'function' ? { press: entry } : entry;
  };
  const press = async (id: string): Promise<void> => {
    handler(id).press();
    await settled();
  };
  return { comparison, press, search, isEnabled: (id: string) => handler(id).enabled?.() ?? true };
}
/** Of two over one the gains are: 12 most, then 11, then 13; 14 has no match. */
const BOTH = '/compare?e=1%2C2';

test('keys go from query to query as far as the list goes, from its first rank, and say so in the address', async () => {
  const { comparison, press } = await open(BOTH);
  expect(comparison.queue.selectedId).toBe(12);
  await press('nextRank');
  expect(comparison.ranks.rank).toBe(1);
  await press('nextQuery');
  expect([page.location.hash, comparison.queue.selectedId, comparison.ranks.rank]).toEqual([`#${BOTH}&q=11`, 11, 0]);
  await press('lastQuery');
  expect(comparison.queue.selectedId).toBe(14);
  await press('nextQuery');
  expect(comparison.queue.selectedId).toBe(14);
  await press('previousQuery');
  expect(comparison.queue.selectedId).toBe(13);
  await press('firstQuery');
  expect(comparison.queue.selectedId).toBe(12);
});

test('the filter stands in the address beside all else, its words say what it leaves, and one key clears it', async () => {
  const { comparison, press, isEnabled } = await open(`${BOTH}&q=11&order=loss`);
  expect(isEnabled('clearFilters')).toBe(false);
  comparison.setFilter({ cell: 'onlyB' });
  await settled();
  comparison.setFilter({ cameraId: 1 });
  await settled();
  expect(route.params).toEqual({ e: '1,2', q: '11', cell: 'onlyB', camera: '1', order: 'loss' });
  expect(comparison.inForce.map(({ words }) => words)).toEqual(['B finds it, A does not', 'Gate']);
  expect(comparison.caption).toBe('set 1, Market protocol, cosine distance, 3 queries in a gallery of 9 · only: B finds it, A does not, Gate · labels r7');
  expect(comparison.queue.queries.map(({ trackletId }) => trackletId)).toEqual([12]);
  await press('clearFilters');
  expect(route.params).toEqual({ e: '1,2', q: '11', order: 'loss' });
});

test('the bar says how queries are sorted', async () => {
  const { comparison } = await open(BOTH);
  expect(comparison.orderWords).toBe('Sorted by B − A, largest gain first');
  comparison.show({ order: 'loss' });
  await settled();
  expect(comparison.orderWords).toBe('Sorted by B − A, largest loss first');
  comparison.show({ order: 'identity' });
  await settled();
  expect(comparison.orderWords).toBe('By identity');
});

test('methods are gone through in a ring; another than the reference is what it is compared with from then on', async () => {
  host.evaluations.push({ ...host.evaluations[1]!, id: 4, runName: 'three' });
  for (const query of host.queries.values()) {
    query.ap[4] = query.ap[2]!;
    query.firstHit[4] = query.firstHit[2]!;
  }
  const { comparison, press } = await open('/compare?e=1%2C2%2C4');
  await press('previousMethod');
  expect([comparison.ranks.active, comparison.queue.pair]).toEqual([2, { a: 0, b: 2 }]);
  await press('nextMethod');
  expect([comparison.ranks.active, comparison.queue.pair]).toEqual([0, { a: 0, b: 2 }]);
  comparison.comparedWith(1);
  await settled();
  expect([comparison.ranks.active, comparison.queue.pair, route.params['with']]).toEqual([1, { a: 0, b: 1 }, undefined]);
});

test('a row becomes the reference, and the reference itself cannot', async () => {
  const { comparison, press, isEnabled } = await open(`${BOTH}&q=13`);
  expect(isEnabled('reference')).toBe(false);
  await press('nextMethod');
  expect(isEnabled('reference')).toBe(true);
  await press('reference');
  expect([route.params, comparison.ranks.active, comparison.choice.evaluations.map(({ id }) => id)]).toEqual([{ e: '2,1', q: '13' }, 0, [2, 1]]);
});

test('a choice keeps the query while it keeps an evaluation, and none is no choice', async () => {
  const { comparison } = await open(`${BOTH}&q=13`);
  comparison.choose([]);
  expect(route.params['e']).toBe('1,2');
  comparison.choose([2]);
  await settled();
  expect(route.params).toEqual({ e: '2', q: '13' });
  comparison.choose([3]);
  await settled();
  expect(route.params).toEqual({ e: '3' });
});

test('runs that were evaluated again are shown beside the others', async () => {
  const { comparison } = await open('/compare?e=1');
  await comparison.showAgain(['two']);
  await settled();
  expect(comparison.choice.ids).toEqual([1, 2]);
});

test('it stays as it is once the address names another view', async () => {
  const { comparison, press } = await open(`${BOTH}&q=13`);
  await press('annotateQuery');
  expect(page.location.hash).toBe('#/annotate/13');
  expect([comparison.queue.selectedId, comparison.choice.ids]).toEqual([13, [1, 2]]);
});

test('the pair opens of the active cell and closes; search, distances and junk have their keys', async () => {
  const { comparison, press, search, isEnabled } = await open(`${BOTH}&q=13`);
  expect([isEnabled('open'), isEnabled('back')]).toEqual([true, false]);
  await press('open');
  expect([comparison.isPairOpen, isEnabled('back')]).toEqual([true, true]);
  await press('back');
  expect(comparison.isPairOpen).toBe(false);
  await press('distances');
  await press('junk');
  await press('search');
  expect([comparison.ranks.hasDistance, comparison.ranks.isJunkHidden, search.mock.calls.length]).toEqual([false, true, 1]);
});

test('strips play in step, eight times a second, and rest while the pair is open', async () => {
  const { comparison } = await open(BOTH);
  vi.useFakeTimers();
  const after = (ms: number): number => {
    flushSync();
    vi.advanceTimersByTime(ms);
    return comparison.tick;
  };
  expect(after(1000)).toBe(0);
  comparison.togglePlaying();
  expect(after(1000)).toBe(8);
  comparison.isPairOpen = true;
  expect(after(1000)).toBe(8);
  comparison.isPairOpen = false;
  expect(after(250)).toBe(10);
  comparison.togglePlaying();
  expect(after(1000)).toBe(10);
});

test('figures that differ from a report are found, and so is a list that differs from its query, but only where it is shown', async () => {
  const { comparison } = await open(`${BOTH}&q=13`);
  expect(comparison.findings).toEqual([]);
  close();
  reset();
  host.evaluations[1] = { ...host.evaluations[1]!, mAP: 0.6 };
  host.cells = (_id, trackletId) => [{ trackletId, rank: 1, distance: 0, mark: 'correct' }];
  const other = (await open(`${BOTH}&q=13`)).comparison;
  expect(other.findings.map(({ figure, runName }) => `${figure} of ${runName}`)).toEqual(['mAP of two', 'rank of correct match 1 of two']);
});

test('table and curves are of what the filter leaves; the chart by stratum shows the other strata too', async () => {
  const { comparison } = await open(BOTH);
  const { figures } = comparison;
  // Means of 1, 1/2, 1 and of 1/2, 1, 1/4.
  const mAP = figures.all!.methods.map((method) => method.mAP.value!);
  expect(mAP[0]).toBeCloseTo(5 / 6, 12);
  expect(mAP[1]).toBeCloseTo(7 / 12, 12);
  expect(figures.paired).toMatchObject({ onlyA: 2, onlyB: 1, bothRight: 0, bothWrong: 0 });
  expect(figures.curves.map(({ name, cmc }) => [name, cmc])).toEqual([
    ['A one', [2 / 3, 1]],
    ['B two', [1 / 3, 2 / 3]],
  ]);
  const stratum = figures.all!.strata.findIndex(({ n }) => n === 1);
  comparison.setFilter({ stratum });
  await settled();
  expect([figures.all?.n, figures.byStratum?.strata.reduce((sum, { n }) => sum + n, 0)]).toEqual([1, 3]);
  comparison.choose([1]);
  await settled();
  expect([figures.all?.methods.length, figures.paired]).toEqual([1, null]);
});
