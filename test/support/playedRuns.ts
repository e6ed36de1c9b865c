/**
 * Runs whose compute child is played by the test: queue, tables and files are real, engine, methods and evaluations are small. Whatever still runs ends
 * with `close`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { AppError } from '../../src-shared/errors.ts';
import type { MethodInfo } from '../../src-shared/contract/runs.ts';
import type { RecipeValues } from '../../src-shared/recipe/recipe.ts';
import type { ComputeOptions } from '../../src-main/compute/backend.ts';
import type { FromChild } from '../../src-main/compute/protocol.ts';
import type { TrainTask } from '../../src-main/compute/tasks/train.ts';
import { createJobStore } from '../../src-main/features/jobs/store.ts';
import { mediaRows } from '../../src-main/features/media/rows.ts';
import trainJob from '../../src-main/features/runs/jobs/train.ts';
import { createRunsService, type RunsService } from '../../src-main/features/runs/service.ts';
import { runnerOf } from '../../src-main/jobs/defineJob.ts';
import { createJobQueue, type JobQueue } from '../../src-main/jobs/queue.ts';
import type { HostContext } from '../../src-main/features/context.ts';
import { createTurns } from '../../src-main/platform/turns.ts';
import { projectFolder } from '../../src-main/platform/projectFolder.ts';
import { putDataset, tablesHere, type TablesHere } from './tablesHere.ts';

export const RECIPE = {
  epochs: 2,
  stepsPerEpoch: 4,
  identitiesPerBatch: 4,
  clipsPerIdentity: 2,
  learningRate: 0.001,
  weightDecay: 0,
  decayEpochs: [1],
  decay: 0.1,
  warmupEpochs: 0,
  flip: true,
  erasing: 0,
} as RecipeValues;
const METHOD = {
  id: 'm',
  title: 'Method',
  defaults: { depth: 50 },
  smallOptions: { width: 0.5 },
  recipes: { small: RECIPE, paper: RECIPE },
} as unknown as MethodInfo;

export interface PlayedChild {
  task: TrainTask;
  options: ComputeOptions;
  say(message: FromChild): void;
  print(line: string): void;
  signal: AbortSignal;
  end: PromiseWithResolvers<unknown>;
}

export interface PlayedRuns {
  here: TablesHere;
  jobs: JobQueue;
  runs: RunsService;
  played: PlayedChild[];
  told: { event: string; payload: unknown }[];
  tags: string[];
  evaluated: unknown[];
  /** Devices that the engine was prepared for. */
  prepared: unknown[];
  /** Jobs that the engine needs first. */
  wanted: number[];
  time: number;
  /** Trainings at once. */
  atOnce: number;
  context: HostContext;
  /** Methods that are known. */
  methods: MethodInfo[];
  start(more?: object): ReturnType<RunsService['start']>;
  /** More people to train on, a tracklet each. */
  addPeople(n: number): void;
  /** The n-th child, once it was begun. */
  child(n?: number): Promise<PlayedChild>;
  close(): Promise<void>;
}

