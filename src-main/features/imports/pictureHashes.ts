/**
 * A short hash of every picture's bytes: what tells at the next import which pictures are still the same, also under another name.
 * Test: test/main/features/imports/pictureHashes.test.ts.
 */
import type { MediaRecord } from '../../../datasets/importer.ts';
import type { FileTree } from '../../../datasets/tree.ts';
import { PICTURE_HASH, pictureHash } from '../../pixels/pictureHash.ts';

/** Files read side by side; more would only hold more of them in memory. */
const AT_ONCE = 8;

export interface PictureHashes {
  /** `PICTURE_HASH` bytes a file, in their order. */
  of(files: readonly string[], media: MediaRecord): Promise<Uint8Array>;
}

export function createPictureHashes(tree: FileTree, signal: AbortSignal): PictureHashes {
  // A full frame shows many people, a crop only one.
  const frames = new Map<string, Uint8Array>();

  async function hash(path: string, shared: boolean): Promise<Uint8Array> {
    const known = shared ? frames.get(path) : undefined;
    if (known) return known;
    signal.throwIfAborted();
    const found = Uint8Array.from(pictureHash(await tree.bytes(path)));
    if (shared) frames.set(path, found);
    return found;
  }

  return {
    async of(files, media) {
      const hashes = new Uint8Array(files.length * PICTURE_HASH);
      for (let from = 0; from < files.length; from += AT_ONCE) {
        const found = await Promise.all(files.slice(from, from + AT_ONCE).map((path) => hash(path, media.kind !== 'crops')));
        for (const [index, one] of found.entries()) hashes.set(one, (from + index) * PICTURE_HASH);
      }
      return hashes;
    },
  };
}
