/** The runs without a page: which is shown, what is picked, what keys ask of the host, what is asked before much goes, and what is told of a failure. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import type { CommandHandler } from '../../../src-renderer/lib/commands.svelte.ts';
import { rememberIn } from '../../../src-renderer/lib/remembered.ts';
import type { Route } from '../../../src-renderer/lib/route.ts';
import { emptyColumns } from '../../../src-renderer/views/runs/metricSeries.ts';
import { isKeptRuns, Runs } from '../../../src-renderer/views/runs/runs.svelte.ts';
import { evaluationOf } from '../../support/evaluationOf.ts';
import { fakeCalls } from '../support/fakeCalls.ts';
import { fakeStorage } from '../support/fakeStorage.ts';

const runOf = (id: string, more: object = {}) => ({
  id,
  name: `run ${id}`,
  method: 'plain',
  methodKnown: true,
  datasetId: 1,
  state: 'done',
  jobId: null,
  step: 100,
  steps: 100,
  epoch: 4,
  epochs: 4,
  secondsLeft: null,
  elapsedSeconds: 600,
  weightsHash: null as string | null,
  error: null,
  ...more,
});

let close: () => void = () => undefined;
let storage: ReturnType<typeof fakeStorage>;
beforeEach(() => (storage = fakeStorage()));
afterEach(() => close());

const settled = async (): Promise<void> => {
  flushSync();
  await new Promise((resolve) => setTimeout(resolve, 0));
  flushSync();
};

/** Three runs: one trains, one was evaluated for two protocols, one was stopped early. */
async function open(path: Partial<Route> = {}) {
  const host = $state({
    runs: [runOf('a', { state: 'running', step: 10, epoch: 0, jobId: 5 }), runOf('b'), runOf('c', { state: 'stopped', step: 5, epoch: 0, elapsedSeconds: 30 })],
    evaluations: [evaluationOf({ id: 1, runId: 'b' }), evaluationOf({ id: 2, runId: 'b', protocol: 'mars-a' })],
    /** By evaluation, why it is not of today. */
    reasons: {} as Record<number, string[]>,
    /** Runs in full that are not read yet. */
    unread: [] as string[],
  });
  const calls = fakeCalls({});
  const read: Record<string, (input: { id: string; evaluationIds?: number[] }) => unknown> = {
    'compare.today': ({ evaluationIds = [] }) => evaluationIds.map((evaluationId) => ({ evaluationId, reasons: host.reasons[evaluationId] ?? [] })),
    'runs.list': () => host.runs,
    'evaluations.list': () => host.evaluations,
    'runs.get': ({ id }) => (host.unread.includes(id) ? undefined : host.runs.find((run) => run.id === id)),
  };
  const query = (name: string, input: () => { id: string } | null) => ({
    get data() {
      const wanted = input();
      return wanted === null ? undefined : read[name]?.(wanted);
    },
    error: null,
    loading: false,
    refresh: () => undefined,
  });
  const route: Route = $state({ view: 'runs', id: null, params: {}, ...path });
  const followed = $state({ columns: emptyColumns(), lines: [], heardAt: 0, isReading: false });
  const time = $state({ monotonic: 0 });
  const follows: (string | null)[] = [];
  const navigate = vi.fn<(path: string, options?: object) => void>((to) => {
    const [view, id = null] = to.slice(1).split('?')[0]!.split('/');
    Object.assign(route, { view, id });
  });
  const say = vi.fn<(text: string) => void>();
  let runs!: Runs;
  close = $effect.root(() => {
    runs = new Runs({
      client: calls.client,
      query: query as never,
      route,
      navigate,
      jobs: { list: [] },
      follow(id) {
        $effect(() => void follows.push(id()));
        return followed;
      },
      time,
      kept: rememberIn(storage, 'runs', isKeptRuns),
      say,
    });
  });
  await settled();
  const page = { fillIn: vi.fn<() => void>(), findInLog: vi.fn<() => void>() };
  const commands = runs.commands(page) as Record<string, CommandHandler | (() => void)>;
  const handler = (id: string): CommandHandler => {
    const entry = commands[`runs.${id}`]!;
    return typeof entry === 'function' ? { press: entry } : entry;
  };
  const press = async (id: string): Promise<void> => {
    handler(id).press();
    await settled();
  };
  return { runs, host, calls, route, followed, time, follows, navigate, say, page, press, isEnabled: (id: string) => handler(id).enabled!() };
}