/** Data set 1 with two people to train on. `pause`: what readers wait for before they answer. */
export async function playedRuns(pause: () => Promise<void> = async () => undefined): Promise<PlayedRuns> {
  const here = await tablesHere();
  mkdirSync(join(here.folder, 'runs'));
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'train' },
    { id: 2, pid: 2, camid: 2, split: 'train' },
    { id: 3, pid: 3, camid: 2, split: 'query' },
  ]);
  let isOver = false;
  const read: typeof here.db.read = async (table, fn, input) => {
    await pause();
    return here.db.read(table, fn, input);
  };
  const db = { ...here.db, read } as never;
  const events = {
    on: () => () => undefined,
    emit: (event: string, payload: unknown) => void all.told.push({ event, payload }),
    changed: (more: string[]) => void all.tags.push(...more),
  };
  const jobs = createJobQueue({
    store: createJobStore(db),
    events: events as never,
    clock: () => all.time,
    logFolder: join(here.folder, 'cache', 'jobs'),
    jobsPerDevice: () => all.atOnce,
  });
  const engine = {
    deviceKey: (device = 'cpu') => device,
    options: (device?: string) => ({ device }),
    prepare: async (device?: string) => (all.prepared.push(device), all.wanted),
    report: (info: unknown) => all.told.push({ event: 'engine', payload: info }),
  };
  const methods = {
    list: async () => all.methods,
    get: async (id: string) => {
      const method = all.methods.find((one) => one.id === id);
      if (!method) throw new AppError('UNKNOWN_METHOD', `There is no method "${id}".`);
      return method;
    },
    describe: async (_id: string, options: object) => ({ options: { depth: 50, ...options }, macsPerFrame: 9 }),
  };
  const evaluations = { start: async (request: unknown, after: number[]) => (all.evaluated.push([request, after]), 70 + all.evaluated.length) };
  const context = {
    project: projectFolder(here.folder),
    db,
    events,
    mediaRows: mediaRows(db),
    jobs,
    clock: () => all.time,
    monotonic: () => all.time,
    version: '1.2.3',
    turns: createTurns({ atOnce: 1, what: 'commands' }),
    readOnly: null,
    log: { error: (...what: unknown[]) => void all.told.push({ event: 'error', payload: what }) },
    windows: { note: () => undefined, gone: () => undefined },
  } as unknown as HostContext;
  const runs = createRunsService(context, { engine, methods, evaluations } as never, (task, options: ComputeOptions = {}) => {
    const end = Promise.withResolvers<unknown>();
    if (isOver) end.reject(new AppError('CANCELLED', 'over'));
    all.played.push({
      task: task as TrainTask,
      options,
      say: (message) => options.onMessage?.(message, () => undefined),
      print: (line) => options.onOutput?.(line, 'stdout'),
      signal: options.signal!,
      end,
    });
    return end.promise as never;
  });
  const all: PlayedRuns = {
    here,
    jobs,
    runs,
    context,
    played: [],
    told: [],
    tags: [],
    evaluated: [],
    prepared: [],
    wanted: [],
    time: 1000,
    atOnce: 1,
    methods: [METHOD],
    start: (more = {}) => runs.start({ name: null, method: 'm', options: {}, recipe: {}, datasetId: 1, seed: 3, evaluateOn: [], ...more } as never),
    addPeople(n) {
      for (let pid = 100; pid < 100 + n; pid++) {
        here.sql.prepare(`INSERT INTO identity (id, dataset_id, pid, name, kind) VALUES (?, 1, ?, ?, 'person')`).run(1000 + pid, pid, `p${pid}`);
        here.sql
          .prepare(
            `INSERT INTO tracklet (id, dataset_id, key, identity_id, camera_id, media_id, split, frames, frame_index)
             SELECT ?, 1, ?, ?, camera_id, media_id, 'train', frames, frame_index FROM tracklet WHERE id = 1`,
          )
          .run(pid, `t${pid}`, 1000 + pid);
      }
    },
    async child(n = 0) {
      await expect.poll(() => all.played.length, { interval: 2 }).toBeGreaterThan(n);
      return all.played[n]!;
    },
    async close() {
      isOver = true;
      for (const { end } of all.played) end.reject(new AppError('CANCELLED', 'over'));
      await jobs.close();
      here[Symbol.dispose]();
    },
  };
  jobs.registerRunner('train', runnerOf(trainJob, { services: { engine, runs } as never }));
  await jobs.open();
  return all;
}

/** What a child says after a step. */
export const pointOf = (step: number, more: object = {}): FromChild => ({
  type: 'metrics',
  columns: {
    step: Float64Array.of(step - 1, step),
    epoch: Float64Array.of(0, 1),
    seconds: Float64Array.of(1, step),
    series: { loss: Float64Array.of(2, 1) },
    ...more,
  } as never,
});
