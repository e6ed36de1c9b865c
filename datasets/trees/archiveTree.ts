/**
 * A `FileTree` over the table of an archive's members: lists folders, follows links that stay inside as a folder on disk does, and names what
 * cannot be read. How bytes come out is the archive's own affair. Tests: test/datasets/trees/zip.test.ts, test/datasets/trees/tar.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import { LARGEST_TEXT, listed, type FileEntry, type FileTree, type Place } from '../tree.ts';
import { MEMBER, type MemberFacts, type MemberTable } from './memberTable.ts';
import { leavesFolder, readName } from './names.ts';

export interface MemberBytes {
  /** All of them; refuses what turns out damaged. */
  chunks(facts: MemberFacts, path: Uint8Array): AsyncIterable<Uint8Array>;
  range(facts: MemberFacts, path: Uint8Array, start: number, end: number): Promise<Uint8Array>;
  /** All of a small one, where that is quicker than its pieces; null: it is not. */
  whole?(facts: MemberFacts, path: Uint8Array): Promise<Uint8Array | null>;
  /** Where they begin in the archive. */
  begin(facts: MemberFacts, path: Uint8Array): Promise<number>;
}

/** Links that are followed one after the other. */
const MOST_LINKS = 40;
/** A member that is asked for as a whole. */
const LARGEST_WHOLE = 1024 * 1024 * 1024;

type Followed = { real: string } | 'outside' | 'nothing' | 'loop';

const encoder = new TextEncoder();

