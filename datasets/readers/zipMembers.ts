/**
 * Members of a zip archive that lies in memory, as PyTorch writes them: stored or deflated, with or without zip64. The format is read and checked
 * by `zipFormat.ts`; here members must not overlap, and what is unpacked together is bounded. Members are unpacked when asked for.
 * Test: test/datasets/readers/zipMembers.test.ts.
 */
import { checkSizes, dataBegin, nameOf, PACKED_PIECE, readHere, unpacking, whyPacked, zipDirectory, type Invalid, type ZipRecord } from './zipFormat.ts';

export interface ZipMembers {
  names: string[];
  /** undefined: there is no such member. The same bytes for the same name. */
  read(name: string): Uint8Array | undefined;
}

type Member = ZipRecord & { begin: number };

const MOST_MEMBERS = 200_000;
/** All that is unpacked together: weights hardly shrink, and PyTorch stores them as they are. */
const EXPANSION = 16;
const EXPANSION_BASE = 16 * 1024 * 1024;

export function zipMembers(bytes: Uint8Array, invalid: Invalid): ZipMembers {
  const members = readMembers(bytes, invalid);
  const unpacked = new Map<string, Uint8Array>();
  let room = EXPANSION * bytes.length + EXPANSION_BASE;

  function unpack(name: string, member: Member): Uint8Array {
    const source = bytes.subarray(member.begin, member.begin + member.packed);
    if (member.size > room) throw invalid(`it would unpack to much more than its ${bytes.length} bytes`);
    room -= member.size;
    checkSizes(member, name, invalid);
    const work = unpacking(member, name, invalid);
    // What is stored lies here already.
    const out = member.method === 0 ? source : new Uint8Array(member.size);
    if (member.method === 0) work.push(source, true);
    else {
      let length = 0;
      for (let at = 0; at < source.length; at += PACKED_PIECE)
        for (const chunk of work.push(source.subarray(at, at + PACKED_PIECE), at + PACKED_PIECE >= source.length)) {
          out.set(chunk, length);
          length += chunk.length;
        }
    }
    work.end();
    return out;
  }

  return {
    names: [...members.keys()],
    read(name) {
      const known = unpacked.get(name);
      if (known) return known;
      const member = members.get(name);
      if (!member) return undefined;
      const data = unpack(name, member);
      unpacked.set(name, data);
      return data;
    },
  };
}

function readMembers(bytes: Uint8Array, invalid: Invalid): Map<string, Member> {
  const members = new Map<string, Member>();
  const limit = readHere(
    zipDirectory(bytes.length, MOST_MEMBERS, invalid, (record) => {
      const name = nameOf(record.name);
      if (members.has(name)) throw invalid(`it has two members named ${name}`);
      const why = whyPacked(record);
      if (why !== null) throw invalid(`its member ${name} ${why}`);
      if (record.method === 0) checkSizes(record, name, invalid);
      members.set(name, { ...record, begin: 0 });
    }),
    bytes,
  );
  const spans: { begin: number; end: number; name: string }[] = [];
  for (const [name, member] of members) {
    member.begin = readHere(dataBegin(member, limit, invalid), bytes);
    spans.push({ begin: member.local, end: member.begin + member.packed, name });
  }
  spans.sort((a, b) => a.begin - b.begin);
  for (let i = 1; i < spans.length; i++) {
    const [before, after] = [spans[i - 1], spans[i]];
    if (before && after && after.begin < before.end) throw invalid(`its members ${before.name} and ${after.name} overlap`);
  }
  return members;
}
