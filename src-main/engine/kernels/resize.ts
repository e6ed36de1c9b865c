/**
 * Gradient of bilinear resizing with half-pixel centres, which tfjs-node's own leaves out. Test: test/models/opsFused.test.ts.
 */
import type * as tf from '@tensorflow/tfjs-core';
import type { NodeBackend } from '../tensorflowBackend.ts';
import { boolAttribute, typeAttribute } from './attributes.ts';

export const resizeKernels: tf.KernelConfig[] = [
  {
    kernelName: 'ResizeBilinearGrad',
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs, backend }) => {
      const { images, dy } = inputs as Record<'images' | 'dy', tf.TensorInfo>;
      const { alignCorners, halfPixelCenters } = attrs as { alignCorners: boolean; halfPixelCenters?: boolean };
      const attributes = [
        typeAttribute('T', images.dtype),
        boolAttribute('align_corners', alignCorners),
        boolAttribute('half_pixel_centers', halfPixelCenters ?? false),
      ];
      return (backend as NodeBackend).executeSingleOutput('ResizeBilinearGrad', attributes, [dy, images]);
    },
  },
];
