/**
 * A short hash of every picture's bytes: what tells at the next import which pictures are still the same, also under another name. And where in their
 * archive they lie, if in one.
 * Test: test/main/features/imports/pictureHashes.test.ts.
 */
import type { MediaRecord } from '../../../datasets/importer.ts';
import type { FileTree, Place } from '../../../datasets/tree.ts';
import { PICTURE_HASH, pictureHash } from '../../pixels/pictureHash.ts';
import { packRanges } from '../../pixels/range.ts';

/** Files read side by side; more would only hold more of them in memory. */
const AT_ONCE = 8;

export interface PictureHashes {
  of(files: readonly string[], media: MediaRecord): Promise<ReadPictures>;
}

export interface ReadPictures {
  /** `PICTURE_HASH` bytes a file, in their order. */
  hashes: Uint8Array;
  /** As `pixels/range.ts` has them; null in a folder. */
  ranges: Uint8Array | null;
}

interface ReadPicture {
  hash: Uint8Array;
  place: Place | null;
}

export function createPictureHashes(tree: FileTree, signal: AbortSignal): PictureHashes {
  // A full frame shows many people, a crop only one.
  const frames = new Map<string, ReadPicture>();

  async function read(path: string, shared: boolean): Promise<ReadPicture> {
    const known = shared ? frames.get(path) : undefined;
    if (known) return known;
    signal.throwIfAborted();
    const found = { hash: Uint8Array.from(pictureHash(await tree.bytes(path))), place: await tree.place(path) };
    if (shared) frames.set(path, found);
    return found;
  }

  return {
    async of(files, media) {
      const hashes = new Uint8Array(files.length * PICTURE_HASH);
      const places: Place[] = [];
      for (let from = 0; from < files.length; from += AT_ONCE) {
        const found = await Promise.all(files.slice(from, from + AT_ONCE).map((path) => read(path, media.kind !== 'crops')));
        for (const [index, { hash, place }] of found.entries()) {
          hashes.set(hash, (from + index) * PICTURE_HASH);
          if (place) places.push(place);
        }
      }
      return { hashes, ranges: places.length > 0 ? packRanges(places) : null };
    },
  };
}
