/** Calls of domain `jobs` on a real database: what is asked of them happens to the rows, and is still so after a restart. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobRunner } from '../../../src-main/jobs/queue.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';
import { manual } from '../jobs/support/queueOn.ts';

let project: TestProject;
let client: RpcClient;
const strips = manual('io');

beforeAll(async () => {
  project = await openTestProject();
  client = project.host.client();
  project.host.context.jobs.registerRunner('strips', strips);
});
afterAll(() => project[Symbol.asyncDispose]());

const start = (title: string, after: number[] = []): Promise<number> =>
  project.host.context.jobs.start({ kind: 'strips', title, params: { of: title, nothing: null }, after });
const states = async (): Promise<unknown[]> => (await client.call('jobs.list', {})).map(({ title, state, dismissed }) => [title, state, dismissed]);

test('a row keeps all of a job, and each call does what it is named after', async () => {
  const { db, jobs } = project.host.context;
  const [ok, bad, running] = [await start('ok'), await start('bad'), await start('running')];
  const waiting = await start('waiting', [running]);
  const tools = strips.tools.get(running)!;
  tools.log('info', 'halfway');
  strips.running.get(ok)?.resolve({ frames: [1, 2], none: null });
  strips.running.get(bad)?.reject(new AppError('DISK_FULL', 'No room.', { need: 3 }));
  expect(await jobs.wait(ok)).toEqual({ frames: [1, 2], none: null });
  await expect(jobs.wait(bad)).rejects.toMatchObject({ code: 'DISK_FULL', params: { need: 3 } });

  expect(await db.read('jobs', 'one', { id: ok })).toMatchObject({
    kind: 'strips',
    title: 'ok',
    state: 'done',
    params: { of: 'ok', nothing: null },
    after: [],
    result: { frames: [1, 2], none: null },
    error: null,
    dismissed: false,
    runId: null,
    datasetId: null,
  });
  expect(await db.read('jobs', 'one', { id: bad })).toMatchObject({ state: 'failed', result: null, error: { code: 'DISK_FULL', params: { need: 3 } } });
  expect(await db.read('jobs', 'one', { id: waiting })).toMatchObject({ state: 'waiting', after: [running], startedAt: null, endedAt: null });
  expect(await db.read('jobs', 'one', { id: 999 })).toBe(null);
  expect((await client.call('jobs.log', { id: running, from: 0 })).lines).toMatchObject([{ level: 'info', text: 'halfway' }]);
  expect(await client.call('jobs.log', { id: running, from: 1 })).toEqual({ lines: [], next: 1 });

  await client.call('jobs.dismiss', { id: bad });
  expect(await states()).toEqual([
    ['running', 'running', false],
    ['waiting', 'waiting', false],
    ['bad', 'failed', true],
    ['ok', 'done', false],
  ]);
  expect(await client.call('jobs.retry', { id: bad })).toEqual({ jobId: bad });
  expect((await states())[0]).toEqual(['running', 'running', false]);
  expect(await states()).toContainEqual(['bad', 'running', false]);
  await client.call('jobs.cancel', { id: bad });
  await jobs.wait(bad).catch(() => undefined);
  expect(await states()).toContainEqual(['bad', 'cancelled', false]);
  await client.call('jobs.clear', {});
  expect(await states()).toEqual([
    ['running', 'running', false],
    ['waiting', 'waiting', false],
  ]);

  const again: JobRunner = { title: 'Work', group: 'data', resource: 'io', resumable: true, run: async () => 'went on' };
  const host = await project.reopen();
  client = host.client();
  expect(await states()).toEqual([
    ['waiting', 'waiting', false],
    ['running', 'interrupted', false],
  ]);
  host.context.jobs.registerRunner('strips', again);
  await client.call('jobs.retry', { id: running });
  expect(await host.context.jobs.wait(waiting)).toBe('went on');
  await client.call('jobs.clear', {});
  expect(await states()).toEqual([]);
});
