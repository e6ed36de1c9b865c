/**
 * Runs: start, train in a compute child, keep the books, resume, stop, rename, remove. A run is a row and a folder `runs/<id>` with
 * config.json, metrics.jsonl, log.jsonl and checkpoints; the folder alone tells how the weights came about.
 * Tests: test/main/features/runRules.test.ts, test/main/features/runBooks.test.ts, test/main/features/runs.test.ts.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError, toErrorShape } from '../../../src-shared/errors.ts';
import { isStorageTrouble } from '../../../src-shared/errno.ts';
import { fileError } from '../../../src-shared/storageErrors.ts';
import type { Parsed } from '../../../src-shared/contract/index.ts';
import { protocols } from '../../../src-shared/protocols/index.ts';
import { stepsInRun } from '../../../src-shared/recipe/steps.ts';
import { recipeFor, tooManyIdentities, tooManyParts } from '../../../src-shared/recipe/fit.ts';
import { recipeSchema, type RecipeValues } from '../../../src-shared/recipe/recipe.ts';
import {
  batchRecord,
  type BatchChange,
  type BatchRecord,
  type MethodInfo,
  type MetricColumns,
  type RunDetail,
  type RunSummary,
} from '../../../src-shared/contract/runs.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import type { Compute } from '../../compute/backend.ts';
import { computeInChild } from '../../compute/local.ts';
import type { EngineReport, FromChild } from '../../compute/protocol.ts';
import type { TrainJobResult, TrainTask } from '../../compute/tasks/train.ts';
import type { HostContext } from '../context.ts';
import { readLog, type LogPage } from '../../jobs/logFile.ts';
import type { ToolsOfJob } from '../../jobs/defineJob.ts';
import { isClosing, type JobTools } from '../../jobs/queue.ts';
import { readTextIfThere } from '../../platform/openRegular.ts';
import { paced, systemTiming } from '../../platform/paced.ts';
import { writeFileWhole } from '../../platform/writeFileWhole.ts';
import { ensureFrames } from '../../media/frameFiles.ts';
import type { EngineService } from '../engine/service.ts';
import type { EvaluationsService } from '../evaluations/service.ts';
import { withManifest } from '../manifests/write.ts';
import type { MethodsService } from '../methods/service.ts';
import { commandOf } from './command.ts';
import { appendMetrics, readMetrics } from './metricsFile.ts';
import type { TrainParams } from './jobs/train.ts';
import { openRunLog, type RunLog } from './runLog.ts';
import type { DatasetFacts } from '../datasets/table.ts';
import type { RunRow, RunState } from './table.ts';

export interface RunsService {
  list(): Promise<RunSummary[]>;
  get(id: string): Promise<RunDetail>;
  metrics(id: string, afterStep: number): Promise<MetricColumns>;
  log(id: string, from: number): Promise<LogPage>;
  start(input: Parsed<'runs.start'>): Promise<{ jobId: number; runId: string; evaluationJobs: number[] }>;
  /** The job of a run. */
  train(params: TrainParams, tools: ToolsOfJob): Promise<TrainJobResult>;
  /** With another batch where asked; the run's record then says from which step on. */
  resume(id: string, batch?: BatchChange): Promise<number>;
  stop(id: string): Promise<void>;
  rename(id: string, name: string, options: { key: string | null; tags: string[] }): Promise<void>;
  /** Undoable; its files stay until removed things are emptied. */
  remove(id: string, options: { key: string | null; tags: string[] }): Promise<void>;
}

/** Figures of a run that trains now; the row follows every few seconds. */
interface Live {
  step: number;
  epoch: number;
  seconds: number;
  imagesPerSecond: number | null;
}

const BATCHES_FILE = 'batches.json';
const CONFIG_FILE = 'config.json';
/** What is read back of it. */
const configSchema = z.object({ device: z.string().optional() });
const SAVE_INTERVAL = 2000;
/** A step on WebAssembly may take long; then a checkpoint is written. */
const GRACE = { word: 60_000, term: 3000, deaf: 10_000 };

