/** How the training loop and the extraction run as recorded functions. Test: test/main/engine/traced.test.ts. */
import type { Tensor, Tensor2D, Tensor5D } from '@tensorflow/tfjs-core';
import type { Model } from '../../../models/method.ts';
import type { RunEmbed } from '../../../models/train/extract.ts';
import type { Accelerate } from '../../../models/train/loop.ts';
import type { Precision } from '../../../models/method.ts';
import { traced } from './traced.ts';

export const tracedStep = tracedStepIn('float32');

export function tracedStepIn(precision: Precision): Accelerate {
  return (program) => {
    const run = traced((inputs, tools) => program.run(inputs, tools), { variables: program.variables, precision });
    return Object.assign((inputs: Tensor[]) => run.aside(inputs), { dispose: () => run.dispose() });
  };
}

/** Evaluation with the weights as they are now. */
export function tracedForward(embed: (clips: Tensor5D) => Tensor2D, model: Model): RunEmbed {
  const run = traced(([clips]) => [embed(clips as Tensor5D)], { variables: model.parameters.map(({ variable }) => variable), constants: true });
  const embedAside = async (clips: Tensor5D): Promise<Tensor2D> => (await run.aside([clips]))[0] as Tensor2D;
  return Object.assign(embedAside, { dispose: () => run.dispose() });
}
