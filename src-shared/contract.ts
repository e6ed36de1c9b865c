/**
 * THE contract: every call and event between a client (page, command line, test) and the host.
 * Client and server types, validation, cache tags, undo and the documentation derive from this object.
 * A new call is one entry here and one handler; the compiler names the missing half.
 *
 * Kinds: `query` reads and may be cached under `provides`; `command` changes something, one at a time, and announces `invalidates`
 * (`undoable` ones write an inverse patch in the same transaction); `record` adds to a record that is nobody's work: beside commands, never in their
 * way; `job` returns a job id at once and reports by events.
 * Tags: `Noun` or `Noun:id`; invalidating `Noun` drops every `Noun:*`.
 */
import { z } from 'zod';
import * as e from './entities.ts';

const none = z.object({});
/** No system allows longer ones. */
const path = z.string().max(4096);
const byId = z.object({ id: z.int() });
const byRun = z.object({ id: z.string() });
const jobStarted = z.object({ jobId: z.int() });

const stepDone = z.object({
  label: z.string().nullable(),
  tags: z.array(z.string()),
  trackletId: z.int().nullable(),
  /** Why the step that was next can never be done: it was left out, and nothing else was changed. */
  leftOut: z.string().nullable(),
});

type Tags<I extends z.ZodType> = string[] | ((input: z.output<I>) => string[]);

interface CallSpec<K extends 'query' | 'command' | 'record' | 'job', I extends z.ZodType, O extends z.ZodType> {
  kind: K;
  input: I;
  output: O;
  provides?: Tags<I>;
  invalidates?: Tags<I>;
  undoable?: boolean;
  doc: string;
}

function query<I extends z.ZodType, O extends z.ZodType>(doc: string, input: I, output: O, provides: Tags<I>): CallSpec<'query', I, O> {
  return { kind: 'query', input, output, provides, doc };
}
function command<I extends z.ZodType, O extends z.ZodType>(
  doc: string,
  input: I,
  output: O,
  invalidates: Tags<I>,
  options: { undoable?: boolean } = {},
): CallSpec<'command', I, O> {
  const undoable = options.undoable ?? false;
  return { kind: 'command', input, output, invalidates: undoable ? withHistory(invalidates) : invalidates, undoable, doc };
}
/** A step of history also changes what undo would do. */
function withHistory<I extends z.ZodType>(tags: Tags<I>): Tags<I> {
  return Array.isArray(tags) ? [...tags, 'History'] : (input) => [...tags(input), 'History'];
}
function record<I extends z.ZodType, O extends z.ZodType>(doc: string, input: I, output: O, invalidates: Tags<I>): CallSpec<'record', I, O> {
  return { kind: 'record', input, output, invalidates, doc };
}
function job<I extends z.ZodType, O extends z.ZodType>(doc: string, input: I, output: O): CallSpec<'job', I, O> {
  return { kind: 'job', input, output, doc };
}

