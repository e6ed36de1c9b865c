/**
 * PyTorch checkpoints (.pth, .pt, .bin; zip format since 1.6) without Python. The pickle inside is run by a tiny machine that knows only
 * containers, numbers, text and tensors: any other class is refused, so a hostile file can do nothing. Legacy (pre-1.6) files are refused with advice.
 * Test: test/datasets/readers/pth.test.ts, against files written by PyTorch.
 */
import { unzipSync } from 'fflate';
import { AppError } from '../../src-shared/errors.ts';
import { halfToNumber } from './npy.ts';

export interface TorchTensor {
  shape: number[];
  /** Row-major. */
  values: Float32Array;
}

/** What a pickle may build here. */
type Value = null | boolean | number | string | Uint8Array | TorchTensor | Storage | Callable | Mark | Value[] | Map<Value, Value>;

interface Storage {
  kind: 'storage';
  type: string;
  key: string;
  size: number;
}
interface Callable {
  kind: 'callable';
  name: string;
}
interface Mark {
  kind: 'mark';
}

const STORAGE_SIZES: Record<string, number> = {
  FloatStorage: 4,
  DoubleStorage: 8,
  HalfStorage: 2,
  BFloat16Storage: 2,
  LongStorage: 8,
  IntStorage: 4,
  ShortStorage: 2,
  CharStorage: 1,
  ByteStorage: 1,
  BoolStorage: 1,
};
const ALLOWED = new Set([
  'collections OrderedDict',
  'torch._utils _rebuild_tensor_v2',
  'torch._utils _rebuild_parameter',
  ...Object.keys(STORAGE_SIZES).map((name) => `torch ${name}`),
]);
/** A checkpoint of a large transformer stays far below; a zip bomb does not. */
const LARGEST_UNPACKED = 8 * 1024 ** 3;

/**
 * All tensors by their dotted path; wrappers such as `{"state_dict": …}` become the first part of the name.
 * @throws FILE_INVALID naming the file and what is wrong with it
 */
export function readPth(bytes: Uint8Array, label: string): Map<string, TorchTensor> {
  const invalid = (what: string): AppError => new AppError('FILE_INVALID', `${label} cannot be read as a PyTorch checkpoint: ${what}.`, { file: label });
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) {
    throw invalid(bytes[0] === 0x80 ? 'it has the format from before PyTorch 1.6; load and save it once with a newer PyTorch' : 'it is not a zip archive');
  }
  const members = unpack(bytes, invalid);
  const picklePath = [...members.keys()].find((name) => name.endsWith('/data.pkl') || name === 'data.pkl');
  const pickle = picklePath === undefined ? undefined : members.get(picklePath);
  if (!pickle || picklePath === undefined) throw invalid('it holds no data.pkl');
  const prefix = picklePath.slice(0, -'data.pkl'.length);
  const root = new Unpickler(pickle, (key) => members.get(`${prefix}data/${key}`), invalid).run();
  const tensors = new Map<string, TorchTensor>();
  collect(root, '', tensors, 0);
  if (tensors.size === 0) throw invalid('it holds no tensors');
  return tensors;
}

function unpack(bytes: Uint8Array, invalid: (what: string) => AppError): Map<string, Uint8Array> {
  let total = 0;
  try {
    const files = unzipSync(bytes, {
      filter(file) {
        total += file.originalSize;
        if (total > LARGEST_UNPACKED) throw invalid('it would unpack to more than 8 GB');
        return true;
      },
    });
    return new Map(Object.entries(files));
  } catch (error) {
    throw error instanceof AppError ? error : invalid(`its archive is damaged (${error instanceof Error ? error.message : String(error)})`);
  }
}

function isTensor(value: Value): value is TorchTensor {
  return typeof value === 'object' && value !== null && 'shape' in value && 'values' in value && !(value instanceof Map);
}

function collect(value: Value, path: string, out: Map<string, TorchTensor>, depth: number): void {
  if (depth > 20) return;
  if (isTensor(value)) out.set(path === '' ? 'tensor' : path, value);
  else if (value instanceof Map) for (const [key, child] of value) collect(child, path === '' ? String(key) : `${path}.${String(key)}`, out, depth + 1);
  else if (Array.isArray(value)) value.forEach((child, index) => collect(child, path === '' ? String(index) : `${path}.${index}`, out, depth + 1));
}

/** Protocols 2 to 4 as torch.save writes them. */
class Unpickler {
  #bytes: Uint8Array;
  #view: DataView;
  #storage: (key: string) => Uint8Array | undefined;
  #invalid: (what: string) => AppError;
  #at = 0;
  #stack: Value[] = [];
  #memo = new Map<number, Value>();

