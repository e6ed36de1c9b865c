/** Jobs that are there for others alone: they are shared, end with the last that waits for them, and come back with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import type { JobQueue, JobRow } from '../../../src-main/jobs/queue.ts';
import { memoryStore } from './support/memoryStore.ts';
import { manual, queueOn, until, type ManualRunner } from './support/queueOn.ts';

let folder: string;
let store: ReturnType<typeof memoryStore>;
let queue: JobQueue;
let fetching: ManualRunner;
let imports: ManualRunner;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'queue-servants-'));
  store = memoryStore();
  fetching = Object.assign(manual('io'), { servesOnly: (row: JobRow) => row.title !== 'By hand' });
  imports = manual('io');
  queue = queueOn({ store, logFolder: folder, ioSlots: 9 }, { provision: fetching, import: imports });
  await queue.open();
});
afterEach(async () => {
  await queue.close();
  await rm(folder, { recursive: true, force: true });
});

const fetch = (title = 'Fetch'): Promise<number> => queue.startUnless((row) => row.title === title, { kind: 'provision', title, params: {} });
const after = (id: number): Promise<number> => queue.start({ kind: 'import', title: 'Import', params: {}, after: [id] });
const state = (id: number): string | undefined => store.rows.get(id)?.state;
const ended = (id: number): Promise<void> => until(() => state(id) === 'cancelled');

test('it is shared while anyone waits for it, and ends with the last that is cancelled', async () => {
  const [shared, again] = await Promise.all([fetch(), fetch()]);
  expect(again).toBe(shared);
  const [first, second] = [await after(shared), await after(shared)];
  await queue.cancel(first);
  expect([state(first), state(shared), state(second)]).toEqual(['cancelled', 'running', 'waiting']);
  await queue.cancel(second);
  await ended(shared);
});

test('one that is being stopped is not shared any more', async () => {
  const first = await fetch();
  // Its end comes after the next in the queue.
  const [, second] = await Promise.all([queue.cancel(first), fetch()]);
  expect(second).not.toBe(first);
});

test('what somebody asked for by itself goes on, and so does what serves nobody that was cancelled', async () => {
  const byHand = await queue.start({ kind: 'provision', title: 'By hand', params: {} });
  const other = await fetch();
  await queue.cancel(await after(byHand));
  expect([state(byHand), state(other)]).toEqual(['running', 'running']);
});

test('a chain of them ends whole, and comes back whole with the job that it is for', async () => {
  const deep = await fetch('deep');
  const shallow = await queue.start({ kind: 'provision', title: 'shallow', params: {}, after: [deep] });
  const job = await after(shallow);
  await queue.cancel(job);
  await ended(deep);
  expect([state(shallow), state(job)]).toEqual(['cancelled', 'cancelled']);
  await queue.retry(job);
  expect([state(deep), state(shallow), state(job)]).toEqual(['running', 'waiting', 'waiting']);
  fetching.running.get(deep)?.resolve(null);
  await until(() => state(shallow) === 'running');
  fetching.running.get(shallow)?.resolve(null);
  await until(() => state(job) === 'running');
  imports.running.get(job)?.resolve(null);
  await queue.wait(job);
});

test('who waits for its result counts too, until it is not wanted any more', async () => {
  const shared = await fetch();
  const [stays, leaves] = [new AbortController(), new AbortController()];
  const [first, second] = [queue.wait(shared, stays.signal), queue.wait(shared, leaves.signal)];
  const waiting = Promise.allSettled([first, second]);
  await queue.cancel(await after(shared));
  expect(state(shared)).toBe('running');
  leaves.abort(new AppError('CANCELLED', 'left'));
  await queue.list();
  expect(state(shared)).toBe('running');
  stays.abort(new AppError('CANCELLED', 'left too'));
  await ended(shared);
  expect(await waiting).toMatchObject([{ reason: { message: 'left too' } }, { reason: { message: 'left' } }]);
  await expect(queue.wait(shared, AbortSignal.abort(new AppError('CANCELLED', 'at once')))).rejects.toMatchObject({ message: 'at once' });
});

test('work that some jobs forbid is done beside the others, and none begins meanwhile', async () => {
  const gate = Promise.withResolvers<string>();
  const id = await fetch();
  const refuse = ({ title }: JobRow): AppError | null => (title === 'Fetch' ? new AppError('CONFLICT', 'It runs.') : null);
  await expect(queue.unless(refuse, async () => 'never')).rejects.toMatchObject({ message: 'It runs.' });
  const beside = queue.unless(
    () => null,
    () => gate.promise,
  );
  const started = queue.start({ kind: 'import', title: 'Import', params: {} });
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(imports.running.size).toBe(0);
  gate.resolve('done');
  expect(await beside).toBe('done');
  expect([state(await started), state(id)]).toEqual(['running', 'running']);
});

test('however they are asked for and cancelled, one runs exactly while somebody waits for it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 14 }), async (steps) => {
      const waiting: { id: number; of: number }[] = [];
      for (const step of steps) {
        if (step > 0 || waiting.length === 0) {
          const of = await fetch();
          waiting.push({ id: await after(of), of });
        } else await queue.cancel(waiting.splice(Math.floor(waiting.length / 2), 1)[0]?.id ?? 0);
        const alive = new Set(waiting.map(({ of }) => of));
        expect(alive.size).toBeLessThanOrEqual(1);
        await until(() => [...fetching.running.keys()].every((id) => alive.has(id)));
        for (const id of alive) expect(state(id)).toBe('running');
      }
      for (const { id } of waiting) await queue.cancel(id);
      await until(() => fetching.running.size === 0);
    }),
    { numRuns: 30, seed: 7 },
  );
});
