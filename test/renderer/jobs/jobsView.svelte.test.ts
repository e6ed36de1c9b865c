/** The jobs without a page: groups, which is chosen, keys, what is asked of the host and what is told of a failure. */
import { flushSync } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import type { CommandHandler } from '../../../src-renderer/lib/commands.svelte.ts';
import type { Route } from '../../../src-renderer/lib/route.ts';
import { ShownJobs } from '../../../src-renderer/views/jobs/jobsView.svelte.ts';
import { fakeCalls } from '../support/fakeCalls.ts';

const jobOf = (id: number, state: string, more: object = {}) => ({
  id,
  state,
  kind: 'import',
  group: 'data',
  shows: 'dataset',
  title: `job ${id}`,
  runId: null,
  datasetId: null,
  after: [],
  error: null,
  dismissed: false,
  ...more,
});

let close: () => void = () => undefined;
afterEach(() => close());
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

function open(list: object[] = [jobOf(3, 'running'), jobOf(4, 'waiting'), jobOf(2, 'failed'), jobOf(1, 'done', { datasetId: 7 })]) {
  const calls = fakeCalls({});
  const route: Route = $state({ view: 'jobs', id: null, params: {} });
  const jobs = $state({ list: list as never[] });
  const navigate = vi.fn<(path: string, options?: object) => void>((to) => {
    const [view, id = null] = to.slice(1).split('?')[0]!.split('/');
    Object.assign(route, { view, id });
  });
  const followed: (number | null)[] = [];
  let shown!: ShownJobs;
  close = $effect.root(() => {
    shown = new ShownJobs({
      client: calls.client,
      route,
      navigate,
      jobs,
      followLog(id) {
        $effect(() => void followed.push(id()));
        return { lines: [], isReading: false };
      },
    });
  });
  flushSync();
  const findInLog = vi.fn<() => void>();
  const commands = shown.commands(findInLog) as Record<string, CommandHandler | (() => void)>;
  const handler = (id: string): CommandHandler => {
    const entry = commands[`jobs.${id}`]!;
    return typeof entry === 'function' ? { press: entry } : entry;
  };
  const press = async (id: string): Promise<void> => {
    handler(id).press();
    await settled();
    flushSync();
  };
  return { shown, calls, route, jobs, navigate, followed, findInLog, press, isEnabled: (id: string) => handler(id).enabled!() };
}

test('jobs stand in groups that have any, and the first is chosen until the address names one', () => {
  const { shown, route, followed } = open();
  expect(shown.groups.map(({ title, list }) => [title, list.map(({ id }) => id)])).toEqual([
    ['Running and waiting', [3, 4]],
    ['Failed or interrupted', [2]],
    ['Ended', [1]],
  ]);
  expect([shown.selected?.id, shown.ended]).toEqual([3, 2]);
  route.id = '2';
  flushSync();
  route.id = 'gone';
  flushSync();
  expect([shown.selected?.id, followed]).toEqual([3, [3, 2, 3]]);
  close();
  const none = open([]);
  expect([none.shown.groups, none.shown.selected, none.shown.target, none.isEnabled('clear')]).toEqual([[], null, null, false]);
});

test('keys go through the groups as one list, and the one that is chosen stays when it ends', async () => {
  const { shown, press, jobs, navigate } = open();
  await press('previous');
  await press('next');
  await press('next');
  expect(shown.selected?.id).toBe(2);
  await press('next');
  await press('next');
  expect(shown.selected?.id).toBe(1);
  expect(navigate.mock.lastCall).toEqual(['/jobs/1', { replace: true }]);
  await press('previous');
  await press('previous');
  jobs.list = [jobOf(3, 'running'), jobOf(4, 'done')] as never[];
  flushSync();
  expect(shown.selected?.id).toBe(4);
});

test('what can be done with the one that is chosen depends on its state, and the host is asked for it', async () => {
  const { press, calls, isEnabled, route, navigate } = open();
  const can = () => ['cancel', 'retry', 'open'].map(isEnabled);
  expect(can()).toEqual([true, false, false]);
  await press('cancel');
  route.id = '2';
  expect(can()).toEqual([false, true, false]);
  await press('retry');
  route.id = '1';
  expect(can()).toEqual([false, false, true]);
  await press('open');
  expect(navigate.mock.lastCall![0]).toBe('/datasets/7');
  await press('clear');
  expect(calls.asked).toEqual([
    { name: 'jobs.cancel', input: { id: 3 } },
    { name: 'jobs.retry', input: { id: 2 } },
    { name: 'jobs.clear', input: {} },
  ]);
});

test('what failed stands until the next try', async () => {
  const { shown, press, calls } = open();
  calls.broken.set('jobs.cancel', new AppError('NOT_FOUND', 'There is no job 3.'));
  await press('cancel');
  expect(shown.problem?.message).toBe('There is no job 3.');
  calls.broken.clear();
  await press('cancel');
  expect(shown.problem).toBe(null);
});

test('the log is searched by its key', async () => {
  const { press, findInLog } = open();
  await press('findInLog');
  expect(findInLog).toHaveBeenCalledOnce();
});
