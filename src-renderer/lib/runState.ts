/**
 * What a run's row and header say: state, progress, what it waits for, cause of a failure. Joins a run with its job, whose progress is newer.
 * Test: test/renderer/runState.test.ts.
 */
import type { RunSummary } from '../../src-shared/contract/runs.ts';
import type { Job } from '../../src-shared/contract/jobs.ts';
import { clockTime, count, counted, duration } from './format.ts';

export type RunState = RunSummary['state'] | 'stalled';

export interface RunView {
  run: RunSummary;
  state: RunState;
  label: string;
  /** Fraction done, null when it is not running. */
  progress: number | null;
  /** One line for the row where there are no figures yet. */
  line: string;
  secondsLeft: number | null;
  canStop: boolean;
  canResume: boolean;
}

const STATE_LABELS: Record<RunState, string> = {
  waiting: 'Waiting',
  running: 'Running',
  done: 'Done',
  failed: 'Failed',
  stopped: 'Stopped',
  interrupted: 'Interrupted',
  stalled: 'Stalled',
};

/** `quietSeconds`: since the last sign of life, where known; `medianStep`: seconds. */
export function describeRun(run: RunSummary, jobs: readonly Job[], sign: { quietSeconds: number; medianStep: number } | null = null): RunView {
  const job = jobs.find((candidate) => candidate.id === run.jobId) ?? null;
  const isRunning = run.state === 'running';
  const isStalled = isRunning && sign !== null && sign.medianStep > 0 && sign.quietSeconds > Math.max(10, 3 * sign.medianStep);
  const state: RunState = isStalled ? 'stalled' : run.state;
  const progress = isRunning ? fraction(job, run) : null;
  return {
    run,
    state,
    label: STATE_LABELS[state],
    progress,
    line: rowLine(run, job, jobs, isStalled ? sign.quietSeconds : null),
    secondsLeft: isRunning ? (job?.secondsLeft ?? run.secondsLeft) : null,
    canStop: run.state === 'running' || run.state === 'waiting',
    canResume: run.methodKnown && (run.state === 'stopped' || run.state === 'interrupted' || run.state === 'failed'),
  };
}

function fraction(job: Job | null, run: RunSummary): number {
  if (run.steps > 0 && run.step > 0) return Math.min(1, run.step / run.steps);
  return job && job.total > 0 ? Math.min(1, job.done / job.total) : 0;
}

function rowLine(run: RunSummary, job: Job | null, jobs: readonly Job[], stalledFor: number | null): string {
  if (stalledFor !== null) return `Stalled: no step for ${duration(stalledFor)}`;
  switch (run.state) {
    case 'running':
      return run.step > 0 ? `Epoch ${count(run.epoch + 1)} of ${count(run.epochs)}` : job?.message || 'Starting';
    case 'waiting':
      return waitingFor(job, jobs);
    case 'failed':
      return run.error?.message ?? 'Failed without a cause; see its log';
    case 'stopped':
      return run.step > 0 ? `Stopped at epoch ${count(run.epoch + 1)}, resumable` : 'Cancelled before its first step';
    case 'interrupted':
      return run.step > 0 ? `Interrupted at epoch ${count(run.epoch + 1)}, resumable` : 'Interrupted before its first step';
    case 'done':
      return 'Not evaluated';
  }
}

/** What a waiting job waits for, by name. */
export function waitingFor(job: Job | null, jobs: readonly Job[]): string {
  if (job === null) return 'Waits for its turn';
  const before = job.after.map((id) => jobs.find((other) => other.id === id)).filter((other) => other !== undefined && other.state !== 'done');
  const [first] = before;
  // It will not go on by itself, so neither will what waits for it.
  if (first?.state === 'interrupted') return `Waits for ${first.title}, which was interrupted`;
  if (first) return `Waits for ${first.title}${before.length > 1 ? ` and ${counted(before.length - 1, 'more job')}` : ''}`;
  const running = jobs.find((other) => other.state === 'running' && (other.group === 'compute' || other.group === 'parts'));
  return running ? `Waits for ${running.title}` : 'Waits for its turn';
}

/** "ends about 17:25". */
export function endsAbout(secondsLeft: number | null, now: number): string | null {
  return secondsLeft === null ? null : clockTime(now + secondsLeft * 1000, false);
}
