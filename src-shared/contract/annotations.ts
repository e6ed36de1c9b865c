/** Values on frames, and what people were shown. Conventions: contract/index.ts. */
import { z } from 'zod';
import { HOWS } from '../fields/how.ts';
import { command, none, query, record } from './call.ts';
import { trackletRow } from './tracklets.ts';

const how = z.enum(HOWS);

/** A value over an inclusive range of frame positions of one tracklet. */
const annotation = z.object({
  trackletId: z.int(),
  field: z.string(),
  start: z.int().min(0),
  end: z.int().min(0),
  value: z.unknown(),
  how,
  annotator: z.string(),
  updatedAt: z.number(),
});

/** Sets (value) or clears (null) a field on a range. */
const annotationEdit = z.object({
  trackletId: z.int(),
  field: z.string(),
  start: z.int().min(0),
  end: z.int().min(0),
  value: z.unknown(),
  /** Without it: entered. */
  how: how.optional(),
});

/** A stretch in which a tracklet is occluded, over all its lanes. */
const episode = z.object({
  id: z.int(),
  trackletId: z.int(),
  start: z.int().min(0),
  end: z.int().min(0),
  /** The tracklet of who stands before it. */
  occludedBy: z.int().nullable(),
  annotator: z.string(),
  updatedAt: z.number(),
});

/** Episodes of one tracklet never overlap. */
const episodeChanges = z.object({
  /** With an id the one that is there is changed. */
  put: z
    .array(z.object({ id: z.int().optional(), trackletId: z.int(), start: z.int().min(0), end: z.int().min(0), occludedBy: z.int().nullable().default(null) }))
    .max(1000)
    .default([]),
  clear: z
    .array(z.object({ id: z.int(), trackletId: z.int() }))
    .max(1000)
    .default([]),
});

/** What people were shown of a tracklet, one entry a frame (`fields/seen.ts`). */
const seenColumns = z.object({ shownMs: z.instanceof(Uint32Array), slowest: z.instanceof(Uint8Array), fastest: z.instanceof(Uint8Array) });

/** What tracklets lack for a whole review, one entry a tracklet asked for (`fields/review.ts`). */
const reviewGapColumns = z.object({
  trackletId: z.instanceof(Int32Array),
  withoutValue: z.instanceof(Int32Array),
  notSeen: z.instanceof(Int32Array),
  either: z.instanceof(Int32Array),
});

export const annotationsCalls = {
  'annotations.get': query('All values of one tracklet', z.object({ trackletId: z.int() }), z.array(annotation), (i) => [`Tracklet:${i.trackletId}`]),
  'annotations.apply': command(
    'Set or clear values on ranges, as one undoable step; a step with the same `join` as the newest one is added to it, so that a long stroke saved in parts is undone at once',
    z.object({
      label: z.string().max(200),
      /** None only where episodes change. */
      edits: z.array(annotationEdit).max(20000),
      /** Begun, ended or removed by the same step. */
      episodes: episodeChanges.optional(),
      join: z.string().max(64).optional(),
      /** Marks a tracklet reviewed although frames have no value or were never shown; without it that is refused. */
      anyway: z.boolean().optional(),
      /** What its tracklets were when it was made; where one is another by now, nothing is changed. */
      of: z
        .array(trackletRow.pick({ id: true, name: true, frames: true }))
        .max(20000)
        .optional(),
    }),
    z.object({ historyId: z.int(), durableAt: z.number() }),
    (i) =>
      [...new Set([...i.edits, ...(i.episodes?.put ?? []), ...(i.episodes?.clear ?? [])].map((change) => `Tracklet:${change.trackletId}`))].concat(
        'TrackletRows',
        'Annotations',
      ),
    { undoable: true },
  ),
  'annotations.episodes': query(
    'All episodes of occlusion of one tracklet',
    z.object({ trackletId: z.int() }),
    z.object({ episodes: z.array(episode) }),
    (i) => [`Tracklet:${i.trackletId}`],
  ),
  'annotations.seen': query(
    'For how long and at what speed each frame was shown to anyone; null when none was',
    z.object({ trackletId: z.int() }),
    z.object({ seen: seenColumns.nullable() }),
    (i) => [`Seen:${i.trackletId}`],
  ),
  'annotations.addSeen': record(
    'Add to what a person was shown, from a position on',
    seenColumns.extend({ trackletId: z.int(), start: z.int().min(0) }),
    none,
    (i) => [`Seen:${i.trackletId}`],
  ),
  'annotations.gaps': query(
    'What tracklets lack for a whole review; unknown ids are left out',
    z.object({ trackletIds: z.array(z.int()).max(20000) }),
    reviewGapColumns,
    ['Annotations', 'Seen'],
  ),
} as const;

export type Annotation = z.output<typeof annotation>;
export type Episode = z.output<typeof episode>;
export type EpisodeChanges = z.output<typeof episodeChanges>;
export type AnnotationEdit = z.output<typeof annotationEdit>;
