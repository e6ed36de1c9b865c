/**
 * PyTorch checkpoints (.pth, .pt, .bin; zip format since 1.6) without Python. The pickle inside is run by a tiny machine that knows only
 * containers, numbers, text and tensors: any other class is refused, so a hostile file can do nothing, and its work is counted, so that none
 * runs long. Legacy (pre-1.6) files are refused with advice.
 * Tests: test/datasets/readers/pickles.test.ts, one operation at a time; test/datasets/readers/pth.test.ts, against files written by PyTorch;
 * test/datasets/readers/hostile.test.ts and test/fuzz against files that mean harm.
 */
import { AppError } from '../../src-shared/errors.ts';
import { readBudget, spend, type ReadBudget } from '../../src-shared/readBudget.ts';
import { halfToNumber } from './npy.ts';
import { zipMembers } from './zipMembers.ts';

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
/** PyTorch's own limit. */
const MOST_DIMENSIONS = 64;
const LONGEST_NAME = 2000;
const MOST_PICKLED = 64 * 1024 * 1024;
const MOST_ON_STACK = 1_000_000;
/** What making a container costs, in steps: memory is what it takes. */
const CONTAINER = 8;

/**
 * All tensors by their dotted path; wrappers such as `{"state_dict": …}` become the first part of the name.
 * @throws FILE_INVALID naming the file and what is wrong with it
 */
export function readPth(bytes: Uint8Array, label: string, budget: ReadBudget = readBudget(bytes.length)): Map<string, TorchTensor> {
  const invalid = (what: string, key?: string): AppError =>
    new AppError('FILE_INVALID', `${label} cannot be read as a PyTorch checkpoint: ${what}.`, { file: label, ...(key === undefined ? {} : { key }) });
  if (bytes[0] !== 0x50 || bytes[1] !== 0x4b) {
    throw invalid(bytes[0] === 0x80 ? 'it has the format from before PyTorch 1.6; load and save it once with a newer PyTorch' : 'it is not a zip archive');
  }
  const archive = zipMembers(bytes, invalid);
  const pickles = archive.names.filter((name) => /^([^/]*\/)?data\.pkl$/.test(name));
  const [picklePath] = pickles;
  if (picklePath === undefined) throw invalid('it holds no data.pkl');
  if (pickles.length > 1) throw invalid('it holds more than one data.pkl');
  const pickle = archive.read(picklePath) ?? new Uint8Array(0);
  if (pickle.length > MOST_PICKLED) throw invalid(`its data.pkl has ${pickle.length} bytes, far more than names and shapes need`);
  const prefix = picklePath.slice(0, -'data.pkl'.length);
  const order = archive.read(`${prefix}byteorder`);
  if (order && decodeUtf8(order).trim() !== 'little') throw invalid('its numbers are in big-endian order; load and save it on a usual machine');
  const root = new Unpickler(pickle, (key) => archive.read(`${prefix}data/${key}`), invalid, budget).run();
  const tensors = collect(root, invalid, budget);
  if (tensors.size === 0) throw invalid('it holds no tensors');
  return tensors;
}

type Invalid = (what: string, key?: string) => AppError;

function isTensor(value: Value): value is TorchTensor {
  return typeof value === 'object' && value !== null && 'shape' in value && 'values' in value && !(value instanceof Map);
}

function collect(root: Value, invalid: Invalid, budget: ReadBudget): Map<string, TorchTensor> {
  const tensors = new Map<string, TorchTensor>();
  const around = new Set<Value>();

  function visit(value: Value, path: string): void {
    if (isTensor(value)) {
      const name = path === '' ? 'tensor' : path;
      if (!spend(budget, CONTAINER)) throw tooMuch(invalid);
      if (name.length > LONGEST_NAME) throw invalid('a tensor in it has a name without end', name.slice(0, 100));
      if (tensors.has(name)) throw invalid(`two tensors in it are named "${name}"`, name);
      tensors.set(name, value);
      return;
    }
    const isMap = value instanceof Map;
    if (!isMap && !Array.isArray(value)) return;
    if (around.has(value)) throw invalid('a container in it holds itself');
    // A list may stand in many places; whoever nests such lists makes more places than anyone can visit.
    if (!spend(budget, CONTAINER + (isMap ? value.size : value.length))) throw tooMuch(invalid);
    if (around.size >= 20) throw invalid('its containers are nested more than 20 deep');
    around.add(value);
    for (const [key, child] of value.entries()) {
      if (typeof child !== 'object' || child === null) continue;
      if (typeof key !== 'string' && typeof key !== 'number') throw invalid('a dictionary in it has a key that is neither text nor number');
      visit(child as Value, path === '' ? String(key) : `${path}.${key}`);
    }
    around.delete(value);
  }

  visit(root, '');
  return tensors;
}

function tooMuch(invalid: Invalid): AppError {
  return invalid('it asks for far more work than a file of its size needs');
}

/** Protocols 2 to 4 as torch.save writes them. */
class Unpickler {
  #bytes: Uint8Array;
  #view: DataView;
  #storage: (key: string) => Uint8Array | undefined;
  #invalid: Invalid;
  #budget: ReadBudget;
  #at = 0;
  #stack: Value[] = [];
  #memo = new Map<number, Value>();

