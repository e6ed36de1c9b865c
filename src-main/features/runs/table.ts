/** Table `run`. Tests: test/main/features/tables.test.ts, test/main/features/runRows.test.ts. */
import type { ErrorShape } from '../../../src-shared/errors.ts';
import type { RecipeValues } from '../../../src-shared/recipe/recipe.ts';
import type { JobState } from '../../../src-shared/contract/jobs.ts';
import type { Reader, SqlValue, Writer } from '../../db/handles.ts';
import type { PatchOperation } from '../history/operation.ts';
import { perform } from '../history/table.ts';

export type RunState = 'waiting' | 'running' | 'done' | 'failed' | 'stopped' | 'interrupted';

export interface RunRow {
  id: string;
  name: string;
  method: string;
  options: Record<string, unknown>;
  recipe: RecipeValues;
  datasetId: number | null;
  datasetName: string;
  /** Name and hash of the split set it trains on; null: of before that was kept. */
  splitSet: string | null;
  splitHash: string | null;
  seed: number;
  state: RunState;
  jobId: number | null;
  step: number;
  steps: number;
  epoch: number;
  elapsedSeconds: number;
  imagesPerSecond: number | null;
  engine: Record<string, unknown> | null;
  parameters: number | null;
  macsPerFrame: number | null;
  checkpoint: string | null;
  weightsHash: string | null;
  error: ErrorShape | null;
  createdAt: number;
  endedAt: number | null;
}

export type NewRunRow = Pick<RunRow, 'id' | 'name' | 'method' | 'options' | 'recipe' | 'datasetId' | 'datasetName' | 'seed' | 'createdAt'>;
export type RunChange = { id: string } & Partial<Omit<RunRow, 'id'>>;

const JSON_COLUMNS = new Set(['options', 'recipe', 'engine', 'error']);

interface Stored {
  id: string;
  name: string;
  method: string;
  options: string;
  recipe: string;
  dataset_id: number | null;
  dataset_name: string;
  split_set: string | null;
  split_hash: string | null;
  seed: number;
  state: RunState;
  job_id: number | null;
  step: number;
  steps: number;
  epoch: number;
  elapsed_seconds: number;
  images_per_second: number | null;
  engine: string | null;
  parameters: number | null;
  macs_per_frame: number | null;
  checkpoint: string | null;
  weights_hash: string | null;
  error: string | null;
  created_at: number;
  ended_at: number | null;
  job_state: JobState | null;
}

const OF_JOB: Record<JobState, RunState> = {
  waiting: 'waiting',
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'stopped',
  interrupted: 'interrupted',
};

const SELECT = 'SELECT run.*, job.state AS job_state FROM run LEFT JOIN job ON job.id = run.job_id';

function parse(row: Stored): RunRow {
  // While a job is about, it says what the run does; the run's own state is what remains when the job is forgotten.
  const live = row.job_state === 'waiting' || row.job_state === 'running' || row.state === 'waiting' || row.state === 'running';
  const unfinished = row.state === 'waiting' || row.state === 'running';
  const state = live && row.job_state ? OF_JOB[row.job_state] : unfinished && row.job_id !== null ? 'interrupted' : row.state;
  return {
    id: row.id,
    name: row.name,
    method: row.method,
    options: JSON.parse(row.options) as Record<string, unknown>,
    recipe: JSON.parse(row.recipe) as RecipeValues,
    datasetId: row.dataset_id,
    datasetName: row.dataset_name,
    splitSet: row.split_set,
    splitHash: row.split_hash,
    seed: row.seed,
    state,
    jobId: row.job_id,
    step: row.step,
    steps: row.steps,
    epoch: row.epoch,
    elapsedSeconds: row.elapsed_seconds,
    imagesPerSecond: row.images_per_second,
    engine: row.engine === null ? null : (JSON.parse(row.engine) as Record<string, unknown>),
    parameters: row.parameters,
    macsPerFrame: row.macs_per_frame,
    checkpoint: row.checkpoint,
    weightsHash: row.weights_hash,
    error: row.error === null ? null : (JSON.parse(row.error) as ErrorShape),
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}

export function all(db: Reader, _input: null): RunRow[] {
  return db.all<Stored>(`${SELECT} ORDER BY run.created_at DESC, run.id DESC`).map(parse);
}

export function one(db: Reader, input: { id: string }): RunRow | null {
  const row = db.get<Stored>(`${SELECT} WHERE run.id = ?`, [input.id]);
  return row ? parse(row) : null;
}

export function insert(db: Writer, row: NewRunRow): void {
  db.run(
    `INSERT INTO run (id, name, method, options, recipe, dataset_id, dataset_name, seed, state, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?)`,
    [row.id, row.name, row.method, JSON.stringify(row.options), JSON.stringify(row.recipe), row.datasetId, row.datasetName, row.seed, row.createdAt],
  );
}

export function update(db: Writer, { id, ...change }: RunChange): void {
  const entries = Object.entries(change).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return;
  const set = entries.map(([key]) => `${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} = ?`).join(', ');
  const values = entries.map(([key, value]) => (JSON_COLUMNS.has(key) && value !== null ? JSON.stringify(value) : (value as SqlValue)));
  db.run(`UPDATE run SET ${set} WHERE id = ?`, [...values, id]);
}

/** Undoable: the step is written in the same transaction. */
export function rename(db: Writer, input: { id: string; name: string; before: string; at: number; tags: string[] }): void {
  const set = (name: string): PatchOperation[] => [{ op: 'set', table: 'run', ids: [input.id], values: { name } }];
  perform(db, {
    at: input.at,
    label: `Rename run ${input.before} to ${input.name}`,
    call: 'runs.rename',
    trackletId: null,
    tags: input.tags,
    patch: set(input.name),
    inverse: set(input.before),
    join: null,
  });
}

/** Undoable: its row and its folder stay, and no reader sees them. */
export function remove(db: Writer, input: { id: string; name: string; at: number; tags: string[] }): void {
  perform(db, {
    at: input.at,
    label: `Remove run ${input.name}`,
    call: 'runs.remove',
    trackletId: null,
    tags: input.tags,
    patch: [{ op: 'remove', table: 'run', id: input.id, at: input.at }],
    inverse: [{ op: 'bringBack', table: 'run', id: input.id }],
    join: null,
  });
}

/** Of every run, those that were removed too: their folders are there. */
export function allIds(db: Reader, _input: null): string[] {
  return db.column<string>('SELECT id FROM main.run');
}
