/** When a refused import still asks what to do. */
import { expect, it, vi } from 'vitest';
import type { Job } from '../../src-shared/contract/jobs.ts';
import { canRetry, isOpenQuestion } from '../../src-renderer/lib/jobState.ts';
import { groupJobs } from '../../src-renderer/ui/jobs/jobText.ts';

vi.mock('../../src-renderer/lib/router.svelte.ts', () => ({ routePath: () => '' }));

const error = { code: 'SOURCE_CHANGED', message: 'It has changed.', remedy: 'Choose.', params: { dataset: 3, name: 'Street' } } as const;
const job = (id: number, change: Partial<Job> = {}): Job =>
  ({ id, kind: 'import', title: 'Import Street', state: 'failed', runId: null, datasetId: null, dismissed: false, error, ...change }) as Job;
const done = (id: number, datasetId: number): Job => job(id, { state: 'done', datasetId, error: null });

it.each<[string, Job, Job[], boolean]>([
  ['asks', job(5), [], true],
  ['asks after an earlier import of its data set', job(5), [done(4, 3)], true],
  ['asks after an import of another', job(5), [done(6, 2)], true],
  ['is answered by an update of its data set', job(5), [done(6, 3)], false],
  ['is answered when it is dismissed', job(5, { dismissed: true }), [], false],
  ['that failed for another reason asks nothing', job(5, { error: { ...error, code: 'IMPORT_EMPTY' } }), [], false],
  ['of a run, whose pictures changed, asks nothing', job(5, { kind: 'train' }), [], false],
])('a refused import %s', (_name, refused, others, asks) => {
  expect(isOpenQuestion(refused, [refused, ...others])).toBe(asks);
});

it('one that is answered stands among what has ended', () => {
  const ids = (all: Job[]): number[][] => [groupJobs(all).attention, groupJobs(all).ended].map((list) => list.map(({ id }) => id));
  expect(ids([job(5), done(4, 3)])).toEqual([[5], [4]]);
  expect(ids([job(5), done(6, 3)])).toEqual([[], [5, 6]]);
});

it.each<[string, Partial<Job>, boolean]>([
  ['failed', {}, true],
  ['cancelled without an error', { state: 'cancelled', error: null }, true],
  ['done', { state: 'done', error: null }, false],
  ['whose own parameters cannot be read', { error: { ...error, code: 'PROJECT_DAMAGED', params: { job: 5 } } }, false],
  ['that met something else that is damaged', { error: { ...error, code: 'PROJECT_DAMAGED', params: { file: 'x' } } }, true],
])('a job %s can be run again: %j', (_name, change, can) => {
  expect(canRetry(job(5, change))).toBe(can);
});
