/**
 * Evaluation-mode forward of a clip in a file with weights in a file, for checks against other implementations.
 * Input float32 [B, T, 3, H, W], already normalised; output float32 [B, D] as the official test code would compare it.
 * Test: test/main/compute/forward.test.ts.
 */
import { basename } from 'node:path';
import { AppError } from '../../../src-shared/errors.ts';
import { fileError } from '../../../src-shared/storageErrors.ts';
import { npyHead, readNpy, writeNpy } from '../../../datasets/readers/npy.ts';
import { readPth } from '../../../datasets/readers/pth.ts';
import { embedClip } from '../../../models/embedClip.ts';
import { createRng } from '../../../models/rng.ts';
import { readSafetensors } from '../../../models/train/safetensors.ts';
import { classesIn, loadStateDict, type StateDict } from '../../../models/train/stateDict.ts';
import { replaceFile } from '../resultFiles.ts';
import { readNamedFile, type HeadCheck } from '../../platform/readNamedFile.ts';
import { openChildEngine } from '../childEngine.ts';
import { defineTask } from '../defineTask.ts';
import type { EngineOptions } from '../../engine/openEngine.ts';
import { loadMethod, parseOptions } from '../methods.ts';
import type { Reporter } from '../reporter.ts';

/** Evaluation-mode forward of arrays in files, for checks against other implementations. */
export interface ForwardTask {
  kind: 'forward';
  method: string;
  options: Record<string, unknown>;
  /** Computes also where tensors of the network are not in the weights. */
  partial: boolean;
  weights: string;
  input: string;
  output: string;
  engine: EngineOptions;
}

export interface ForwardResult {
  shape: number[];
  loaded: number;
  missing: string[];
  unexpected: string[];
}

declare module '../protocol.ts' {
  interface TaskKinds {
    forward: { task: ForwardTask; result: ForwardResult };
  }
}

export default defineTask({ id: 'forward', perform: forwardJob });

export async function forwardJob(task: ForwardTask, reporter: Reporter): Promise<ForwardResult> {
  const definition = await loadMethod(task.method);
  const name = basename(task.input);
  const clip = readNpy(await read(task.input, npyHead(name)), name);
  const [batch, frames, colours, height, width] = clip.shape as [number, number, number, number, number];
  if (clip.shape.length !== 5 || colours !== 3)
    throw new AppError('BAD_INPUT', `${task.input} has shape [${clip.shape.join(', ')}]; [B, T, 3, H, W] is needed.`, { path: task.input });
  // The sizes of the clip are those of the network, unless they are named.
  const sizes = Object.entries({ frames, height, inputWidth: width }).filter(([key]) => key in definition.options.shape);
  const options = parseOptions(definition, { ...Object.fromEntries(sizes), ...task.options });
  const state = await readWeights(task.weights);
  await openChildEngine(task.engine, reporter);
  const model = definition.build(options, { numClasses: classesIn(state) ?? 2, rng: createRng(0) });
  const report = loadStateDict(model, state, { partial: true });
  if (!task.partial) refuseRandom(report.missing, basename(task.weights));
  const embedded = await embedClip(model, { values: Float32Array.from(clip.values), shape: [batch, frames, colours, height, width] });
  await replaceFile(task.output, writeNpy(embedded.shape, embedded.values));
  const result = { shape: embedded.shape, loaded: report.loaded.length, missing: report.missing, unexpected: report.unexpected };
  model.dispose();
  return result;
}

/** Evaluation uses no classifier; any other tensor that is not in the file would be a random number in the result. */
function refuseRandom(missing: string[], file: string): void {
  const random = missing.filter((name) => !/(^|\.)classifier[^.]*\.(weight|bias)$/.test(name));
  if (random.length === 0) return;
  throw new AppError(
    'WEIGHTS_MISMATCH',
    `${file} lacks ${random.length} ${random.length === 1 ? 'tensor' : 'tensors'} of the network, which would stay random: ${random.join(', ')}.`,
    { file, missing: random.length },
    { remedy: 'Use the options that the weights were made with, or compute with "--partial" all the same.' },
  );
}

/** By content, since `.pt` and `.bin` say little. */
export async function readWeights(path: string): Promise<StateDict> {
  const bytes = await read(path);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const isPickle = bytes[0] === 0x80;
  // Its first bytes are a length and may look like either of the others; behind them stands the header.
  const isSafetensors = bytes[7] === 0 && bytes[8] === 0x7b;
  return !isSafetensors && (isZip || isPickle) ? withoutPrefix(readPth(bytes, basename(path))) : readSafetensors(bytes, basename(path)).tensors;
}

/** Training scripts save `{state_dict: …, epoch: …}`; what is beside the weights has no tensors of a network. */
function withoutPrefix(state: StateDict): StateDict {
  for (const prefix of ['state_dict.', 'model_state_dict.', 'model.', 'net.']) {
    const inside = [...state].filter(([name]) => name.startsWith(prefix));
    if (inside.length > 0 && inside.length >= state.size / 2) return new Map(inside.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
  }
  return state;
}

async function read(path: string, head?: HeadCheck): Promise<Uint8Array> {
  try {
    return await readNamedFile(path, head);
  } catch (error) {
    throw fileError(error, path, 'read');
  }
}
