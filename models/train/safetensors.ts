/**
 * The safetensors format, read and written as bytes: 8 bytes header length, JSON header, tensors. Reads F32, F16, BF16, F64 and I64/I32 as float32.
 * A header is checked before anything is believed: lengths, offsets, types and shapes, keys that stand twice; the tensors must fill the file,
 * one after the other. Whether NaN may stand in them is their reader's matter.
 * Test: test/models/train/safetensors.test.ts; test/fuzz for files that mean harm.
 */
import { AppError } from '../../src-shared/errors.ts';
import { readBudget, spend, type ReadBudget } from '../../src-shared/readBudget.ts';
import { parseStrictJson } from '../../src-shared/strictJson.ts';
import type { StateDict } from './stateDict.ts';

/** 100,000 tensors need about half of it. */
const MAX_HEADER = 25_000_000;
const HEADER_LIMITS = { depth: 3, values: 2_000_000 };
const MOST_DIMENSIONS = 64;

export interface SafetensorsFile {
  tensors: StateDict;
  metadata: Record<string, string>;
}

/** Tensors are written in the map's order, 8-byte aligned as the format asks. */
export function writeSafetensors(tensors: StateDict, metadata: Record<string, string> = {}): Uint8Array {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const [name, { shape, values }] of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + values.byteLength] };
    offset += values.byteLength;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + padded + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, 8 + json.length, 8 + padded);
  bytes.set(json, 8);
  let at = 8 + padded;
  for (const { values } of tensors.values()) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/**
 * @param label name of the file, for messages
 * @throws FILE_INVALID naming the file, the tensor and what is wrong
 */
export function readSafetensors(bytes: Uint8Array, label: string, budget: ReadBudget = readBudget(bytes.length)): SafetensorsFile {
  const invalid: Invalid = (reason, key) =>
    new AppError('FILE_INVALID', `${label} cannot be read as a safetensors file: ${reason}.`, { file: label, ...(key === undefined ? {} : { key }) });
  if (bytes.length < 8) throw invalid('it is shorter than its 8-byte length field');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(bytes.length - 8)) throw invalid(`its header claims ${length} bytes, but ${bytes.length - 8} follow`);
  if (length > BigInt(MAX_HEADER)) throw invalid(`its header claims ${length} bytes, more than any file of weights needs`);
  const headerEnd = 8 + Number(length);
  const header = parseHeader(bytes.subarray(8, headerEnd), invalid);
  const data = bytes.subarray(headerEnd);
  const metadata = header['__metadata__'] === undefined ? {} : parseMetadata(header['__metadata__'], invalid);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => ({ name, ...parseEntry(name, entry, data.length, invalid) }));
  refuseHoles(entries, data.length, invalid);
  const tensors: StateDict = new Map();
  for (const { name, dtype, shape, begin, end } of entries) {
    if (!spend(budget, (end - begin) / BYTES[dtype])) throw invalid('it asks for more work than a file of its size needs', name);
    tensors.set(name, { shape, values: decode(data.subarray(begin, end), dtype) });
  }
  return { tensors, metadata };
}

type Invalid = (reason: string, key?: string) => AppError;

type DType = 'F32' | 'F16' | 'BF16' | 'F64' | 'I64' | 'I32';
const BYTES: Record<DType, number> = { F32: 4, F16: 2, BF16: 2, F64: 8, I64: 8, I32: 4 };

interface Entry {
  dtype: DType;
  shape: number[];
  begin: number;
  end: number;
}

function parseHeader(bytes: Uint8Array, invalid: Invalid): Record<string, unknown> {
  let header: unknown;
  try {
    header = parseStrictJson(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), HEADER_LIMITS);
  } catch (error) {
    throw invalid(`its header is not JSON as it should be (${error instanceof SyntaxError ? error.message : 'it is no text'})`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw invalid('its header is not a JSON object');
  return header as Record<string, unknown>;
}

function parseMetadata(entry: unknown, invalid: Invalid): Record<string, string> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry) || Object.values(entry).some((value) => typeof value !== 'string'))
    throw invalid('its "__metadata__" is not a map of strings', '__metadata__');
  return { ...(entry as Record<string, string>) };
}

function parseEntry(name: string, entry: unknown, available: number, invalid: Invalid): Entry {
  const { dtype, shape, data_offsets: offsets, ...others } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype))
    throw invalid(`the tensor "${name}" has the type ${String(JSON.stringify(dtype)).slice(0, 100)}, which is not supported`, name);
  if (!isCounts(shape)) throw invalid(`the shape of the tensor "${name}" is not a list of whole numbers`, name);
  if (!isCounts(offsets) || offsets.length !== 2) throw invalid(`the offsets of the tensor "${name}" are not two whole numbers`, name);
  if (Object.keys(others).length > 0) throw invalid(`the tensor "${name}" has more than type, shape and offsets`, name);
  const [begin, end] = offsets as [number, number];
  const wanted = shape.reduce((total, n) => total * n, 1) * BYTES[dtype as DType];
  if (end > available || begin > end) throw invalid(`the tensor "${name}" lies at bytes ${begin} to ${end}, outside of the ${available} bytes of data`, name);
  if (end - begin !== wanted) throw invalid(`the tensor "${name}" needs ${wanted} bytes for its shape, but spans ${end - begin}`, name);
  return { dtype: dtype as DType, shape, begin, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= MOST_DIMENSIONS && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
}

/** As the format asks: every byte belongs to one tensor, so nothing hides between them and nothing is counted twice. */
function refuseHoles(entries: (Entry & { name: string })[], available: number, invalid: Invalid): void {
  const inOrder = entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end);
  let at = 0;
  let before = '';
  for (const { begin, end, name } of inOrder) {
    if (begin < at) throw invalid(`the tensors "${before}" and "${name}" overlap`, name);
    if (begin > at) throw invalid(`${begin - at} bytes before the tensor "${name}" belong to none`, name);
    at = end;
    before = name;
  }
  if (at < available) throw invalid(`${available - at} bytes at its end belong to no tensor`);
}

function decode(bytes: Uint8Array, dtype: DType): Float32Array {
  // A copy makes the start aligned, whatever the header's length was.
  const { buffer } = new Uint8Array(bytes); // slice() of a Node Buffer would be a view
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'F64') return Float32Array.from(new Float64Array(buffer));
  if (dtype === 'I32') return Float32Array.from(new Int32Array(buffer));
  if (dtype === 'I64') return Float32Array.from(new BigInt64Array(buffer), Number);
  const halves = new Uint16Array(buffer);
  if (dtype === 'BF16') {
    const words = new Uint32Array(halves.length);
    for (let i = 0; i < halves.length; i++) words[i] = (halves[i] as number) << 16;
    return new Float32Array(words.buffer);
  }
  return Float32Array.from(halves, halfToNumber);
}

function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
