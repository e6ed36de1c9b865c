/** Data sets that exporters are tested with, written by hand, with the traps that formats have: and a source, a sink and a way back for them. */
import { AppError } from '../../../src-shared/errors.ts';
import type { Aspect, ExportItem, ExportLoss, ExportTracklet, ExportValue, FileSink, RecordSource } from '../../../datasets/exporter.ts';
import type { CameraRecord, IdentityRecord, MediaRecord } from '../../../datasets/importer.ts';

export interface ExportSet {
  cameras: CameraRecord[];
  identities: IdentityRecord[];
  items: ExportItem[];
  beyond?: ExportLoss[];
}

/** What of a data set is compared, tracklet by tracklet: in the order of person, first picture or frame, and key. */
export interface Told {
  /** Of what records do not tell. */
  beyond?: Aspect[];
  cameraNames: [number, string][];
  identities: { pid: number; name: string; kind: string }[];
  tracklets: {
    key: string;
    pid: number;
    camid: number;
    split: string;
    frames: number[];
    boxes: number[] | null;
    ignored: number[] | null;
    /** Where each picture, or the video, comes from. */
    pictures: string[] | null;
    values: { field: string; frame: number; value: unknown; how: string; layer: string; annotator: string }[];
  }[];
}

export function sourceOf({ cameras, identities, items, beyond = [] }: ExportSet): RecordSource {
  return {
    name: 'Set',
    licence: 'CC0-1.0',
    origin: 'Made by hand',
    beyond,
    cameras: async () => cameras,
    identities: async () => identities,
    async *tracklets() {
      yield* items;
    },
  };
}

export interface MemorySink extends FileSink {
  /** Texts as they are; a picture is the path that it comes from. */
  files: Record<string, string>;
}

export function memorySink(onFile: () => void = () => undefined): MemorySink {
  const files: Record<string, string> = {};
  function add(path: string, content: string): void {
    if (path in files) throw new AppError('INTERNAL', `${path} is written twice.`);
    if (path === '' || path.startsWith('/') || path.split('/').some((part) => part === '' || part === '.' || part === '..'))
      throw new AppError('INTERNAL', `${path} leads out.`);
    files[path] = content;
    onFile();
  }
  return {
    files,
    async text(path, lines) {
      let all = '';
      for await (const line of lines) all += line;
      add(path, all);
    },
    media: async (path, { tracklet, media }, position) => add(path, tracklet.files?.[position] ?? media.path),
  };
}

function crops(key: string, who: Pick<ExportTracklet, 'pid' | 'camid' | 'split'>, frames: number, more: Partial<ExportTracklet> = {}): ExportItem {
  const media: MediaRecord = { key, kind: 'crops', path: key, width: 64, height: 128, frameCount: frames, fps: null };
  const files = Array.from({ length: frames }, (_, at) => `${key}/${at + 1}.jpg`);
  const frameIndex = Int32Array.from(files, (_, at) => at);
  return { media, tracklet: { key, ...who, mediaKey: key, frameIndex, boxes: null, files, ignored: null, annotations: [], ...more } };
}

function value(field: string, start: number, end: number, what: unknown, more: Partial<ExportValue> = {}): ExportValue {
  return {
    field,
    called: field === 'hiddenParts' ? 'hidden_parts' : field,
    start,
    end,
    value: what,
    how: 'judged',
    layer: 'shared',
    annotator: 'anna',
    ...more,
  };
}

const person = (pid: number): IdentityRecord => ({ pid, name: String(pid).padStart(4, '0'), kind: 'person' });

const CLIP: MediaRecord = { key: 'video', kind: 'video', path: 'far/clip.avi', width: 100, height: 80, frameCount: 40, fps: 25 };

function boxes(key: string, pid: number, frames: readonly number[], more: Partial<ExportTracklet> = {}, media = CLIP): ExportItem {
  return {
    media,
    tracklet: {
      key,
      pid,
      camid: 0,
      split: 'none',
      mediaKey: media.key,
      frameIndex: Int32Array.from(frames),
      boxes: Float32Array.from(frames.flatMap((frame) => [10.1 + frame, 20.123456, 5.5, 1 / 3])),
      files: media.kind === 'frames' ? frames.map((frame) => `full/${frame}.png`) : null,
      ignored: null,
      annotations: [],
      ...more,
    },
  };
}

const FRAMES: MediaRecord = { ...CLIP, key: 'frames', kind: 'frames', path: 'full', frameCount: 12 };

