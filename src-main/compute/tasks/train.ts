/**
 * Trains one run in the compute child: from its newest whole checkpoint, or from the beginning. Reports metrics and checkpoints to the
 * host, which keeps the books. Stopping keeps a checkpoint; a resumed run continues bit for bit. Test: test/main/compute/child.test.ts.
 */
import { join } from 'node:path';
import { commandLine, settings } from '../../../src-shared/commandLine.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { BatchRecord, MetricColumns } from '../../../src-shared/contract/runs.ts';
import type { RecipeValues } from '../../../src-shared/recipe/recipe.ts';
import { smallerBatch } from '../../../src-shared/recipe/smaller.ts';
import { clipShape, type ClipShape } from '../../../models/clipOptions.ts';
import { createRng } from '../../../models/rng.ts';
import { countSteps, train, type StepReport } from '../../../models/train/loop.ts';
import { completeRecipe } from '../../../models/train/recipe.ts';
import { recipeOptimizer } from '../../../models/train/recipeOptimizer.ts';
import { paced } from '../../platform/paced.ts';
import { projectFolder } from '../../platform/projectFolder.ts';
import { noteUnrecorded, withCount } from '../changedPictures.ts';
import { checkpointName, readNewestCheckpoint, writeCheckpoint } from '../checkpoint.ts';
import { openChildEngine } from '../childEngine.ts';
import { openClipSource } from '../clipSource.ts';
import { defineTask } from '../defineTask.ts';
import type { EngineOptions } from '../../engine/openEngine.ts';
import { readManifest } from '../manifest.ts';
import { loadMethod, parseOptions } from '../methods.ts';
import type { Reporter } from '../reporter.ts';
import { expectPrecision, usablePrecision } from '../../engine/precision.ts';
import { tracedStepIn } from '../../engine/trace/accelerate.ts';
import { packState, recordBatch, unpackState } from '../runState.ts';

export interface TrainTask {
  kind: 'train';
  projectFolder: string;
  runId: string;
  method: string;
  options: Record<string, unknown>;
  recipe: RecipeValues;
  /** Absolute path of the list of tracklets; those of the split "train" are trained on. */
  manifest: string;
  seed: number;
  engine: EngineOptions;
}

export interface TrainJobResult {
  steps: number;
  stopped: boolean;
  /** Relative to the run's folder. */
  checkpoint: string;
  weightsHash: string;
}

/** Seconds between checkpoints at least; longer where writing one takes long. */
const CHECKPOINT_SECONDS = 20;
const METRICS_INTERVAL = 500;

declare module '../protocol.ts' {
  interface TaskKinds {
    train: { task: TrainTask; result: TrainJobResult };
  }
}

export default defineTask({ id: 'train', perform: trainJob });

