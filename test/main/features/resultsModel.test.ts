/**
 * Features and evaluations against a model, over random changes of weights, pictures, lists, files and runs: the service, its tables and the
 * evaluating task are real, embedding is played by numbers that follow from weights and content. The model is one sentence each: the same
 * contract is the same row and any other a new one; features are made once for weights and content; nothing kept is written over.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentKey, contentOf, factsAsText, VIEW } from '../../../src-main/compute/featureFacts.ts';
import { readManifest } from '../../../src-main/compute/manifest.ts';
import { shortHash, testedOf } from '../../../src-main/compute/lists.ts';
import { sha256 } from '../../../src-main/compute/checkpoint.ts';
import { METRICS_FILE, PER_QUERY_FILE, readFeatures, readPerQuery, writeFeatures } from '../../../src-main/compute/resultFiles.ts';
import { evaluateJob, type EvaluateTask } from '../../../src-main/compute/tasks/evaluate.ts';
import type { ExtractResult, ExtractTask } from '../../../src-main/compute/tasks/extract.ts';
import { createCompareService } from '../../../src-main/features/compare/service.ts';
import { createEvaluationsService } from '../../../src-main/features/evaluations/service.ts';
import extractKind from '../../../src-main/features/evaluations/jobs/extract.ts';
import evaluateKind from '../../../src-main/features/evaluations/jobs/evaluate.ts';
import { createJobStore } from '../../../src-main/features/jobs/store.ts';
import { runnerOf } from '../../../src-main/jobs/defineJob.ts';
import { createJobQueue } from '../../../src-main/jobs/queue.ts';
import { projectFolder } from '../../../src-main/platform/projectFolder.ts';
import { createRng } from '../../../models/rng.ts';
import { putDataset, putRun, tablesHere, type MadeTracklet } from '../../support/tablesHere.ts';

const STEPS = 60;
const TEST = { clipFrames: 4, padding: 'none', maxClips: 0 };
const silent = { log: () => undefined, progress: () => undefined, pause: async () => undefined } as never;

/** Six people before two cameras: 1 to 4 are tested, 5 and 6 trained on. */
const tracklets = Array.from({ length: 12 }, (_, i): MadeTracklet => {
  const [pid, camid] = [Math.floor(i / 2) + 1, i % 2];
  return { id: i + 1, pid, camid, split: pid > 4 ? 'train' : camid === 0 ? 'query' : 'gallery' };
});

