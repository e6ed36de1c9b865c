/** The queue against a plain model: whatever is started, ended, cancelled, run again and cleared, in any order, states and list are the model's. */
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import { memoryStore } from './support/memoryStore.ts';
import { manual, onDevices, queueOn, type Heard } from './support/queueOn.ts';

interface ModelJob {
  id: number;
  place: string;
  after: number[];
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  /** The job whose end ended this one. */
  because: number | null;
}

const SLOTS: Record<string, number> = { io: 2, cpu: 1, 'cuda:0': 1 };

/** The rules, as they are told: in order of ids, as many at once as there is room, a dependency's end decides. */
function settle(jobs: ModelJob[]): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const job of jobs) {
      if (job.state !== 'waiting') continue;
      const ended = job.after.map((id) => ({ id, state: jobs.find((other) => other.id === id)?.state ?? 'failed' }));
      const bad = ended.find(({ state }) => state === 'failed' || state === 'cancelled');
      if (bad) [job.state, job.because, changed] = [bad.state as 'failed' | 'cancelled', bad.id, true];
      else if (
        ended.every(({ state }) => state === 'done') &&
        jobs.filter((one) => one.state === 'running' && one.place === job.place).length < (SLOTS[job.place] ?? 0)
      )
        [job.state, changed] = ['running', true];
    }
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('start' as const), place: fc.constantFrom('io', 'cpu', 'cuda:0'), after: fc.array(fc.nat(7), { maxLength: 2 }) }),
  },
  { weight: 5, arbitrary: fc.record({ does: fc.constantFrom('finish' as const, 'fail' as const), which: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('cancel' as const, 'retry' as const, 'dismiss' as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('clear' as const) }) },
);

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'queue-model-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

test('states, order and what is told follow the model', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const heard: Heard = { events: [], tags: [] };
      const runners = { train: onDevices(), import: manual('io', false) };
      const queue = queueOn({ store: memoryStore(), logFolder: folder, ioSlots: 2 }, runners, heard);
      await queue.open();
      let model: ModelJob[] = [];
      let made = 0;
      for (const one of steps) {
        heard.tags.length = 0;
        const before = JSON.stringify(model);
        if (one.does === 'start') {
          // A number beyond those there are is one that was cleared, or never there.
          const after = [...new Set(one.after.map((back) => made - back).filter((id) => id > 0))];
          const id = await queue.start({ kind: one.place === 'io' ? 'import' : 'train', title: `job ${made + 1}`, params: one.place, after });
          expect(id).toBe(++made);
          model.push({ id, place: one.place, after, state: 'waiting', because: null });
        } else if (one.does === 'clear') {
          await queue.clear();
          const needed = model.filter(({ state }) => state === 'waiting' || state === 'running').flatMap(({ after }) => after);
          model = model.filter(({ id, state }) => state === 'waiting' || state === 'running' || needed.includes(id));
        } else {
          const pool = one.does === 'finish' || one.does === 'fail' ? model.filter(({ state }) => state === 'running') : model;
          const job = pool[one.which % Math.max(1, pool.length)];
          if (!job) continue;
          if (one.does === 'cancel') {
            await queue.cancel(job.id);
            if (job.state === 'waiting' || job.state === 'running') job.state = 'cancelled';
            await queue.wait(job.id).catch(() => undefined);
          } else if (one.does === 'retry') {
            if (job.state === 'done') await expect(queue.retry(job.id)).rejects.toMatchObject({ code: 'CONFLICT' });
            else {
              expect(await queue.retry(job.id)).toBe(job.id);
              if (job.state === 'failed' || job.state === 'cancelled') runAgain(model, job);
            }
          } else if (one.does === 'dismiss') {
            await queue.dismiss(job.id);
            expect((await queue.get(job.id))?.dismissed).toBe(job.state !== 'waiting' && job.state !== 'running');
          } else {
            const gate = (job.place === 'io' ? runners.import : runners.train).running.get(job.id);
            if (one.does === 'finish') gate?.resolve({ from: job.id });
            else gate?.reject(new AppError('BAD_INPUT', 'It did not work.'));
            job.state = one.does === 'finish' ? 'done' : 'failed';
            const ended = await queue.wait(job.id).catch((error: AppError) => error.code);
            expect(ended).toEqual(one.does === 'finish' ? { from: job.id } : 'BAD_INPUT');
          }
        }
        settle(model);
        await queue.lookAgain();
        const listed = await queue.list();
        expect(listed.map(({ id, state }) => `${id} ${state}`)).toEqual(inOrder(model).map(({ id, state }) => `${id} ${state}`));
        for (const { id, state, kind, resumable, error, secondsLeft } of listed) {
          expect(resumable).toBe(kind === 'train' && (state === 'failed' || state === 'cancelled'));
          expect(error !== null).toBe(state === 'failed' || state === 'cancelled');
          expect(secondsLeft).toBe(null);
          expect(heard.events.findLast((job) => job.id === id)?.state).toBe(state);
          if (state === 'waiting' || state === 'running') continue;
          expect((await queue.get(id))?.error?.params['dependency'] ?? null).toBe(model.find((job) => job.id === id)?.because ?? null);
        }
        if (JSON.stringify(model) !== before) expect(heard.tags).toContain('Jobs');
      }
      expect(Math.max(runners.import.most, 0)).toBeLessThanOrEqual(2);
      await queue.close();
    }),
    { seed: 7, numRuns: 120 },
  );
});

/** Running first, then what waits in its order, then what has ended, the newest first. */
function inOrder(model: ModelJob[]): ModelJob[] {
  const newestFirst = [...model].reverse();
  return [
    ...newestFirst.filter(({ state }) => state === 'running'),
    ...model.filter(({ state }) => state === 'waiting'),
    ...newestFirst.filter(({ state }) => state !== 'running' && state !== 'waiting'),
  ];
}

/** With all that ended only because it did. */
function runAgain(model: ModelJob[], job: ModelJob): void {
  [job.state, job.because] = ['waiting', null];
  for (const other of model) if (other.because === job.id && (other.state === 'failed' || other.state === 'cancelled')) runAgain(model, other);
}
