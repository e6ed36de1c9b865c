/** Tracklets as rows of the grid, one by one, and where their boxes lie. Conventions: contract/index.ts. */
import { z } from 'zod';
import { byId, command, none, query } from './call.ts';
import { identityKind, splitName } from './datasets.ts';

/** 'gaps': marked reviewed although frames had no value or were never shown. */
const reviewState = z.enum(['none', 'started', 'gaps', 'reviewed', 'disputed']);

/** What the grid needs of one tracklet. */
export const trackletRow = z.object({
  id: z.int(),
  datasetId: z.int(),
  name: z.string(),
  identityId: z.int(),
  /** As shown, such as "0003". */
  identity: z.string(),
  identityKind,
  cameraId: z.int(),
  camera: z.string(),
  split: splitName,
  frames: z.int(),
  /** First and last frame number in the media, 0-based; null for crops. */
  mediaStart: z.int().nullable(),
  mediaEnd: z.int().nullable(),
  /** Share of frames with a value >= 1 among those with a value; null where too few have one to count it (`fields/hiddenShare.ts`). */
  hiddenShare: z.number().nullable(),
  hiddenMax: z.int().nullable(),
  framesWithValue: z.int(),
  /** Of these, frames with a value >= 1. */
  hiddenFrames: z.int(),
  review: reviewState,
  /** Of a reviewed tracklet: frames without a value or never shown. */
  reviewGaps: z.int(),
  /** Visibility a frame, -1 = no value. */
  visibility: z.instanceof(Int8Array),
  /** Changes when the strip picture changes; part of its URL. */
  stamp: z.string(),
  mediaMissing: z.boolean(),
  /** Frames whose picture was looked at and is not the one that was imported. */
  changedPictures: z.int(),
  /** Frames whose picture was looked at and is gone or cannot be read. */
  missingPictures: z.int(),
});

const facetValue = z.object({
  value: z.union([z.string(), z.number()]),
  label: z.string(),
  count: z.int(),
  all: z.int(),
  datasetId: z.int().optional(),
  madeOf: z.array(z.int()).optional(),
});

/**
 * Fractions 0..1: more than `min`, at most `max`, as the bins of every table and chart are (`statistics/strata.ts`). `min` null: those without
 * a hidden frame too.
 */
const shareRange = z
  .object({ min: z.number().nullable(), max: z.number() })
  .refine(({ min, max }) => min === null || min < max, { error: 'nothing is more than min and at most max; min null begins with nothing hidden' });

export const trackletFilter = z.object({
  datasetIds: z.array(z.int()).optional(),
  cameraIds: z.array(z.int()).optional(),
  identityIds: z.array(z.int()).optional(),
  splits: z.array(splitName).optional(),
  reviews: z.array(reviewState).optional(),
  /** By field: tracklets that have one of these values on some frame. Fields with a facet alone (`fields/field.ts`). */
  terms: z.record(z.string(), z.array(z.string())).optional(),
  /** Of tracklets whose share may be counted. */
  hiddenShare: shareRange.optional(),
  hiddenMax: z.object({ min: z.int(), max: z.int() }).optional(),
  length: z.object({ min: z.int(), max: z.int() }).optional(),
  /** Identity, camera, tracklet name or note contains it. */
  text: z.string().max(200).optional(),
  trackletIds: z.array(z.int()).optional(),
});

const trackletSort = z.enum(['identity', 'camera', 'hiddenDesc', 'hiddenAsc', 'lengthDesc', 'lengthAsc', 'reviewFirst']);

const trackletDetail = z.object({
  row: trackletRow,
  mediaId: z.int(),
  mediaKind: z.enum(['video', 'frames', 'crops']),
  mediaWidth: z.int(),
  mediaHeight: z.int(),
  fps: z.number().nullable(),
  /** Frame number in the media a position. */
  frameIndex: z.instanceof(Int32Array),
  /** [x, y, w, h] a position in the full frame; null for crops. */
  boxes: z.instanceof(Float32Array).nullable(),
  ignored: z.instanceof(Uint8Array).nullable(),
  /** Other visits of the same identity, in time order. */
  siblings: z.array(z.int()),
});

export const trackletsCalls = {
  'tracklets.query': query(
    'Ids of the tracklets that pass a filter, in order',
    z.object({ filter: trackletFilter, sort: trackletSort }),
    z.object({
      ids: z.instanceof(Int32Array),
      of: z.int(),
      frames: z.int(),
      identities: z.int(),
      cameras: z.int(),
      /** The data set by whose split set it was filtered: the only one asked for, where that is made of others. null: by each one's own. */
      sidesOf: z.int().nullable(),
      tookMs: z.number(),
    }),
    ['Tracklets'],
  ),
  'tracklets.facets': query(
    'Counts a facet value, under the filter without that facet',
    z.object({ filter: trackletFilter }),
    z.object({
      /** `datasetId`: of a camera, since names are common to several data sets. `madeOf`: of a data set that is made of others, the imported ones. */
      facets: z.record(z.string(), z.array(facetValue)),
      /** By field: the values that some tracklet has. */
      terms: z.record(z.string(), z.array(facetValue)),
      hiddenShare: z.array(z.int()),
      length: z.object({ edges: z.array(z.number()), counts: z.array(z.int()) }),
    }),
    ['Tracklets'],
  ),
  'tracklets.rows': query(
    'Rows of the grid, in the order asked; unknown ids are left out',
    z.object({
      ids: z.array(z.int()).max(500),
      /** A data set whose split set tells the sides; without it, each tracklet's own. */
      sidesOf: z.int().optional(),
    }),
    z.array(trackletRow),
    ['Tracklets'],
  ),
  'tracklets.get': query('Everything about one tracklet but its pixels', byId, trackletDetail, (i) => ['Tracklets', `Tracklet:${i.id}`]),
  'tracklets.setSplit': command(
    'Move tracklets to a split',
    z.object({
      ids: z.array(z.int()).max(200000),
      split: splitName,
      /** Whose split set it is about: one that is made of others has its own. Without it, that of each tracklet's own data set. */
      datasetId: z.int().optional(),
    }),
    none,
    // Statistics are told by split, too.
    ['Tracklets', 'Datasets', 'Dataset'],
    { undoable: true },
  ),
  'media.boxes': query(
    'All boxes of a medium in a range of frames, as columns',
    z.object({ mediaId: z.int(), from: z.int(), to: z.int() }),
    z.object({
      frame: z.instanceof(Int32Array),
      trackletId: z.instanceof(Int32Array),
      box: z.instanceof(Float32Array),
      names: z.record(z.string(), z.string()),
    }),
    (i) => [`Media:${i.mediaId}`],
  ),
} as const;

export type TrackletRow = z.output<typeof trackletRow>;
export type TrackletFilter = z.output<typeof trackletFilter>;
export type TrackletSort = z.output<typeof trackletSort>;
export type TrackletDetail = z.output<typeof trackletDetail>;
export type ReviewState = z.output<typeof reviewState>;
