/**
 * Registers tfjs-node's kernels and backend class on our binding, with the corrections that today's Node and our models need.
 * The package's own entry point is never loaded: it would look for its native part. Test: test/main/engine/openEngine.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import { createRequire } from 'node:module';
import { TF_ATTR, TF_TYPE, type TensorFlowBinding } from './binding.ts';
import { AppError } from '../../src-shared/errors.ts';
import { registerOwnKernels } from './kernels/registerOwnKernels.ts';
import type { TensorMetadata, TFEOpAttr, TFJSBinding } from './tfjsBindingTypes.ts';

const require = createRequire(import.meta.url);

/** What kernels see of tfjs-node's backend. */
export interface NodeBackend extends tf.KernelBackend {
  binding: TensorFlowBinding;
  executeSingleOutput(name: string, attributes: TFEOpAttr[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: TFEOpAttr[], inputs: tf.TensorInfo[], outputs: number): tf.Tensor[];
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  /** Uploads values that wait in JavaScript. */
  getInputTensorIds(tensors: tf.TensorInfo[]): number[];
}
type NodeBackendClass = new (binding: TFJSBinding, packageName: string) => NodeBackend;

export function registerTensorFlowBackend(binding: TensorFlowBinding): void {
  shimNodeUtil();
  const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js') as { NodeJSKernelBackend: NodeBackendClass };
  require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
  registerOwnKernels();
  // The name of the CPU package: the GPU one would make the class time kernels by its own profiler.
  tf.registerBackend('tensorflow', () => withOwnReading(withIntegerResults(new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node'))), 3);
}

export async function useBackend(name: 'tensorflow' | 'wasm'): Promise<void> {
  if (!(await tf.setBackend(name))) throw new AppError('ENGINE_UNAVAILABLE', `The tfjs backend "${name}" did not start.`, { backend: name });
  await tf.ready();
}

export function tfjsVersion(): string {
  return tf.version_core;
}

/** tfjs-node calls both: one is gone since Node 23, the other prints a deprecation warning. */
function shimNodeUtil(): void {
  const util = require('node:util') as { isNullOrUndefined?: (value: unknown) => boolean; isArray?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  util.isArray = Array.isArray;
}

/** A function that is recorded waits for no promise: reading a value later fails the recording, as reading it at once does. */
function withOwnReading(backend: NodeBackend): NodeBackend {
  backend.read = (dataId) => {
    try {
      return Promise.resolve(backend.readSync(dataId));
    } catch (error) {
      const recording = backend.binding.tracing.recorded();
      if (!recording) return Promise.reject(error as Error);
      recording.fail(error);
      return new Promise(() => undefined);
    }
  };
  return backend;
}

/** tfjs has no int64: such a result becomes int32 in the engine, instead of BigInt values under the name int32 and a warning on every call. */
function withIntegerResults(backend: NodeBackend): NodeBackend {
  const createOutputTensor = backend.createOutputTensor.bind(backend);
  backend.createOutputTensor = (metadata) => {
    if (metadata.dtype !== TF_TYPE.int64) return createOutputTensor(metadata);
    const { binding } = backend;
    try {
      const [narrow] = binding.executeOp(
        'Cast',
        [
          { name: 'SrcT', type: TF_ATTR.type, value: TF_TYPE.int64 },
          { name: 'DstT', type: TF_ATTR.type, value: TF_TYPE.int32 },
        ],
        [metadata.id],
        1,
      );
      return createOutputTensor(narrow as TensorMetadata);
    } finally {
      binding.deleteTensor(metadata.id);
    }
  };
  return backend;
}
