/** An in-memory FileTree and a MediaProbe that answers from a table; for importer tests. Content is text or bytes; `new Map()` order is irrelevant. */
import type { FileEntry, FileTree, MediaProbe } from '../../datasets/importer.ts';
import { AppError } from '../../src-shared/errors.ts';

export type Files = Record<string, string | Uint8Array>;

export function memoryTree(files: Files, label = 'set'): FileTree {
  function found(path: string): Uint8Array {
    const content = files[path];
    if (content === undefined) throw new AppError('FILE_UNREADABLE', `${path} does not exist.`, { file: path });
    return typeof content === 'string' ? new TextEncoder().encode(content) : content;
  }
  return {
    label,
    list(folder) {
      const prefix = folder === '' ? '' : `${folder}/`;
      const entries = new Map<string, FileEntry>();
      for (const path of Object.keys(files)) {
        if (!path.startsWith(prefix)) continue;
        const [name = '', ...rest] = path.slice(prefix.length).split('/');
        if (!name.startsWith('.')) entries.set(name, { name, path: prefix + name, kind: rest.length > 0 ? 'folder' : 'file' });
      }
      if (entries.size === 0 && folder !== '') return Promise.reject(new AppError('FILE_UNREADABLE', `${folder} does not exist.`, { file: folder }));
      return Promise.resolve([...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1)));
    },
    exists: (path) => Promise.resolve(path in files || Object.keys(files).some((file) => file.startsWith(`${path}/`))),
    text: async (path) => new TextDecoder().decode(found(path)),
    bytes: async (path) => found(path),
    size: async (path) => found(path).length,
  };
}

export interface FakeMedia {
  image?: { width: number; height: number };
  video?: { width: number; height: number; frames: number; fps: number };
  /** Files that cannot be decoded. */
  broken?: string[];
}

/** Every image and video has the given facts; `broken` ones are refused by name. */
export function fakeMedia(facts: FakeMedia = {}): MediaProbe {
  function refuse(path: string): void {
    if (facts.broken?.includes(path)) throw new AppError('MEDIA_UNDECODABLE', `${path} cannot be decoded.`, { file: path });
  }
  return {
    image: async (path) => {
      refuse(path);
      return facts.image ?? { width: 64, height: 128 };
    },
    video: async (path) => {
      refuse(path);
      return facts.video ?? { width: 768, height: 576, frames: 795, fps: 7 };
    },
  };
}
