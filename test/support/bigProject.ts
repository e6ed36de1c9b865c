/** Fills a project with many made-up tracklets straight through the import table, for tests and measurements at size. Seeded. */
import { isAbsolute } from 'node:path';
import type { HostContext } from '../../src-main/features/context.ts';
import type { StagedTracklet } from '../../src-main/features/imports/table.ts';
import { storeDataset } from './storeDataset.ts';

export interface BigProject {
  tracklets: number;
  identities: number;
  cameras: number;
  name?: string;
  /** Hidden parts and quality too. */
  hasParts?: boolean;
  /** Frames of the tracklets in turn; default: 8 to 119, as they fall. */
  frames?: readonly number[];
  /** Pictures that every tracklet shows in turn; without them all are missing. */
  pictures?: { root: string; files: readonly string[] };
}

/** Numbers in 0..1, the same for the same seed (mulberry32). */
export function numbersFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export async function fillProject({ db, known }: Pick<HostContext, 'db' | 'known'>, size: BigProject): Promise<number> {
  if (size.pictures && isAbsolute(size.pictures.root)) await known.addRoot(size.pictures.root);
  const random = numbersFrom(7);
  const tracklets = Array.from({ length: size.tracklets }, (_, index) => madeTracklet(index, size, random));
  return storeDataset(db, {
    name: size.name ?? 'Big',
    importer: 'synthetic',
    options: {},
    root: size.pictures?.root ?? 'nowhere',
    origin: null,
    licence: null,
    contentHash: `big-${size.tracklets}-${size.name ?? ''}`,
    warnings: [],
    cameras: Array.from({ length: size.cameras }, (_, index) => ({ camid: index + 1, name: `V${String(index + 1).padStart(3, '0')}` })),
    identities: Array.from({ length: size.identities }, (_, index) => ({ pid: index + 1, name: String(index + 1).padStart(4, '0'), kind: 'person' as const })),
    media: [{ key: 'crops', kind: 'crops', path: size.pictures ? '.' : 'crops', width: 64, height: 128, frameCount: 1, fps: null }],
    tracklets,
    annotator: 'test',
    at: 1_700_000_000_000,
  });
}

/** From a sequence of their own, so that all else stays as it is without them. */
function partsOf(index: number, from: number, to: number): StagedTracklet['annotations'] {
  const random = numbersFrom(1000 + index);
  const parts = ['head', 'torso', 'leftArm', 'rightArm', 'leftLeg', 'rightLeg'].filter(() => random() < 0.3);
  const quality = ['good', 'blurred', 'dark', 'unsure', null][Math.floor(random() * 5)];
  return [
    { field: 'hiddenParts', start: from, end: to, value: JSON.stringify(parts) },
    ...(quality ? [{ field: 'quality', start: from, end: to, value: JSON.stringify(quality) }] : []),
  ];
}

function madeTracklet(index: number, size: BigProject, random: () => number): StagedTracklet {
  const fallen = 8 + Math.floor(random() * 112);
  const frames = size.frames?.[index % size.frames.length] ?? fallen;
  const key = `t${String(index).padStart(6, '0')}`;
  const annotations: StagedTracklet['annotations'] = [];
  if (random() < 0.6) {
    // A hidden stretch in the middle, nothing hidden around it.
    const from = Math.floor(random() * frames);
    const to = Math.min(frames - 1, from + Math.floor(random() * frames));
    if (from > 0) annotations.push({ field: 'visibility', start: 0, end: from - 1, value: '0' });
    annotations.push({ field: 'visibility', start: from, end: to, value: String(1 + Math.floor(random() * 10)) });
    if (to < frames - 1) annotations.push({ field: 'visibility', start: to + 1, end: frames - 1, value: '0' });
    annotations.push({ field: 'occluder', start: from, end: to, value: JSON.stringify(['object', 'person', 'edge', 'self'][Math.floor(random() * 4)]) });
    // Some are only begun: the last frames have no value.
    if (index % 7 === 3)
      annotations.splice(
        annotations.findLastIndex((value) => value.field === 'visibility'),
        1,
      );
    if (random() < 0.3) annotations.push({ field: 'reviewed', start: 0, end: frames - 1, value: '"reviewed"' });
    if (size.hasParts) annotations.push(...partsOf(index, from, to));
  }
  return {
    key,
    pid: 1 + (index % size.identities),
    camid: 1 + Math.floor(random() * size.cameras),
    split: (['train', 'query', 'gallery', 'none'] as const)[Math.floor(random() * 4)] ?? 'none',
    mediaKey: 'crops',
    frameIndex: Int32Array.from({ length: frames }, (_, frame) => frame),
    boxes: null,
    files: Array.from(
      { length: frames },
      (_, frame) => size.pictures?.files[(index * 5 + (frame >> 3)) % size.pictures.files.length] ?? `crops/${key}/${String(frame).padStart(4, '0')}.jpg`,
    ),
    ignored: null,
    annotations,
  };
}
