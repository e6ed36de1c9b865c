/** Evaluating again out of Compare, without a page: what was asked for outlives the view, and its result takes the place of the one before. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import { fakeCalls } from '../support/fakeCalls.ts';
import { fakeWindow } from '../support/fakeWindow.ts';

fakeWindow();
const { EvaluateAgain } = await import('../../../src-renderer/views/compare/evaluateAgain.svelte.ts');

const jobs = $state({ list: [] as Job[] });
const job = (id: number, state: Job['state'], error: Job['error'] = null) => ({ id, state, error }) as Job;
const OF_ONE = { runId: 'one', datasetId: 1, protocol: 'market', distance: 'cosine' } as const;
const OF_TWO = { ...OF_ONE, runId: 'two' } as const;
let calls = fakeCalls({});
let close: () => void = () => undefined;

beforeEach(() => {
  sessionStorage.removeItem('place.evaluatedAgain');
  jobs.list = [];
  let next = 7;
  calls = fakeCalls({ 'evaluations.start': () => ({ jobId: next++ }) });
});
afterEach(() => close());

function open(ids: readonly number[]) {
  close();
  let shown = $state.raw(ids);
  const onready = vi.fn<(runIds: string[]) => void>();
  let again!: InstanceType<typeof EvaluateAgain>;
  close = $effect.root(() => {
    again = new EvaluateAgain({ client: calls.client as never, jobs, shown: () => shown, onready });
  });
  flushSync();
  return {
    again,
    onready,
    show(next: readonly number[]) {
      shown = next;
      flushSync();
    },
  };
}
function now(...list: Job[]): void {
  jobs.list = list;
  flushSync();
}

test('who leaves and comes back finds it at work, and then its result', async () => {
  const first = open([1, 2]);
  await first.again.start([OF_ONE, OF_TWO]);
  now(job(7, 'running'), job(8, 'waiting'));
  expect(first.again.isWorking([OF_ONE, OF_TWO])).toBe(true);
  const back = open([]);
  expect([back.again.isWorking([OF_ONE]), back.again.isWorking([{ ...OF_ONE, distance: 'euclidean' }])]).toEqual([true, false]);
  await back.again.start([OF_ONE]);
  expect(calls.inputs('evaluations.start')).toEqual([OF_ONE, OF_TWO]);
  back.show([1, 2]);
  now(job(7, 'done'), job(8, 'waiting'));
  expect(back.onready).not.toHaveBeenCalled();
  now(job(7, 'done'), job(8, 'done'));
  expect(back.onready.mock.calls).toEqual([[['one', 'two']]]);
  expect(open([1, 2]).onready).not.toHaveBeenCalled();
});

test('what ended meanwhile is shown when its comparison is shown again, and only there', async () => {
  await open([1]).again.start([OF_ONE]);
  now(job(7, 'done'));
  await open([1]).again.start([OF_ONE]);
  const elsewhere = open([3, 4]);
  now(job(7, 'done'), job(8, 'done'));
  expect(elsewhere.onready).not.toHaveBeenCalled();
  elsewhere.show([1]);
  expect(elsewhere.onready.mock.calls).toEqual([[['one']]]);
});

test('why it failed is said, and it can be asked for again', async () => {
  const { again, onready } = open([1]);
  await again.start([OF_ONE]);
  const error = { code: 'MEDIA_MISSING', message: 'gone', remedy: 'Locate it.', params: {} };
  now(job(7, 'failed', error));
  expect([again.problem, again.isWorking([OF_ONE]), onready.mock.calls.length]).toEqual([error, false, 0]);
  await again.start([OF_ONE]);
  expect(again.problem).toBeNull();
  expect(calls.inputs('evaluations.start')).toHaveLength(2);
});
