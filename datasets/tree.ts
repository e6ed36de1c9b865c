/**
 * Files by their paths, wherever they lie: a folder on disk (`src-main/features/imports/fileTree.ts`), or an archive (`trees/zip.ts`,
 * `trees/tar.ts`) whose bytes are read by ranges. What importers make of them is the same: test/contracts/importers.contract.test.ts.
 */

/** Read-only view of a folder. Paths are relative with `/`; the root itself is ''. Nothing outside the root is ever read. */
export interface FileTree {
  /** Name shown to the user, for messages. */
  readonly label: string;
  /** Every entry of a folder one after the other, sorted by code unit: a folder may hold hundreds of thousands. Throws FILE_UNREADABLE. */
  entries(folder: string): AsyncIterable<FileEntry>;
  /** The same at once. */
  list(folder: string): Promise<FileEntry[]>;
  exists(path: string): Promise<boolean>;
  /** A small file as text; what may be large is read in `chunks`. */
  text(path: string): Promise<string>;
  bytes(path: string): Promise<Uint8Array>;
  /** The bytes from `start` to before `end`; fewer where the file ends earlier. */
  range(path: string, start: number, end: number): Promise<Uint8Array>;
  /** The bytes of a file piece by piece, so that nothing has to be held whole. `readers/lines.ts` makes lines of them. */
  chunks(path: string): AsyncIterable<Uint8Array>;
  size(path: string): Promise<number>;
  /** Where in the archive the bytes of a file lie; null in a folder on disk, where the file itself is the place. */
  place(path: string): Promise<Place | null>;
}

/** A stretch of a file, and how to read it. */
export interface Place {
  start: number;
  /** Bytes there. */
  packed: number;
  /** Bytes that they make. */
  size: number;
  coding: 'stored' | 'deflate';
}

/**
 * Only `file` and `folder` can be read, and links to them whose target stays inside count as what they point to. The other kinds are listed
 * so that they can be named: a link that leads out, one to nothing, a name that cannot be used as a path, a name that begins with a dot,
 * and pipes, sockets, devices and members that cannot be unpacked.
 */
export type EntryKind = 'file' | 'folder' | 'link-outside' | 'broken-link' | 'unusable-name' | 'hidden' | 'other';

export interface FileEntry {
  name: string;
  path: string;
  kind: EntryKind;
  /** What is the matter with it, to stand behind its path in a sentence ("is a named pipe"); null for files and folders. */
  why: string | null;
  /** Of a link that is followed: the path that it leads to. */
  target?: string;
}

/** Texts that are held whole are small; what may be large is read in pieces. */
export const LARGEST_TEXT = 512 * 1024 * 1024;

/** All of `entries` at once. */
export async function listed(entries: AsyncIterable<FileEntry>): Promise<FileEntry[]> {
  const all: FileEntry[] = [];
  for await (const entry of entries) all.push(entry);
  return all;
}

/** Bytes that are read by range: a file on disk, or memory. */
export interface ByteSource {
  size(): Promise<number>;
  /** So many bytes from a place, or fewer where the source ends. */
  read(start: number, length: number): Promise<Uint8Array>;
}
