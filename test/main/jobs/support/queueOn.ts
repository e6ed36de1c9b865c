/** A queue on fake runners, with what it tells the world kept. */
import { expect } from 'vitest';
import type { Job } from '../../../../src-shared/contract/jobs.ts';
import { createJobQueue, type JobQueue, type JobQueueContext, type JobRow, type JobRunner, type JobTools } from '../../../../src-main/jobs/queue.ts';

export interface Heard {
  events: Job[];
  /** Tags of `changed`, one after the other. */
  tags: string[];
}

export function queueOn(
  context: Pick<JobQueueContext, 'store' | 'logFolder'> & Partial<JobQueueContext>,
  runners: Record<string, JobRunner>,
  heard: Heard = { events: [], tags: [] },
): JobQueue {
  const queue = createJobQueue({
    events: { emit: (_event, job) => void heard.events.push(job), changed: (tags) => void heard.tags.push(...tags) },
    clock: () => Date.now(),
    ...context,
  });
  for (const [kind, runner] of Object.entries(runners)) queue.registerRunner(kind, runner);
  return queue;
}

export interface ManualRunner extends JobRunner {
  running: Map<number, PromiseWithResolvers<unknown>>;
  tools: Map<number, JobTools>;
  /** Most at once. */
  most: number;
}

/** A runner whose jobs end when told. */
export function manual(resource: 'compute' | 'io', resumable = true): ManualRunner {
  const running = new Map<number, PromiseWithResolvers<unknown>>();
  const runner: ManualRunner = {
    title: 'Work',
    group: 'data',
    resource,
    resumable,
    running,
    tools: new Map(),
    most: 0,
    run(job: JobRow, tools: JobTools) {
      const gate = Promise.withResolvers<unknown>();
      running.set(job.id, gate);
      runner.tools.set(job.id, tools);
      runner.most = Math.max(runner.most, running.size);
      tools.signal.addEventListener('abort', () => gate.reject(tools.signal.reason));
      return gate.promise.finally(() => running.delete(job.id));
    },
  };
  return runner;
}

/** A compute runner whose jobs name their device. */
export function onDevices(): ManualRunner {
  return Object.assign(manual('compute'), { device: ({ params }: { params: unknown }) => params as string });
}

export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 400 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(condition()).toBe(true);
}