async function opened() {
  const here = await tablesHere();
  putDataset(here.sql, 1, tracklets);
  for (const id of ['a', 'b']) {
    await putRun(here, { id, options: { depth: 18 } });
    await here.db.write('runs', 'update', { id, state: 'done', checkpoint: 'checkpoints/1', weightsHash: 'w0' });
  }
  const project = projectFolder(here.folder);
  const killed: { at: 'saveFeatures' | 'save' | null } = { at: null };
  const write = (table: string, fn: string, input: unknown): unknown => {
    if (table === 'evaluations' && fn === killed.at) {
      killed.at = null;
      throw new Error(`killed at ${fn}.`);
    }
    return here.db.write(table as never, fn as never, input as never);
  };
  const db = { read: here.db.read, write } as never;
  let time = 1000;
  const clock = () => ++time;
  const made: string[] = [];
  const events = { emit: () => undefined, changed: () => undefined } as never;
  const jobs = createJobQueue({ store: createJobStore(db), events, clock, logFolder: join(here.folder, 'cache', 'jobs') });
  const engine = { deviceKey: () => 'cpu', options: () => ({ device: 'cpu' }), prepare: async () => [], report: () => undefined };

  /** Embeds by the hash of weights, content and tracklet; what is there is looked at as the task does. */
  async function embed(task: ExtractTask): Promise<ExtractResult> {
    const { dataset, rows: all } = await readManifest(task.manifest);
    const rows = testedOf(all);
    const weightsHash = task.weightsHash as string;
    const facts = factsAsText({ content: contentOf(dataset.contentHash), weights: weightsHash, test: TEST }, rows);
    const contentHash = contentKey(facts, task.method, task.options);
    for (const { path, hash, count, dims } of task.known.filter((one) => one.contentHash === contentHash)) {
      const isWhole = await readFeatures(project.file(path), { hash, count, dims }).then(
        () => true,
        () => false,
      );
      if (isWhole) return { path, hash, count, dims, made: null };
    }
    const path = `${task.output}/${shortHash(JSON.stringify([weightsHash, contentHash])).slice(0, 16)}.safetensors`;
    await project.makeFolder(project.file(task.output));
    const values = rows.flatMap(({ id }) =>
      [...Buffer.from(shortHash(`${weightsHash} ${dataset.contentHash} ${id}`), 'hex').subarray(0, 4)].map((byte) => byte - 128),
    );
    made.push(`${weightsHash} ${contentHash}`);
    const hash = await writeFeatures(project.file(path), {
      trackletIds: Int32Array.from(rows, ({ id }) => id),
      values: Float32Array.from(values),
      dims: 4,
      metadata: facts,
    });
    return { path, hash, count: rows.length, dims: 4, made: { weightsHash, contentHash, view: VIEW } };
  }
  const evaluations = createEvaluationsService(
    { project, db, events, jobs, clock, monotonic: () => 0 } as never,
    engine as never,
    (async (task: never) => ((task as { kind: string }).kind === 'extract' ? embed(task) : evaluateJob(task as EvaluateTask, silent))) as never,
  );
  const deps = { services: { engine, evaluations } as never };
  jobs.registerRunner('extract', runnerOf(extractKind, deps));
  jobs.registerRunner('evaluate', runnerOf(evaluateKind, deps));
  await jobs.open();
  return { here, project, jobs, made, killed, evaluations, compare: createCompareService({ db, project }) };
}

