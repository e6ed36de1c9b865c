/** Which evaluations stand side by side, without a page. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { evaluationOf, questionOf } from '../../support/evaluationOf.ts';
import { client, host, reset } from './compareHost.svelte.ts';

vi.mock('../../../src-renderer/client.ts', () => import('./compareHost.svelte.ts'));

const { useQuery } = await import('../../../src-renderer/lib/query.svelte.ts');
const { EvaluationChoice } = await import('../../../src-renderer/views/compare/evaluationChoice.svelte.ts');
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
let close: () => void = () => undefined;

beforeEach(reset);
afterEach(() => close());

async function open(first: Record<string, string> = {}) {
  let params = $state.raw(first);
  let choice!: InstanceType<typeof EvaluationChoice>;
  close = $effect.root(() => {
    choice = new EvaluationChoice({ client: client as never, query: useQuery }, () => params);
  });
  const go = async (next: Record<string, string>): Promise<void> => {
    params = next;
    flushSync();
    await settle();
    flushSync();
  };
  await go(first);
  await go(first);
  return { choice, go };
}

test('an address that names none shows those of one question, the lower mAP as the reference', async () => {
  const { choice } = await open();
  expect(choice.ids).toEqual([2, 1]);
  expect(host.inputs('compare.load')).toEqual([{ evaluationIds: [2, 1], reference: 2 }]);
  expect([choice.letters, choice.names]).toEqual([
    ['A', 'B'],
    ['A two', 'B one'],
  ]);
  expect(choice.looks.map(({ shape }) => shape)).toEqual(['circle', 'square']);
});

test('what the address names stands in its order, and others of it are checked with them', async () => {
  host.checks = [
    { evaluationId: 1, differences: [{ words: 'clips: 4 / 8', parts: false }], isOutdated: false, reasons: [], again: [] },
    { evaluationId: 2, differences: [{ words: 'distance', parts: true }], isOutdated: true, reasons: ['labels changed'], again: [] },
    { evaluationId: 3, differences: [{ words: 'not shown', parts: false }], isOutdated: true, reasons: [], again: [] },
  ];
  const { choice } = await open({ e: '1,3,2,77' });
  expect([choice.ids, choice.asked.others, choice.asked.gone]).toEqual([[1, 2], [3], 1]);
  expect(host.inputs('compare.check')).toEqual([{ evaluationIds: [1, 2, 3], reference: 1 }]);
  expect(choice.told).toEqual(['clips: 4 / 8']);
  expect(choice.outdated.map(({ id }) => id)).toEqual([2]);
});

test('at most 64 are checked in one call', async () => {
  host.evaluations = Array.from({ length: 90 }, (_, i) => evaluationOf({ id: i + 1, distance: i === 0 ? 'cosine' : 'euclidean' }));
  await open({ e: host.evaluations.map(({ id }) => id).join(',') });
  expect((host.inputs('compare.check')[0] as { evaluationIds: number[] }).evaluationIds).toEqual(Array.from({ length: 64 }, (_, i) => i + 1));
});

test('what is on screen stays until the next answer is there', async () => {
  const { choice, go } = await open({ e: '1' });
  host.held = 'compare.load';
  await go({ e: '1,2' });
  expect([choice.ids, choice.evaluations.map(({ id }) => id)]).toEqual([[1, 2], [1]]);
  host.release();
  await go({ e: '1,2' });
  expect(choice.evaluations.map(({ id }) => id)).toEqual([1, 2]);
});

test('runs that were evaluated again join with what answers the question, of their data set, protocol and distance, in the place of what was shown of them', async () => {
  const { choice, go } = await open({ e: '1' });
  host.evaluations.push(
    evaluationOf({ id: 4, runId: 'two' }),
    evaluationOf({ id: 5, runId: 'two', protocol: 'odv' }),
    evaluationOf({ id: 6, runId: 'two', datasetId: 2 }),
  );
  expect(await choice.withRuns(['two'])).toEqual([1, 4]);
  expect(await choice.withRuns([])).toEqual([1]);
  await go({ e: '2,1' });
  expect(await choice.withRuns(['two'])).toEqual([4, 1]);
  expect(host.inputs('compare.today')).toEqual([]);
  // Of other lists: which of them is of today is asked.
  host.evaluations.push(evaluationOf({ id: 7, runId: 'two', question: questionOf({ queries: { hash: 'fewer', count: 2 } }) }));
  host.reasons = { 4: ['lists'] };
  expect(await choice.withRuns(['two'])).toEqual([7, 1]);
  host.reasons = { 7: ['lists'] };
  expect(await choice.withRuns(['two'])).toEqual([4, 1]);
  expect(host.inputs('compare.today')).toEqual([{ evaluationIds: [7, 4] }, { evaluationIds: [7, 4] }]);
});

test('without an address, those of today are shown, once it is known which they are', async () => {
  const question = questionOf({ queries: { hash: 'before', count: 2 } });
  host.evaluations.push(evaluationOf({ id: 8, runId: 'one', question, createdAt: 20 }), evaluationOf({ id: 9, runId: 'two', question, createdAt: 21 }));
  host.reasons = { 9: ['the lists were changed'] };
  host.held = 'compare.today';
  const { choice, go } = await open();
  expect([choice.ids, host.inputs('compare.today')]).toEqual([[], [{ evaluationIds: [9, 2] }]]);
  host.release();
  await go({});
  expect(choice.ids).toEqual([2, 1]);
  expect(choice.groups.map(({ isOlder, evaluations }) => [isOlder, evaluations.map(({ id }) => id)])).toEqual([
    [false, [3]],
    [false, [1, 2]],
    [true, [8, 9]],
  ]);
  expect(choice.groups[2]?.words).toMatch(/; older, of .*, the lists were changed$/);
});

test('a project without evaluations asks for none', async () => {
  host.evaluations = [];
  const { choice } = await open({ e: '1' });
  expect([choice.ids, choice.loaded, await choice.withRuns(['one'])]).toEqual([[], null, null]);
  expect([...host.inputs('compare.load'), ...host.inputs('compare.check')]).toEqual([]);
});
