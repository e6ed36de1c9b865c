/** Data sets: what they hold, their statistics, and how they stand to their source. Conventions: contract/index.ts. */
import { z } from 'zod';
import { byId, command, none, path, query } from './call.ts';
import { fileAccount, importGuess, importWarning } from './imports.ts';

export const splitName = z.enum(['train', 'query', 'gallery', 'none']);

export const identityKind = z.enum(['person', 'distractor', 'junk']);

/** How a data set is made of others; its members are their very tracklets. */
const datasetRecipe = z.object({
  kind: z.string(),
  /** "Subset of Market" */
  title: z.string(),
  /** By their names of now; those that are gone by that of then. */
  sources: z.array(z.object({ id: z.int(), name: z.string() })),
  /** What was asked for beside them, such as `filter`. */
  asked: z.record(z.string(), z.unknown()),
  at: z.number(),
  /** When it was made. */
  tracklets: z.int(),
  /** Of these, those that are not there now: their data set was removed, or an update of it dropped them. */
  missing: z.int(),
});

const datasetSummary = z.object({
  id: z.int(),
  name: z.string(),
  /** Empty for one that is made of others. */
  importer: z.string(),
  /** null: imported. */
  recipe: datasetRecipe.nullable(),
  origin: z.string().nullable(),
  licence: z.string().nullable(),
  createdAt: z.number(),
  /** 'importing' until the job has ended; an import that failed leaves nothing. */
  state: z.enum(['importing', 'ready']),
  cameras: z.int(),
  identities: z.int(),
  tracklets: z.int(),
  frames: z.int(),
  splits: z.record(z.string(), z.int()),
  /** A tracklet whose strip stands for the set; null while empty. */
  coverTracklet: z.int().nullable(),
});

/** A value that was given for a picture that changed or is gone. */
const setAsideValue = z.object({
  id: z.int(),
  /** null when the tracklet is gone. */
  trackletId: z.int().nullable(),
  tracklet: z.string(),
  field: z.string(),
  /** Positions as they are now; null when the frames are gone. */
  start: z.int().nullable(),
  end: z.int().nullable(),
  /** Files, or numbers of frames. */
  pictures: z.array(z.string()),
  value: z.unknown(),
  reason: z.enum(['changed', 'removed']),
});

const datasetDetail = datasetSummary.extend({
  /** Empty for one that is made of others. */
  root: z.string(),
  options: z.record(z.string(), z.unknown()),
  cameraRows: z.array(z.object({ id: z.int(), camid: z.int(), name: z.string(), tracklets: z.int(), identities: z.int(), frames: z.int() })),
  splitRows: z.array(z.object({ split: splitName, identities: z.int(), tracklets: z.int(), frames: z.int(), cameras: z.int() })),
  kinds: z.record(z.string(), z.int()),
  warnings: z.array(importWarning),
  /** What became of the files below its folder; null for an import of before they were counted. */
  files: fileAccount.nullable(),
  guesses: z.array(importGuess),
  /** When it was last updated from its source, and from where; null for one that was not, or before that was kept. */
  updated: z.object({ at: z.number(), from: z.string() }).nullable(),
  /** Persons of the split "train" and their tracklets: what a run on it learns from. */
  training: z.object({ identities: z.int(), tracklets: z.int() }),
  /** Values that an update set aside. */
  setAside: z.int(),
  /** Of the files that were looked for; null when all are there. `datasetId`: the imported one that the example is of. */
  missing: z.object({ count: z.int(), of: z.int(), example: z.string(), root: z.string(), datasetId: z.int() }).nullable(),
  /** Of the pictures that were looked at since the program was started, those that were changed since the import; null when there is none. */
  changedPictures: z.object({ count: z.int(), example: z.string(), datasetId: z.int() }).nullable(),
  /** By protocol: queries that have a match, as an evaluation counts them. */
  validQueries: z.record(z.string(), z.int()),
  lengthHistogram: z.object({ edges: z.array(z.number()), counts: z.array(z.int()) }),
  /** Data sets made of others that have tracklets of this one, which they lose with it. */
  derived: z.array(z.object({ id: z.int(), name: z.string(), tracklets: z.int() })),
});

/** One row of an ODV table: shares in percent, their sum as it is (never normalised). */
const occlusionTable = z.object({
  bins: z.array(z.object({ label: z.string(), from: z.number(), to: z.number(), fromOpen: z.boolean(), toOpen: z.boolean() })),
  rows: z.array(
    z.object({
      split: z.string(),
      n: z.int(),
      counts: z.array(z.int()),
      percent: z.array(z.number()),
      sum: z.number(),
      /** Tracklets (or frames, in the table of frames) that have no value, or too few to be counted. */
      leftOut: z.int(),
      warning: z.string().nullable(),
    }),
  ),
});