export async function trainJob(task: TrainTask, reporter: Reporter): Promise<TrainJobResult> {
  const project = projectFolder(task.projectFolder);
  const folder = project.run(task.runId);
  const checkpoints = join(folder, 'checkpoints');
  const { dataset, rows: all } = await readManifest(task.manifest);
  const rows = all.filter((row) => row.kind === 'person' && row.split === 'train');

  const definition = await loadMethod(task.method);
  const options = parseOptions(definition, task.options);
  const clip = clipShape(options);
  const recipe = completeRecipe(definition, task.recipe);
  const { device } = await openChildEngine(task.engine, reporter);
  const precision = usablePrecision(recipe.precision, device);
  expectPrecision(precision);
  if (precision !== 'float32') reporter.log('info', `Products and convolutions are computed in ${precision}.`);
  const labels = [...new Set(rows.map((row) => row.identityId))].sort((a, b) => a - b);
  const rng = createRng(task.seed);
  const model = definition.build(options, { numClasses: labels.length, rng: rng.fork('model') });
  const optimizer = recipeOptimizer(recipe, model.parameters);
  const parameters = model.parameters
    .filter(({ name }) => !/\.(running_mean|running_var|num_batches_tracked)$/.test(name))
    .reduce((sum, { shape }) => sum + shape.reduce((n, k) => n * k, 1), 0);

  const { checkpoint, damaged } = await readNewestCheckpoint(checkpoints);
  let passedOver = damaged;
  for (const { name, reason } of damaged) reporter.log('warn', `The checkpoint ${name} is damaged and was passed over: ${reason}`);
  let seconds = 0;
  let startStep = 0;
  let batches: BatchRecord[] = [];
  if (checkpoint) {
    const state = unpackState(checkpoint, model, optimizer, rng);
    if (state.labels.join() !== labels.join())
      throw new AppError('CONFLICT', `The training identities of "${dataset.name}" have changed since the run began; start a new run.`, {
        datasetId: dataset.id,
      });
    [startStep, seconds, batches] = [state.step, state.seconds, state.batches ?? []];
    reporter.log('info', `Continuing from ${checkpoint.name}.`);
    if (state.contentHash && state.contentHash !== dataset.contentHash)
      reporter.log(
        'warn',
        `"${dataset.name}" was updated from its source after the first steps of this run: from step ${startStep + 1} on it is trained on what the data set holds now.`,
      );
  } else if (damaged.length > 0) {
    throw new AppError('FILE_INVALID', `No checkpoint of the run is whole (${damaged[0]?.reason}).`, {}, { remedy: 'Start the run anew.' });
  } else await project.makeFolder(checkpoints);

  const before = batches.at(-1);
  batches = recordBatch(batches, startStep, recipe);
  const batch = batches.at(-1) as BatchRecord;
  if (before && before !== batch) reporter.log('warn', `From step ${startStep + 1} on a batch is ${batchText(batch)}; before it was ${batchText(before)}.`);

  noteUnrecorded(rows, dataset.name, reporter);
  const source = openClipSource({
    projectFolder: task.projectFolder,
    rows,
    size: { height: clip.height, width: clip.width, resize: definition.input.resize },
  });
  const steps = countSteps(recipe, source.tracklets, rng);
  reporter.send({ type: 'model', parameters, steps, epochs: recipe.epochs, batches });
  reporter.log(
    'info',
    `${rows.length} tracklets of ${labels.length} identities; ${steps} steps of ${recipe.identitiesPerBatch} × ${recipe.clipsPerIdentity} clips of ${clip.frames} frames, ${clip.height} × ${clip.width}; ${parameters} parameters.`,
  );
  reporter.progress(startStep, steps, 'steps', startStep === 0 ? 'First step' : '');

  const metrics = metricsBuffer(reporter);
  const epochs = epochLines(recipe.epochs, (line) => reporter.log('info', line));
  let saved: { step: number; weightsHash: string } | null = null;
  let savedAt = performance.now();
  let interval = CHECKPOINT_SECONDS * 1000;
  let skipped = 0;
  let last = { step: startStep, epoch: 0 };

  async function save(step: number, epoch: number): Promise<void> {
    const began = performance.now();
    const packed = packState(model, optimizer, {
      step,
      epoch,
      seconds,
      rng: rng.state(),
      labels,
      contentHash: dataset.contentHash,
      version: '1',
      batches,
    });
    // What is in the place of a project that was moved gets no checkpoint of this one.
    project.run(task.runId);
    await writeCheckpoint(checkpoints, step, packed.files, passedOver);
    saved = { step, weightsHash: packed.weightsHash };
    savedAt = performance.now();
    interval = Math.max(interval, 20 * (savedAt - began));
    reporter.send({ type: 'checkpoint', checkpoint: { path: `checkpoints/${checkpointName(step)}`, step, epoch, seconds, weightsHash: packed.weightsHash } });
    reporter.log('info', `Kept ${checkpointName(step)}.`);
    for (const { name } of passedOver) reporter.log('info', `Removed the damaged ${name}.`);
    passedOver = [];
  }

  /** A full disk in the middle may be over by the next time; twice in a row it is not. */
  async function saveIfRoom(step: number, epoch: number): Promise<void> {
    try {
      await save(step, epoch);
      skipped = 0;
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'DISK_FULL' || ++skipped > 1) throw error;
      savedAt = performance.now();
      reporter.log('warn', `${error.message} Training goes on; the next checkpoint is tried in ${Math.round(interval / 1000)} s.`);
    }
  }

  try {
    const result = await train({
      model,
      input: definition.input,
      clip,
      recipe,
      source,
      optimizer,
      rng,
      startStep,
      signal: reporter.signal,
      shouldStop: () => reporter.stopping(),
      accelerate: tracedStepIn(precision),
      clock: () => performance.now(),
      async onStep(report) {
        seconds += report.seconds;
        last = { step: report.step, epoch: report.epoch };
        metrics.add(report, seconds);
        epochs.add(report);
        reporter.progress(report.step, steps, 'steps', `Epoch ${report.epoch + 1} of ${recipe.epochs}, loss ${report.loss.toFixed(3)}`);
        if (performance.now() - savedAt >= interval && report.step < steps) await saveIfRoom(report.step, report.epoch);
        await reporter.pause();
      },
    });
    metrics.flush();
    epochs.flush();
    const written = saved as { step: number; weightsHash: string } | null;
    if (written?.step !== result.steps) await save(result.steps, last.epoch);
    const kept = saved as unknown as { step: number; weightsHash: string };
    reporter.log(
      'info',
      result.stopped && result.steps < steps
        ? `Stopped after step ${result.steps}; a checkpoint is kept.`
        : `Trained ${result.steps} steps in ${Math.round(seconds)} s.`,
    );
    return {
      steps: result.steps,
      stopped: result.stopped && result.steps < steps,
      checkpoint: `checkpoints/${checkpointName(kept.step)}`,
      weightsHash: kept.weightsHash,
    };
  } catch (error) {
    metrics.flush();
    epochs.flush();
    const changed = error instanceof AppError && error.code === 'SOURCE_CHANGED';
    // Noticed while the pixels of the next step were read: what was learnt until then is of the imported pictures, and is kept.
    if (changed && last.step > startStep && (saved as { step: number } | null)?.step !== last.step) await saveIfRoom(last.step, last.epoch);
    const lastGood = saved ? checkpointName((saved as { step: number }).step) : (checkpoint?.name ?? null);
    if (error instanceof AppError && error.code === 'OUT_OF_MEMORY') {
      reporter.log('error', error.message);
      throw outOfMemory(error, { runId: task.runId, step: last.step + 1, batch, clip, lastGood });
    }
    throw withLastGood(await withCount(error, source, dataset.name, reporter), lastGood);
  } finally {
    await source.close();
  }
}

