/**
 * Activation recomputation: a part of a network that keeps only its input until the backward pass, and computes itself once more there.
 * Costs one more forward pass of the part; saves all that its operations would have kept. Test: test/models/recompute.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { after } from './after.ts';

let repeating = false;

/** True while a part computes itself for the second time, when statistics have been taken already. */
export function isRecomputing(): boolean {
  return repeating;
}

type CustomGradient = (...args: unknown[]) => { value: Tensor; gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor[] };

/**
 * fn(x), with gradients for x and `variables`; other variables that `fn` reads get none. `fn` draws no random numbers and reads no other tensors
 * that need a gradient.
 * @example const y = recompute((x) => block(x, pass), x, blockVariables);
 */
export function recompute<In extends Tensor, Out extends Tensor>(fn: (x: In) => Out, x: In, variables: readonly Variable[]): Out {
  const operation: CustomGradient = (...args) => {
    const save = args[args.length - 1] as (tensors: Tensor[]) => void;
    // A part that gives its input back would otherwise free it.
    const value = tf.tidy(() => fn(args[0] as In));
    save([args[0] as In]);
    return {
      value,
      gradFunc: (dy, [input]) => gradients(fn, after(input as In, dy), variables, dy),
    };
  };
  return tf.customGrad(operation as unknown as Parameters<typeof tf.customGrad>[0])(x, ...variables) as Out;
}

function gradients(fn: (x: never) => Tensor, x: Tensor, variables: readonly Variable[], dy: Tensor): Tensor[] {
  const { state } = tf.engine();
  // A tape of its own: the one under which this runs has been read, but is still to be cleaned up.
  const { activeTape } = state;
  const wasRepeating = repeating;
  repeating = true;
  try {
    const { value, grads } = tf.engine().gradients(() => fn(x as never), [x, ...variables], dy, true);
    value.dispose();
    return grads.map((gradient, i) => gradient ?? tf.zerosLike(i === 0 ? x : (variables[i - 1] as Variable)));
  } finally {
    repeating = wasRepeating;
    state.activeTape = activeTape;
  }
}
