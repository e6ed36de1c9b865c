/**
 * NumPy's .npy format, versions 1 to 3: little-endian numbers in C or Fortran order, read as float32 or float64, written as float32.
 * The header is parsed, never evaluated. Test: test/datasets/readers/npy.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';

export interface NpyArray {
  shape: number[];
  /** Row-major. float64 only when the file holds it. */
  values: Float32Array | Float64Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

type Getter = (view: DataView, offset: number) => number;
const TYPES: Record<string, { size: number; get: Getter }> = {
  f4: { size: 4, get: (view, offset) => view.getFloat32(offset, true) },
  f8: { size: 8, get: (view, offset) => view.getFloat64(offset, true) },
  f2: { size: 2, get: (view, offset) => halfToNumber(view.getUint16(offset, true)) },
  i1: { size: 1, get: (view, offset) => view.getInt8(offset) },
  i2: { size: 2, get: (view, offset) => view.getInt16(offset, true) },
  i4: { size: 4, get: (view, offset) => view.getInt32(offset, true) },
  i8: { size: 8, get: (view, offset) => Number(view.getBigInt64(offset, true)) },
  u1: { size: 1, get: (view, offset) => view.getUint8(offset) },
  b1: { size: 1, get: (view, offset) => view.getUint8(offset) },
};

/**
 * @param label name of the file, for messages
 * @throws FILE_INVALID saying what is wrong
 */
export function readNpy(bytes: Uint8Array, label: string): NpyArray {
  const invalid = (what: string): AppError => new AppError('FILE_INVALID', `${label} is not a usable .npy file: ${what}.`, { file: label });
  if (bytes.length < 12 || MAGIC.some((byte, index) => bytes[index] !== byte)) throw invalid('it does not begin with the NumPy signature');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6] ?? 0;
  if (major < 1 || major > 3) throw invalid(`version ${major} is not known`);
  const headerStart = major === 1 ? 10 : 12;
  const headerLength = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerStart + headerLength;
  if (start > bytes.length) throw invalid('its header is cut off');
  let header = '';
  for (const byte of bytes.subarray(headerStart, start)) header += String.fromCharCode(byte);
  const descr = /'descr':\s*'([<>|=])([a-z]\d+)'/.exec(header);
  const order = /'fortran_order':\s*(True|False)/.exec(header);
  const shapeText = /'shape':\s*\(([\d\s,]*)\)/.exec(header);
  if (!descr || !order || !shapeText) throw invalid('its header does not name type, order and shape of plain numbers');
  const type = TYPES[descr[2] ?? ''];
  if (!type || (descr[1] === '>' && type.size > 1)) throw invalid(`numbers of type "${descr[1]}${descr[2]}" are not supported; save it as float32`);
  const shape = (shapeText[1] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number);
  const count = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(count) || start + count * type.size > bytes.length)
    throw invalid(`its shape (${shape.join(', ')}) needs ${count * type.size} bytes, ${bytes.length - start} are there`);
  const values = descr[2] === 'f8' || descr[2] === 'i8' ? new Float64Array(count) : new Float32Array(count);
  const place = order[1] === 'True' ? fortranPlace(shape) : (index: number) => index;
  for (let index = 0; index < count; index++) values[place(index)] = type.get(view, start + index * type.size);
  return { shape, values };
}

/** float32, C order, version 1. */
export function writeNpy(shape: number[], values: Float32Array): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  const padded = `${header.padEnd(Math.ceil((10 + header.length + 1) / 64) * 64 - 11)}\n`;
  const out = new Uint8Array(10 + padded.length + 4 * values.length);
  out.set([...MAGIC, 1, 0, padded.length & 255, padded.length >> 8]);
  for (let i = 0; i < padded.length; i++) out[10 + i] = padded.charCodeAt(i);
  const view = new DataView(out.buffer, 10 + padded.length);
  values.forEach((value, index) => view.setFloat32(4 * index, value, true));
  return out;
}

/** Position in row-major order of the index-th number of a column-major file. */
function fortranPlace(shape: number[]): (index: number) => number {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
  return (index) => {
    let rest = index;
    let place = 0;
    for (let axis = 0; axis < shape.length; axis++) {
      const size = shape[axis] ?? 1;
      place += (rest % size) * (strides[axis] ?? 1);
      rest = Math.floor(rest / size);
    }
    return place;
  };
}

/** IEEE 754 half precision → number. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
