/**
 * Gradient of bilinear resizing. tfjs-node's own "ResizeBilinearGrad" leaves out half-pixel centres; "ResizeBilinearHalfPixelGrad" {dy, images}
 * is the one that models ask for, because no other backend's gradient knows them. Test: test/models/opsFused.test.ts.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import { boolAttribute, typeAttribute } from './attributes.ts';

export const resizeKernels: tf.KernelConfig[] = [
  {
    kernelName: 'ResizeBilinearGrad',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { alignCorners, halfPixelCenters } = attrs as { alignCorners: boolean; halfPixelCenters?: boolean };
      return gradient(backend as NodeBackend, inputs, alignCorners, halfPixelCenters ?? false);
    },
  },
  {
    kernelName: 'ResizeBilinearHalfPixelGrad',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, backend }) => gradient(backend as NodeBackend, inputs, false, true),
  },
];

function gradient(backend: NodeBackend, inputs: tf.NamedTensorInfoMap, alignCorners: boolean, halfPixelCenters: boolean): tf.Tensor {
  const { images, dy } = inputs as Record<'images' | 'dy', tf.TensorInfo>;
  const attributes = [typeAttribute('T', images.dtype), boolAttribute('align_corners', alignCorners), boolAttribute('half_pixel_centers', halfPixelCenters)];
  return backend.executeSingleOutput('ResizeBilinearGrad', attributes, [dy, images]);
}
