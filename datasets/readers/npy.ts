/**
 * NumPy's .npy format, versions 1 to 3: little-endian numbers in C or Fortran order, read as float32, or as float64 where float32
 * does not hold them, written as float32.
 * The header is parsed, never evaluated; it must hold its three keys once and nothing else, and the numbers must fill the file.
 * Tests: test/datasets/readers/npyHeader.test.ts, test/datasets/readers/npy.test.ts; test/fuzz for files that mean harm.
 */
import { AppError } from '../../src-shared/errors.ts';
import { readBudget, spend, type ReadBudget } from '../../src-shared/readBudget.ts';

export interface NpyArray {
  shape: number[];
  /** Row-major. float64 where the file holds numbers that float32 may round: float64, int32, int64. */
  values: Float32Array | Float64Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy's own limits: of the dimensions, and (ten times) of the header. */
const MOST_DIMENSIONS = 32;
const LONGEST_HEADER = 100_000;

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

interface Layout {
  type: { size: number; get: Getter };
  kind: string;
  isFortran: boolean;
  shape: number[];
  /** Where the numbers begin, and how many they are. */
  start: number;
  count: number;
}

/**
 * What can be told of a file by its head, before more of it is read: `check` throws unless the numbers that the header states fill a file of that
 * length. `bytes` hold every header.
 */
export function npyHead(label: string): { bytes: number; check(head: Uint8Array, length: number): void } {
  return { bytes: 12 + LONGEST_HEADER, check: (head, length) => void layoutOf(head, length, label) };
}

const notUsable = (label: string, what: string): AppError => new AppError('FILE_INVALID', `${label} is not a usable .npy file: ${what}.`, { file: label });

/**
 * @param label name of the file, for messages
 * @throws FILE_INVALID saying what is wrong
 */
export function readNpy(bytes: Uint8Array, label: string, budget: ReadBudget = readBudget(bytes.length)): NpyArray {
  const { type, kind, isFortran, shape, start, count } = layoutOf(bytes, bytes.length, label);
  const invalid = (what: string): AppError => notUsable(label, what);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!spend(budget, count)) throw invalid('it asks for more work than a file of its size needs');
  const values = ['f8', 'i4', 'i8'].includes(kind) ? new Float64Array(count) : new Float32Array(count);
  const place = isFortran ? fortranPlace(shape) : (index: number) => index;
  for (let index = 0; index < count; index++) values[place(index)] = type.get(view, start + index * type.size);
  const rounded = kind === 'i8' ? values.findIndex((value) => !Number.isSafeInteger(value)) : -1;
  if (rounded >= 0) throw invalid(`number ${rounded} (from 0, row by row) is beyond 2^53, where not every whole number can be told from the next`);
  return { shape, values };
}

function layoutOf(bytes: Uint8Array, length: number, label: string): Layout {
  const invalid = (what: string): AppError => notUsable(label, what);
  if (bytes.length < 12 || MAGIC.some((byte, index) => bytes[index] !== byte)) throw invalid('it does not begin with the NumPy signature');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = bytes[6] ?? 0;
  if (major < 1 || major > 3) throw invalid(`version ${major} is not known`);
  const headerStart = major === 1 ? 10 : 12;
  const headerLength = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = headerStart + headerLength;
  if (start > length) throw invalid('its header is cut off');
  if (headerLength > LONGEST_HEADER) throw invalid(`its header has ${headerLength} characters`);
  const header = parseHeader(new TextDecoder('latin1').decode(bytes.subarray(headerStart, start)));
  if (!header) throw invalid('its header does not name type, order and shape of plain numbers');
  const { order: byteOrder, kind, isFortran, shape } = header;
  const type = Object.hasOwn(TYPES, kind) ? TYPES[kind] : undefined;
  if (!type || (byteOrder === '>' && type.size > 1)) throw invalid(`numbers of type "${byteOrder}${kind}" are not supported; save it as float32`);
  if (shape.length > MOST_DIMENSIONS) throw invalid(`its shape has ${shape.length} dimensions`);
  const count = shape.reduce((product, size) => product * size, 1);
  const there = length - start;
  if (![count, ...shape].every(Number.isSafeInteger) || count * type.size > there)
    throw invalid(`its shape (${shape.join(', ')}) needs ${count * type.size} bytes, ${there} are there`);
  if (count * type.size < there) throw invalid(`${there - count * type.size} bytes follow the numbers of its shape (${shape.join(', ')})`);
  return { type, kind, isFortran, shape, start, count };
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }` in any order; null for anything else. */
function parseHeader(text: string): { order: string; kind: string; isFortran: boolean; shape: number[] } | null {
  let rest = /^\{([^{}]*)\}\s*$/.exec(text)?.[1]?.trim();
  if (rest === undefined) return null;
  const found = new Map<string, string>();
  while (rest !== '') {
    const entry = /^'(descr|fortran_order|shape)'\s*:\s*('[^']*'|True|False|\([^()]*\))\s*(?:,\s*|$)/.exec(rest);
    // Twice the same key: the last one would win in Python, another one here.
    if (!entry || found.has(entry[1] ?? '')) return null;
    found.set(entry[1] ?? '', entry[2] ?? '');
    rest = rest.slice(entry[0].length);
  }
  const type = /^'([<>|=])([a-z]\d{1,2})'$/.exec(found.get('descr') ?? '');
  const shape = /^\(((?:\d+,\s*)*\d*)\)$/.exec(found.get('shape') ?? '');
  const order = found.get('fortran_order');
  if (!type || !shape || (order !== 'True' && order !== 'False')) return null;
  const sizes = (shape[1] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  return { order: type[1] ?? '', kind: type[2] ?? '', isFortran: order === 'True', shape: sizes.map(Number) };
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
