/**
 * An in-memory FileTree and a MediaProbe that answers from a table; for importer tests. Content is text or bytes, or a `Special` for what
 * cannot be read; `new Map()` order is irrelevant.
 */
import type { MediaProbe } from '../../datasets/importer.ts';
import type { EntryKind, FileEntry, FileTree } from '../../datasets/tree.ts';
import { AppError } from '../../src-shared/errors.ts';

export interface Special {
  kind: Exclude<EntryKind, 'file' | 'folder' | 'hidden'>;
  why: string;
}

export type Files = Record<string, string | Uint8Array>;
export type Tree = Record<string, string | Uint8Array | Special>;

function isSpecial(content: Tree[string] | undefined): content is Special {
  return typeof content === 'object' && !(content instanceof Uint8Array);
}

export function memoryTree(files: Tree, label = 'set'): FileTree {
  function found(path: string): Uint8Array {
    const content = files[path];
    if (content === undefined) throw new AppError('FILE_UNREADABLE', `${path} does not exist.`, { file: path });
    if (isSpecial(content)) throw new AppError('FILE_UNREADABLE', `${path} ${content.why}.`, { file: path });
    return typeof content === 'string' ? new TextEncoder().encode(content) : content;
  }
  function entryOf(path: string, name: string, isFolder: boolean): FileEntry {
    const content = files[path];
    if (name.startsWith('.')) return { name, path, kind: 'hidden', why: 'is hidden' };
    if (!isFolder && isSpecial(content)) return { name, path, kind: content.kind, why: content.why };
    return { name, path, kind: isFolder ? 'folder' : 'file', why: null };
  }
  async function list(folder: string): Promise<FileEntry[]> {
    const prefix = folder === '' ? '' : `${folder}/`;
    const entries = new Map<string, FileEntry>();
    for (const path of Object.keys(files)) {
      if (!path.startsWith(prefix)) continue;
      const [name = '', ...rest] = path.slice(prefix.length).split('/');
      entries.set(name, entryOf(prefix + name, name, rest.length > 0));
    }
    if (entries.size === 0 && folder !== '') throw new AppError('FILE_UNREADABLE', `${folder} does not exist.`, { file: folder });
    return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  return {
    label,
    /** By `this`, so that a test which changes the list of a tree changes how it is walked. */
    async *entries(folder) {
      yield* await this.list(folder);
    },
    list,
    exists: (path) => Promise.resolve(path in files || Object.keys(files).some((file) => file.startsWith(`${path}/`))),
    text: async (path) => new TextDecoder().decode(found(path)),
    bytes: async (path) => found(path),
    range: async (path, start, end) => found(path).subarray(start, end),
    async *chunks(path) {
      yield found(path);
    },
    size: async (path) => found(path).length,
    place: async () => null,
  };
}

export interface FakeMedia {
  image?: { width: number; height: number };
  /** Sizes of single pictures that differ from `image`. */
  sizes?: Record<string, { width: number; height: number }>;
  video?: { width: number; height: number; frames: number; fps: number };
  /** Files that cannot be decoded. */
  broken?: string[];
}

/** Every image and video has the given facts; `broken` ones are refused by name. */
export function fakeMedia(facts: FakeMedia = {}): MediaProbe {
  function refuse(path: string): void {
    if (facts.broken?.includes(path)) throw new AppError('MEDIA_UNDECODABLE', `${path} cannot be decoded.`, { file: path });
  }
  async function image(path: string): Promise<{ width: number; height: number }> {
    refuse(path);
    return facts.sizes?.[path] ?? facts.image ?? { width: 64, height: 128 };
  }
  return {
    image,
    check: image,
    video: async (path) => {
      refuse(path);
      return facts.video ?? { width: 768, height: 576, frames: 795, fps: 7 };
    },
  };
}
