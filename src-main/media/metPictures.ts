/**
 * Pictures that were met while something was made to look at and could not be shown: those that are no longer what was imported, and, kept apart, those that
 * are gone or cannot be read. Kept for this start of the program: whoever looks again finds them again. One that was put back is forgotten when it is read the
 * next time. Test: test/main/media/changedPictures.test.ts.
 */
import { paced, systemTiming, type Timing } from '../platform/paced.ts';

/** A data set as it is now: after an update its pictures are others. */
export interface PicturesOf {
  datasetId: number;
  stamp: string;
}

export interface MetPictures {
  note(of: PicturesOf, at: { trackletId: number; position: number; file: string }, isMet: boolean): void;
  /** null: none was met. `example` is a path below the root of the data set. `among`: only of these tracklets. */
  ofDataset(of: PicturesOf, among?: ReadonlySet<number>): { count: number; example: string } | null;
  /** Frames of a tracklet whose picture was met. */
  ofTracklet(of: PicturesOf, trackletId: number): number;
  /** The data set was compared with its source. */
  forget(datasetId: number): void;
  close(): void;
}

interface Met {
  files: Set<string>;
  /** File of a position, by tracklet. */
  tracklets: Map<number, Map<number, string>>;
}

function filesAmong({ files, tracklets }: Met, among: ReadonlySet<number>): Set<string> {
  const theirs = [...tracklets].flatMap(([id, positions]) => (among.has(id) ? [...positions.values()] : []));
  return new Set(theirs.filter((file) => files.has(file)));
}

/** A grid that shows many of them is told of all at once. */
const EVERY_MS = 500;

export function createMetPictures(events: { changed(tags: string[], origin: string | null): void }, timing: Timing = systemTiming): MetPictures {
  const met = new Map<string, Met>();
  const tags = new Set<string>();
  const tell = paced(
    EVERY_MS,
    () => {
      const now = [...tags];
      tags.clear();
      events.changed(now, null);
    },
    timing,
  );
  const keyOf = ({ datasetId, stamp }: PicturesOf): string => `${datasetId} ${stamp}`;

  return {
    note(of, { trackletId, position, file }, isMet) {
      let known = met.get(keyOf(of));
      if (isMet ? known?.tracklets.get(trackletId)?.get(position) === file && known.files.has(file) : !known?.files.has(file)) return;
      if (!known) met.set(keyOf(of), (known = { files: new Set(), tracklets: new Map() }));
      if (isMet) {
        const positions = known.tracklets.get(trackletId) ?? new Map<number, string>();
        known.tracklets.set(trackletId, positions.set(position, file));
        known.files.add(file);
      } else known.files.delete(file);
      tags.add(`DatasetPictures:${of.datasetId}`).add(`TrackletPictures:${trackletId}`);
      tell();
    },
    ofDataset(of, among) {
      const known = met.get(keyOf(of));
      if (!known) return null;
      const files = among === undefined ? known.files : filesAmong(known, among);
      const [example] = files;
      return example === undefined ? null : { count: files.size, example };
    },
    ofTracklet(of, trackletId) {
      const known = met.get(keyOf(of));
      let count = 0;
      for (const file of known?.tracklets.get(trackletId)?.values() ?? []) if (known?.files.has(file)) count++;
      return count;
    },
    forget(datasetId) {
      for (const key of met.keys()) if (key.startsWith(`${datasetId} `)) met.delete(key);
      tags.add(`DatasetPictures:${datasetId}`).add('TrackletPictures');
      tell();
    },
    close: () => tell.stop(),
  };
}