test('the run that the address names is shown, else the one that trains, else the first', async () => {
  const { runs, route, host, follows } = await open();
  expect([runs.selectedId, runs.shown?.id]).toEqual(['a', 'a']);
  route.id = 'c';
  await settled();
  expect([runs.selectedId, runs.shown?.id, runs.view?.run.id]).toEqual(['c', 'c', 'c']);
  route.id = 'gone';
  host.runs[0]!.state = 'done';
  await settled();
  expect(runs.selectedId).toBe('a');
  host.runs = [];
  await settled();
  expect([runs.selectedId, runs.shown, runs.view]).toEqual([null, null, null]);
  expect(follows).toEqual(['a', 'c', 'a', null]);
});

test('keys go from run to run as far as the list goes, without a trace in the history of the window', async () => {
  const { runs, press, navigate } = await open();
  await press('previous');
  expect(runs.selectedId).toBe('a');
  await press('next');
  await press('next');
  await press('next');
  expect(runs.selectedId).toBe('c');
  expect(navigate.mock.calls.map(([path, options]) => [path, options])).toEqual(['a', 'b', 'c', 'c'].map((id) => [`/runs/${id}`, { replace: true }]));
});

test('the run of before stays until the next one is read, and is not taken for it', async () => {
  const { runs, host, route } = await open();
  host.unread = ['b'];
  route.id = 'b';
  await settled();
  expect([runs.selectedId, runs.shown?.id, runs.view?.run.id]).toEqual(['b', 'a', 'b']);
  host.unread = [];
  await settled();
  expect(runs.shown?.id).toBe('b');
});

test('what was heard of the run on screen is newer than the list, and silence makes it stalled', async () => {
  const { runs, followed, time } = await open();
  followed.columns = { step: Int32Array.of(11, 12, 13), epoch: Int32Array.of(0, 1, 1), seconds: Float32Array.of(20, 21, 22), series: {} };
  followed.heardAt = 1000;
  time.monotonic = 3000;
  await settled();
  expect([runs.view?.run.step, runs.view?.run.epoch, runs.view?.state]).toEqual([13, 1, 'running']);
  expect(runs.views[1]?.run.step).toBe(100);
  time.monotonic = 12_000;
  await settled();
  expect([runs.view?.state, runs.views[1]?.state]).toEqual(['stalled', 'done']);
});

test('runs that were evaluated are picked and compared; one that goes is picked no more', async () => {
  const { runs, host, press, isEnabled, navigate } = await open();
  expect([isEnabled('pick'), isEnabled('compare')]).toEqual([false, false]);
  runs.select('b');
  await settled();
  expect(isEnabled('pick')).toBe(true);
  await press('pick');
  expect([[...runs.picked], isEnabled('compare')]).toEqual([['b'], true]);
  await press('compare');
  expect(navigate.mock.lastCall![0]).toMatch(/^\/compare\?e=\d/);
  runs.pick('c');
  runs.pick('c');
  expect([...runs.picked]).toEqual(['b']);
  host.runs = host.runs.filter((run) => run.id !== 'b');
  await settled();
  expect([...runs.picked]).toEqual([]);
});

test('a result is outdated once the data set would be asked otherwise, or the run was trained on', async () => {
  const { runs, host } = await open({ id: 'b' });
  expect([...runs.older]).toEqual([]);
  host.reasons = { 1: ['the lists were changed'] };
  await settled();
  expect([...runs.older]).toEqual([[1, 'outdated, the lists were changed']]);
  expect(runs.results.groups.map(({ words }) => /; outdated, the lists were changed$/.test(words)).sort()).toEqual([false, true]);
  host.runs = host.runs.map((run) => (run.id === 'b' ? { ...run, weightsHash: 'trained on' } : run));
  await settled();
  expect([...runs.older]).toEqual([
    [1, 'outdated, the lists were changed'],
    [2, 'outdated, the run was trained on after this evaluation'],
  ]);
});

test('what is picked and asked outlives the view', async () => {
  const first = await open();
  first.runs.pick('b');
  first.runs.askedQuestion = first.runs.results.groups[1]!.key;
  await settled();
  const { chosen } = first.runs.results;
  close();
  const { runs } = await open();
  expect([[...runs.picked], runs.results.chosen?.key]).toEqual([['b'], chosen?.key]);
});

