/**
 * Wire format of one message: JSON with typed arrays lifted out, so that 100,000 ids are not written as text.
 * Layout: uint32 length of the JSON header, header (UTF-8), padding to 8, then the arrays, each aligned to 8 bytes.
 * In the JSON an array stands as {"$": index}; the header lists kind, offset and length. Decoding copies into aligned buffers.
 */

const KINDS = { i8: Int8Array, u8: Uint8Array, i32: Int32Array, u32: Uint32Array, f32: Float32Array, f64: Float64Array } as const;
type Kind = keyof typeof KINDS;
type WireArray = InstanceType<(typeof KINDS)[Kind]>;

interface Header {
  value: unknown;
  arrays: { kind: Kind; offset: number; length: number }[];
}

const KIND_NAMES = Object.keys(KINDS) as Kind[];

function kindOf(value: unknown): Kind | null {
  if (!ArrayBuffer.isView(value)) return null;
  for (const kind of KIND_NAMES) if (value instanceof KINDS[kind]) return kind;
  return null;
}

function align(offset: number): number {
  return (offset + 7) & ~7;
}

/** Any JSON value that may hold typed arrays → one binary message. */
export function encodeFrame(message: unknown, textEncoder: { encode(text: string): Uint8Array }): Uint8Array<ArrayBuffer> {
  const arrays: { kind: Kind; data: WireArray; offset: number }[] = [];
  let size = 0;
  const text = JSON.stringify(
    {
      value: message,
      // Filled after the walk: JSON.stringify visits `value` first.
      get arrays() {
        return arrays.map(({ kind, data, offset }) => ({ kind, offset, length: data.length }));
      },
    },
    (_key, value: unknown) => {
      const kind = kindOf(value);
      if (kind === null) return value;
      const data = value as WireArray;
      const index = arrays.push({ kind, data, offset: size }) - 1;
      size = align(size + data.byteLength);
      return { $: index };
    },
  );
  const header = textEncoder.encode(text);
  const start = align(4 + header.length);
  const out = new Uint8Array(start + size);
  new DataView(out.buffer).setUint32(0, header.length, true);
  out.set(header, 4);
  for (const { data, offset } of arrays) out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start + offset);
  return out;
}

export interface FrameLimits {
  /** Of values of the JSON, containers among them. */
  values: number;
  depth: number;
}

/** Throws on anything that is not a well-formed message. Memory is a small multiple of the message's size, with `limits` also that of what its text becomes. */
export function decodeFrame(bytes: Uint8Array, textDecoder: { decode(bytes: Uint8Array): string }, limits?: FrameLimits): unknown {
  if (bytes.byteLength < 4) throw new Error('message too short');
  const headerLength = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  if (4 + headerLength > bytes.byteLength) throw new Error('message header is cut off');
  const text = bytes.subarray(4, 4 + headerLength);
  if (limits) refuseLarge(text, limits);
  const header = JSON.parse(textDecoder.decode(text)) as Header;
  const start = align(4 + headerLength);
  // Written arrays lie one after the other: together they are no longer than the message, however many the header names.
  let room = bytes.byteLength - start;
  const arrays = header.arrays.map(({ kind, offset, length }) => {
    const type = KINDS[kind];
    if (!type || !Number.isInteger(offset) || !Number.isInteger(length) || offset < 0 || length < 0) throw new Error('message has a bad array');
    const byteLength = length * type.BYTES_PER_ELEMENT;
    if (start + offset + byteLength > bytes.byteLength) throw new Error('message array is cut off');
    room -= byteLength;
    if (room < 0) throw new Error('message arrays overlap');
    // Not `bytes.slice`: on Node's Buffer that is a view of the whole message, and its `.buffer` begins somewhere else.
    return new type(Uint8Array.prototype.slice.call(bytes, start + offset, start + offset + byteLength).buffer);
  });
  return revive(header.value, arrays);
}

/** Counts in the bytes, before anything is made of them: two characters of JSON can become a hundred bytes of memory. */
function refuseLarge(text: Uint8Array, { values, depth }: FrameLimits): void {
  let count = 1;
  let open = 0;
  let isText = false;
  for (let at = 0; at < text.length; at++) {
    const code = text[at];
    if (isText) {
      if (code === 0x5c) at++;
      else if (code === 0x22) isText = false;
    } else if (code === 0x22) isText = true;
    else if (code === 0x2c) count++;
    else if (code === 0x5b || code === 0x7b) {
      count++;
      if (++open > depth) throw new Error(`message is nested more than ${depth} deep`);
    } else if (code === 0x5d || code === 0x7d) open--;
    if (count > values) throw new Error(`message holds more than ${values} values`);
  }
}

function revive(value: unknown, arrays: WireArray[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) value[i] = revive(value[i], arrays);
    return value;
  }
  const record = value as Record<string, unknown>;
  if (typeof record['$'] === 'number' && Object.keys(record).length === 1) {
    const array = arrays[record['$']];
    if (!array) throw new Error('message names an array that is not there');
    return array;
  }
  for (const key of Object.keys(record)) record[key] = revive(record[key], arrays);
  return record;
}