  constructor(bytes: Uint8Array, storage: (key: string) => Uint8Array | undefined, invalid: Invalid, budget: ReadBudget) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#storage = storage;
    this.#invalid = invalid;
    this.#budget = budget;
  }

  #spend(work: number): void {
    if (!spend(this.#budget, work)) throw tooMuch(this.#invalid);
  }

  #container<V extends Value>(value: V): V {
    this.#spend(CONTAINER);
    return value;
  }

  run(): Value {
    for (;;) {
      const op = this.#byte();
      this.#spend(1);
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
          this.#stack.push(MARK);
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
          this.#stack.push(this.#container(new Map()));
          break;
        case 0x5d: // EMPTY_LIST
        case 0x29: // EMPTY_TUPLE
          this.#stack.push(this.#container([]));
          break;
        case 0x74: // TUPLE
        case 0x6c: // LIST
          this.#stack.push(this.#container(this.#sinceMark()));
          break;
        case 0x85:
        case 0x86:
        case 0x87: // TUPLE1..3
          this.#stack.push(this.#container(this.#stack.splice(this.#depth(op - 0x84))));
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
          if (typeof module !== 'string' || typeof name !== 'string') throw this.#invalid('its pickle names a class by something that is no text');
          this.#stack.push(this.#callable(module, name));
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
      if (this.#stack.length > MOST_ON_STACK) throw this.#invalid('its pickle grows without end');
    }
  }

  #reduce(): void {
    const args = this.#pop();
    const callee = this.#pop();
    if (typeof callee !== 'object' || callee === null || !('kind' in callee) || callee.kind !== 'callable' || !Array.isArray(args))
      throw this.#invalid('its pickle calls something that is no class');
    if (callee.name === 'collections OrderedDict') this.#stack.push(this.#ordered(args[0] ?? []));
    else if (callee.name === 'torch._utils _rebuild_parameter') this.#stack.push(args[0] ?? null);
    else if (callee.name === 'torch._utils _rebuild_tensor_v2') this.#stack.push(this.#tensor(args));
    else throw this.#invalid(`its pickle calls ${callee.name.replace(' ', '.')}`);
  }

  #ordered(pairs: Value): Map<Value, Value> {
    if (!Array.isArray(pairs)) throw this.#invalid('a dictionary in it is made of something that is no list');
    this.#spend(CONTAINER * (1 + pairs.length));
    const dict = new Map<Value, Value>();
    for (const pair of pairs) {
      if (!Array.isArray(pair) || pair.length !== 2) throw this.#invalid('a dictionary in it is made of something that is no pair');
      this.#setNew(dict, pair[0] as Value, pair[1] as Value);
    }
    return dict;
  }

  #tensor(args: Value[]): TorchTensor {
    const [storage, offset, shape, strides] = args as [Storage | undefined, Value, Value, Value];
    if (storage?.kind !== 'storage' || !isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length)
      throw this.#invalid('a tensor in it is malformed');
    const width = STORAGE_SIZES[storage.type] ?? 0;
    const data = this.#storage(storage.key);
    if (!data) throw this.#invalid(`the values "${storage.key}" of a tensor are missing`, storage.key);
    if (data.length !== storage.size * width)
      throw this.#invalid(`the values "${storage.key}" have ${data.length} bytes, not those of ${storage.size} numbers`, storage.key);
    const count = shape.reduce((product, size) => product * size, 1);
    const last = offset + shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), 0);
    if (!Number.isSafeInteger(count) || (count > 0 && !(last < storage.size)))
      throw this.#invalid(`a tensor of shape (${shape.join(', ')}) reaches outside its values "${storage.key}"`, storage.key);
    // A stride of 0 shows one number many times, and many tensors may show the same numbers: what comes out counts.
    this.#spend(CONTAINER + count);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const get = numberGetter(storage.type, view);
    const values = new Float32Array(count);
    const index: number[] = [];
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
    const [, type, key, , size] = id as [string, Callable | undefined, Value, Value, Value];
    const name = type?.kind === 'callable' ? type.name.replace('torch ', '') : '';
    if (!Object.hasOwn(STORAGE_SIZES, name)) throw this.#invalid(`numbers of type ${name || 'unknown'} are not supported`);
    if (typeof key !== 'string' || !isCount(size)) throw this.#invalid('it refers to a tensor storage without name or size');
    return this.#container({ kind: 'storage', type: name, key, size });
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
    for (let i = 0; i < items.length; i += 2) this.#setNew(dict, items[i] as Value, items[i + 1] as Value);
  }

  /** The last of two equal keys would win in Python; no program writes them, so one of the two is damage or deceit. */
  #setNew(dict: Map<Value, Value>, key: Value, value: Value): void {
    if (dict.has(key)) throw this.#invalid('a dictionary in it has a key twice', typeof key === 'string' ? key : undefined);
    dict.set(key, value);
  }

  #sinceMark(): Value[] {
    for (let i = this.#stack.length - 1; i >= 0; i--) {
      const value = this.#stack[i];
      if (value === MARK) {
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

const MARK: Mark = { kind: 'mark' };

function isCount(value: Value | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isCounts(value: Value): value is number[] {
  return Array.isArray(value) && value.length <= MOST_DIMENSIONS && value.every(isCount);
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