  constructor(bytes: Uint8Array, storage: (key: string) => Uint8Array | undefined, invalid: (what: string) => AppError) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#storage = storage;
    this.#invalid = invalid;
  }

  run(): Value {
    for (;;) {
      const op = this.#byte();
      switch (op) {
        case 0x80: // PROTO
          this.#byte();
          break;
        case 0x95: // FRAME
          this.#skip(8);
          break;
        case 0x2e: // STOP
          return this.#pop();
        case 0x28: // MARK
          this.#stack.push({ kind: 'mark' });
          break;
        case 0x30: // POP
          this.#pop();
          break;
        case 0x4e:
          this.#stack.push(null);
          break;
        case 0x88:
          this.#stack.push(true);
          break;
        case 0x89:
          this.#stack.push(false);
          break;
        case 0x4b: // BININT1
          this.#stack.push(this.#byte());
          break;
        case 0x4d: // BININT2
          this.#stack.push(this.#view.getUint16(this.#skip(2), true));
          break;
        case 0x4a: // BININT
          this.#stack.push(this.#view.getInt32(this.#skip(4), true));
          break;
        case 0x8a: // LONG1
          this.#stack.push(this.#long(this.#byte()));
          break;
        case 0x47: // BINFLOAT
          this.#stack.push(this.#view.getFloat64(this.#skip(8), false));
          break;
        case 0x58: // BINUNICODE
          this.#stack.push(this.#text(this.#view.getUint32(this.#skip(4), true)));
          break;
        case 0x8c: // SHORT_BINUNICODE
          this.#stack.push(this.#text(this.#byte()));
          break;
        case 0x55: // SHORT_BINSTRING
          this.#stack.push(this.#text(this.#byte()));
          break;
        case 0x42: // BINBYTES
          this.#stack.push(this.#raw(this.#view.getUint32(this.#skip(4), true)));
          break;
        case 0x43: // SHORT_BINBYTES
          this.#stack.push(this.#raw(this.#byte()));
          break;
        case 0x7d: // EMPTY_DICT
          this.#stack.push(new Map());
          break;
        case 0x5d: // EMPTY_LIST
        case 0x29: // EMPTY_TUPLE
          this.#stack.push([]);
          break;
        case 0x74: // TUPLE
        case 0x6c: // LIST
          this.#stack.push(this.#sinceMark());
          break;
        case 0x85:
        case 0x86:
        case 0x87: // TUPLE1..3
          this.#stack.push(this.#stack.splice(this.#depth(op - 0x84)));
          break;
        case 0x61: // APPEND
          this.#appendAll([this.#pop()]);
          break;
        case 0x65: // APPENDS
          this.#appendAll(this.#sinceMark());
          break;
        case 0x73: // SETITEM
          this.#setAll(this.#stack.splice(this.#depth(2)));
          break;
        case 0x75: // SETITEMS
          this.#setAll(this.#sinceMark());
          break;
        case 0x71: // BINPUT
          this.#memo.set(this.#byte(), this.#top());
          break;
        case 0x72: // LONG_BINPUT
          this.#memo.set(this.#view.getUint32(this.#skip(4), true), this.#top());
          break;
        case 0x94: // MEMOIZE
          this.#memo.set(this.#memo.size, this.#top());
          break;
        case 0x68: // BINGET
          this.#get(this.#byte());
          break;
        case 0x6a: // LONG_BINGET
          this.#get(this.#view.getUint32(this.#skip(4), true));
          break;
        case 0x63: // GLOBAL
          this.#stack.push(this.#callable(this.#line(), this.#line()));
          break;
        case 0x93: {
          // STACK_GLOBAL
          const name = this.#pop();
          const module = this.#pop();
          this.#stack.push(this.#callable(String(module), String(name)));
          break;
        }
        case 0x51: // BINPERSID
          this.#stack.push(this.#persistent(this.#pop()));
          break;
        case 0x52: // REDUCE
          this.#reduce();
          break;
        case 0x62: // BUILD: the state of an OrderedDict (its metadata) says nothing about tensors
          this.#pop();
          break;
        default:
          throw this.#invalid(`its pickle uses an operation (0x${op.toString(16)}) that a state_dict does not need`);
      }
      if (this.#stack.length > 1_000_000) throw this.#invalid('its pickle grows without end');
    }
  }

  #reduce(): void {
    const args = this.#pop();
    const callee = this.#pop();
    if (typeof callee !== 'object' || callee === null || !('kind' in callee) || callee.kind !== 'callable' || !Array.isArray(args))
      throw this.#invalid('its pickle calls something that is no class');
    if (callee.name === 'collections OrderedDict') this.#stack.push(new Map((args[0] as [Value, Value][] | undefined) ?? []));
    else if (callee.name === 'torch._utils _rebuild_parameter') this.#stack.push(args[0] ?? null);
    else if (callee.name === 'torch._utils _rebuild_tensor_v2') this.#stack.push(this.#tensor(args));
    else throw this.#invalid(`its pickle calls ${callee.name.replace(' ', '.')}`);
  }

  #tensor(args: Value[]): TorchTensor {
    const [storage, offset, shape, strides] = args as [Storage, number, number[], number[]];
    if (storage?.kind !== 'storage' || !Array.isArray(shape) || !Array.isArray(strides) || shape.length !== strides.length)
      throw this.#invalid('a tensor in it is malformed');
    const width = STORAGE_SIZES[storage.type] ?? 0;
    const data = this.#storage(storage.key);
    if (!data) throw this.#invalid(`the values "${storage.key}" of a tensor are missing`);
    const count = shape.reduce((product, size) => product * size, 1);
    const last = offset + shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), 0);
    if (
      ![offset, ...shape, ...strides].every((n) => Number.isSafeInteger(n) && n >= 0) ||
      !Number.isSafeInteger(count) ||
      (count > 0 && (last + 1) * width > data.length)
    ) {
      throw this.#invalid(`a tensor of shape (${shape.join(', ')}) reaches outside its values`);
    }
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const get = numberGetter(storage.type, view);
    const values = new Float32Array(count);
    const index = new Array<number>(shape.length).fill(0);
    for (let i = 0, place = offset; i < count; i++) {
      values[i] = get(place * width);
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        const stride = strides[axis] ?? 0;
        index[axis] = (index[axis] ?? 0) + 1;
        place += stride;
        if ((index[axis] ?? 0) < (shape[axis] ?? 0)) break;
        place -= stride * (shape[axis] ?? 0);
        index[axis] = 0;
      }
    }
    return { shape, values };
  }

  #persistent(id: Value): Storage {
    if (!Array.isArray(id) || id[0] !== 'storage') throw this.#invalid('it refers to something that is no tensor storage');
    const [, type, key, , size] = id as [string, Callable, string, string, number];
    const name = type?.kind === 'callable' ? type.name.replace('torch ', '') : '';
    if (!(name in STORAGE_SIZES)) throw this.#invalid(`numbers of type ${name || 'unknown'} are not supported`);
    return { kind: 'storage', type: name, key: String(key), size: Number(size) };
  }

  #callable(module: string, name: string): Callable {
    const full = `${module} ${name}`;
    if (!ALLOWED.has(full)) throw this.#invalid(`it names the class ${module}.${name}, which a file of weights does not need; save only the state_dict`);
    return { kind: 'callable', name: full };
  }

  #appendAll(items: Value[]): void {
    const list = this.#top();
    if (!Array.isArray(list)) throw this.#invalid('its pickle appends to something that is no list');
    for (const item of items) list.push(item);
  }

  #setAll(items: Value[]): void {
    const dict = this.#top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw this.#invalid('its pickle sets items of something that is no dictionary');
    for (let i = 0; i < items.length; i += 2) dict.set(items[i] as Value, items[i + 1] as Value);
  }

  #sinceMark(): Value[] {
    for (let i = this.#stack.length - 1; i >= 0; i--) {
      const value = this.#stack[i];
      if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'mark') {
        const items = this.#stack.splice(i + 1);
        this.#stack.pop();
        return items;
      }
    }
    throw this.#invalid('its pickle is unbalanced');
  }

  #depth(count: number): number {
    if (this.#stack.length < count) throw this.#invalid('its pickle is unbalanced');
    return this.#stack.length - count;
  }

  #get(slot: number): void {
    const value = this.#memo.get(slot);
    if (value === undefined) throw this.#invalid('its pickle refers to something it has not made');
    this.#stack.push(value);
  }

  #top(): Value {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.#invalid('its pickle is unbalanced');
    return value;
  }

  #pop(): Value {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#invalid('its pickle is unbalanced');
    return value;
  }

  #byte(): number {
    return this.#bytes[this.#skip(1)] ?? 0;
  }

  /** Returns where the skipped bytes begin. */
  #skip(count: number): number {
    const from = this.#at;
    if (from + count > this.#bytes.length) throw this.#invalid('its pickle is cut off');
    this.#at = from + count;
    return from;
  }

  #raw(length: number): Uint8Array {
    const from = this.#skip(length);
    return this.#bytes.slice(from, from + length);
  }

  #text(length: number): string {
    return decodeUtf8(this.#raw(length));
  }

  #line(): string {
    const from = this.#at;
    while (this.#byte() !== 0x0a);
    return decodeUtf8(this.#bytes.slice(from, this.#at - 1));
  }

  #long(length: number): number {
    const bytes = this.#raw(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0);
    return Number(BigInt.asIntN(8 * Math.max(length, 1), value));
  }
}

function decodeUtf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function numberGetter(type: string, view: DataView): (offset: number) => number {
  switch (type) {
    case 'FloatStorage':
      return (offset) => view.getFloat32(offset, true);
    case 'DoubleStorage':
      return (offset) => view.getFloat64(offset, true);
    case 'HalfStorage':
      return (offset) => halfToNumber(view.getUint16(offset, true));
    case 'BFloat16Storage': {
      const scratch = new DataView(new ArrayBuffer(4));
      return (offset) => {
        scratch.setUint16(2, view.getUint16(offset, true), true);
        return scratch.getFloat32(0, true);
      };
    }
    case 'LongStorage':
      return (offset) => Number(view.getBigInt64(offset, true));
    case 'IntStorage':
      return (offset) => view.getInt32(offset, true);
    case 'ShortStorage':
      return (offset) => view.getInt16(offset, true);
    case 'CharStorage':
      return (offset) => view.getInt8(offset);
    default:
      return (offset) => view.getUint8(offset);
  }
}
