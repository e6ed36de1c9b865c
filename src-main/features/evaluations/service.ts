/**
 * Evaluations: a job that embeds a data set with a run's weights (once for the same weights and content), and one that ranks.
 * Results are files in the run's folder and a row; comparisons read the files.
 * Tests: test/main/features/evaluationsService.test.ts, test/main/features/runs.test.ts.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { AppError } from '../../../src-shared/errors.ts';
import type { Evaluation } from '../../../src-shared/contract/evaluations.ts';
import type { Compute } from '../../compute/backend.ts';
import { computeInChild } from '../../compute/local.ts';
import type { KnownFeatures, ResultOf, StoredFeatures, TaskOf } from '../../compute/protocol.ts';
import type { EvaluateTask, KnownResult } from '../../compute/tasks/evaluate.ts';
import type { ExtractTask } from '../../compute/tasks/extract.ts';
import type { HostContext } from '../context.ts';
import type { ToolsOfJob } from '../../jobs/defineJob.ts';
import type { JobRow, JobTools } from '../../jobs/queue.ts';
import { ensureFrames } from '../../media/frameFiles.ts';
import type { EngineService } from '../engine/service.ts';
import type { DatasetFacts } from '../datasets/table.ts';
import { withManifest } from '../manifests/write.ts';
import type { RunRow } from '../runs/table.ts';
import type { EvaluateParams } from './jobs/evaluate.ts';
import type { ExtractParams } from './jobs/extract.ts';
import { FEATURE_FOLDER, type EvaluationRow, type FeatureSetRow } from './table.ts';

export interface EvaluationsService {
  list(datasetId: number | undefined): Promise<Evaluation[]>;
  /** Starts both jobs, after others where asked; returns the id of the last one. */
  start(request: EvaluateParams, after?: number[]): Promise<number>;
  /** The job that embeds a data set, alone. */
  extract(runId: string, datasetId: number, after?: number[]): Promise<number>;
  /** The two jobs. */
  runExtract(params: ExtractParams, tools: ToolsOfJob): Promise<StoredFeatures>;
  runEvaluate(params: EvaluateParams, tools: ToolsOfJob): Promise<{ evaluationId: number }>;
  /** Each with the run asked for; `madeBy`: the run that made it, null when that is gone. */
  featureSets(runId: string): Promise<(Omit<FeatureSetRow, 'id' | 'createdAt' | 'runId'> & { runId: string; madeBy: string | null })[]>;
}

