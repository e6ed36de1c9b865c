/**
 * Embeds every tracklet of a data set with the weights of a run, in the compute child, by the method's own test protocol.
 * The training split is left out where a set has others. Pictures that were replaced since the import end it: features answer for those that were imported. Test: test/main/compute/child.test.ts.
 */
import { AppError, toErrorShape } from '../../../src-shared/errors.ts';
import { clipShape } from '../../../models/clipOptions.ts';
import { createRng } from '../../../models/rng.ts';
import { extract, testProtocol } from '../../../models/train/extract.ts';
import { readSafetensors } from '../../../models/train/safetensors.ts';
import { loadStateDict } from '../../../models/train/stateDict.ts';
import { containedPath } from '../../platform/contained.ts';
import { projectFolder } from '../../platform/projectFolder.ts';
import { noteUnrecorded, withCount } from '../changedPictures.ts';
import { readCheckpoint, sha256 } from '../checkpoint.ts';
import { openChildEngine } from '../childEngine.ts';
import { openClipSource } from '../clipSource.ts';
import { defineTask } from '../defineTask.ts';
import type { EngineOptions } from '../../engine/openEngine.ts';
import type { KnownFeatures, StoredFeatures } from '../protocol.ts';
import { readManifest } from '../manifest.ts';
import { shortHash, testedOf } from '../lists.ts';
import { readFeatures, writeFeatures } from '../resultFiles.ts';
import { loadMethod, parseOptions } from '../methods.ts';
import { VIEW, contentKey, contentOf, factsAsText, isContentKey } from '../featureFacts.ts';
import type { Reporter } from '../reporter.ts';
import { tracedForward } from '../../engine/trace/accelerate.ts';
import { fileOf, stateOf } from '../runState.ts';

export interface ExtractTask {
  kind: 'extract';
  projectFolder: string;
  runId: string;
  method: string;
  options: Record<string, unknown>;
  /** Relative to the run's folder. */
  checkpoint: string;
  /** Of the weights as the run noted them: another file in the checkpoint's place must not be embedded with. */
  weightsHash: string | null;
  /** Absolute path of the list of tracklets. */
  manifest: string;
  /** Folder of the features, relative to the project; their file is called after what they are of. */
  output: string;
  /** Features that are there: used again when they are of these weights, this content and whole. */
  known: KnownFeatures[];
  engine: EngineOptions;
}

export interface ExtractResult extends StoredFeatures {
  /** What they are to be kept under; null where they were there already. */
  made: { weightsHash: string; contentHash: string; view: string } | null;
}

/**
 * Pictures of a forward pass. A processor gains nothing beyond 32. A card pays some microseconds for the start of every kernel, of which a
 * ResNet-50 has about two hundred, and its last maps of 16 × 8 leave much of a large card idle: four times the pictures share the same starts,
 * while the widest map (64 × 32 × 256) takes 0.27 GB. Reckoned, not measured; a card with less memory ends up with fewer by itself.
 */
const PICTURES = { cpu: 32, wasm: 32, cuda: 128 };

declare module '../protocol.ts' {
  interface TaskKinds {
    extract: { task: ExtractTask; result: ExtractResult };
  }
}

export default defineTask({ id: 'extract', perform: extractJob });

