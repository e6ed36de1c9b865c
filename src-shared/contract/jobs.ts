/** Jobs and their logs. Conventions: contract/index.ts. */
import { z } from 'zod';
import { byId, command, jobStarted, none, query } from './call.ts';

const jobState = z.enum(['waiting', 'running', 'done', 'failed', 'cancelled', 'interrupted']);

/** Where a job matters: among data sets, among runs and their results, or as a part of the program that is fetched. */
const jobGroup = z.enum(['data', 'compute', 'parts']);
/** What a job takes while it runs: the processor, which few may have at once, or disk and network alone. */
const jobResource = z.enum(['compute', 'io']);
const jobShows = z.enum(['compare', 'run', 'dataset']);

export const errorShape = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});

const job = z.object({
  id: z.int(),
  /** As its file in the program names it. */
  kind: z.string(),
  /** What the kind is called. */
  kindTitle: z.string(),
  /** Null where this program knows no such kind. */
  group: jobGroup.nullable(),
  /** As `group`. */
  resource: jobResource.nullable(),
  /** What is opened from it. */
  shows: jobShows.nullable(),
  title: z.string(),
  state: jobState,
  /** In `unit`; total 0 = not known yet. */
  done: z.number(),
  total: z.number(),
  unit: z.string(),
  message: z.string(),
  /** Estimate; null while unknown. */
  secondsLeft: z.number().nullable(),
  runId: z.string().nullable(),
  datasetId: z.int().nullable(),
  /** Jobs that must be done first. */
  after: z.array(z.int()),
  error: errorShape.nullable(),
  resumable: z.boolean(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  /** The user has read how it ended. */
  dismissed: z.boolean(),
});

export const logLine = z.object({ at: z.number(), level: z.enum(['info', 'warn', 'error']), text: z.string() });

export const jobsCalls = {
  'jobs.list': query('Jobs, running and waiting first, then newest', none, z.array(job), ['Jobs']),
  'jobs.log': query(
    'Log lines of a job from an index on',
    z.object({ id: z.int(), from: z.int() }),
    z.object({ lines: z.array(logLine), next: z.int() }),
    (i) => [`JobLog:${i.id}`],
  ),
  'jobs.cancel': command('Cancel a waiting or running job', byId, none, ['Jobs']),
  'jobs.retry': command('Run a failed, cancelled or interrupted job again; it resumes where that is possible', byId, jobStarted, ['Jobs']),
  'jobs.dismiss': command('Of a job that did not end well: its end has been read, and need not be said again elsewhere', byId, none, ['Jobs']),
  'jobs.clear': command('Forget the jobs that have ended', none, none, ['Jobs']),
} as const;

export type Job = z.output<typeof job>;
export type JobGroup = z.output<typeof jobGroup>;
export type JobResource = z.output<typeof jobResource>;
export type JobShows = z.output<typeof jobShows>;
export type JobState = z.output<typeof jobState>;
export type LogLine = z.output<typeof logLine>;