test('stop and resume ask for the run that is shown, where it can be', async () => {
  const { runs, press, calls, isEnabled } = await open();
  expect([isEnabled('stop'), isEnabled('resume')]).toEqual([true, false]);
  runs.resume();
  await press('stop');
  runs.select('c');
  await settled();
  expect([isEnabled('stop'), isEnabled('resume')]).toEqual([false, true]);
  runs.stop();
  await press('resume');
  runs.resume({ identitiesPerBatch: 4 });
  await settled();
  expect(calls.asked).toEqual([
    { name: 'runs.stop', input: { id: 'a' } },
    { name: 'runs.resume', input: { id: 'c' } },
    { name: 'runs.resume', input: { id: 'c', batch: { identitiesPerBatch: 4 } } },
  ]);
});

test('nothing is asked twice while an answer is awaited, and a failure stands until the next try', async () => {
  const { runs, press, calls } = await open();
  calls.hold('runs.stop');
  await press('stop');
  await press('stop');
  expect([runs.isBusy, calls.asked.length]).toEqual([true, 1]);
  calls.waiting[0]!.fail(new AppError('INTERNAL', 'It does not stop.'));
  await settled();
  expect([runs.isBusy, runs.problem?.message]).toEqual([false, 'It does not stop.']);
  await press('stop');
  expect(runs.problem).toBe(null);
});

test('a name is trimmed and none is no name; a refusal leaves the question, with the reason', async () => {
  const { runs, press, calls } = await open({ id: 'b' });
  runs.problem = { code: 'INTERNAL', message: 'of before', remedy: '', params: {} };
  await press('rename');
  expect([runs.newName, runs.problem]).toEqual(['run b', null]);
  runs.newName = '  ';
  await runs.rename();
  runs.newName = ' new ';
  calls.broken.set('runs.rename', new AppError('BAD_INPUT', 'There is one of that name.'));
  await runs.rename();
  expect([runs.question?.kind, runs.problem?.message]).toEqual(['rename', 'There is one of that name.']);
  calls.broken.clear();
  await runs.rename();
  expect([runs.question, calls.inputs('runs.rename')]).toEqual([null, [1, 2].map(() => ({ id: 'b', name: 'new' }))]);
});

test('a little work without results is removed at once; more is asked about first', async () => {
  const { runs, press, calls, say, navigate } = await open({ id: 'c' });
  await press('remove');
  await settled();
  expect([runs.question, calls.inputs('runs.remove'), say.mock.calls]).toEqual([null, [{ id: 'c' }], [['Removed run c; undo brings it back']]]);
  expect(navigate.mock.lastCall).toEqual(['/runs', { replace: true }]);
  runs.select('b');
  await settled();
  runs.pick('b');
  await press('remove');
  expect([runs.question?.kind, runs.evaluationsOf('b').length, calls.inputs('runs.remove').length]).toEqual(['remove', 2, 1]);
  await runs.remove();
  expect([runs.question, [...runs.picked], calls.inputs('runs.remove').at(-1)]).toEqual([null, [], { id: 'b' }]);
});

test('a question is about the run it was asked of, whichever is shown when it is answered', async () => {
  const { runs, host, press, calls } = await open();
  host.runs[0]!.state = 'done';
  await settled();
  await press('rename');
  runs.newName = 'first';
  // Another one starts, and the address names none.
  host.runs[1]!.state = 'running';
  await settled();
  expect([runs.selectedId, runs.questioned?.id]).toEqual(['b', 'a']);
  await runs.rename();
  expect(calls.inputs('runs.rename')).toEqual([{ id: 'a', name: 'first' }]);
});

test('who has gone elsewhere while a run was removed stays there', async () => {
  for (const [view, id] of [
    ['compare', null],
    ['runs', 'b'],
  ] as const) {
    const { press, calls, route, navigate, say } = await open({ id: 'c' });
    calls.hold('runs.remove');
    await press('remove');
    Object.assign(route, { view, id });
    calls.letGo('runs.remove');
    await settled();
    expect([navigate.mock.calls, say.mock.calls.length]).toEqual([[], 1]);
    close();
  }
});

test('a new run starts from the one shown, again each time', async () => {
  const { runs } = await open({ id: 'b' });
  runs.likeThis();
  const first = runs.like;
  runs.likeThis();
  expect([first?.id, runs.like === first]).toEqual(['b', false]);
});

test('form and log are reached by their keys', async () => {
  const { runs, press, page } = await open();
  await press('new');
  await press('findInLog');
  await press('log');
  expect([page.fillIn.mock.calls.length, page.findInLog.mock.calls.length, runs.isLogOnly]).toEqual([1, 1, true]);
});
