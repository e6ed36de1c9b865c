/**
 * NVIDIA's libraries as their wheels lay them out beside TensorFlow (nvidia/<part>/lib). Loaded before TensorFlow, dependencies first, because
 * TensorFlow looks for them by bare name and would otherwise need LD_LIBRARY_PATH. Test: test/main/engine/findLibrary.test.ts.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** In the order in which they need each other. */
const LIBRARIES: [folder: string, file: string][] = [
  ['cuda_runtime', 'libcudart.so.12'],
  ['nvjitlink', 'libnvJitLink.so.12'],
  ['cuda_nvrtc', 'libnvrtc.so.12'],
  ['cublas', 'libcublasLt.so.12'],
  ['cublas', 'libcublas.so.12'],
  ['cufft', 'libcufft.so.11'],
  ['curand', 'libcurand.so.10'],
  ['cusparse', 'libcusparse.so.12'],
  ['cusolver', 'libcusolver.so.11'],
  ['cudnn', 'libcudnn.so.9'],
  ['nccl', 'libnccl.so.2'],
  ['cuda_cupti', 'libcupti.so.12'],
];

/** Those that are there, for a TensorFlow library at …/tensorflow/libtensorflow_cc.so.2. */
export function cudaLibrariesBeside(tensorflowLibrary: string): string[] {
  const nvidia = join(dirname(dirname(tensorflowLibrary)), 'nvidia');
  return LIBRARIES.map(([folder, file]) => join(nvidia, folder, 'lib', file)).filter((path) => existsSync(path));
}
