/** A new TF_Tensor of TensorFlow's own memory. Test: test/main/compute/pullThePlug.test.ts. */
import { AppError } from '../../src-shared/errors.ts';
import type { LibTensorFlow, Pointer } from './libtensorflow.ts';
import { dims } from './opAttributes.ts';

/**
 * `at` is where its bytes are, null for a tensor without any. TensorFlow gives a tensor also when it gets no memory for it; then it has no bytes,
 * and whoever wrote to them would end the process. Throws OUT_OF_MEMORY.
 */
export function allocateTensor(tf: LibTensorFlow, dtype: number, shape: readonly number[], bytes: number): { tensor: Pointer; at: Pointer | null } {
  const tensor = tf.allocateTensor(dtype, dims(shape), shape.length, bytes);
  const at = tensor && bytes > 0 ? tf.tensorData(tensor) : null;
  if (tensor && (at !== null || bytes === 0)) return { tensor, at };
  if (tensor) tf.deleteTensor(tensor);
  throw new AppError('OUT_OF_MEMORY', `TensorFlow could not allocate ${bytes} bytes for a tensor of shape [${shape.join(', ')}].`, { bytes });
}
