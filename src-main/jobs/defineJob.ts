/**
 * A kind of job in one file: what it is called and belongs to, what it is given, what it takes, and what it does. Files of `features/<domain>/jobs/` are
 * found by their folder (`host/jobs.ts`); queue, page and command line know no kind by name. Test: test/contracts/jobs.contract.test.ts.
 */
import type { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import type { JobGroup, JobResource, JobShows } from '../../src-shared/contract/jobs.ts';
import { visibleTitle } from '../../src-shared/visibleText.ts';
import type { JobRow, JobRunner, JobTools } from './queue.ts';

export interface JobDefinition<Params, Deps> {
  /** The kind, as it stands in rows of projects: never changed. */
  id: string;
  /** What the page calls the kind. */
  title: string;
  /** Where its progress and its failure matter. */
  group: JobGroup;
  /** What is opened from it. Default: its run, or its data set. */
  shows?: JobShows;
  /** All that is needed to run it, also after a restart. Checked before it runs: the row may be of a project that somebody sent. */
  params: z.ZodType<Params>;
  resource: JobResource;
  /** true: a retry goes on where the last try ended; false: it begins again. */
  resumable: boolean;
  goesOn?: boolean;
  /** What a compute job computes on. */
  device?(params: Params, deps: Deps): string;
  /** As `JobRunner.servesOnly`. */
  servesOnly?(params: Params): boolean;
  /** Resolves with a JSON value. Throws AppError; CANCELLED when it ended because of the signal. */
  run(params: Params, tools: ToolsOfJob, deps: Deps): Promise<unknown>;
}

/** The tools, and the row of the job itself. */
export type ToolsOfJob = JobTools & { job: JobRow };

export function defineJob<Params, Deps>(definition: JobDefinition<Params, Deps>): JobDefinition<Params, Deps> {
  return definition;
}

/** The definition as the queue takes it, with what it works with. */
export function runnerOf<Params, Deps>(definition: JobDefinition<Params, Deps>, deps: Deps): JobRunner {
  const { title, group, shows, params, resource, resumable, goesOn, device, servesOnly } = definition;
  const known = (job: JobRow): Params | undefined => params.safeParse(job.params).data;
  return {
    title,
    group,
    resource,
    resumable,
    ...(shows === undefined ? {} : { shows }),
    ...(goesOn === undefined ? {} : { goesOn }),
    // Of one with damaged parameters, which fails when it is its turn, anything will do.
    ...(device === undefined ? {} : { device: (job) => ofKnown(known(job), (own) => device(own, deps), 'cpu') }),
    ...(servesOnly === undefined ? {} : { servesOnly: (job) => ofKnown(known(job), servesOnly, false) }),
    run(job, tools) {
      const parsed = params.safeParse(job.params);
      if (!parsed.success)
        return Promise.reject(
          new AppError(
            'PROJECT_DAMAGED',
            `The parameters of job ${job.id} ("${visibleTitle(job.title)}") are not those of such a job: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}.`,
            { job: job.id },
            { remedy: 'Start the work anew.' },
          ),
        );
      return definition.run(parsed.data, { ...tools, job }, deps);
    },
  };
}

function ofKnown<Params, Value>(params: Params | undefined, value: (params: Params) => Value, otherwise: Value): Value {
  return params === undefined ? otherwise : value(params);
}