test.each([1, 2, 3])('the same contract is one row, another is another, and what is kept is never written over (seed %i)', async (seed) => {
  const { here, project, jobs, made, killed, evaluations, compare } = await opened();
  try {
    const rng = createRng(seed);
    const pick = <T>(values: readonly T[]): T => values[Math.floor(rng.next() * values.length)] as T;
    const state = { content: 'content 1', moved: new Set<number>(), weights: { a: 'w0', b: 'w0' } };
    /** By contract in the model's own words, which row answered. */
    const rows = new Map<string, number>();
    /** By row, its figures when it was made. */
    const figures = new Map<number, number>();
    const featuresOnce = new Set<string>();
    let [damaged, cuts] = [0, 0];
    /** Rows whose files were damaged, and that were not asked again since. */
    const broken = new Set<number>();

    for (let step = 0; step < STEPS; step++) {
      const what = pick(['weights', 'content', 'lists', 'lists', 'damage', 'damage result', 'killed', 'evaluate', 'evaluate', 'evaluate', 'evaluate'] as const);
      if (what === 'weights') {
        const run = pick(['a', 'b'] as const);
        state.weights[run] = pick(['w0', 'w1', 'w2']);
        await here.db.write('runs', 'update', { id: run, weightsHash: state.weights[run] });
      } else if (what === 'content') {
        state.content = pick(['content 1', 'content 2']);
        here.sql.prepare('UPDATE dataset SET content_hash = ?').run(state.content);
      } else if (what === 'lists') {
        // A gallery entry is set aside or put back: other lists of the same features. A trained one is tested: other features too.
        const id = pick([2, 4, 9]);
        if (!state.moved.delete(id)) state.moved.add(id);
        const split = id === 9 ? (state.moved.has(id) ? 'none' : 'train') : state.moved.has(id) ? 'none' : 'gallery';
        here.sql.prepare('UPDATE tracklet SET split = ? WHERE id = ?').run(split, id);
      } else if (what === 'damage') {
        const path = here.rows('SELECT path FROM feature_set ORDER BY id').flat().at(-1) as string | undefined;
        if (path !== undefined) damaged++;
        if (path !== undefined && pick([true, false])) rmSync(project.file(path), { force: true });
        else if (path !== undefined && existsSync(project.file(path))) writeFileSync(project.file(path), 'half');
      } else if (what === 'damage result') {
        const [row] = (await here.db.read('evaluations', 'all', {})).filter(({ id }) => id % 3 === step % 3);
        if (row) {
          rmSync(join(project.file(row.folder), pick([METRICS_FILE, PER_QUERY_FILE])), { force: true });
          broken.add(row.id);
        }
      } else {
        const run = pick(['a', 'b'] as const);
        const distance = pick(['cosine', 'cosine', 'euclidean'] as const);
        // Between a whole file and its row: nobody knows of the file, and the next one that is asked makes it again, under the same name.
        killed.at = what === 'killed' ? pick(['saveFeatures', 'save'] as const) : null;
        const before = here.rows('SELECT * FROM evaluation');
        const id = await evaluations.start({ runId: run, datasetId: 1, protocol: 'market', distance });
        const answer = await jobs.wait(id).catch((error: { message: string }) => error);
        const cutAt = what === 'killed' && killed.at === null ? (answer as { message: string }).message : null;
        killed.at = null;
        const embedded = `${state.weights[run]} ${state.content} ${state.moved.has(9)}`;
        if (cutAt !== null) {
          cuts++;
          expect(here.rows('SELECT * FROM evaluation')).toEqual(before);
          if (cutAt.includes('at save.')) featuresOnce.add(embedded);
          continue;
        }
        const { evaluationId } = answer as { evaluationId: number };
        broken.delete(evaluationId);
        const contract = [run, distance, embedded, state.moved.has(2), state.moved.has(4)].join(' ');
        expect(evaluationId, contract).toBe(rows.get(contract) ?? evaluationId);
        if (!rows.has(contract)) expect([...rows.values()], contract).not.toContain(evaluationId);
        rows.set(contract, evaluationId);
        featuresOnce.add(embedded);
        const [row] = await here.db.read('evaluations', 'byIds', { ids: [evaluationId] });
        expect(row).toMatchObject({
          runId: run,
          distance,
          weightsHash: state.weights[run],
          gallery: 4 - Number(state.moved.has(2)) - Number(state.moved.has(4)),
        });
        figures.set(evaluationId, figures.get(evaluationId) ?? (row?.mAP as number));
        // What was just asked is of today; of the others those are whose lists and pictures are these.
        const today = await compare.today([...rows.values()]);
        const now = [state.content, state.moved.has(2), state.moved.has(4)].join(' ');
        for (const [other, at] of rows) {
          const [, , , first, second, , moved2, moved4] = other.split(' ');
          const isToday = `${first} ${second} ${moved2} ${moved4}` === now;
          expect(today.find((one) => one.evaluationId === at)?.reasons.length === 0, `${other} beside ${now}`).toBe(isToday);
        }
      }
      expect(here.rows('SELECT count(*) FROM evaluation')).toEqual([[rows.size]]);
      expect(here.rows('SELECT count(*) FROM feature_set')).toEqual([[featuresOnce.size]]);
    }

    // Made once each, and again only where a file was damaged.
    expect(made.length).toBeLessThanOrEqual(featuresOnce.size + damaged + cuts);
    expect(new Set(made).size).toBeGreaterThanOrEqual(featuresOnce.size);
    // Whatever came later: every row has its figures, its own folder, and the files that were noted.
    const kept = await here.db.read('evaluations', 'all', {});
    expect(new Set(kept.map(({ folder }) => folder)).size).toBe(rows.size);
    for (const { id, folder, files, mAP } of kept) {
      expect(mAP).toBe(figures.get(id));
      if (broken.has(id)) continue;
      for (const [name, hash] of Object.entries(files ?? {})) expect(sha256(readFileSync(join(project.file(folder), name)))).toBe(hash);
      await readPerQuery(join(project.file(folder), PER_QUERY_FILE), files?.[PER_QUERY_FILE] ?? null);
    }
    // Not by chance: much was new, and something was cut.
    expect(rows.size).toBeGreaterThan(5);
    expect(cuts).toBeGreaterThan(0);
  } finally {
    await jobs.close();
    here[Symbol.dispose]();
  }
});
