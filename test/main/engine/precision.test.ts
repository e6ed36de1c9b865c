/** How a run's precision becomes TensorFlow's configuration, and where it is refused. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import type { FromChild } from '../../../src-main/compute/protocol.ts';
import { encodeSessionConfig, withPrecision } from '../../../src-main/engine/configProto.ts';
import { usablePrecision } from '../../../src-main/engine/precision.ts';
import type { TrainJobResult, TrainTask } from '../../../src-main/compute/tasks/train.ts';
import { supervise } from '../../../src-main/jobs/supervisor.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject } from '../support/tinyProject.ts';

test('the rewrite of TensorFlow 2.21 that computes products in few bits', () => {
  const plain = encodeSessionConfig({ threads: 2, useGpu: false });
  // graph_options = 10 { rewrite_options = 10 { auto_mixed_precision_onednn_bfloat16 = 31: ON } }; a field above 15 has a key of two bytes.
  expect([...withPrecision(plain, 'bfloat16', false)]).toEqual([...plain, 0x52, 5, 0x52, 3, 0xf8, 1, 1]);
  // auto_mixed_precision = 23 on a card, auto_mixed_precision_cpu = 29 on a processor.
  const onGpu = encodeSessionConfig({ threads: 2, useGpu: true });
  expect([...withPrecision(onGpu, 'float16', true)]).toEqual([...onGpu, 0x52, 5, 0x52, 3, 0xb8, 1, 1]);
  expect([...withPrecision(plain, 'float16', false)]).toEqual([...plain, 0x52, 5, 0x52, 3, 0xe8, 1, 1]);
  // Sums and losses stay float32.
  const denied = process.env['TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_DENYLIST_ADD']?.split(',');
  expect(denied).toEqual(expect.arrayContaining(['Sum', 'Mean', 'SoftmaxCrossEntropyWithLogits', 'SparseSoftmaxCrossEntropyWithLogits']));
});

test('a device without such numbers is refused with what it has', () => {
  expect([usablePrecision(undefined, 'wasm'), usablePrecision('float32', 'cuda')]).toEqual(['float32', 'float32']);
  expect([usablePrecision('bfloat16', 'cpu'), usablePrecision('float16', 'cuda')]).toEqual(['bfloat16', 'float16']);
  const refused = (...args: Parameters<typeof usablePrecision>) => {
    try {
      usablePrecision(...args);
    } catch (error) {
      return error;
    }
    return null;
  };
  expect(refused('float16', 'cpu')).toMatchObject({ code: 'BAD_INPUT', params: { key: 'precision' }, remedy: expect.stringContaining('precision=bfloat16') });
  expect(refused('bfloat16', 'cuda')).toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('bfloat16 on the CPU only'), remedy: expect.stringContaining('float16') }); // prettier-ignore
  expect(refused('bfloat16', 'wasm')).toMatchObject({ code: 'BAD_INPUT', remedy: expect.stringContaining('precision=float32') });
});

test('a run in the compute child: SGD in bfloat16 trains and resumes, another optimizer and float16 on the CPU end before a step', async () => {
  const script = new URL('../../../src-main/compute/child.ts', import.meta.url);
  const project = await tinyProject();
  const sgd = { optimizer: 'sgd', momentum: 0.5, nesterov: true, precision: 'bfloat16' } as const;
  const log: string[] = [];
  const run = (runId: string, recipe: Partial<TrainTask['recipe']>): Promise<TrainJobResult> => {
    const engine = { device: 'cpu', threads: 1, paths: {} } as const;
    const task: TrainTask = { kind: 'train', projectFolder: project.folder, runId, method: 'resnet-tap', options: TINY_OPTIONS, recipe: { ...TINY_RECIPE, ...recipe }, manifest: project.manifest, seed: 7, engine }; // prettier-ignore
    const onMessage = (message: FromChild): void => void (message.type === 'log' && log.push(message.text));
    return supervise<FromChild>({ script, task, onAbort: 'stop', grace: { word: 60_000, term: 2000 }, onMessage }) as Promise<TrainJobResult>;
  };
  try {
    const whole = await run('whole', sgd);
    expect(whole.steps).toBe(8);
    expect(log).toContain('Products and convolutions are computed in bfloat16.');
    expect((await run('parts', { ...sgd, epochs: 1 })).steps).toBe(4);
    expect(await run('parts', sgd)).toMatchObject({ steps: 8, weightsHash: whole.weightsHash });
    await expect(run('parts', { precision: 'bfloat16' })).rejects.toMatchObject({
      code: 'WEIGHTS_MISMATCH',
      message: expect.stringContaining('holds the state of SGD with momentum, but this run trains with Adam'),
    });
    await expect(run('half', { precision: 'float16' })).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('for NVIDIA cards') });
  } finally {
    rmSync(dirname(project.folder), { recursive: true, force: true });
  }
});
