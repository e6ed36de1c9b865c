/**
 * The tiny project with runs that were "trained" by writing their features: evaluations are real, in the real child, and need no engine since
 * the features are there. Of eight identities, 3, 4 and 5 ask in camera 0 and are searched in camera 1.
 */
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { testProtocol } from '../../../models/train/extract.ts';
import { loadMethod, parseOptions } from '../../../src-main/compute/methods.ts';
import { VIEW, contentKey, contentOf, factsAsText } from '../../../src-main/compute/featureFacts.ts';
import type { EvaluateParams } from '../../../src-main/features/evaluations/jobs/evaluate.ts';
import { writeFeatures } from '../../../src-main/compute/resultFiles.ts';
import { openHost, type Host } from '../../../src-main/host/host.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject } from './tinyProject.ts';

export interface EvaluatedProject extends AsyncDisposable {
  folder: string;
  host: Host;
  client: RpcClient;
  /** A run whose feature of a tracklet is what `feature` says. */
  addRun(id: string, feature: (trackletId: number) => number[]): Promise<void>;
  /** Resolves with the evaluation, or rejects with the error of the job. */
  evaluate(runId: string, change?: Partial<EvaluateParams>): Promise<number>;
}

/** Every frame has a value; of identities with an odd number the first half is hidden. What follows from values is made at opening. */
function giveValues(folder: string): void {
  const sql = new Database(join(folder, 'project.sqlite'));
  const insert = sql.prepare(
    `INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (?, 'shared', 'visibility', ?, ?, ?, 'judged', 'ann', 1)`,
  );
  const rows = sql.prepare('SELECT t.id, t.frames, i.pid FROM tracklet t JOIN identity i ON i.id = t.identity_id').raw().all() as [number, number, number][];
  for (const [id, frames, pid] of rows) {
    const hidden = pid % 2 === 0 ? 0 : frames / 2;
    if (hidden > 0) insert.run(id, 0, hidden - 1, '5');
    insert.run(id, hidden, frames - 1, '0');
  }
  sql.close();
}

export async function evaluatedProject({ identities = 8 }: { identities?: number } = {}): Promise<EvaluatedProject> {
  const { folder } = await tinyProject({ identities });
  giveValues(folder);
  const host = await openHost({ folder, paths: { ...userPaths(), home: join(folder, 'home') }, validateOutputs: true });
  const client = host.client();
  const { db, jobs } = host.context;

  async function ended(id: number): Promise<Job> {
    await jobs.wait(id).catch(() => undefined);
    return (await client.call('jobs.list', {})).find((job) => job.id === id) as Job;
  }

  return {
    folder,
    host,
    client,

    async addRun(id, feature) {
      await mkdir(join(folder, 'runs', id), { recursive: true });
      await db.write('runs', 'insert', {
        id,
        name: id,
        method: 'resnet-tap',
        options: TINY_OPTIONS,
        recipe: TINY_RECIPE,
        datasetId: 1,
        datasetName: 'Tiny',
        seed: 1,
        createdAt: 1,
      });
      const weightsHash = `weights of ${id}`;
      await db.write('runs', 'update', { id, state: 'done', checkpoint: 'checkpoints/step-00000001', weightsHash });
      const rows = (await db.read('manifests', 'clips', { datasetId: 1 })).filter((row) => row.split !== 'train');
      const values = rows.map((row) => feature(row.id));
      const method = await loadMethod('resnet-tap');
      const { clipFrames, padding, maxClips } = testProtocol(method, parseOptions(method, TINY_OPTIONS));
      const facts = { content: contentOf('tiny'), weights: weightsHash, test: { clipFrames, padding, maxClips } };
      const text = factsAsText(facts, rows);
      await mkdir(join(folder, 'features'), { recursive: true });
      const stored = {
        path: `features/${id}.safetensors`,
        count: rows.length,
        dims: (values[0] as number[]).length,
      };
      const hash = await writeFeatures(join(folder, stored.path), {
        trackletIds: Int32Array.from(rows, (row) => row.id),
        values: Float32Array.from(values.flat()),
        dims: stored.dims,
        metadata: text,
      });
      const key = { weightsHash, contentHash: contentKey(text, 'resnet-tap', TINY_OPTIONS), view: VIEW };
      await db.write('evaluations', 'saveFeatures', { runId: id, datasetId: 1, ...key, ...stored, hash, createdAt: 1 });
    },

    async evaluate(runId, change = {}) {
      const request = { runId, datasetId: 1, protocol: 'market' as const, distance: 'cosine' as const, ...change };
      const { jobId } = await client.call('evaluations.start', request);
      const job = await ended(jobId);
      if (job.state !== 'done') {
        const failed = (await client.call('jobs.list', {})).find(
          (one) => one.state === 'failed' && one.error && (one.id === jobId || job.after.includes(one.id)),
        );
        throw Object.assign(new Error(failed?.error?.message), failed?.error ?? {});
      }
      const { evaluationId } = (await jobs.wait(jobId)) as { evaluationId: number };
      return evaluationId;
    },

    async [Symbol.asyncDispose]() {
      await host.close();
      rmSync(dirname(folder), { recursive: true, force: true });
    },
  };
}

/** A direction in the plane for every identity, turned a little by camera: what is near is told by the angle alone. */
export function angle(degrees: number, length = 1): number[] {
  return [length * Math.cos((degrees * Math.PI) / 180), length * Math.sin((degrees * Math.PI) / 180)];
}