/** Says which checkpoint survives a training that went wrong. */
function withLastGood(error: unknown, lastGood: string | null): unknown {
  if (!(error instanceof AppError)) return error;
  if (error.code === 'SOURCE_CHANGED')
    return new AppError(error.code, `${error.message} ${survivor(lastGood)}`, error.params, { cause: error, remedy: `${error.remedy} Then resume the run.` });
  if (error.code !== 'ENGINE_FAILED') return error;
  return new AppError(error.code, `${error.message} ${survivor(lastGood)}`, error.params, {
    cause: error,
    remedy:
      'lossScale' in error.params
        ? 'Start a new run with precision=float32, a lower learning rate or more warm-up epochs.'
        : 'Lower the learning rate or add warm-up epochs, then start a new run.',
  });
}

interface FailedStep {
  runId: string;
  step: number;
  batch: BatchRecord;
  clip: ClipShape;
  lastGood: string | null;
}

/** TensorFlow names an allocator and a tensor; what helps is the size of the batch. */
export function outOfMemory(cause: AppError, { runId, step, batch, clip, lastGood }: FailedStep): AppError {
  const clips = `${batchText(batch)} of ${clip.frames} ${clip.frames === 1 ? 'frame' : 'frames'}, ${clip.height} × ${clip.width}`;
  const change = smallerBatch(batch);
  return new AppError(
    'OUT_OF_MEMORY',
    `Step ${step} with a batch of ${clips} needs more memory than the device has. ${survivor(lastGood)}`,
    { ...cause.params, step },
    {
      cause,
      remedy: change
        ? `Resume it with a smaller batch ("${commandLine(['train'], { resume: runId, set: settings(change) })}"), or end other programs that use the device.`
        : 'Start a run with fewer or smaller frames or a narrower model, or end other programs that use the device.',
    },
  );
}

