/**
 * What happens away from where the person looks, errors first of all, shown as toasts. What is visible anyway gets none. One stays until it is closed, or until it is no
 * longer so: what failed was done after all (`settle`), or its job was opened, tried again or dismissed. Tests: test/renderer/notices.svelte.test.ts, test/e2e/notices.test.ts.
 */
import type { Job } from '../../src-shared/contract/jobs.ts';
import type { ErrorShape } from '../../src-shared/errors.ts';
import type { ViewId } from './route.ts';

export interface Notice {
  id: number;
  title: string;
  text: string;
  isError: boolean;
  /** One offered action. */
  action: { label: string; run(): void } | null;
  /** What failed, for `settle`. */
  about: string | null;
  /** The job that failed. */
  job: Job | null;
}

type NoticeOptions = Partial<Pick<Notice, 'action' | 'title' | 'about' | 'job'>>;

export const notices = $state({ list: [] as Notice[] });
let nextId = 1;

export function notify(error: Pick<ErrorShape, 'message' | 'remedy'>, { action = null, title, about = null, job = null }: NoticeOptions = {}): void {
  add({ title: title ?? error.message, text: title ? `${error.message} ${error.remedy}` : error.remedy, isError: true, action, about, job });
}

/** Something that went as it should and has a consequence one would not see. */
export function tell(title: string, text: string, action: Notice['action'] = null): void {
  add({ title, text, isError: false, action, about: null, job: null });
}

function add(notice: Omit<Notice, 'id'>): void {
  // The same thing said twice is said once.
  notices.list = [...notices.list.filter((other) => other.title !== notice.title || other.text !== notice.text), { ...notice, id: nextId++ }].slice(-4);
}

export function dismiss(id: number): void {
  notices.list = notices.list.filter((notice) => notice.id !== id);
}

/** What failed before has been done now. */
export function settle(about: string): void {
  if (notices.list.some((notice) => notice.about === about)) notices.list = notices.list.filter((notice) => notice.about !== about);
}

/** Takes away what is said of jobs and needs no saying any more. */
export function settleJobs(jobs: readonly Job[], view: ViewId): void {
  const isLeft = ({ job }: Notice): boolean => job === null || (!isVisibleIn(view, job) && !isAnswered(job, jobs));
  if (!notices.list.every(isLeft)) notices.list = notices.list.filter(isLeft);
}

/** A failed job is listed there with its error. */
export function isVisibleIn(view: ViewId, job: Pick<Job, 'group'>): boolean {
  return view === 'jobs' || (view === 'datasets' && job.group === 'data');
}

/** Removed, dismissed or retried; or a later one of its kind does the same again, or has succeeded in its place. */
function isAnswered(failed: Job, jobs: readonly Job[]): boolean {
  const now = jobs.find((job) => job.id === failed.id);
  if (!now || now.state !== 'failed' || now.dismissed) return true;
  return jobs.some(
    (job) =>
      job.id > failed.id &&
      job.kind === failed.kind &&
      (job.title === failed.title || (job.state === 'done' && job.runId === failed.runId && job.datasetId === failed.datasetId)),
  );
}