export async function extractJob(task: ExtractTask, reporter: Reporter): Promise<ExtractResult> {
  const project = projectFolder(task.projectFolder);
  const runFolder = project.run(task.runId);
  const { dataset, rows: all } = await readManifest(task.manifest);
  const rows = testedOf(all);
  if (rows.length === 0) throw new AppError('BAD_INPUT', `"${dataset.name}" has no tracklets.`, { datasetId: dataset.id });

  const definition = await loadMethod(task.method);
  const options = parseOptions(definition, task.options);
  const clip = clipShape(options);
  const { clipFrames, padding, maxClips } = testProtocol(definition, options);
  const wanted = (weightsHash: string) =>
    factsAsText({ content: contentOf(dataset.contentHash), weights: weightsHash, test: { clipFrames, padding, maxClips } }, rows);
  const keyOf = (facts: Record<string, string>): string => contentKey(facts, task.method, task.options);
  if (task.weightsHash !== null) {
    const facts = wanted(task.weightsHash);
    const candidates = task.known.filter(({ contentHash }) => contentHash === keyOf(facts) || !isContentKey(contentHash));
    for (const { path, hash, count, dims } of candidates)
      if (await isReusable(project.file(path), { path, hash, count, dims }, facts, reporter)) return { path, hash, count, dims, made: null };
  }

  const checkpoint = await readCheckpoint(containedPath(runFolder, task.checkpoint), ['model.safetensors', 'state.json']);
  const weights = fileOf(checkpoint, 'model.safetensors');
  const weightsHash = sha256(weights);
  if (task.weightsHash !== null && weightsHash !== task.weightsHash)
    throw new AppError(
      'WEIGHTS_MISMATCH',
      `The weights in ${task.checkpoint} are not those that the run wrote: their content is another.`,
      { file: task.checkpoint },
      { remedy: 'Put the original file back, or train the run again.' },
    );
  const { device } = await openChildEngine(task.engine, reporter);
  const model = definition.build(options, { numClasses: stateOf(checkpoint).labels.length, rng: createRng(0) });
  loadStateDict(model, readSafetensors(weights, `model.safetensors of ${checkpoint.name}`).tensors);

  noteUnrecorded(rows, dataset.name, reporter);
  // Every frame is read once here, so there is nothing to keep.
  const source = openClipSource({
    projectFolder: task.projectFolder,
    rows,
    size: { height: clip.height, width: clip.width, resize: definition.input.resize },
    cacheBytes: 0,
  });
  const began = performance.now();
  try {
    const { features, dims } = await extract({
      model,
      definition,
      options,
      source,
      pictures: PICTURES[device],
      accelerate: (embed) => tracedForward(embed, model),
      signal: reporter.signal,
      onSmallerPass: (before, now) =>
        reporter.log('warn', `Memory ran out with ${before} pictures in a forward pass; the extraction goes on with ${now} in each.`),
      onProgress: (done, total) => reporter.progress(done, total, 'tracklets'),
    });
    if (!features.every(Number.isFinite)) throw new AppError('ENGINE_FAILED', 'Some features are no numbers.', {});
    const facts = wanted(weightsHash);
    const made = { weightsHash, contentHash: keyOf(facts), view: VIEW };
    const path = `${task.output}/${shortHash(JSON.stringify(made)).slice(0, 16)}.safetensors`;
    const metadata = { run: task.runId, method: task.method, checkpoint: checkpoint.name, dataset: dataset.name, ...facts };
    await project.makeFolder(project.file(task.output));
    const hash = await writeFeatures(project.file(path), {
      trackletIds: Int32Array.from(rows, (row) => row.id),
      values: features,
      dims,
      metadata,
    });
    const frames = rows.reduce((sum, row) => sum + row.frames, 0);
    reporter.log('info', `${rows.length} tracklets of ${frames} frames in ${((performance.now() - began) / 1000).toFixed(1)} s, ${dims} numbers each.`);
    return { path, hash, count: rows.length, dims, made };
  } catch (error) {
    throw await withCount(error, source, dataset.name, reporter);
  } finally {
    await source.close();
  }
}

/** Of the same weights, pictures and clips, and whole. What was changed is said only where the file is damaged: the rest is in the order of things. */
async function isReusable(file: string, known: StoredFeatures, wanted: Record<string, string>, reporter: Reporter): Promise<boolean> {
  try {
    const { metadata } = await readFeatures(file, known);
    const changed = Object.keys(wanted).find((key) => metadata[key] !== wanted[key]);
    if (changed === undefined) reporter.log('info', 'The features of these weights are there already.');
    return changed === undefined;
  } catch (error) {
    const { code, message } = toErrorShape(error);
    if (code !== 'FILE_INVALID' && code !== 'FILE_UNREADABLE') throw error;
    reporter.log('warn', `${message} The features are made again.`);
    return false;
  }
}