export const calls = {
  'project.info': query('The open project', none, e.projectInfo, ['Project']),
  'engine.status': query('Which engine computes, on which device', none, e.engineStatus, ['Engine']),
  'engine.setup': query('What this machine has for the engine, known without starting it', none, e.engineSetup, ['Engine', 'Settings']),
  'engine.try': query('Start the engine as it is set, in a process of its own that ends again, and say what it got', none, e.engineStatus, []),
  'settings.get': query('Settings of this user: theme, key bindings, annotator name', none, z.record(z.string(), z.unknown()), ['Settings']),
  'settings.set': command('Change one setting; null removes it', z.object({ key: z.string().max(100), value: z.unknown() }), none, ['Settings', 'Project']),
  'files.browse': query(
    'Folders and files of the machine, for choosing a path where there is no native dialog',
    z.object({ path: path.nullable() }),
    z.object({
      path: z.string(),
      parent: z.string().nullable(),
      entries: z.array(z.object({ name: z.string(), path: z.string(), kind: z.enum(['file', 'folder']) })),
    }),
    [],
  ),

  'datasets.list': query('All data sets', none, z.array(e.datasetSummary), ['Datasets']),
  'datasets.get': query('One data set with its cameras, splits and import report', byId, e.datasetDetail, (i) => [
    'Datasets',
    `Dataset:${i.id}`,
    `DatasetPictures:${i.id}`,
  ]),
  'datasets.statistics': query("ODV's two occlusion tables and counts", byId, e.datasetStatistics, (i) => [`Annotations:${i.id}`, `Dataset:${i.id}`]),
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
  'datasets.setAside': query('Values that an update from the source set aside, since their picture changed or is gone', byId, z.array(e.setAsideValue), (i) => [
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
    z.array(z.object({ id: z.int(), datasetId: z.int(), pid: z.int(), name: z.string(), kind: e.identityKind, tracklets: z.int() })),
    ['Datasets'],
  ),
  'datasets.sameNames': query(
    'Names of identities that more than one data set holds: whoever shows one says of which',
    none,
    z.object({ identities: z.array(z.string()) }),
    ['Datasets'],
  ),
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
        guesses: z.array(e.importGuess),
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
    e.importPreview,
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
      changed: e.sourceChange.nullable(),
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
      changed: e.sourceChange.nullable(),
      outcome: e.updateOutcome.nullable(),
    }),
    [],
  ),
  'synth.start': job(
    'Make a synthetic set inside the project and import it',
    z.object({ identities: z.int().min(2).max(5000), cameras: z.int().min(1).max(16), seed: z.int(), name: z.string().max(120).nullable() }),
    jobStarted,
  ),

  'tracklets.query': query(
    'Ids of the tracklets that pass a filter, in order',
    z.object({ filter: e.trackletFilter, sort: e.trackletSort }),
    z.object({ ids: z.instanceof(Int32Array), of: z.int(), frames: z.int(), identities: z.int(), cameras: z.int(), tookMs: z.number() }),
    ['Tracklets'],
  ),
  'tracklets.facets': query(
    'Counts a facet value, under the filter without that facet',
    z.object({ filter: e.trackletFilter }),
    z.object({
      /** `datasetId`: of a camera, since names are common to several data sets. */
      facets: z.record(
        z.string(),
        z.array(z.object({ value: z.union([z.string(), z.number()]), label: z.string(), count: z.int(), all: z.int(), datasetId: z.int().optional() })),
      ),
      hiddenShare: z.array(z.int()),
      length: z.object({ edges: z.array(z.number()), counts: z.array(z.int()) }),
    }),
    ['Tracklets'],
  ),
  'tracklets.rows': query(
    'Rows of the grid, in the order asked; unknown ids are left out',
    z.object({ ids: z.array(z.int()).max(500) }),
    z.array(e.trackletRow),
    ['Tracklets'],
  ),
  'tracklets.get': query('Everything about one tracklet but its pixels', byId, e.trackletDetail, (i) => ['Tracklets', `Tracklet:${i.id}`]),
  'tracklets.setSplit': command(
    'Move tracklets to a split',
    z.object({ ids: z.array(z.int()).max(200000), split: e.splitName }),
    none,
    ['Tracklets', 'Datasets'],
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

  'annotations.get': query('All values of one tracklet', z.object({ trackletId: z.int() }), z.array(e.annotation), (i) => [`Tracklet:${i.trackletId}`]),
  'annotations.apply': command(
    'Set or clear values on ranges, as one undoable step; a step with the same `join` as the newest one is added to it, so that a long stroke saved in parts is undone at once',
    z.object({
      label: z.string().max(200),
      edits: z.array(e.annotationEdit).min(1).max(20000),
      join: z.string().max(64).optional(),
      /** Marks a tracklet reviewed although frames have no value or were never shown; without it that is refused. */
      anyway: z.boolean().optional(),
      /** What its tracklets were when it was made; where one is another by now, nothing is changed. */
      of: z
        .array(e.trackletRow.pick({ id: true, name: true, frames: true }))
        .max(20000)
        .optional(),
    }),
    z.object({ historyId: z.int(), durableAt: z.number() }),
    (i) => [...new Set(i.edits.map((edit) => `Tracklet:${edit.trackletId}`))].concat('TrackletRows', 'Annotations'),
    { undoable: true },
  ),

  'annotations.seen': query(
    'For how long and at what speed each frame was shown to anyone; null when none was',
    z.object({ trackletId: z.int() }),
    z.object({ seen: e.seenColumns.nullable() }),
    (i) => [`Seen:${i.trackletId}`],
  ),
  'annotations.addSeen': record(
    'Add to what a person was shown, from a position on',
    e.seenColumns.extend({ trackletId: z.int(), start: z.int().min(0) }),
    none,
    (i) => [`Seen:${i.trackletId}`],
  ),
  'annotations.gaps': query(
    'What tracklets lack for a whole review; unknown ids are left out',
    z.object({ trackletIds: z.array(z.int()).max(20000) }),
    e.reviewGapColumns,
    ['Annotations', 'Seen'],
  ),

  'history.state': query(
    'What undo and redo would do in a window; without one, for a script',
    z.object({ window: z.string().max(40).optional() }),
    e.historyState,
    ['History', 'Datasets'],
  ),
  'history.undo': command('Undo the last step of the window that gave the key', none, stepDone, ['History']),
  'history.redo': command('Redo the step that this window undid last', none, stepDone, ['History']),

  'backups.list': query('Copies of the project, newest first', none, z.array(e.backup), ['Backups']),
  'backups.make': command('Make a copy of the project now', none, e.backup, ['Backups']),
  'backups.restore': command(
    'Put the project back to a copy; a copy of the present is made first, and restoring that takes it back',
    e.backup.pick({ id: true }),
    none,
    ['Backups'],
  ),

  'trash.list': query('Removed data sets and runs, newest first', none, z.array(e.removedThing), ['Trash']),
  'trash.restore': command(
    'Bring back something that was removed',
    e.removedThing.pick({ kind: true, id: true }),
    none,
    ['Datasets', 'Tracklets', 'Annotations', 'Runs', 'Evaluations', 'Jobs', 'Trash'],
    { undoable: true },
  ),
  'trash.empty': command('Delete for good what was removed, with its files', none, none, ['Trash', 'History']),

  'methods.list': query('Known methods with their options', none, z.array(e.methodInfo), []),
  'methods.describe': query(
    'Size and cost of a method with given options, its classifier for so many training identities (without: 625, those of MARS)',
    z.object({ id: z.string(), options: z.record(z.string(), z.unknown()), identities: z.int().min(1).optional() }),
    e.methodSize,
    [],
  ),
  'runs.list': query('All runs, newest first', none, z.array(e.runSummary), ['Runs']),
  'runs.get': query('One run', byRun, e.runDetail, (i) => ['Runs', `Run:${i.id}`]),
  'runs.metrics': query('Metric columns after a step', z.object({ id: z.string(), afterStep: z.int() }), e.metricColumns, (i) => [`RunMetrics:${i.id}`]),
  'runs.log': query('Log lines from an index on', z.object({ id: z.string(), from: z.int() }), z.object({ lines: z.array(e.logLine), next: z.int() }), (i) => [
    `RunLog:${i.id}`,
  ]),
  'runs.start': job(
    'Train a method',
    z.object({
      name: z.string().trim().min(1).max(80).nullable(),
      method: z.string(),
      options: z.record(z.string(), z.unknown()),
      recipe: e.recipeSchema.partial().strict(),
      datasetId: z.int(),
      seed: z.int(),
      evaluateOn: z.array(z.object({ datasetId: z.int(), protocol: e.protocolName })),
      device: e.deviceChoice.optional(),
    }),
    jobStarted.extend({ runId: z.string() }),
  ),
  'runs.resume': job('Continue a run from its last checkpoint, with another batch where asked', byRun.extend({ batch: e.batchChange.optional() }), jobStarted),
  'runs.stop': command('Stop after the current step and keep a checkpoint', byRun, none, (i) => ['Runs', `Run:${i.id}`]),
  'runs.rename': command('Rename a run', z.object({ id: z.string(), name: z.string().trim().min(1).max(80) }), none, ['Runs', 'Evaluations'], {
    undoable: true,
  }),
  'runs.remove': command('Remove a run with its features and evaluations', byRun, none, ['Runs', 'Evaluations', 'Jobs', 'Trash'], {
    undoable: true,
  }),

  'features.list': query(
    'Feature files of a run',
    z.object({ runId: z.string() }),
    z.array(z.object({ runId: z.string(), datasetId: z.int(), path: z.string(), hash: z.string(), count: z.int(), dims: z.int() })),
    ['Evaluations'],
  ),
  'features.extract': job('Extract the features of a data set with a run', z.object({ runId: z.string(), datasetId: z.int() }), jobStarted),
  'evaluations.list': query('All evaluations, newest first', z.object({ datasetId: z.int().optional() }), z.array(e.evaluation), ['Evaluations']),
  'evaluations.start': job(
    'Extract features of a data set with a run and evaluate them',
    z.object({ runId: z.string(), datasetId: z.int(), protocol: e.protocolName, distance: e.distanceName }),
    jobStarted,
  ),
  'compare.check': query(
    'Whether evaluations answer the question of a reference, and that of today with the weights of today; where not, why in words and what to evaluate again',
    z.object({ evaluationIds: z.array(z.int()).min(1).max(64), reference: z.int() }),
    z.array(e.questionCheck),
    ['Evaluations', 'Tracklets', 'Datasets', 'Runs'],
  ),
  'compare.load': query(
    'Per-query results of several evaluations of one question, with the labels of now',
    z.object({ evaluationIds: z.array(z.int()).min(1).max(8), reference: z.int() }),
    z.object({
      evaluations: z.array(e.evaluation),
      queries: z.array(e.compareQuery),
      /** Hash of the labels that strata and causes were read from: equal for equal labels. */
      labels: z.object({ revision: z.string() }),
    }),
    (i) => [...i.evaluationIds.map((id) => `Evaluation:${id}`), 'Annotations'],
  ),
  'compare.ranks': query(
    'Aligned rank lists of one query',
    z.object({ evaluationIds: z.array(z.int()).min(1).max(8), trackletId: z.int(), top: z.int().min(1).max(200) }),
    z.array(e.rankList),
    (i) => i.evaluationIds.map((id) => `Evaluation:${id}`),
  ),

  'jobs.list': query('Jobs, running and waiting first, then newest', none, z.array(e.job), ['Jobs']),
  'jobs.log': query(
    'Log lines of a job from an index on',
    z.object({ id: z.int(), from: z.int() }),
    z.object({ lines: z.array(e.logLine), next: z.int() }),
    (i) => [`JobLog:${i.id}`],
  ),
  'jobs.cancel': command('Cancel a waiting or running job', byId, none, ['Jobs']),
  'jobs.retry': command('Run a failed, cancelled or interrupted job again; it resumes where that is possible', byId, jobStarted, ['Jobs']),
  'jobs.dismiss': command('Of a job that did not end well: its end has been read, and need not be said again elsewhere', byId, none, ['Jobs']),
  'jobs.clear': command('Forget the jobs that have ended', none, none, ['Jobs']),
} as const;

