/**
 * A zip archive as a `FileTree`, read by ranges: its directory once, in pieces, and members when they are asked for. Refused as a whole is what
 * means harm (paths that lead out, members that overlap, far more bytes than are there); a member that merely cannot be unpacked (encrypted,
 * packed in another way, a link) is listed with its reason. Whole members are compared with their CRC-32; a part of one is not.
 * Tests: test/datasets/trees/zip.test.ts, test/contracts/importers.contract.test.ts, and test/fuzz.
 */
import { AppError } from '../../src-shared/errors.ts';
import {
  checkSizes,
  dataBegin,
  nameOf,
  PACKED_PIECE,
  readFrom,
  unpackedAtOnce,
  unpacking,
  whyPacked,
  zipDirectory,
  type Invalid,
  type ZipRecord,
} from '../readers/zipFormat.ts';
import type { ByteSource, FileTree } from '../tree.ts';
import { archiveTree, joined } from './archiveTree.ts';
import { MEMBER, memberPath, memberTableMaker, MOST_MEMBERS, type MemberFacts, type MemberTable } from './memberTable.ts';

/** Read from the source at a time. */
const PIECE = 256 * 1024;
/** Pictures do not shrink, and texts not as much: beyond it lies what is made to fill disks. */
const MOST_RATIO = 200;
const RATIO_BASE = 10 * 1024 * 1024;
const LOCAL_HEADER = 30;
/** Packed and unpacked, to be held at once. */
const SMALL = 1024 * 1024;

export async function openZipTree(source: ByteSource, label: string): Promise<FileTree> {
  const invalid: Invalid = (what) => new AppError('FILE_INVALID', `The archive ${label} cannot be read: ${what}.`, { file: label });
  const size = await source.size();
  const maker = memberTableMaker(invalid);
  let unpacked = 0;
  const limit = await readFrom(
    zipDirectory(size, MOST_MEMBERS, invalid, (record) => {
      const { path, isFolder } = memberPath(record.name, invalid);
      const facts = factsOf(record, isFolder, invalid);
      if (facts.kind === MEMBER.file) unpacked += facts.size;
      if (path.length > 0) maker.add(path, facts);
    }),
    source,
  );
  if (unpacked > MOST_RATIO * size + RATIO_BASE)
    throw invalid(`it would unpack to ${unpacked} bytes out of ${size}, as archives do that are made to fill disks`);
  const table = maker.finish();
  refuseOverlaps(table, limit, invalid);

  const beginOf = (facts: MemberFacts, name: Uint8Array): Promise<number> =>
    readFrom(
      dataBegin({ ...facts, local: facts.at, name }, limit, invalid, (own) => memberPath(own, invalid).path),
      source,
    );

  async function* chunks(facts: MemberFacts, name: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
    const begin = await beginOf(facts, name);
    const work = unpacking({ ...facts, method: facts.isDeflated ? 8 : 0 }, nameOf(name), invalid);
    for (let at = 0; at < facts.packed;) {
      const piece = await source.read(begin + at, Math.min(PIECE, facts.packed - at));
      if (piece.length === 0) throw invalid('it is cut off');
      const step = facts.isDeflated ? PACKED_PIECE : PIECE;
      for (let from = 0; from < piece.length; from += step)
        yield* work.push(piece.subarray(from, from + step), at + Math.min(from + step, piece.length) >= facts.packed);
      at += piece.length;
    }
    work.end();
  }

  return archiveTree(label, table, {
    chunks,
    begin: beginOf,
    async whole(facts, name) {
      if (!facts.isDeflated || facts.packed > SMALL || facts.size > SMALL) return null;
      const begin = await beginOf(facts, name);
      const packed = await source.read(begin, facts.packed);
      if (packed.length < facts.packed) throw invalid('it is cut off');
      return unpackedAtOnce(facts, packed, nameOf(name), invalid);
    },
    async range(facts, name, start, end) {
      if (!facts.isDeflated) {
        const begin = await beginOf(facts, name);
        return source.read(begin + start, end - start);
      }
      // What is packed is unpacked from its beginning.
      const pieces: Uint8Array[] = [];
      let at = 0;
      for await (const piece of chunks(facts, name)) {
        if (at + piece.length > start) pieces.push(piece.subarray(Math.max(0, start - at), end - at));
        at += piece.length;
        if (at >= end) break;
      }
      return joined(pieces);
    },
  });
}

function factsOf(record: ZipRecord, isFolder: boolean, invalid: Invalid): MemberFacts {
  const { local, size, packed, crc, method } = record;
  const facts = { at: local, size, packed, crc, isDeflated: method === 8 };
  const why = isFolder ? null : (whyPacked(record) ?? whySpecial(record));
  if (why !== null) return { ...facts, kind: MEMBER.other, text: why };
  checkSizes(record, nameOf(record.name), invalid);
  if (isFolder) return { ...facts, kind: MEMBER.folder };
  if (size > RATIO_BASE && size > MOST_RATIO * packed)
    return { ...facts, kind: MEMBER.other, text: `would unpack to ${size} bytes out of ${packed}, as members do that are made to fill disks` };
  return { ...facts, kind: MEMBER.file };
}

function whySpecial({ mode }: ZipRecord): string | null {
  const type = mode & 0o170000;
  if (type === 0 || type === 0o100000) return null;
  if (type === 0o120000) return 'is a link, which is not followed in a zip archive; pack what it leads to';
  return type === 0o040000 ? 'is a folder by its type and a file by its name' : 'is a device or pipe, not a file';
}

/** Each member needs room for its header, its name and its packed bytes before the next begins. */
function refuseOverlaps(table: MemberTable, limit: number, invalid: Invalid): void {
  const order = Uint32Array.from({ length: table.length }, (_, position) => position);
  const begins = Float64Array.from(order, (position) => table.facts(position).at);
  const at = (index: number): number => begins[order[index] ?? 0] ?? 0;
  order.sort((a, b) => (begins[a] ?? 0) - (begins[b] ?? 0));
  for (let i = 0; i < order.length; i++) {
    const position = order[i] ?? 0;
    const name = table.path(position);
    const end = at(i) + LOCAL_HEADER + name.length + table.facts(position).packed;
    if (end > limit) throw invalid(`its member ${nameOf(name)} reaches into the directory`);
    if (i + 1 < order.length && end > at(i + 1)) throw invalid(`its members ${nameOf(name)} and ${nameOf(table.path(order[i + 1] ?? 0))} overlap`);
  }
}