function survivor(lastGood: string | null): string {
  return lastGood ? `The last good checkpoint is ${lastGood}.` : 'It happened before the first checkpoint.';
}

function batchText({ identitiesPerBatch, clipsPerIdentity, accumulate }: BatchRecord): string {
  return `${identitiesPerBatch} × ${clipsPerIdentity} clips${accumulate > 1 ? ` in ${accumulate} parts` : ''}`;
}

/** Steps of half a second travel together. */
function metricsBuffer(reporter: Reporter): { add(report: StepReport, seconds: number): void; flush(): void } {
  let rows: { report: StepReport; seconds: number }[] = [];
  // The last steps before a stall go out too: while TensorFlow computes, this thread is free.
  const sendSoon = paced(METRICS_INTERVAL, flush);

  function flush(): void {
    if (rows.length === 0) return;
    const names = new Set(rows.flatMap(({ report }) => Object.keys(report.parts)));
    const series: MetricColumns['series'] = {
      loss: column(({ report }) => report.loss),
      learningRate: column(({ report }) => report.learningRate),
      gradientNorm: column(({ report }) => report.gradientNorm),
      ...(rows.some(({ report }) => report.lossScale !== undefined) && {
        lossScale: column(({ report }) => report.lossScale ?? NaN),
        skippedSteps: column(({ report }) => report.skippedSteps ?? NaN),
      }),
      imagesPerSecond: column(({ report }) => report.images / Math.max(1e-6, report.seconds)),
      loaderShare: column(({ report }) => Math.min(1, report.secondsWaiting / Math.max(1e-6, report.seconds))),
    };
    for (const name of names) series[`loss/${name}`] = column(({ report }) => report.parts[name] ?? NaN);
    const columns: MetricColumns = {
      step: Int32Array.from(rows, ({ report }) => report.step),
      epoch: Int32Array.from(rows, ({ report }) => report.epoch),
      seconds: Float32Array.from(rows, (row) => row.seconds),
      series,
    };
    reporter.send({ type: 'metrics', columns });
    rows = [];
  }

  function column(value: (row: { report: StepReport; seconds: number }) => number): Float32Array<ArrayBuffer> {
    return Float32Array.from(rows, value);
  }

  return {
    add(report, seconds) {
      rows.push({ report, seconds });
      sendSoon();
    },
    flush() {
      sendSoon.stop();
      flush();
    },
  };
}

/** One line an epoch: mean losses of its steps, rate, speed. An epoch that was cut says how many steps it had. */
function epochLines(epochs: number, write: (line: string) => void): { add(report: StepReport): void; flush(): void } {
  let reports: StepReport[] = [];

  function mean(value: (report: StepReport) => number): string {
    // A step that loss scaling left out may have no loss.
    const known = reports.map(value).filter(Number.isFinite);
    return (known.reduce((sum, one) => sum + one, 0) / known.length).toFixed(3);
  }

  function flush(): void {
    const last = reports.at(-1);
    if (!last) return;
    const parts = Object.keys(last.parts).map((name) => `${name} ${mean((report) => report.parts[name] ?? NaN)}`);
    const seconds = reports.reduce((sum, report) => sum + report.seconds, 0);
    const speed = reports.reduce((sum, report) => sum + report.images, 0) / Math.max(1e-6, seconds);
    const losses = `loss ${mean((report) => report.loss)}${parts.length > 0 ? ` (${parts.join(', ')})` : ''}`;
    const rate = Number(last.learningRate.toPrecision(3));
    const scale = last.lossScale === undefined ? '' : `, loss scale ${last.lossScale}, ${last.skippedSteps} steps skipped so far`;
    write(
      `Epoch ${last.epoch + 1} of ${epochs}, ${reports.length} ${reports.length === 1 ? 'step' : 'steps'}: ${losses}, learning rate ${rate}${scale}, ${speed.toFixed(speed < 10 ? 1 : 0)} images/s.`,
    );
    reports = [];
  }

  return {
    add(report) {
      if (reports[0] && reports[0].epoch !== report.epoch) flush();
      reports.push(report);
    },
    flush,
  };
}