export function archiveTree(label: string, table: MemberTable, bytesOf: MemberBytes): FileTree {
  const unreadable = (path: string, what: string): AppError => new AppError('FILE_UNREADABLE', `${path === '' ? label : path} ${what}.`, { file: path });

  function isFolder(path: string): boolean {
    if (path === '') return true;
    const at = table.find(encoder.encode(path));
    if (at >= 0) return table.facts(at).kind === MEMBER.folder;
    const [from, to] = table.below(encoder.encode(path));
    return from < to;
  }

  /** The path without links, or why there is none. */
  function follow(path: string): Followed {
    const todo = path.split('/').reverse();
    const done: string[] = [];
    let links = 0;
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        if (done.pop() === undefined) return 'outside';
        continue;
      }
      done.push(part);
      const here = done.join('/');
      const at = table.find(encoder.encode(here));
      const facts = at < 0 ? null : table.facts(at);
      if (facts?.kind === MEMBER.link || facts?.kind === MEMBER.hardLink) {
        if (++links > MOST_LINKS) return 'loop';
        const target = facts.text ?? '';
        if (target.startsWith('/') || target.includes('\\') || /^[A-Za-z]:/.test(target)) return 'outside';
        if (facts.kind === MEMBER.link) done.pop();
        else done.length = 0;
        todo.push(...target.split('/').reverse());
      } else if (facts === null ? !isFolder(here) : facts.kind !== MEMBER.folder && todo.length > 0) return 'nothing';
    }
    return { real: done.join('/') };
  }

  function locate(path: string): string {
    if (leavesFolder(path)) throw new AppError('FILE_UNREADABLE', `${JSON.stringify(path)} leaves ${label}; only paths inside it are read.`, { file: path });
    const found = follow(path);
    if (typeof found === 'object') return found.real;
    if (found === 'outside') throw unreadable(path, `is a link that leads out of ${label}; it is not followed`);
    throw unreadable(path, found === 'loop' ? 'is a link that leads back to itself' : 'does not exist');
  }

  function member(path: string): { facts: MemberFacts; name: Uint8Array } {
    const at = table.find(encoder.encode(locate(path)));
    const facts = at < 0 ? null : table.facts(at);
    if (facts === null || facts.kind === MEMBER.folder) throw unreadable(path, 'is a folder, not a file');
    if (facts.kind !== MEMBER.file) throw unreadable(path, facts.text ?? 'is not a regular file');
    return { facts, name: table.path(at) };
  }

  function linkKind(path: string, folder: string, isHard: boolean): Omit<FileEntry, 'name' | 'path'> {
    const found = follow(path);
    if (found === 'outside') return { kind: 'link-outside', why: `is a link that leads out of ${label}` };
    if (typeof found === 'string') return { kind: 'broken-link', why: found === 'loop' ? 'is a link that leads back to itself' : 'is a link to nothing' };
    const { real } = found;
    const at = table.find(encoder.encode(real));
    const facts = at < 0 ? null : table.facts(at);
    if (facts?.kind === MEMBER.other) return { kind: 'other', why: facts.text ?? 'is not a regular file' };
    // Another name of one file is a file, as on disk.
    if (facts?.kind === MEMBER.file) return { kind: 'file', why: null, ...(isHard ? {} : { target: real }) };
    return isAbove(real, folder) ? { kind: 'other', why: 'is a link to a folder above itself' } : { kind: 'folder', why: null, target: real };
  }

  /** Whether a folder is the given one or above it, on the way that was taken to it. */
  function isAbove(real: string, folder: string): boolean {
    const parts = folder === '' ? [] : folder.split('/');
    return real === '' || parts.some((_, depth) => locate(parts.slice(0, depth + 1).join('/')) === real);
  }

  async function* entries(folder: string): AsyncGenerator<FileEntry, void, undefined> {
    const real = locate(folder);
    if (!isFolder(real)) throw unreadable(folder, 'is not a folder');
    const prefix = encoder.encode(real);
    const skip = prefix.length === 0 ? 0 : prefix.length + 1;
    const under = folder === '' ? '' : `${folder}/`;
    const [from, to] = table.below(prefix);
    for (let at = from; at < to;) {
      const whole = table.path(at);
      const slash = whole.indexOf(0x2f, skip);
      const own = slash < 0 ? whole : whole.subarray(0, slash);
      const { name, bad } = readName(own.subarray(skip), skip === 0);
      const facts = slash < 0 ? table.facts(at) : null;
      const path = under + name;
      if (bad !== null) yield { name, path, kind: 'unusable-name', why: bad };
      else if (name.startsWith('.')) yield { name, path, kind: 'hidden', why: 'is hidden' };
      else if (facts?.kind === MEMBER.link || facts?.kind === MEMBER.hardLink) yield { name, path, ...linkKind(path, folder, facts.kind === MEMBER.hardLink) };
      else if (facts?.kind === MEMBER.other) yield { name, path, kind: 'other', why: facts.text ?? 'is not a regular file' };
      else yield { name, path, kind: facts?.kind === MEMBER.file ? 'file' : 'folder', why: null };
      at = facts !== null && facts.kind !== MEMBER.folder ? at + 1 : Math.max(at + 1, table.below(own)[1]);
    }
  }

  async function bytes(path: string, most = LARGEST_WHOLE): Promise<Uint8Array> {
    const { facts, name } = member(path);
    if (facts.size > most) throw new AppError('FILE_INVALID', `${path} has ${facts.size} bytes; more than ${most} are not read at once.`, { file: path });
    const whole = await bytesOf.whole?.(facts, name);
    if (whole) return whole;
    // Grows with what really comes: a size is only a claim.
    const pieces: Uint8Array[] = [];
    for await (const piece of bytesOf.chunks(facts, name)) pieces.push(piece);
    return joined(pieces);
  }

  return {
    label,
    entries,
    list: (folder) => listed(entries(folder)),

    async exists(path) {
      if (leavesFolder(path)) locate(path);
      const found = follow(path);
      if (found === 'nothing') return false;
      locate(path);
      return true;
    },

    text: async (path) => new TextDecoder('utf-8').decode(await bytes(path, LARGEST_TEXT)),
    bytes: (path) => bytes(path),

    async range(path, start, end) {
      const { facts, name } = member(path);
      const last = Math.min(end, facts.size);
      return start >= last ? new Uint8Array(0) : bytesOf.range(facts, name, start, last);
    },

    async *chunks(path) {
      const { facts, name } = member(path);
      yield* bytesOf.chunks(facts, name);
    },

    size: async (path) => member(path).facts.size,

    async place(path): Promise<Place> {
      const { facts, name } = member(path);
      const { packed, size, isDeflated } = facts;
      return { start: await bytesOf.begin(facts, name), packed, size, coding: isDeflated ? 'deflate' : 'stored' };
    },
  };
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1 && pieces[0] !== undefined) return pieces[0];
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