export const SETS: Record<string, ExportSet> = {
  'crops that any folder could hold': {
    cameras: [
      { camid: 1, name: 'Camera 1' },
      { camid: 12, name: 'Camera 12' },
    ],
    identities: [person(1), person(20_000)],
    items: [
      crops('0001/c1', { pid: 1, camid: 1, split: 'none' }, 3),
      crops('0001/again', { pid: 1, camid: 1, split: 'none' }, 2),
      crops('20000/x', { pid: 20_000, camid: 12, split: 'none' }, 1),
    ],
  },
  'crops with sides, junk, distractors, labels and names of their own': {
    cameras: [
      { camid: 1, name: 'Gate' },
      { camid: 2, name: 'Camera 2' },
      { camid: 3, name: 'Camera 3' },
    ],
    identities: [
      { pid: -1, name: '-1', kind: 'junk' },
      { pid: 0, name: '0000', kind: 'distractor' },
      { pid: 5, name: 'Bob, "the guard"', kind: 'person' },
      person(7),
    ],
    items: [
      crops('train/0005/c1', { pid: 5, camid: 1, split: 'train' }, 4, {
        annotations: [
          value('visibility', 0, 1, 3),
          value('visibility', 2, 2, 0, { how: 'carried', layer: 'second', annotator: '=cmd|x' }),
          value('occluder', 0, 1, 'object', { how: 'imported', annotator: 'mot-video' }),
          value('hiddenParts', 0, 3, ['head', 'legs']),
          value('note', 0, 3, '-1, "quoted"\nand more'),
        ],
      }),
      crops('query/0007/c2', { pid: 7, camid: 2, split: 'query' }, 2, { ignored: Uint8Array.of(0, 1) }),
      crops('own key/with "quotes"', { pid: 7, camid: 3, split: 'gallery' }, 2),
      crops('-1/c2', { pid: -1, camid: 2, split: 'gallery' }, 1),
      crops('gallery/0000/c3', { pid: 0, camid: 3, split: 'gallery' }, 1),
      crops('0007/c3', { pid: 7, camid: 3, split: 'none' }, 1),
    ],
  },
  'crops of frames with gaps, and from a later start': {
    cameras: [{ camid: 1, name: 'Camera 1' }],
    identities: [person(1), person(2)],
    items: [
      crops('0001/c1', { pid: 1, camid: 1, split: 'none' }, 3, { frameIndex: Int32Array.of(0, 5, 9) }),
      crops('0002/c1', { pid: 2, camid: 1, split: 'none' }, 2, { frameIndex: Int32Array.of(4, 5) }),
    ],
  },
  'boxes on a video with visibility on each': {
    cameras: [{ camid: 0, name: 'Corner of the street' }],
    identities: [person(1), { ...person(2), kind: 'distractor' }, { ...person(3), kind: 'junk' }],
    items: [
      boxes('0001-01', 1, [0, 1, 2, 4], {
        ignored: Uint8Array.of(0, 1, 0, 0),
        annotations: [
          value('visibility', 0, 1, 0, { how: 'imported', annotator: 'mot-video' }),
          value('visibility', 2, 3, 10, { how: 'imported', annotator: 'mot-video' }),
        ],
      }),
      boxes('0001-02', 1, [20, 21], {
        annotations: [
          value('visibility', 0, 0, 7, { how: 'imported', annotator: 'mot-video' }),
          value('visibility', 1, 1, 1, { how: 'imported', annotator: 'mot-video' }),
        ],
      }),
      boxes('0002-01', 2, [5], { annotations: [value('visibility', 0, 0, 5, { how: 'imported', annotator: 'mot-video' })] }),
      boxes('0003-01', 3, [39], { annotations: [value('visibility', 0, 0, 2, { how: 'imported', annotator: 'mot-video' })] }),
    ],
  },
  'boxes on full frames with some labels, gaps and neighbours': {
    cameras: [{ camid: 4, name: 'Camera 4' }],
    identities: [person(1), person(2), { ...person(3), name: 'Ann' }],
    items: [
      boxes('one', 1, [0, 1], { camid: 4 }, FRAMES),
      boxes('two', 1, [3, 4], { camid: 4 }, FRAMES),
      boxes('three', 2, [0, 11], { camid: 4 }, FRAMES),
      boxes('four', 3, [6, 7], { camid: 4, split: 'query', annotations: [value('visibility', 0, 0, 4), value('quality', 0, 1, 'good')] }, FRAMES),
    ],
  },
  'a track that two layers judge, with a second split set and an episode': {
    beyond: [
      { aspect: 'splits', message: 'Split sets beside the one in use are not written.', where: 'second', count: 1 },
      { aspect: 'episodes', message: 'Episodes are not written.', where: '0001-01', count: 1 },
    ],
    cameras: [{ camid: 0, name: 'Corner' }],
    identities: [person(1)],
    items: [
      boxes('0001-01', 1, [0, 1], {
        annotations: [value('visibility', 0, 1, 3, { annotator: 'mot-video' }), value('visibility', 0, 1, 9, { layer: 'bob', annotator: 'bob' })],
      }),
    ],
  },
};
