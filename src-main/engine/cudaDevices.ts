/**
 * The NVIDIA cards as the driver's own library names them, in the order in which TensorFlow numbers them (CUDA_VISIBLE_DEVICES counts).
 * For the record of a run; without a driver there is none. Test: test/main/engine/cudaDevices.test.ts.
 */
import koffi from 'koffi';

export interface CudaDevice {
  name: string;
  /** Major compute capability: TensorFloat-32 exists from 8 on. */
  generation: number;
}

const LIBRARY: Partial<Record<NodeJS.Platform, string>> = { linux: 'libcuda.so.1', win32: 'nvcuda.dll' };
const NAME_LENGTH = 256;
/** CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR of cuda.h. */
const CAPABILITY_MAJOR = 75;

/** Empty where there is no driver or no card. */
export function cudaDevices(library: string | undefined = LIBRARY[process.platform]): CudaDevice[] {
  if (library === undefined) return [];
  try {
    const cuda = koffi.load(library);
    const call = <F>(declaration: string): F => cuda.func(declaration) as unknown as F;
    if (call<(flags: number) => number>('int cuInit(unsigned int flags)')(0) !== 0) return [];
    const number = new Int32Array(1);
    call<(count: Int32Array) => number>('int cuDeviceGetCount(void *count)')(number);
    const deviceAt = call<(device: Int32Array, index: number) => number>('int cuDeviceGet(void *device, int index)');
    const nameOf = call<(name: Uint8Array, length: number, device: number) => number>('int cuDeviceGetName(void *name, int length, int device)');
    const attributeOf = call<(value: Int32Array, attribute: number, device: number) => number>(
      'int cuDeviceGetAttribute(void *value, int attribute, int device)',
    );
    return Array.from({ length: number[0] as number }, (_, index) => {
      const device = new Int32Array(1);
      const name = new Uint8Array(NAME_LENGTH);
      const major = new Int32Array(1);
      deviceAt(device, index);
      nameOf(name, NAME_LENGTH, device[0] as number);
      attributeOf(major, CAPABILITY_MAJOR, device[0] as number);
      return { name: new TextDecoder().decode(name.subarray(0, name.indexOf(0))), generation: major[0] as number };
    });
  } catch {
    return []; // no driver
  }
}
