/** Archives for tests: bytes as a source that counts what is read of it, and writers that do what no decent one does. */
import type { ByteSource } from '../../datasets/tree.ts';

export interface CountedSource extends ByteSource {
  reads: { start: number; length: number }[];
}

export function memorySource(bytes: Uint8Array): CountedSource {
  const reads: CountedSource['reads'] = [];
  return {
    reads,
    size: async () => bytes.length,
    async read(start, length) {
      reads.push({ start, length });
      return bytes.subarray(start, start + length);
    },
  };
}

export interface TarMember {
  name: string | Uint8Array;
  data?: string | Uint8Array;
  type?: string;
  link?: string;
  /** In place of the number of bytes. */
  size?: string;
}

/** Plain headers in the order given; `end`: with the two empty blocks. */
export function tarOf(members: readonly TarMember[], { end = true } = {}): Uint8Array {
  const blocks: Buffer[] = [];
  for (const { name, data = '', type = '0', link = '', size } of members) {
    const header = Buffer.alloc(512);
    const content = Buffer.from(data);
    Buffer.from(name).copy(header, 0);
    header.write('0000644\0', 100);
    header.write(size ?? `${content.length.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
    header.write('        ', 148);
    header.write(type, 156, 'latin1');
    header.write(link, 157);
    header.write('ustar\0' + '00', 257, 'latin1');
    header.write(
      `${[...header]
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
      'latin1',
    );
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512));
  }
  if (end) blocks.push(Buffer.alloc(1024));
  return Buffer.concat(blocks);
}

export interface ZipMember {
  name: string | Uint8Array;
  data?: string | Uint8Array;
  flags?: number;
  method?: number;
  /** Type and permissions of Unix. */
  mode?: number;
}

/** Stored members with records as they are asked for; with the long end record where there are more than 65,535. */
export function zipOf(members: readonly ZipMember[], crcOf: (data: Uint8Array) => number): Uint8Array {
  const plain = members.map(({ name, data = '', ...more }) => ({ name: toBytes(name), data: toBytes(data), ...more }));
  const isLong = plain.length > 0xffff;
  const begin = plain.reduce((sum, { name, data }) => sum + 30 + name.length + data.length, 0);
  const size = plain.reduce((sum, { name }) => sum + 46 + name.length, 0);
  const out = Buffer.alloc(begin + size + (isLong ? 76 : 0) + 22);
  let local = 0;
  let central = begin;
  for (const { name, data, flags = 0x800, method = 0, mode = 0o100644 } of plain) {
    out.writeUInt32LE(0x04034b50, local);
    out.writeUInt32LE(0x02014b50, central);
    out.writeUInt16LE(0x0314, central + 4);
    // What both records hold begins with the version that is needed.
    for (const at of [local + 4, central + 6]) {
      out.writeUInt16LE(20, at);
      out.writeUInt16LE(flags, at + 2);
      out.writeUInt16LE(method, at + 4);
      out.writeUInt32LE(crcOf(data), at + 10);
      out.writeUInt32LE(data.length, at + 14);
      out.writeUInt32LE(data.length, at + 18);
      out.writeUInt16LE(name.length, at + 22);
    }
    out.writeUInt32LE((mode << 16) >>> 0, central + 38);
    out.writeUInt32LE(local, central + 42);
    out.set(name, local + 30);
    out.set(data, local + 30 + name.length);
    out.set(name, central + 46);
    local += 30 + name.length + data.length;
    central += 46 + name.length;
  }
  if (isLong) {
    out.writeUInt32LE(0x06064b50, central);
    for (const [at, value] of [
      [24, plain.length],
      [32, plain.length],
      [40, size],
      [48, begin],
    ] as const)
      out.writeBigUInt64LE(BigInt(value), central + at);
    out.writeUInt32LE(0x07064b50, central + 56);
    out.writeBigUInt64LE(BigInt(central), central + 64);
  }
  const end = out.length - 22;
  out.writeUInt32LE(0x06054b50, end);
  for (const at of [8, 10]) out.writeUInt16LE(Math.min(plain.length, 0xffff), end + at);
  out.writeUInt32LE(size, end + 12);
  out.writeUInt32LE(begin, end + 16);
  return out;
}

function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
