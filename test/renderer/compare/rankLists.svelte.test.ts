/** The rank lists of the chosen query and the cell that is active in them, without a page. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { client, host, reset } from './compareHost.svelte.ts';

vi.mock('../../../src-renderer/client.ts', () => import('./compareHost.svelte.ts'));

const { useQuery } = await import('../../../src-renderer/lib/query.svelte.ts');
const { EvaluationChoice } = await import('../../../src-renderer/views/compare/evaluationChoice.svelte.ts');
const { QueryQueue } = await import('../../../src-renderer/views/compare/queryQueue.svelte.ts');
const { RankLists } = await import('../../../src-renderer/views/compare/rankLists.svelte.ts');
const { createRowStore } = await import('../../../src-renderer/views/compare/rows.svelte.ts');
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
let close: () => void = () => undefined;

beforeEach(reset);
afterEach(() => close());

async function open(first: Record<string, string>) {
  let params = $state.raw(first);
  let ranks!: InstanceType<typeof RankLists>;
  close = $effect.root(() => {
    const read = (): Record<string, string> => params;
    const rows = createRowStore(client as never);
    const choice = new EvaluationChoice({ client: client as never, query: useQuery }, read);
    ranks = new RankLists(useQuery, choice, new QueryQueue(read, choice, rows), rows);
  });
  const go = async (next: Record<string, string>): Promise<void> => {
    params = next;
    for (let i = 0; i < 4; i++) {
      flushSync();
      await settle();
    }
    flushSync();
  };
  await go(first);
  return { ranks, go };
}

test('lists of the chosen query are read, those of the next one ahead, and the ones before stay meanwhile', async () => {
  const { ranks, go } = await open({ e: '1,2', q: '12' });
  expect(host.inputs('compare.ranks')).toEqual([12, 11].map((trackletId) => ({ evaluationIds: [1, 2], trackletId, top: 50 })));
  expect([ranks.listsOf, ranks.listOf(2)?.firstHit, ranks.listOf(3)]).toEqual([12, 1, null]);
  host.held = 'compare.ranks';
  await go({ e: '1,2', q: '13' });
  expect([ranks.listsOf, ranks.listOf(2)?.firstHit]).toEqual([12, 1]);
  host.release();
  await go({ e: '1,2', q: '13' });
  expect([ranks.listsOf, ranks.listOf(2)?.firstHit]).toEqual([13, 4]);
  expect(ranks.detail.data).toEqual({ id: 13 });
});

test('what was read ahead is shown without asking again', async () => {
  const { ranks, go } = await open({ e: '1,2', q: '12' });
  host.asked.length = 0;
  host.held = 'compare.ranks';
  await go({ e: '1,2', q: '11' });
  expect(ranks.listsOf).toBe(11);
  expect(host.inputs('compare.ranks')).toEqual([{ evaluationIds: [1, 2], trackletId: 13, top: 50 }]);
  host.release();
});

test('rows of all cells are read, and name what is under the pointer', async () => {
  const { ranks } = await open({ e: '1,2', q: '12' });
  expect(host.inputs('tracklets.rows')).toContainEqual({ ids: [112, 313, 212, 315, 314] });
  expect(ranks.hovered).toBeNull();
  ranks.hoveredId = 212;
  expect(ranks.hovered).toEqual({ trackletId: 212, name: 'person 212' });
  ranks.hoveredId = 999;
  expect(ranks.hovered).toEqual({ trackletId: 999, name: '' });
});

test('junk stands in its place, or is left out', async () => {
  const { ranks } = await open({ e: '1,2', q: '12' });
  const marks = () => ranks.cells.map((row) => row.map(({ mark }) => mark));
  expect(marks()).toEqual([
    ['junk', 'wrong', 'correct', 'wrong'],
    ['junk', 'correct', 'wrong'],
  ]);
  expect([ranks.most, ranks.activeCell?.mark]).toEqual([4, 'junk']);
  ranks.isJunkHidden = true;
  expect(marks()).toEqual([
    ['wrong', 'correct', 'wrong'],
    ['correct', 'wrong'],
  ]);
  expect([ranks.most, ranks.activeCell?.mark]).toEqual([3, 'wrong']);
});

test('the active cell stays within its list and in sight; with several lines the window moves by whole ones', async () => {
  host.cells = (_id, trackletId) => Array.from({ length: 40 }, (_, i) => ({ trackletId: trackletId + i, rank: i + 1, distance: i, mark: 'wrong' as const }));
  const { ranks } = await open({ e: '1', q: '12' });
  ranks.width = 1160;
  ranks.height = 120;
  expect(ranks.layout).toMatchObject({ lines: 1, columns: 9 });
  ranks.moveRank(-1);
  expect([ranks.rank, ranks.from]).toEqual([0, 0]);
  ranks.moveRank(10);
  expect([ranks.rank, ranks.from]).toEqual([10, 2]);
  ranks.moveRank(100);
  expect([ranks.rank, ranks.from, ranks.activeCell?.rank]).toEqual([39, 31, 40]);
  ranks.toStart();
  expect([ranks.rank, ranks.from]).toEqual([0, 0]);
  ranks.height = 430;
  const { lines, columns } = ranks.layout;
  expect(lines).toBeGreaterThan(1);
  ranks.moveRank(lines * columns);
  expect([ranks.rank, ranks.from]).toEqual([lines * columns, columns]);
});

test('the active row is one that is there, and an empty list has no active cell and no way to go', async () => {
  const { ranks, go } = await open({ e: '1,2', q: '12' });
  ranks.activate(1, 2);
  expect([ranks.active, ranks.activeCell]).toMatchObject([1, { trackletId: 314 }]);
  await go({ e: '1', q: '12' });
  expect([ranks.active, ranks.method]).toEqual([0, 1]);
  host.cells = () => [];
  host.change('Everything');
  await go({ e: '1', q: '13' });
  ranks.moveRank(1);
  expect([ranks.activeCell, ranks.rank, ranks.most]).toEqual([null, 2, 1]);
});