/** Events from the host. `origin` is the client id that caused a change; that client may ignore it. */
export interface Events {
  changed: { tags: string[]; origin: string | null };
  job: e.Job;
  /** New points of a run that is training. */
  runMetrics: { runId: string; columns: e.MetricColumns };
  runLog: { runId: string; lines: e.LogLine[]; next: number };
  engine: e.EngineStatus;
  notice: { code: string; message: string; remedy: string };
  /** The project is another one from now on: everything that was read is old. */
  restored: { id: string; at: number; generation: string };
}

export type CallName = keyof typeof calls;

/** Refused in a project that cannot be written: what changes it or starts a job in it. Settings are the user's own; a record is nobody's work. */
export function changesProject(name: CallName): boolean {
  const { kind } = calls[name];
  return (kind === 'command' || kind === 'job') && name !== 'settings.set';
}
export type Input<N extends CallName> = z.input<(typeof calls)[N]['input']>;
export type Parsed<N extends CallName> = z.output<(typeof calls)[N]['input']>;
export type Output<N extends CallName> = z.output<(typeof calls)[N]['output']>;
export type EventName = keyof Events;

/** The page's and the command line's view of the host. */
export interface Client {
  call<N extends CallName>(name: N, input: Input<N>, options?: { signal?: AbortSignal }): Promise<Output<N>>;
  on<N extends EventName>(event: N, listener: (payload: Events[N]) => void): () => void;
}

export interface CallContext {
  /** Id of the client connection. */
  origin: string;
  signal: AbortSignal;
  /** The caller is at the other end of a socket, so it may be a page: it chooses no program to run. */
  isRemote: boolean;
  /** The client's key of a command; stored with its write, so that a repeat answers the first result. */
  key: string | null;
}

export type Handlers = { [N in CallName]: (input: Parsed<N>, context: CallContext) => Promise<Output<N>> | Output<N> };

export function tagsOf(spec: { provides?: unknown; invalidates?: unknown }, which: 'provides' | 'invalidates', input: unknown): string[] {
  const tags = spec[which] as string[] | ((input: unknown) => string[]) | undefined;
  return typeof tags === 'function' ? tags(input) : (tags ?? []);
}
