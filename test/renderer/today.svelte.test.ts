/** Which questions are of today, without a page: where one is chosen only those to tell apart are asked about, where figures are shown all. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { askedSeveralWays, newestOfEach, questionKey } from '../../src-shared/evaluation/question.ts';
import { evaluationOf, questionOf } from '../support/evaluationOf.ts';
import { host, reset } from './compare/compareHost.svelte.ts';

vi.mock('../../src-renderer/client.ts', () => import('./compare/compareHost.svelte.ts'));

const { useQuery } = await import('../../src-renderer/lib/query.svelte.ts');
const { useToday } = await import('../../src-renderer/lib/today.svelte.ts');
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
let close: () => void = () => undefined;

const before = evaluationOf({ id: 4, question: questionOf({ queries: { hash: 'before', count: 2 } }) });
const now = evaluationOf({ id: 5 });

beforeEach(reset);
afterEach(() => close());

async function open(first: (typeof now)[] | undefined, of = askedSeveralWays<typeof now>) {
  let evaluations = $state.raw(first);
  let today!: ReturnType<typeof useToday>;
  close = $effect.root(() => {
    today = useToday(() => evaluations, useQuery, of);
  });
  const give = async (next: typeof first): Promise<void> => {
    evaluations = next;
    flushSync();
    await settle();
    flushSync();
  };
  await give(first);
  return { today, give };
}

test('nothing is known before the evaluations are, and nothing is asked where each request has one question', async () => {
  const { today, give } = await open(undefined);
  expect(today.reasons).toBe(null);
  await give([now, evaluationOf({ id: 6, runId: 'other' }), evaluationOf({ id: 7, distance: 'euclidean' })]);
  expect([today.reasons, host.inputs('compare.today')]).toEqual([new Map(), []]);
});

test('of several, the newest of each question is asked; what was known stays until the next answer is there', async () => {
  host.reasons = { 4: ['lists'] };
  const { today, give } = await open([before, now, evaluationOf({ id: 3, runId: 'other' })]);
  const known = new Map([
    [questionKey(now), []],
    [questionKey(before), ['lists']],
  ]);
  expect([today.reasons, host.inputs('compare.today')]).toEqual([known, [{ evaluationIds: [5, 4] }]]);
  host.held = 'compare.today';
  await give([before, now, evaluationOf({ id: 8, runId: 'other' })]);
  expect(today.reasons).toEqual(known);
  host.reasons = { 8: ['pictures'] };
  host.release();
  await settle();
  flushSync();
  expect(today.reasons).toEqual(
    new Map([
      [questionKey(now), ['pictures']],
      [questionKey(before), []],
    ]),
  );
});

test('where it cannot be told, the newest stands for today', async () => {
  host.broken = 'compare.today';
  const { today } = await open([before, now]);
  expect(today.reasons).toEqual(new Map());
});

test('where figures are shown as those of today, every question is asked about, also the only one of its request', async () => {
  host.reasons = { 6: ['lists'] };
  const { today } = await open(
    [now, evaluationOf({ id: 6, runId: 'other', createdAt: 60 }), evaluationOf({ id: 7, distance: 'euclidean', createdAt: 1 })],
    newestOfEach,
  );
  expect(host.inputs('compare.today')).toEqual([{ evaluationIds: [6, 7] }]);
  expect([...(today.reasons ?? [])].map(([, reasons]) => reasons)).toEqual([['lists'], []]);
});