/** `compute`: runs the task in a child of its own. */
export function createEvaluationsService(
  context: HostContext,
  engine: EngineService,
  compute: Compute<'extract' | 'evaluate'> = computeInChild,
): EvaluationsService {
  const { project, db, events, jobs, clock, monotonic } = context;

  async function mustRun(id: string): Promise<RunRow> {
    const run = await db.read('runs', 'one', { id });
    if (!run) throw new AppError('NOT_FOUND', `There is no run "${id}".`, { id });
    return run;
  }

  async function mustDataset(id: number): Promise<DatasetFacts> {
    const facts = await db.read('datasets', 'facts', { id });
    if (!facts) throw new AppError('NOT_FOUND', `There is no data set ${id}.`, { datasetId: id });
    return facts;
  }

  async function runExtract({ runId, datasetId }: ExtractParams, tools: ToolsOfJob): Promise<StoredFeatures> {
    const run = await mustRun(runId);
    const facts = await mustDataset(datasetId);
    if (run.checkpoint === null) throw new AppError('CONFLICT', `"${run.name}" has no checkpoint yet.`, { id: runId }, { remedy: 'Train it first.' });
    // Asked here, since a child that computes knows nothing of what was chosen on this machine.
    for (const root of facts.roots) project.root(root);
    for (const id of facts.videos)
      await ensureFrames(context, id, { signal: tools.signal, onProgress: (done, total) => tools.progress(done, total, 'frames', 'Decoding the video') });
    const { checkpoint } = run;
    const result = await withManifest(context, { jobId: tools.job.id, datasetId, signal: tools.signal }, async (manifest) => {
      const task: ExtractTask = {
        kind: 'extract',
        projectFolder: project.folder,
        runId,
        manifest,
        method: run.method,
        options: run.options,
        checkpoint,
        weightsHash: run.weightsHash,
        known: run.weightsHash === null ? [] : (await db.read('evaluations', 'features', { runId, datasetId, weightsHash: run.weightsHash })).map(asKnown),
        output: FEATURE_FOLDER,
        engine: engine.options(),
      };
      return inChild(task, tools);
    });
    const { made, ...stored } = result;
    // The file is whole under its name by now; until the row is there too, nobody knows of it.
    if (made) await db.write('evaluations', 'saveFeatures', { runId, datasetId, ...stored, ...made, createdAt: clock() });
    else await db.write('evaluations', 'useFeatures', { datasetId, hash: stored.hash, at: clock() });
    return stored;
  }

  /** Those that the extraction before it made or found: what is there for the run may be of another split by now. */
  async function featuresBefore({ after }: JobRow, datasetId: number): Promise<StoredFeatures | null> {
    for (const id of after) {
      const { data } = extracted.safeParse(await jobs.wait(id));
      const row = data && (await db.read('evaluations', 'featuresByHash', { datasetId, hash: data.hash }));
      if (row) return { path: row.path, hash: row.hash, count: row.count, dims: row.dims };
    }
    return null;
  }

  async function runEvaluate({ runId, datasetId, protocol, distance }: EvaluateParams, tools: ToolsOfJob): Promise<{ evaluationId: number }> {
    const features = await featuresBefore(tools.job, datasetId);
    if (!features) throw new AppError('NOT_FOUND', 'The features of this data set are not there; extract them again.', { runId, datasetId });
    const [rows, before] = await Promise.all([
      db.read('evaluations', 'sideRows', { datasetId }),
      db.read('evaluations', 'ofRequest', { runId, datasetId, protocol, distance }),
    ]);
    const output = `runs/${runId}/evaluations`;
    const task: EvaluateTask = { kind: 'evaluate', projectFolder: project.folder, rows, protocol, distance, features, output, known: before.flatMap(asResult) };
    const result = await inChild(task, tools);
    const evaluationId =
      'sameAs' in result ? result.sameAs : await db.write('evaluations', 'save', { runId, datasetId, protocol, distance, ...result, createdAt: clock() });
    events.changed(['Evaluations', `Evaluation:${evaluationId}`, 'Runs', `Run:${runId}`], null);
    return { evaluationId };
  }

  /** `forOthers`: evaluations that wait for it share it, and it ends with the last of them that is cancelled. */
  async function startExtract(runId: string, datasetId: number, after: number[], forOthers: boolean): Promise<number> {
    const run = await mustRun(runId);
    const facts = await mustDataset(datasetId);
    if (facts.state !== 'ready') throw new AppError('CONFLICT', `"${facts.name}" is still being imported.`, { datasetId });
    if (run.checkpoint === null && after.length === 0)
      throw new AppError('CONFLICT', `"${run.name}" has no checkpoint yet.`, { id: runId }, { remedy: 'Train it first.' });
    const needed = after.length === 0 ? await engine.prepare() : after;
    const params: ExtractParams = { runId, datasetId, ...(forOthers ? { forOthers } : {}) };
    const request = { kind: 'extract', title: `Features of ${facts.name} by ${run.name}`, params, after: needed, runId, datasetId } as const;
    if (!forOthers) return jobs.start(request);
    return jobs.startUnless(({ kind, params: other, state, after: before }) => {
      if (kind !== 'extract' || !isDeepStrictEqual(other, params)) return false;
      // One that waits for more comes too late; one that waits for less would embed with weights of before.
      return needed.every((id) => before.includes(id)) && (state === 'running' || before.every((id) => needed.includes(id)));
    }, request);
  }

  function inChild<Kind extends 'extract' | 'evaluate'>(task: TaskOf<Kind>, tools: JobTools): Promise<ResultOf<Kind>> {
    return compute(task, {
      signal: tools.signal,
      now: monotonic,
      onOutput: (line) => tools.log('info', line),
      onMessage(message) {
        if (message.type === 'progress') tools.progress(message.done, message.total, message.unit, message.message);
        else if (message.type === 'log') tools.log(message.level, message.text);
        else if (message.type === 'engine') engine.report(message.info);
      },
    });
  }

  return {
    runExtract,
    runEvaluate,

    async list(datasetId) {
      return (await db.read('evaluations', 'all', { datasetId })).map(({ folder: _folder, files: _files, ...evaluation }) => evaluation);
    },

    async start(request, after = []) {
      const extractJob = await startExtract(request.runId, request.datasetId, after, true);
      const [run, facts] = [await mustRun(request.runId), await mustDataset(request.datasetId)];
      return jobs.start({
        kind: 'evaluate',
        title: `Evaluate ${run.name} on ${facts.name} (${request.protocol})`,
        params: request,
        after: [extractJob],
        runId: run.id,
        datasetId: facts.id,
      });
    },

    extract: (runId, datasetId, after = []) => startExtract(runId, datasetId, after, false),

    async featureSets(runId) {
      await mustRun(runId);
      return (await db.read('evaluations', 'featureSets', { runId })).map(({ id: _id, createdAt: _createdAt, runId: madeBy, ...set }) => ({
        ...set,
        runId,
        madeBy,
      }));
    },
  };
}

/** What an extraction leaves as the result of its job. */
const extracted = z.object({ hash: z.string() });

function asKnown({ path, hash, count, dims, contentHash }: FeatureSetRow): KnownFeatures {
  return { path, hash, count, dims, contentHash };
}

/** None of an evaluation whose files' hashes were not kept: it cannot be told to be whole. */
function asResult({ id, question, featuresHash, weightsHash, folder, files, queries, validQueries, mAP, mINP, cmc }: EvaluationRow): KnownResult[] {
  if (!question || weightsHash === null || !files) return [];
  return [{ id, questionHash: question.hash, featuresHash, weightsHash, folder, files, metrics: { queries, validQueries, mAP, mINP, cmc } }];
}
