import { beforeAll, describe, expect, it } from 'vitest';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import { canRetry } from '../../../src-renderer/lib/jobState.ts';

const job: Job = {
  id: 5,
  kind: 'synth',
  kindTitle: 'Synthetic set',
  group: 'data',
  resource: 'io',
  shows: 'dataset',
  title: 'Film strips',
  state: 'running',
  done: 912,
  total: 1284,
  unit: 'strips',
  message: '',
  secondsLeft: 14,
  runId: null,
  datasetId: 2,
  after: [],
  error: null,
  resumable: false,
  createdAt: 0,
  startedAt: 0,
  endedAt: null,
  dismissed: false,
};

describe('jobs in words', () => {
  // The router reads the address when it is loaded.
  beforeAll(() => Object.assign(globalThis, { location: { hash: '' }, addEventListener: () => undefined }));
  const load = () => import('../../../src-renderer/ui/jobs/jobText.ts');
  const noon = new Date(2026, 0, 5, 12, 0).getTime();

  it('gives progress in its own unit and the time left', async () => {
    const { progressText } = await load();
    expect(progressText(job, noon)).toBe('912 of 1,284 strips, about 15 s left');
    expect(progressText({ ...job, secondsLeft: 325 * 60 }, noon)).toBe('912 of 1,284 strips, ends about 17:25');
    expect(progressText({ ...job, done: 0, total: 0, message: 'Unpacking', secondsLeft: null }, noon)).toBe('Unpacking');
    expect(progressText({ ...job, done: 0, total: 0, secondsLeft: null }, noon)).toBe('Starting');
  });

  it('says when and after how much a job failed, and how long one took', async () => {
    const { jobLine } = await load();
    const endedAt = noon - 2 * 60_000;
    expect(jobLine({ ...job, state: 'failed', endedAt }, [], noon)).toBe('Failed at 11:58, after 912 of 1,284 strips');
    expect(jobLine({ ...job, state: 'done', startedAt: endedAt - 14_000, endedAt, message: 'Storing' }, [], noon)).toBe('14 s, 11:58');
  });

  it('leads to what a job is about', async () => {
    const { jobTarget } = await load();
    expect([jobTarget(job)?.path, jobTarget({ ...job, runId: 'r1', shows: 'run' })?.path, jobTarget({ ...job, shows: null })]).toEqual([
      '/datasets/2',
      '/runs/r1',
      null,
    ]);
  });

  it('groups what needs a look apart from what has ended', async () => {
    const { groupJobs, queueOf } = await load();
    const all = (['running', 'waiting', 'failed', 'interrupted', 'done', 'cancelled'] as const).map((state, id) => ({ ...job, id, state }));
    const groups = groupJobs(all);
    expect([groups.active.map((j) => j.id), groups.attention.map((j) => j.id), groups.ended.map((j) => j.id)]).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    expect(all.filter(canRetry).map((j) => j.state)).toEqual(['failed', 'interrupted', 'cancelled']);
    expect(queueOf(all).map((j) => j.id)).toEqual([0]);
    expect(queueOf([...all, { ...job, id: 9, group: 'compute', state: 'waiting' }]).map((j) => j.id)).toEqual([0, 1, 9]);
  });
});
