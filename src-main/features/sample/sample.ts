/**
 * The sample project of the first start: two data sets, two trained methods, four evaluations. A reconciler: it looks at what is there,
 * starts what is missing, and is run again after every job and every start of the host until nothing is left to do. What the user
 * cancelled or removed is never started again. Tests: test/main/features/sampleSteps.test.ts, test/main/features/sample.test.ts.
 */
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { toErrorShape } from '../../../src-shared/errors.ts';
import type { ProtocolName } from '../../../src-shared/contract/evaluations.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import type { HostContext } from '../context.ts';
import type { ImportParams, ImportResult } from '../imports/importJob.ts';
import type { MethodsService } from '../methods/service.ts';
import type { RunsService } from '../runs/service.ts';
import type { SynthParams } from '../synth/jobs/synth.ts';

/** Stored as JSON under the meta key `sample`; only job and run ids, so that what happened to them is always looked up. */
interface SampleState {
  synthetic?: { job: number };
  pets?: { job: number };
  runs: Record<string, { run: string | null; jobs: number[] }>;
  complete: boolean;
}

export interface SamplePlan {
  synthetic: SynthParams;
  pets: ImportParams;
  methods: string[];
  /** Over the small recipe and the small options. */
  recipe?: Record<string, unknown>;
  options?: Record<string, unknown>;
}

export const SAMPLE_PLAN: SamplePlan = {
  synthetic: { identities: 120, cameras: 4, seed: 1, name: 'Synthetic' },
  pets: {
    path: fileURLToPath(new URL('../../../datasets/samples/pets09-s2l1', import.meta.url)),
    importer: 'mot-video',
    options: { visitFrames: 40, pauseFrames: 20 },
    name: 'PETS09-S2L1',
  },
  methods: ['resnet-tap', 'resnet-nonlocal'],
};

