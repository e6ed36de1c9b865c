/** The form of the benchmark's networks that are no re-ID methods: pictures in, logits out, cross-entropy. torch_networks.py has the same ones. */
import type { Tensor2D, Tensor5D } from '@tensorflow/tfjs-core';
import type { ClipShape } from '../../../../models/clipOptions.ts';
import { crossEntropy } from '../../../../models/losses/crossEntropy.ts';
import type { Model } from '../../../../models/method.ts';
import type { ParameterSet } from '../../../../models/parameters.ts';

export interface BenchNetwork {
  clip: ClipShape;
  classes: number;
  build(params: ParameterSet, classes: number): (clips: Tensor5D, training: boolean) => Tensor2D;
}

export function modelOf(network: BenchNetwork, params: ParameterSet): Model {
  const logits = network.build(params, network.classes);
  return {
    parameters: params.list,
    embeddingSize: network.classes,
    embed: (clips) => logits(clips, false),
    forwardTrain: ({ clips, labels }) => ({ loss: crossEntropy(logits(clips, true), labels), parts: {} }),
    dispose: () => params.dispose(),
  };
}
