/** What is said of one run: the newer of what the host said and what was heard, its end, its engine, silence, and the smaller batch offered. */
import { beforeEach, expect, it } from 'vitest';
import { resumeText, ShownRun, type ShownRunInputs } from '../../../src-renderer/views/runs/shownRun.svelte.ts';
import { emptyColumns } from '../../../src-renderer/views/runs/metricSeries.ts';

let run: Record<string, unknown>;
let view: { canResume: boolean; secondsLeft: number | null };
let followed: { columns: ReturnType<typeof emptyColumns>; heardAt: number };
let engine: object | undefined;
beforeEach(() => {
  run = { state: 'running', step: 40, steps: 100, epoch: 1, epochs: 4, elapsedSeconds: 90, engine: null, error: null, recipe: recipeOf({}) };
  view = { canResume: false, secondsLeft: 60 };
  followed = { columns: emptyColumns(), heardAt: 0 };
  engine = undefined;
});
const recipeOf = (more: object) => ({ identitiesPerBatch: 8, clipsPerIdentity: 4, ...more });
/** Noon of a day, local time, and ten seconds of the page. */
const clock = { now: new Date(2026, 0, 2, 12).getTime(), monotonic: 10_000 };
const shown = () => new ShownRun(() => ({ run, view, followed, engine }) as unknown as ShownRunInputs, clock);

it('is as far as was heard, and never less than the host said', () => {
  expect([shown().step, shown().epoch, shown().elapsedSeconds]).toEqual([40, 2, 90]);
  followed.columns = { step: Int32Array.of(49, 50), epoch: Int32Array.of(1, 2), seconds: Float32Array.of(99, 100), series: {} };
  expect([shown().step, shown().epoch, shown().elapsedSeconds]).toEqual([50, 3, 100]);
  followed.columns = { step: Int32Array.of(30), epoch: Int32Array.of(1), seconds: Float32Array.of(80), series: {} };
  expect([shown().step, shown().elapsedSeconds]).toEqual([40, 90]);
});

it('is in no epoch before its first step, and in its last one when it is done', () => {
  Object.assign(run, { step: 0, epoch: 0 });
  expect(shown().epoch).toBe(0);
  Object.assign(run, { state: 'done', step: 100, epoch: 4 });
  expect(shown().epoch).toBe(4);
});

it('says when it ends', () => {
  expect(shown().end).toMatch(/12:01/);
  view.secondsLeft = null;
  expect(shown().end).toBe(null);
});

it('names what it was computed with, else what is ready, else what is being done about it', () => {
  expect(shown().device).toBe(null);
  engine = { state: 'provisioning', message: 'Fetching TensorFlow' };
  expect(shown().device).toBe('Fetching TensorFlow');
  engine = { state: 'ready', engine: 'TensorFlow 2.18', device: 'CPU' };
  expect(shown().device).toBe('TensorFlow 2.18, CPU');
  run['engine'] = { engine: 'TensorFlow', version: '2.15', device: 'GPU 0', threads: 2, extra: 7 };
  expect(shown().device).toBe('TensorFlow, 2.15, GPU 0, 2 threads');
});

it('says how long a run that trains was silent', () => {
  expect(shown().quiet).toBe(null);
  followed.heardAt = 9000;
  expect(shown().quiet).toBe('last line just now');
  followed.heardAt = 3000;
  expect(shown().quiet).toBe('last line 7 s ago');
  run['state'] = 'done';
  expect(shown().quiet).toBe(null);
});

it('offers a smaller batch where memory ran out and it can be resumed, as the training says it', () => {
  run['error'] = { code: 'OUT_OF_MEMORY' };
  expect(shown().smaller).toBe(null);
  view.canResume = true;
  expect(resumeText(shown().smaller!)).toBe('Resume with 4 identities a batch');
  run['recipe'] = recipeOf({ identitiesPerBatch: 3 });
  expect(resumeText(shown().smaller!)).toBe('Resume with 2 clips an identity');
  run['error'] = { code: 'DISK_FULL' };
  expect(shown().smaller).toBe(null);
});
