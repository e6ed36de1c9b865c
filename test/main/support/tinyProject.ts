/**
 * A project with a tiny data set of real JPEG files: identities are colours with stripes, seen by two cameras of different brightness.
 * Small enough that a run of eight steps takes a second.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { writeManifest } from '../../../src-main/compute/manifest.ts';
import { clips, head } from '../../../src-main/features/manifests/table.ts';
import { createProject } from '../../../src-main/host/project.ts';
import { openReadOnly } from '../../support/openReadOnly.ts';

const { compressSync, FORMAT_RGB } = createRequire(import.meta.url)('@julusian/jpeg-turbo') as typeof import('@julusian/jpeg-turbo');

export const TINY_OPTIONS = { depth: 18, width: 0.0625, height: 32, inputWidth: 16, frames: 2, stride: 2 };
export const TINY_RECIPE = {
  epochs: 2,
  stepsPerEpoch: 4,
  identitiesPerBatch: 2,
  clipsPerIdentity: 2,
  learningRate: 1e-3,
  weightDecay: 5e-4,
  decayEpochs: [1],
  decay: 0.1,
  warmupEpochs: 0,
  flip: true,
  erasing: 0,
};

export interface TinyProject {
  folder: string;
  datasetId: number;
  /** The list of all its tracklets, as a task gets it. */
  manifest: string;
}

export async function tinyProject({ identities = 6, frames = 6 } = {}): Promise<TinyProject> {
  const folder = join(mkdtempSync(join(tmpdir(), 'tiny-')), 'project');
  await createProject(folder, 'tiny');
  const db = new Database(join(folder, 'project.sqlite'));
  const root = join(folder, 'media');
  db.prepare(
    `INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (1, 'Tiny', 'test', '{}', 'media', 'ready', 'tiny', 0)`,
  ).run();
  for (const camid of [0, 1]) db.prepare('INSERT INTO camera (id, dataset_id, camid, name) VALUES (?, 1, ?, ?)').run(camid + 1, camid, `c${camid}`);
  let tracklet = 0;
  for (let pid = 0; pid < identities; pid++) {
    db.prepare(`INSERT INTO identity (id, dataset_id, pid, name, kind) VALUES (?, 1, ?, ?, 'person')`).run(pid + 1, pid, String(pid));
    for (const camid of [0, 1]) {
      const id = ++tracklet;
      const path = `${pid}-${camid}`;
      mkdirSync(join(root, path), { recursive: true });
      const files = Array.from({ length: frames }, (_, f) => `${path}/${f}.jpg`);
      files.forEach((file, f) => writeFileSync(join(root, file), picture(pid, camid, f)));
      db.prepare(`INSERT INTO media (id, dataset_id, key, kind, path, width, height, frame_count) VALUES (?, 1, ?, 'crops', ?, 16, 32, ?)`).run(
        id,
        path,
        path,
        frames,
      );
      const split = pid < identities / 2 ? 'train' : camid === 0 ? 'query' : 'gallery';
      db.prepare(
        `INSERT INTO tracklet (id, dataset_id, key, identity_id, camera_id, media_id, split, frames, frame_index, files) VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ).run(id, path, pid + 1, camid + 1, id, split, frames, Buffer.from(Int32Array.from({ length: frames }, (_, f) => f).buffer), JSON.stringify(files));
    }
  }
  db.close();
  return { folder, datasetId: 1, manifest: await listed(folder) };
}

async function listed(folder: string): Promise<string> {
  const path = join(dirname(folder), 'tiny.jsonl');
  const db = openReadOnly(folder);
  await writeManifest(path, head(db, { datasetId: 1 }) as NonNullable<ReturnType<typeof head>>, [clips(db, { datasetId: 1 })]);
  db.close();
  return path;
}

export function picture(pid: number, camid: number, frame: number): Buffer {
  const pixels = Buffer.alloc(16 * 32 * 3);
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 16; x++) {
      const stripe = Math.floor((y + frame) / (2 + pid)) % 2;
      for (let c = 0; c < 3; c++) pixels[(y * 16 + x) * 3 + c] = Math.min(255, (((pid * 83 + c * 57) % 200) + stripe * 40) * (camid === 0 ? 1 : 0.8));
    }
  }
  return compressSync(pixels, { format: FORMAT_RGB, width: 16, height: 32, quality: 95 });
}
