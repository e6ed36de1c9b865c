/** Which notices stay and which go by themselves. */
import { beforeEach, expect, it } from 'vitest';
import type { Job } from '../../src-shared/contract/jobs.ts';
import { dismiss, notices, notify, settle, settleJobs } from '../../src-renderer/lib/notices.svelte.ts';

beforeEach(() => {
  notices.list = [];
});

const error = { message: 'No.', remedy: 'Do something.' };
const job = (id: number, change: Partial<Job> = {}): Job =>
  ({ id, kind: 'import', group: 'data', title: 'Import Street', state: 'failed', runId: null, datasetId: null, dismissed: false, ...change }) as Job;
const titles = () => notices.list.map(({ title }) => title);

it('what is said twice stands once, the newest last, four at most', () => {
  for (const message of ['a', 'b', 'a', 'c', 'd', 'e']) notify({ ...error, message });
  expect(titles()).toEqual(['a', 'c', 'd', 'e']);
  dismiss(notices.list[1]!.id);
  expect(titles()).toEqual(['a', 'd', 'e']);
});

it('what was done after all takes its failure away, and no other', () => {
  notify({ ...error, message: 'undo' }, { about: 'history' });
  notify({ ...error, message: 'split' }, { about: 'selection' });
  notify({ ...error, message: 'else' });
  settle('history');
  expect(titles()).toEqual(['split', 'else']);
});

const failed = job(5);
it.each<[string, Job[], 'tracklets' | 'jobs' | 'datasets', boolean]>([
  ['stays while nothing has happened', [failed, job(4, { state: 'done' })], 'tracklets', true],
  ['stays beside another kind that succeeds', [failed, job(6, { kind: 'synth', state: 'done' })], 'tracklets', true],
  ['stays beside another import that runs', [failed, job(6, { title: 'Import Hall', state: 'running' })], 'tracklets', true],
  ['stays beside another that fails', [failed, job(6, { title: 'Import Hall' })], 'tracklets', true],
  ['goes when another import succeeds', [failed, job(6, { title: 'Import Hall', state: 'done' })], 'tracklets', false],
  ['goes when the same is tried again', [failed, job(6, { state: 'waiting' })], 'tracklets', false],
  ['goes when it runs again itself', [job(5, { state: 'running' })], 'tracklets', false],
  ['goes when it is dismissed', [job(5, { dismissed: true })], 'tracklets', false],
  ['goes with its job', [], 'tracklets', false],
  ['goes where it is listed', [failed], 'jobs', false],
  ['goes where imports are listed', [failed], 'datasets', false],
])('a failed import %s', (_name, jobs, view, stays) => {
  notify({ ...error, message: 'else' });
  notify(error, { title: 'Import Street failed', job: failed });
  settleJobs(jobs, view);
  expect(titles()).toEqual(stays ? ['else', 'Import Street failed'] : ['else']);
});

it('of a run goes only with one of the same run, and not in Datasets', () => {
  const train = job(5, { kind: 'train', group: 'compute', title: 'Train a', runId: 'a', datasetId: 1 });
  notify(error, { title: 'Train a failed', job: train });
  settleJobs([train, job(6, { kind: 'train', group: 'compute', title: 'Train b', runId: 'b', datasetId: 1, state: 'done' })], 'datasets');
  expect(titles()).toEqual(['Train a failed']);
  settleJobs([train, job(6, { kind: 'train', group: 'compute', title: 'Resume a', runId: 'a', datasetId: 1, state: 'done' })], 'datasets');
  expect(titles()).toEqual([]);
});
