/**
 * Where products in few bits can be had, and a check that TensorFlow really computes in them: where its rewrite of a graph fails, it writes a line and
 * goes on in float32. Tests: test/main/engine/precision.test.ts, test/main/engine/mixedPrecision.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { AppError } from '../../src-shared/errors.ts';
import type { Precision } from '../../models/method.ts';
import type { EngineInfo } from './openEngine.ts';
import { traced } from './trace/traced.ts';

const DEVICE_OF = { bfloat16: 'cpu', float16: 'cuda' } as const;

/** A run that computed otherwise than its recipe says would not be comparable. @throws BAD_INPUT when the device has no such numbers. */
export function usablePrecision(precision: Precision = 'float32', device: EngineInfo['device']): Precision {
  if (precision === 'float32' || DEVICE_OF[precision] === device) return precision;
  const reasons = {
    bfloat16: `TensorFlow computes training steps in bfloat16 on the CPU only, and this run computes on ${device}.`,
    // Measured with TensorFlow 2.21 on a processor without AVX512_FP16: the sample method's steps at .15 to .28 of the speed of float32.
    float16: `Training in float16 is for NVIDIA cards, a processor is many times slower with it; and this run computes on ${device}.`,
  };
  const remedies = { cpu: 'precision=bfloat16 or float32', cuda: 'precision=float16 or float32', wasm: 'precision=float32' };
  throw new AppError(
    'BAD_INPUT',
    reasons[precision],
    { key: 'precision', precision, device },
    { remedy: `Start a run with ${remedies[device]}, or on another device.` },
  );
}

/** What becomes of `value` as a factor of a recorded product. Two products, since TensorFlow leaves a graph of less than four operations as it is. */
function asFactor(value: number, precision: Precision): number {
  const run = traced(([a, b]) => [tf.matMul(tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D), b as tf.Tensor2D)], { precision });
  const inputs = [tf.tidy(() => tf.mul(tf.eye(8), value)), tf.eye(8)];
  const outputs = run(inputs);
  const [first] = (outputs[0] as tf.Tensor).dataSync<'float32'>();
  run.dispose();
  tf.dispose([inputs, outputs]);
  return first as number;
}

/** @throws ENGINE_FAILED when TensorFlow was told to use few bits and does not. */
export function expectPrecision(precision: Precision): void {
  // bfloat16 has 8 significant bits; float16 ends at 65,504, which also tells it from TensorFloat-32.
  const isUsed = precision === 'float32' || (precision === 'bfloat16' ? asFactor(1 + 2 ** -10, precision) === 1 : !Number.isFinite(asFactor(1e5, precision)));
  if (isUsed) return;
  throw new AppError(
    'ENGINE_FAILED',
    `TensorFlow was told to compute products in ${precision} and computes them in float32; the processor, or this TensorFlow, cannot.`,
    { precision },
    { remedy: 'Start a run with precision=float32.' },
  );
}
