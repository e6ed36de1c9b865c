/**
 * The safetensors format, read and written as bytes: 8 bytes header length, JSON header, tensors. Reads F32, F16, BF16, F64 and I64/I32 as float32.
 * A header is checked before anything is believed: lengths, offsets, types and shapes. Test: test/models/train/safetensors.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import type { StateDict } from './stateDict.ts';

const MAX_HEADER = 100_000_000;

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

export function readSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (bytes.length < 8) throw invalid('it is shorter than its 8-byte length field');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(MAX_HEADER, bytes.length - 8))) throw invalid(`its header claims ${length} bytes, but ${bytes.length - 8} follow`);
  const headerEnd = 8 + Number(length);
  const header = parseHeader(bytes.subarray(8, headerEnd));
  const data = bytes.subarray(headerEnd);
  const file: SafetensorsFile = { tensors: new Map(), metadata: {} };
  const spans: [number, number, string][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      file.metadata = parseMetadata(entry);
      continue;
    }
    const { dtype, shape, begin, end } = parseEntry(name, entry, data.length);
    spans.push([begin, end, name]);
    file.tensors.set(name, { shape, values: decode(data.subarray(begin, end), dtype) });
  }
  refuseOverlaps(spans);
  return file;
}

type DType = 'F32' | 'F16' | 'BF16' | 'F64' | 'I64' | 'I32';
const BYTES: Record<DType, number> = { F32: 4, F16: 2, BF16: 2, F64: 8, I64: 8, I32: 4 };

interface Entry {
  dtype: DType;
  shape: number[];
  begin: number;
  end: number;
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('its header is not JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) throw invalid('its header is not a JSON object');
  return header as Record<string, unknown>;
}

function parseMetadata(entry: unknown): Record<string, string> {
  if (typeof entry !== 'object' || entry === null || Object.values(entry).some((value) => typeof value !== 'string'))
    throw invalid('its "__metadata__" is not a map of strings');
  return entry as Record<string, string>;
}

function parseEntry(name: string, entry: unknown, available: number): Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype))
    throw invalid(`the tensor "${name}" has the type ${JSON.stringify(dtype)}, which is not supported`);
  if (!isCounts(shape)) throw invalid(`the shape of the tensor "${name}" is not a list of whole numbers`);
  if (!isCounts(offsets) || offsets.length !== 2) throw invalid(`the offsets of the tensor "${name}" are not two whole numbers`);
  const [begin, end] = offsets as [number, number];
  const wanted = shape.reduce((total, n) => total * n, 1) * BYTES[dtype as DType];
  if (end > available || begin > end) throw invalid(`the tensor "${name}" lies at bytes ${begin} to ${end}, outside of the ${available} bytes of data`);
  if (end - begin !== wanted) throw invalid(`the tensor "${name}" needs ${wanted} bytes for its shape, but spans ${end - begin}`);
  return { dtype: dtype as DType, shape, begin, end };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && (n as number) >= 0);
}

function refuseOverlaps(spans: [number, number, string][]): void {
  spans.sort((a, b) => a[0] - b[0]);
  for (let i = 1; i < spans.length; i++) {
    const [, end, before] = spans[i - 1] as [number, number, string];
    const [begin, , name] = spans[i] as [number, number, string];
    if (begin < end) throw invalid(`the tensors "${before}" and "${name}" overlap`);
  }
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

function invalid(reason: string): AppError {
  return new AppError('FILE_INVALID', `The safetensors file cannot be read: ${reason}.`);
}
