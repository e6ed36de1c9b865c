/**
 * Every table function on a real project database, called in the test's own thread: for rules that need rows and no program around them.
 * Reads see what readers see, writes are one transaction each. What threads, locks and moved files do is tested with the real ones.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { openConnection } from '../../src-main/db/connection.ts';
import type { ProjectDatabase } from '../../src-main/features/database.ts';
import { readerOf, writerOf } from '../../src-main/db/handles.ts';
import { knownMigrations, migrate } from '../../src-main/db/migrate.ts';
import { tables } from '../../src-main/features/tables.ts';
import type { NewRunRow } from '../../src-main/features/runs/table.ts';
import { temporaryFolder } from './project.ts';

export interface TablesHere {
  folder: string;
  db: Pick<ProjectDatabase, 'read' | 'write'>;
  /** For rows that no function makes. */
  sql: Database.Database;
  /** Of a query, each an array of its columns. */
  rows(text: string, ...params: unknown[]): unknown[];
  [Symbol.dispose](): void;
}

type Call = (handle: unknown, input: unknown) => unknown;

/** The database without rows, made once a test file. */
let empty: Buffer | null = null;

export async function tablesHere(): Promise<TablesHere> {
  const folder = temporaryFolder();
  const file = join(folder.path, 'project.sqlite');
  if (empty) writeFileSync(file, empty, { mode: 0o600 });
  const sql = openConnection(file, 'create');
  // None of this has to survive a power cut.
  sql.pragma('synchronous = OFF');
  if (!empty) {
    migrate(sql, file, await knownMigrations(), 1);
    empty = sql.serialize();
  }
  const reading = openConnection(file, 'read');
  const [reader, writer] = [readerOf(reading), writerOf(sql)];
  const call = (table: string, fn: string): Call => (tables as unknown as Record<string, Record<string, Call>>)[table]?.[fn] as Call;
  return {
    folder: folder.path,
    sql,
    rows: (text, ...params) =>
      sql
        .prepare(text)
        .raw()
        .all(...params),
    db: {
      read: async (table: string, fn: string, input: unknown) => call(table, fn)(reader, input),
      write: async (table: string, fn: string, input: unknown) => sql.transaction(() => call(table, fn)(writer, input))(),
    } as Pick<ProjectDatabase, 'read' | 'write'>,
    [Symbol.dispose]() {
      reading.close();
      sql.close();
      folder[Symbol.dispose]();
    },
  };
}

/** The same calls, and what was written by them. */
export function noted({ db }: TablesHere): { db: TablesHere['db']; written: { table: string; fn: string; input: unknown; options: unknown }[] } {
  const written: ReturnType<typeof noted>['written'] = [];
  const write = (table: string, fn: string, input: unknown, options: unknown): unknown => {
    written.push({ table, fn, input, options });
    return db.write(table as never, fn as never, input as never);
  };
  return { db: { read: db.read, write } as TablesHere['db'], written };
}

/** A run of data set 1 that waits; `more` says what else it is. */
export function putRun({ db }: Pick<TablesHere, 'db'>, run: Pick<NewRunRow, 'id'> & Partial<NewRunRow>): Promise<unknown> {
  return db.write('runs', 'insert', {
    name: `run ${run.id}`,
    method: 'm',
    options: {},
    recipe: {} as never,
    datasetId: 1,
    datasetName: `Set ${run.datasetId ?? 1}`,
    seed: 1,
    createdAt: 1,
    ...run,
  });
}

export interface MadeTracklet {
  id: number;
  pid: number;
  camid: number;
  split: 'train' | 'query' | 'gallery' | 'none';
  frameIndex?: number[];
  boxes?: number[] | null;
  files?: string[] | null;
  /** [frames with a value, of these hidden]. */
  valued?: [number, number];
  /** As `src-shared/fields/terms.ts` writes them. */
  terms?: string;
}

/** Data set `id` with people, cameras and tracklets, all of one medium, and one split set, which has its number; ids of identities and cameras are 1000 · set + number. */
export function putDataset(
  sql: Database.Database,
  id: number,
  tracklets: readonly MadeTracklet[],
  more: { state?: string; kinds?: Record<number, string>; mediaKind?: string; root?: string } = {},
): void {
  const { state = 'ready', kinds = {}, mediaKind = 'frames', root = 'media' } = more;
  sql
    .prepare(`INSERT INTO dataset (id, name, importer, options, root, state, content_hash, created_at) VALUES (?, ?, 'test', '{"a":1}', ?, ?, ?, ?)`)
    .run(id, `Set ${id}`, root, state, `content ${id}`, id * 10);
  sql
    .prepare(`INSERT INTO media (id, dataset_id, key, kind, path, width, height, frame_count) VALUES (?, ?, 'm', ?, 'clip', 640, 480, 100)`)
    .run(id, id, mediaKind);
  for (const camid of new Set(tracklets.map((one) => one.camid)))
    sql.prepare('INSERT INTO camera (id, dataset_id, camid, name) VALUES (?, ?, ?, ?)').run(1000 * id + camid, id, camid, `c${camid}`);
  for (const pid of new Set(tracklets.map((one) => one.pid)))
    sql
      .prepare('INSERT INTO identity (id, dataset_id, pid, name, kind) VALUES (?, ?, ?, ?, ?)')
      .run(1000 * id + pid, id, pid, `p${pid}`, kinds[pid] ?? 'person');
  for (const {
    id: tracklet,
    pid,
    camid,
    split,
    frameIndex = [0, 1, 2],
    boxes = null,
    files = null,
    valued: [withValue, hidden] = [0, 0],
    terms = '',
  } of tracklets) {
    sql
      .prepare(
        `INSERT INTO tracklet (id, dataset_id, key, identity_id, camera_id, media_id, split, frames, frame_index, boxes, files, with_value, hidden_frames, hidden_max)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(
        tracklet,
        id,
        `t${tracklet}`,
        1000 * id + pid,
        1000 * id + camid,
        id,
        split,
        frameIndex.length,
        Buffer.from(Int32Array.from(frameIndex).buffer),
        boxes && Buffer.from(Float32Array.from(boxes).buffer),
        files && JSON.stringify(files),
        withValue,
        hidden,
        withValue > 0 ? 1 : null,
      );
    // Also used on schemas that have no such column yet.
    if (terms !== '') sql.prepare('UPDATE tracklet SET terms = ? WHERE id = ?').run(terms, tracklet);
  }
  // A test of an earlier step has a database without.
  if (sql.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'split_set'").get() !== undefined) putFirstSplitSet(sql, id);
}

function putFirstSplitSet(sql: Database.Database, id: number): void {
  sql.prepare(`INSERT INTO split_set (id, dataset_id, name, origin, created_at) VALUES (?, ?, 'main', 'imported', ?)`).run(id, id, id * 10);
  sql.prepare('UPDATE dataset SET split_set_id = id WHERE id = ?').run(id);
  sql
    .prepare(`INSERT INTO split_member (split_set_id, tracklet_id, side) SELECT dataset_id, id, split FROM tracklet WHERE dataset_id = ? AND split <> 'none'`)
    .run(id);
}