/** `compute`: runs the task in a child of its own. */
export function createRunsService(
  context: HostContext,
  services: { engine: EngineService; methods: MethodsService; evaluations: EvaluationsService },
  compute: Compute<'train'> = computeInChild,
): RunsService {
  const { project, db, events, jobs, clock, monotonic, version } = context;
  const { engine, methods, evaluations } = services;
  const live = new Map<string, Live>();
  /** Runs whose next try follows, in the queue, the job that fetches TensorFlow. A retry under an old job does not. */
  const prepared = new Set<string>();

  jobs.onEnd((job) => {
    // At the very end the database may be closed before this is written; the next start then derives the same from the job.
    if (job.kind !== 'train' || job.runId === null) return;
    prepared.delete(job.runId);
    settle(job).catch(() => undefined);
  });

  /** A job that ended without having run (cancelled while it waited) leaves its run to be closed. */
  async function settle(job: Job): Promise<void> {
    const row = await db.read('runs', 'one', { id: job.runId as string });
    if (row && row.jobId === job.id && (row.state === 'stopped' || row.state === 'failed') && row.endedAt === null)
      await db.write('runs', 'update', {
        id: row.id,
        state: row.state,
        error: row.state === 'failed' ? (job.error as RunRow['error']) : null,
        endedAt: clock(),
      });
    events.changed(['Runs'], null);
  }

  async function mustGet(id: string): Promise<RunRow> {
    const row = await db.read('runs', 'one', { id });
    if (!row) throw new AppError('NOT_FOUND', `There is no run "${id}".`, { id });
    return row;
  }

  function folderOf(id: string): string {
    return project.run(id);
  }

  async function train({ runId, device }: TrainParams, tools: ToolsOfJob): Promise<TrainJobResult> {
    const run = await mustGet(runId);
    if (run.datasetId === null) throw new AppError('NOT_FOUND', `The data set "${run.datasetName}" of this run was removed.`, { id: runId });
    const folder = folderOf(runId);
    await project.makeFolder(folder);
    const log = await openRunLog(context, runId);
    const books = bookKeeper(run, folder, log, tools);
    await db.write('runs', 'update', { id: runId, state: 'running', error: null, endedAt: null });
    events.changed(['Runs', `Run:${runId}`], null);
    try {
      if (!prepared.delete(runId)) await prepareEngine(device, tools);
      await prepareFrames(run.datasetId, tools);
      const listed = { jobId: tools.job.id, datasetId: run.datasetId, splits: ['train' as const], signal: tools.signal };
      const result = await withManifest(context, listed, async (manifest, split) => {
        await noteSplit(run, split, log);
        const task: TrainTask = {
          kind: 'train',
          projectFolder: project.folder,
          runId,
          manifest,
          method: run.method,
          options: run.options,
          recipe: run.recipe,
          seed: run.seed,
          engine: engine.options(device),
        };
        return compute(task, {
          signal: tools.signal,
          onAbort: 'stop',
          grace: GRACE,
          now: monotonic,
          onMessage: books.hear,
          onOutput: (line) => books.note('info', line),
        });
      });
      await books.close({
        step: result.steps,
        checkpoint: result.checkpoint,
        weightsHash: result.weightsHash,
        ...(result.stopped ? {} : { state: 'done' as const }),
      });
      if (result.stopped) throw new AppError('CANCELLED', `The training was stopped after step ${result.steps}; a checkpoint is kept.`, { step: result.steps });
      return result;
    } catch (error) {
      const shape = toErrorShape(error);
      // A stop whose last checkpoint did not fit on the disk has lost steps, and must say so.
      const state: RunState = isClosing(tools.signal) ? 'interrupted' : tools.signal.aborted && !isStorageTrouble(shape.code) ? 'stopped' : 'failed';
      if (state === 'failed') log.add('error', `${shape.message} ${shape.remedy}`);
      await books.close({ state, error: state === 'stopped' ? null : shape });
      throw error;
    } finally {
      await log.close();
      events.changed(['Runs', `Run:${runId}`], null);
    }
  }

  /** What the list holds that is trained on; a run that goes on after somebody was moved says so. */
  async function noteSplit({ id, splitHash }: RunRow, split: { name: string; hash: string } | null, log: Pick<RunLog, 'add'>): Promise<void> {
    if (split === null || split.hash === splitHash) return;
    if (splitHash !== null) log.add('warn', `The split "${split.name}" is another one than when this run began: it goes on with the members of now.`);
    await db.write('runs', 'update', { id, splitSet: split.name, splitHash: split.hash });
  }

  /** Takes what the child says, keeps row, files and listeners up to date, in order. */
  function bookKeeper(run: RunRow, folder: string, log: Pick<RunLog, 'add'>, tools: JobTools) {
    const { id } = run;
    const now: Live = { step: run.step, epoch: run.epoch, seconds: run.elapsedSeconds, imagesPerSecond: run.imagesPerSecond };
    live.set(id, now);
    let chain: Promise<void> = Promise.resolve();
    // The last figures are kept even where nothing follows: a stalled run shows what happened.
    const saveRow = paced(SAVE_INTERVAL, () => later(() => db.write('runs', 'update', { id, ...progress() })), { ...systemTiming, now: monotonic });

    function later(work: () => Promise<unknown>): void {
      chain = chain.then(work).then(
        () => undefined,
        (error: unknown) => log.add('warn', `Could not be kept: ${toErrorShape(error).message}`),
      );
    }

    function progress(): Pick<RunRow, 'step' | 'epoch' | 'elapsedSeconds' | 'imagesPerSecond'> {
      return { step: now.step, epoch: now.epoch, elapsedSeconds: now.seconds, imagesPerSecond: now.imagesPerSecond };
    }

    function note(level: 'info' | 'warn' | 'error', text: string): void {
      log.add(level, text);
      tools.log(level, text);
    }

    function hearMetrics(columns: MetricColumns): void {
      const last = columns.step.length - 1;
      now.step = columns.step[last] ?? now.step;
      now.epoch = columns.epoch[last] ?? now.epoch;
      now.seconds = columns.seconds[last] ?? now.seconds;
      const speed = columns.series['imagesPerSecond'];
      // The first step traces the network and says nothing about the speed.
      if (speed && now.step > 1)
        now.imagesPerSecond = now.imagesPerSecond === null ? (speed[last] as number) : 0.8 * now.imagesPerSecond + 0.2 * (speed[last] as number);
      events.emit('runMetrics', { runId: id, columns });
      later(() => appendMetrics(join(folder, 'metrics.jsonl'), columns));
      saveRow();
    }

    return {
      note,
      hear(message: FromChild): void {
        if (message.type === 'progress') tools.progress(message.done, message.total, message.unit, message.message);
        else if (message.type === 'log') note(message.level, message.text);
        else if (message.type === 'metrics') hearMetrics(message.columns);
        else if (message.type === 'engine') {
          engine.report(message.info);
          later(() => db.write('runs', 'update', { id, engine: { ...message.info } satisfies EngineReport as unknown as Record<string, unknown> }));
        } else if (message.type === 'model') {
          later(async () => {
            await db.write('runs', 'update', { id, parameters: message.parameters, steps: message.steps });
            await writeBatches(id, message.batches);
            events.changed(['Runs', `Run:${id}`], null);
          });
        } else if (message.type === 'checkpoint') {
          const { path, weightsHash } = message.checkpoint;
          later(async () => {
            await db.write('runs', 'update', { id, ...progress(), checkpoint: path, weightsHash });
            events.changed([`Run:${id}`], null);
          });
        }
      },
      async close(change: Partial<Pick<RunRow, 'state' | 'error' | 'step' | 'checkpoint' | 'weightsHash'>>): Promise<void> {
        saveRow.stop();
        // A run that was stopped is closed twice; what it says at last stands.
        now.step = change.step ?? now.step;
        later(() => db.write('runs', 'update', { id, ...progress(), ...change, endedAt: change.state === undefined ? null : clock() }));
        await chain;
        live.delete(id);
      },
    };
  }

  /** In the run's own folder, so that it alone tells how the weights came about. */
  async function writeBatches(id: string, batches: BatchRecord[]): Promise<void> {
    await writeFileWhole(join(folderOf(id), BATCHES_FILE), `${JSON.stringify(batches, null, 2)}\n`);
  }

  /** As it was asked for when the run was begun; a job that was forgotten no longer tells it. */
  async function deviceOf(id: string): Promise<string | undefined> {
    const text = await readIfThere(join(folderOf(id), CONFIG_FILE));
    return configSchema.catch({}).parse(parsedOr(text ?? '', {})).device;
  }

  async function readBatches(id: string): Promise<BatchRecord[]> {
    const text = await readIfThere(join(folderOf(id), BATCHES_FILE));
    return batchRecord
      .array()
      .catch([])
      .parse(parsedOr(text ?? '[]', []));
  }

  /** The network may be back, or the library gone, since the run was begun. */
  async function prepareEngine(device: string | undefined, tools: JobTools): Promise<void> {
    const ids = await engine.prepare(device);
    if (ids.length === 0) return;
    tools.progress(0, 0, '', 'Waiting for TensorFlow');
    const { signal } = tools;
    try {
      await Promise.all(ids.map((id) => jobs.wait(id, signal)));
    } catch (error) {
      if (signal.aborted) throw error;
      const { code, message, params, remedy } = toErrorShape(error);
      throw new AppError(code, `TensorFlow had to be fetched first, and was not: ${message}`, params, { cause: error, remedy });
    }
  }

  async function prepareFrames(datasetId: number, tools: JobTools): Promise<void> {
    const facts = await db.read('datasets', 'facts', { id: datasetId });
    // Asked here, since a child that computes knows nothing of what was chosen on this machine.
    for (const root of facts?.roots ?? []) project.root(root);
    for (const id of facts?.videos ?? [])
      await ensureFrames(context, id, { signal: tools.signal, onProgress: (done, total) => tools.progress(done, total, 'frames', 'Decoding the video') });
  }

  async function summaries(rows: RunRow[]): Promise<RunSummary[]> {
    const known = new Map((await methods.list().catch(() => [] as MethodInfo[])).map((method) => [method.id, method]));
    const left = new Map((await jobs.list()).map((job) => [job.id, job.secondsLeft]));
    return rows.map((row) => {
      const now = live.get(row.id);
      return {
        id: row.id,
        name: row.name,
        method: row.method,
        methodTitle: known.get(row.method)?.title ?? row.method,
        methodKnown: known.has(row.method),
        datasetId: row.datasetId,
        datasetName: row.datasetName,
        state: row.state,
        jobId: row.jobId,
        seed: row.seed,
        step: now?.step ?? row.step,
        steps: row.steps,
        epoch: now?.epoch ?? row.epoch,
        epochs: row.recipe.epochs,
        secondsLeft: row.jobId === null ? null : (left.get(row.jobId) ?? null),
        elapsedSeconds: now?.seconds ?? row.elapsedSeconds,
        imagesPerSecond: now?.imagesPerSecond ?? row.imagesPerSecond,
        error: row.error,
        createdAt: row.createdAt,
        endedAt: row.endedAt,
      };
    });
  }

  /** An epoch keeps its number of steps, so that the rate's schedule and the metrics go on where they are. */
  async function changeBatch(run: RunRow, batch: BatchChange): Promise<void> {
    const stepsPerEpoch = run.recipe.stepsPerEpoch === 0 && run.step > 0 ? Math.round(run.steps / run.recipe.epochs) : run.recipe.stepsPerEpoch;
    const recipe = { ...run.recipe, stepsPerEpoch, ...batch };
    refuseSmallParts(recipe);
    const facts = run.datasetId === null ? null : await db.read('datasets', 'facts', { id: run.datasetId });
    // One of before this was refused goes on as it was.
    if (batch.identitiesPerBatch !== undefined) refuseTooMany(recipe, facts?.splits['train'] ?? null);
    await db.write('runs', 'update', { id: run.id, recipe });
  }

  async function startJob({ id, name, datasetId }: Pick<RunRow, 'id' | 'name' | 'datasetId'>, device: string | undefined): Promise<number> {
    const after = await engine.prepare(device);
    prepared.add(id);
    const params = { runId: id, ...(device === undefined ? {} : { device }) };
    return jobs.start({ kind: 'train', title: `Train ${name}`, params, after, runId: id, datasetId });
  }

  async function uniqueName(wanted: string | null, method: string, seed: number): Promise<{ name: string; id: string }> {
    const rows = await db.read('runs', 'all', null);
    const names = new Set(rows.map((row) => row.name));
    // Folders of runs that a restored copy of the project does not know are not written over.
    const ids = new Set([...(await db.read('runs', 'allIds', null)), ...(await readdir(project.file('runs')))]);
    if (wanted !== null && names.has(wanted))
      throw new AppError('CONFLICT', `There is a run named "${wanted}" already.`, { key: 'name' }, { remedy: 'Choose another name.' });
    const name = wanted ?? numbered(`${method}-s${seed}`, names);
    const slug = name
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 60);
    return { name, id: numbered(slug === '' ? method : slug, ids) };
  }

  return {
    async list() {
      return summaries(await db.read('runs', 'all', null));
    },

    async get(id) {
      const row = await mustGet(id);
      const [summary] = (await summaries([row])) as [RunSummary];
      const method = await methods.get(row.method).catch(() => null);
      const batches = await readBatches(id);
      return {
        ...summary,
        options: row.options,
        recipe: row.recipe,
        split: row.splitSet === null || row.splitHash === null ? null : { name: row.splitSet, hash: row.splitHash },
        weightsHash: row.weightsHash,
        checkpoint: row.checkpoint,
        engine: row.engine,
        parameters: row.parameters,
        macsPerFrame: row.macsPerFrame,
        batches,
        command: commandOf(row, method, batches),
      };
    },

    train,

    async metrics(id, afterStep) {
      await mustGet(id);
      return readMetrics(join(folderOf(id), 'metrics.jsonl'), afterStep);
    },

    async log(id, from) {
      await mustGet(id);
      return readLog(join(folderOf(id), 'log.jsonl'), from);
    },

    async start(input) {
      const size = await methods.describe(input.method, input.options);
      const method = await methods.get(input.method);
      const facts = await db.read('datasets', 'facts', { id: input.datasetId });
      const recipe = completeRecipe(method, input.recipe, facts?.splits['train'] ?? null);
      refuseUntrainable(facts, recipe);
      for (const { datasetId } of input.evaluateOn) {
        if (!(await db.read('datasets', 'facts', { id: datasetId })))
          throw new AppError('NOT_FOUND', `There is no data set ${datasetId} to evaluate on.`, { datasetId });
      }
      const split = await db.read('splits', 'inUse', { datasetId: facts.id });
      const { name, id } = await uniqueName(input.name, input.method, input.seed);
      const folder = folderOf(id);
      await project.makeFolder(folder);
      const config = {
        name,
        method: input.method,
        options: size.options,
        recipe,
        seed: input.seed,
        ...(input.device === undefined ? {} : { device: input.device }),
        dataset: {
          id: facts.id,
          name: facts.name,
          importer: facts.importer,
          ...(facts.recipe === null ? {} : { recipe: facts.recipe }),
          contentHash: facts.contentHash,
        },
        split,
        versions: { program: version, node: process.version },
        createdAt: clock(),
      };
      await writeFileWhole(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);
      await db.write('runs', 'insert', {
        id,
        name,
        method: input.method,
        options: size.options,
        recipe,
        datasetId: facts.id,
        datasetName: facts.name,
        seed: input.seed,
        createdAt: config.createdAt,
      });
      await db.write('runs', 'update', {
        id,
        macsPerFrame: size.macsPerFrame,
        steps: stepsInRun(recipe, 0),
        splitSet: split?.name ?? null,
        splitHash: split?.hash ?? null,
      });
      const jobId = await startJob({ id, name, datasetId: facts.id }, input.device);
      await db.write('runs', 'update', { id, jobId });
      const evaluationJobs: number[] = [];
      for (const { datasetId, protocol } of input.evaluateOn)
        evaluationJobs.push(await evaluations.start({ runId: id, datasetId, protocol, distance: protocols[protocol].distance }, [jobId]));
      events.changed(['Runs'], null);
      return { jobId, runId: id, evaluationJobs };
    },

    async resume(id, batch = {}) {
      const run = await mustGet(id);
      // Two who go on with one run would stop each other's training.
      if ((run.state === 'running' || run.state === 'waiting') && run.jobId !== null) throw activeAlready(run, live.get(id)?.step ?? run.step);
      if (run.state === 'done') throw new AppError('CONFLICT', `"${run.name}" is trained already; there is nothing to continue.`, { id });
      await methods.get(run.method);
      if (Object.keys(batch).length > 0) await changeBatch(run, batch);
      const job = run.jobId === null ? null : await jobs.get(run.jobId);
      if (job && job.state !== 'done') return jobs.retry(job.id);
      const jobId = await startJob(run, await deviceOf(id));
      await db.write('runs', 'update', { id, jobId, state: 'waiting', error: null, endedAt: null });
      return jobId;
    },

    async stop(id) {
      const run = await mustGet(id);
      if (run.jobId !== null) await jobs.cancel(run.jobId);
    },

    async rename(id, name, { key, tags }) {
      const run = await mustGet(id);
      const taken = (await db.read('runs', 'all', null)).some((row) => row.name === name && row.id !== id);
      if (taken) throw new AppError('CONFLICT', `There is a run named "${name}" already.`, { key: 'name' }, { remedy: 'Choose another name.' });
      await db.write('runs', 'rename', { id, name, before: run.name, at: clock(), tags }, { key });
    },

    async remove(id, { key, tags }) {
      const run = await mustGet(id);
      // What waits is not seen while its run is removed, and waits again when that is undone.
      await jobs.unless(
        (job) => (job.runId === id ? new AppError('CONFLICT', `"${run.name}" is being computed; stop it first.`, { id }) : null),
        () => db.write('runs', 'remove', { id, name: run.name, at: clock(), tags }, { key }),
      );
    },
  };
}

