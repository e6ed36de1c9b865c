/** Reading sources into data sets: importers, previews, imports and updates, synthetic sets. Conventions: contract/index.ts. */
import { z } from 'zod';
import { byId, job, jobStarted, none, path, query } from './call.ts';

export const importWarning = z.object({ code: z.string(), message: z.string(), where: z.string(), count: z.int() });

export const importGuess = z.object({
  option: z.string(),
  value: z.union([z.string(), z.number(), z.boolean()]),
  why: z.string(),
  examples: z.array(z.object({ file: z.string(), reads: z.string() })),
});

/** How many files lie below a folder, and what became of them. */
export const fileAccount = z.object({ seen: z.int(), used: z.int(), leftOut: z.int() });

/** How a source differs from the data set that was imported from it. */
const sourceChange = z.object({
  dataset: z.int(),
  name: z.string(),
  tracklets: z.object({ added: z.int(), changed: z.int(), removed: z.int(), renamed: z.int() }),
  /** Frames of tracklets: a box that moved is a changed picture, too. */
  pictures: z.object({ changed: z.int(), added: z.int(), removed: z.int() }),
  /** Nothing differs but where the pictures lie: in an archive that was packed anew, or in a folder instead. */
  isElsewhere: z.boolean().optional(),
});

/** What an update from the source did beyond taking the changes over. */
const updateOutcome = z.object({
  /** Values that were set aside, as the data set counts them: one for each stretch of frames. */
  setAside: z.int(),
  /** Values that went with their pictures into another tracklet. */
  moved: z.int(),
  /** Values that earlier updates had set aside, and whose pictures are there again. */
  putBack: z.int(),
  /** Tracklets under another name that keep a split which the user chose. */
  splitsKept: z.int(),
  /** Steps of undo that ended, since they name frames as they were before. */
  stepsEnded: z.int(),
  /** The project as it was before. */
  backup: z.string(),
  /** When that copy was made, by which a person finds it; absent in results of before. */
  backupAt: z.number().optional(),
});

const importPreview = z.object({
  importer: z.string(),
  /** Complete. */
  options: z.record(z.string(), z.unknown()),
  name: z.string(),
  identities: z.int(),
  cameras: z.int(),
  tracklets: z.int(),
  frames: z.int(),
  /** Of the first split set. */
  splits: z.record(z.string(), z.int()),
  /** Further split sets that the source names: members a side. */
  splitSets: z.array(z.object({ name: z.string(), splits: z.record(z.string(), z.int()) })),
  cameraNames: z.array(z.string()),
  /** A few tracklets, of each camera and split. */
  examples: z.array(z.object({ key: z.string(), identity: z.string(), camera: z.string(), split: z.string(), frames: z.int(), file: z.string() })),
  files: fileAccount,
  guesses: z.array(importGuess),
  warnings: z.array(importWarning),
  /** false: a quick look, which opened a few pictures. */
  everyPicture: z.boolean(),
  /** Name of the data set that was imported from this folder before; whether it is the same still is known once every picture was opened. */
  earlier: z.string().nullable(),
  /** Name of the data set that holds the same already. */
  alreadyImported: z.string().nullable(),
  changed: sourceChange.nullable(),
});

export const importsCalls = {
  'importers.list': query(
    'Known importers',
    none,
    z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        layout: z.string(),
        optionsSchema: z.record(z.string(), z.unknown()),
        defaults: z.record(z.string(), z.unknown()),
      }),
    ),
    [],
  ),
  'imports.probe': query(
    'Which importers recognise a folder',
    z.object({ path: path.min(1) }),
    z.array(
      z.object({
        importer: z.string(),
        title: z.string(),
        confidence: z.number(),
        summary: z.string(),
        /** What is read in one way among several, with the option that changes it. */
        guesses: z.array(importGuess),
      }),
    ),
    [],
  ),
  'imports.preview': query(
    'What an import would do; `quick` opens a few pictures only and does not look for changes',
    z.object({
      path: path.min(1),
      importer: z.string().nullable(),
      options: z.record(z.string(), z.unknown()),
      strict: z.boolean().optional(),
      quick: z.boolean(),
    }),
    importPreview,
    [],
  ),
  'imports.start': job(
    'Import a folder',
    z.object({
      path: path.min(1),
      importer: z.string().max(100).nullable(),
      options: z.record(z.string(), z.unknown()),
      name: z.string().max(120).nullable(),
      /** Refuse instead of leaving out what is bad. */
      strict: z.boolean().optional(),
      /** What to do when a data set of this source is there and the source has changed since; without it the job fails and says what changed. */
      changed: z.enum(['update', 'add']).optional(),
      /** Of an update: refuse where the folder looks like another one, since nobody was asked. */
      refuseOther: z.boolean().optional(),
    }),
    jobStarted,
  ),
  'imports.again': job(
    'Run an import that was refused because its source has changed once more, now with an answer to that',
    z.object({ jobId: z.int(), changed: z.enum(['update', 'add']) }),
    jobStarted,
  ),
  'imports.compare': query(
    'What an update of a data set from its source would change; every picture is read',
    byId,
    z.object({
      name: z.string(),
      folder: z.string(),
      /** What the data set has now. */
      held: z.object({ tracklets: z.int(), frames: z.int() }),
      /** null: the source is as it was imported. */
      changed: sourceChange.nullable(),
    }),
    [],
  ),
  'imports.update': job('Compare a data set with its source and take the changes over; labels stay with the pictures they were given for', byId, jobStarted),
  'imports.result': query(
    'What an import job that is done came to',
    z.object({ jobId: z.int() }),
    z.object({
      dataset: z.int(),
      name: z.string(),
      alreadyImported: z.boolean(),
      updated: z.boolean(),
      /** Asked of one data set, whether there was anything to take over or not. */ isUpdate: z.boolean(),
      changed: sourceChange.nullable(),
      outcome: updateOutcome.nullable(),
    }),
    [],
  ),
  'synth.start': job(
    'Make a synthetic set inside the project and import it',
    z.object({ identities: z.int().min(2).max(5000), cameras: z.int().min(1).max(16), seed: z.int(), name: z.string().max(120).nullable() }),
    jobStarted,
  ),
} as const;

export type SourceChange = z.output<typeof sourceChange>;
export type UpdateOutcome = z.output<typeof updateOutcome>;
export type ImportPreview = z.output<typeof importPreview>;
export type ImportWarningRow = z.output<typeof importWarning>;