export interface Sample {
  /** Resolves when the last look is over; more may follow when a job ends. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

interface SampleServices {
  runs: Pick<RunsService, 'list' | 'start'>;
  methods: Pick<MethodsService, 'get' | 'describe'>;
}

const KEY = 'sample';
const NEW: SampleState = { runs: {}, complete: false };

const stateSchema = z.object({
  synthetic: z.object({ job: z.int() }).optional(),
  pets: z.object({ job: z.int() }).optional(),
  runs: z.record(z.string(), z.object({ run: z.string().nullable(), jobs: z.array(z.int()) })),
  complete: z.boolean(),
});

/** Null when it is damaged: what was made is there, and the rest can be started by hand. */
function stateIn(stored: string): SampleState | null {
  try {
    return stateSchema.parse(JSON.parse(stored)) as SampleState;
  } catch {
    return null;
  }
}

/**
 * `begin`: start the sample if this project has never had one. Without it, one that was begun goes on; but not where `isOwn` is false: what
 * somebody sent half made is over, so that opening it computes nothing.
 */
export async function openSample(
  context: HostContext,
  { runs, methods }: SampleServices,
  begin: boolean,
  plan: SamplePlan = SAMPLE_PLAN,
  isOwn = true,
): Promise<Sample> {
  const { db, jobs, log } = context;
  const stored = (await db.read('project', 'meta', null))[KEY];
  let state: SampleState | null = stored === undefined ? (begin ? NEW : null) : stateIn(stored);
  if (stored !== undefined && state === null) log.warn({ stored: stored.slice(0, 200) }, 'how far the sample was cannot be read; it is not gone on with');
  let chain: Promise<void> = Promise.resolve();
  let closed = false;

  async function keep(next: SampleState): Promise<void> {
    state = next;
    await db.write('project', 'setMeta', { [KEY]: JSON.stringify(next) });
  }

  /** The data set a job made; `waiting` while it may still come, null when it will not. */
  async function datasetOf(jobId: number): Promise<number | 'waiting' | null> {
    const job = await jobs.get(jobId);
    if (!job) return null;
    if (job.state === 'waiting' || job.state === 'running' || job.state === 'interrupted') return 'waiting';
    if (job.state !== 'done') return null;
    const { dataset } = (await jobs.wait(jobId)) as ImportResult;
    return (await db.read('datasets', 'facts', { id: dataset })) ? dataset : null;
  }

  async function look(): Promise<void> {
    if (closed || !state || state.complete) return;
    if (!state.pets) await keep({ ...state, pets: { job: await jobs.start({ kind: 'import', title: `Import ${plan.pets.name}`, params: plan.pets }) } });
    if (!state.synthetic)
      await keep({
        ...state,
        synthetic: { job: await jobs.start({ kind: 'synth', title: `Make the data set ${plan.synthetic.name}`, params: plan.synthetic }) },
      });
    const [synthetic, pets] = [await datasetOf(state.synthetic?.job ?? -1), await datasetOf(state.pets?.job ?? -1)];
    if (synthetic === 'waiting' || pets === 'waiting') return;
    // Without the set to train on nothing is left to do; the user may still retry what failed.
    if (synthetic === null) return finishWhenOver(state);
    const evaluateOn: { datasetId: number; protocol: ProtocolName }[] = [{ datasetId: synthetic, protocol: 'market' }];
    if (pets !== null) evaluateOn.push({ datasetId: pets, protocol: 'visits' });
    for (const method of plan.methods) {
      if (state.runs[method]) continue;
      const started = await startRun(method, synthetic, evaluateOn);
      await keep({ ...state, runs: { ...state.runs, [method]: started } });
    }
    await finishWhenOver(state);
  }

  async function startRun(
    method: string,
    datasetId: number,
    evaluateOn: { datasetId: number; protocol: ProtocolName }[],
  ): Promise<{ run: string | null; jobs: number[] }> {
    // Begun by a try that ended before it could be noted.
    const known = (await runs.list()).find((run) => run.method === method && run.datasetId === datasetId);
    if (known) return { run: known.id, jobs: known.jobId === null ? [] : [known.jobId] };
    try {
      const info = await methods.get(method);
      const options = { ...info.smallOptions, ...plan.options };
      await methods.describe(method, options);
      // The rest is the small recipe as it suits the set.
      const recipe = plan.recipe ?? {};
      const { runId, jobId, evaluationJobs } = await context.turns.take(1, () =>
        runs.start({ name: null, method, options, recipe, datasetId, seed: 1, evaluateOn }),
      );
      return { run: runId, jobs: [jobId, ...evaluationJobs] };
    } catch (error) {
      log.warn({ err: error, method }, 'the sample run could not be started');
      context.events.emit('notice', { ...toErrorShape(error) });
      return { run: null, jobs: [] };
    }
  }

  /** Complete when every job has ended, whatever way. */
  async function finishWhenOver(now: SampleState): Promise<void> {
    const ids = [now.synthetic?.job, now.pets?.job, ...Object.values(now.runs).flatMap((run) => run.jobs)].filter((id) => id !== undefined);
    const all = await Promise.all(ids.map((id) => jobs.get(id)));
    const isOpen = (job: Job | null): boolean => job !== null && (job.state === 'waiting' || job.state === 'running' || job.state === 'interrupted');
    const failed = all.slice(0, 2).some((job) => job?.state === 'failed');
    if (!failed && !all.some(isOpen)) await keep({ ...now, complete: true });
  }

  /** What the end of the program cut off goes on; what the user ended does not. */
  async function resume(): Promise<void> {
    if (!state || state.complete) return;
    const mine = new Set([state.synthetic?.job, state.pets?.job, ...Object.values(state.runs).flatMap((run) => run.jobs)]);
    for (const job of await jobs.list())
      if (job.state === 'interrupted' && (mine.has(job.id) || (job.runId !== null && Object.values(state.runs).some((run) => run.run === job.runId))))
        await jobs.retry(job.id);
  }

  function again(): void {
    chain = chain.then(look).catch((error: unknown) => log.warn({ err: error }, 'the sample project could not go on'));
  }

  if (state && stored !== undefined && !isOwn && !state.complete) await keep({ ...state, complete: true });
  const forget = jobs.onEnd(again);
  chain = chain.then(resume).catch((error: unknown) => log.warn({ err: error }, 'the sample project could not be resumed'));
  again();
  return {
    settled: () => chain,
    async close() {
      closed = true;
      forget();
      await chain;
    },
  };
}