/** `isActive` tells a program that adds where it is computed. */
function activeAlready({ id, name, state, steps }: RunRow, step: number): AppError {
  return new AppError(
    'CONFLICT',
    state === 'running' ? `"${name}" is training already, at step ${step} of ${steps}.` : `"${name}" waits for its turn already.`,
    { id, isActive: true },
    { remedy: 'Wait for its end, or stop it first.' },
  );
}

/** The small recipe as it suits the set, with what was asked for in its place. @throws BAD_INPUT naming the key */
function completeRecipe(method: MethodInfo, asked: Partial<RecipeValues>, train: { identities: number } | null): RecipeValues {
  const parsed = recipeSchema.safeParse({ ...recipeFor(method.recipes.small, train), ...asked });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const key = issue?.path.join('.') ?? '';
  throw new AppError('BAD_INPUT', `The recipe value "${key}" does not fit: ${issue?.message ?? 'unknown reason'}.`, { key });
}

function refuseUntrainable(facts: DatasetFacts | null, recipe: RecipeValues): asserts facts is DatasetFacts {
  if (!facts) throw new AppError('NOT_FOUND', 'The data set does not exist.', { key: 'datasetId' });
  if (facts.state !== 'ready')
    throw new AppError('CONFLICT', `"${facts.name}" is still being imported.`, { key: 'datasetId' }, { remedy: 'Start the run when the import is done.' });
  const train = facts.splits['train'];
  if (!train) {
    const why = facts.cameras < 2 ? ` It has ${facts.cameras === 1 ? 'one camera' : 'no cameras'}, so it also has no query with a match in another one.` : '';
    throw new AppError(
      'BAD_INPUT',
      `"${facts.name}" has no tracklets in the split "train".${why}`,
      { key: 'datasetId', dataset: facts.name },
      {
        remedy: 'Train on another data set and evaluate on this one, or select tracklets of at least two identities and move them to the split "train".',
      },
    );
  }
  if (train.identities < 2)
    throw new AppError(
      'BAD_INPUT',
      `The split "train" of "${facts.name}" has ${train.identities} identity; training needs at least two to tell apart.`,
      { key: 'datasetId', dataset: facts.name },
      { remedy: 'Move tracklets of more identities to the split "train".' },
    );
  refuseSmallParts(recipe);
  refuseTooMany(recipe, train);
}

function refuseTooMany({ identitiesPerBatch }: RecipeValues, train: { identities: number } | null): void {
  const why = tooManyIdentities(identitiesPerBatch, train);
  if (why !== null)
    throw new AppError(
      'BAD_INPUT',
      `${why}; a batch cannot hold ${identitiesPerBatch}.`,
      { key: 'identitiesPerBatch' },
      { remedy: `Take at most ${train?.identities} identities a batch.` },
    );
}

function refuseSmallParts(recipe: RecipeValues): void {
  const why = tooManyParts(recipe);
  if (why !== null) throw new AppError('BAD_INPUT', `${why}.`, { key: 'accumulate' });
}

function numbered(base: string, taken: Set<string>): string {
  if (!taken.has(base)) return base;
  for (let n = 2; ; n++) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`;
}

/** A file that cannot be read, though it is there, is no empty one. */
async function readIfThere(path: string): Promise<string | null> {
  return readTextIfThere(path).catch((error: unknown) => {
    throw fileError(error, path, 'read');
  });
}

function parsedOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return otherwise;
  }
}