const datasetStatistics = z.object({
  datasetId: z.int(),
  tracklets: z.record(z.string(), z.int()),
  /** ODV table 4.1: tracklets by the share of their frames that are occluded. */
  trackletsByHiddenShare: occlusionTable,
  /** ODV table 4.2: occluded frames by hidden area. */
  framesByHiddenArea: occlusionTable,
  framesWithValue: z.int(),
  frames: z.int(),
  /** Tracklets with each value on some frame, by field. */
  terms: z.record(z.string(), z.record(z.string(), z.int())),
  /** What hides people, as in `terms`: the name that it has always had. */
  occluders: z.record(z.string(), z.int()),
});

export const datasetsCalls = {
  'datasets.list': query('All data sets', none, z.array(datasetSummary), ['Datasets']),
  'datasets.get': query('One data set with its cameras, splits and import report', byId, datasetDetail, (i) => [
    'Datasets',
    `Dataset:${i.id}`,
    `DatasetPictures:${i.id}`,
  ]),
  'datasets.statistics': query("ODV's two occlusion tables and counts", byId, datasetStatistics, (i) => [`Annotations:${i.id}`, `Dataset:${i.id}`]),
  'datasets.derive': command(
    'Make a data set of others: a subset of one by a filter, or a union of several; nothing of their tracklets is copied',
    z.object({
      name: z.string().trim().min(1).max(120),
      /** The rest is the kind's: `{kind: 'subset', of, filter}`, `{kind: 'union', of: [...]}`. */
      recipe: z.looseObject({ kind: z.string() }),
    }),
    z.object({ id: z.int(), tracklets: z.int() }),
    ['Datasets', 'Tracklets', 'Trash'],
    { undoable: true },
  ),
  'datasets.rename': command('Rename a data set', z.object({ id: z.int(), name: z.string().trim().min(1).max(120) }), none, ['Datasets'], { undoable: true }),
  'datasets.remove': command(
    'Remove a data set with its annotations from the project; source files stay',
    byId,
    none,
    ['Datasets', 'Tracklets', 'Annotations', 'Runs', 'Evaluations', 'Jobs', 'Trash'],
    { undoable: true },
  ),
  'datasets.locate': command(
    'Point a data set to the folder its media moved to; refused where none of the pictures compared is one that was imported',
    z.object({ id: z.int(), root: path }),
    z.object({
      /** Pictures whose content was compared; 0 where the import noted none. */
      compared: z.int(),
      /** Of these, those that are other ones than were imported, or cannot be read. */
      differing: z.int(),
    }),
    (i) => ['Datasets', `Dataset:${i.id}`, 'Tracklets'],
  ),
  'datasets.setAside': query('Values that an update from the source set aside, since their picture changed or is gone', byId, z.array(setAsideValue), (i) => [
    'Datasets',
    `Dataset:${i.id}`,
  ]),
  'datasets.putBack': command(
    'Put values that were set aside back on the frames that stand in their place now, all of a data set or those named; what was given there since stays',
    byId.extend({ values: z.array(z.int()).max(20000).optional() }),
    z.object({
      /** Values put back. */
      values: z.int(),
      /** Values that stay aside: their frames are gone, or have other values by now. */
      left: z.int(),
    }),
    (i) => ['Datasets', `Dataset:${i.id}`, 'Tracklets', 'Tracklet', 'Annotations'],
    { undoable: true },
  ),
  'datasets.dropAside': command('Forget the values that were set aside', byId, none, (i) => ['Datasets', `Dataset:${i.id}`]),
  'datasets.identities': query(
    'Identities in order, for the jump column',
    z.object({ datasetIds: z.array(z.int()).optional() }),
    z.array(z.object({ id: z.int(), datasetId: z.int(), pid: z.int(), name: z.string(), kind: identityKind, tracklets: z.int() })),
    ['Datasets'],
  ),
  'datasets.sameNames': query(
    'Names of identities that more than one data set holds: whoever shows one says of which',
    none,
    z.object({ identities: z.array(z.string()) }),
    ['Datasets'],
  ),
} as const;

export type SplitName = z.output<typeof splitName>;
export type IdentityKind = z.output<typeof identityKind>;
export type DatasetRecipe = z.output<typeof datasetRecipe>;
export type DatasetSummary = z.output<typeof datasetSummary>;
export type DatasetDetail = z.output<typeof datasetDetail>;
export type DatasetStatistics = z.output<typeof datasetStatistics>;
export type OcclusionTable = z.output<typeof occlusionTable>;
export type SetAsideValue = z.output<typeof setAsideValue>;
