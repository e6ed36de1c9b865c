/** Split sets through the calls of the contract; and a program that is killed in the middle of using another one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fillProject } from '../../../support/bigProject.ts';
import { openTestProject, type TestProject } from '../../../support/project.ts';

const TRACKLETS = 400;
let project: TestProject;
beforeEach(async () => {
  project = await openTestProject();
  await fillProject(project.host.context, { tracklets: TRACKLETS, identities: 10, cameras: 2 });
});
afterEach(() => project[Symbol.asyncDispose]());

function database(): Database.Database {
  return new Database(join(project.folder, 'project.sqlite'));
}
/** A second set, in which everybody asks. */
function addOther(): void {
  const file = database();
  file.exec(`
    INSERT INTO split_set (id, dataset_id, name, origin, created_at) VALUES (50, 1, 'other', 'built', 1);
    INSERT INTO split_member (split_set_id, tracklet_id, side) SELECT 50, id, 'query' FROM tracklet;`);
  file.close();
}

test('using a set moves every tracklet in grid and counts, is told to others, and undone as one step', async () => {
  addOther();
  const client = project.host.client();
  const other = project.host.client();
  const told: string[][] = [];
  other.on('changed', ({ tags }) => void told.push(tags));
  const before = await client.call('datasets.get', { id: 1 });
  const [main, second] = await client.call('splits.list', { datasetId: 1 });
  expect([main?.name, main?.isInUse, second?.name, second?.isInUse]).toEqual(['main', true, 'other', false]);
  expect(main?.counts).toEqual({ train: before.splits['train'], query: before.splits['query'], gallery: before.splits['gallery'] });

  await client.call('splits.use', { datasetId: 1, splitSet: 50 });
  expect((await client.call('datasets.get', { id: 1 })).splits).toEqual({ query: TRACKLETS });
  expect((await client.call('tracklets.query', { filter: { splits: ['query'] }, sort: 'identity' })).ids).toHaveLength(TRACKLETS);
  expect((await client.call('datasets.statistics', { id: 1 })).tracklets).toEqual({ query: TRACKLETS });
  await expect.poll(() => told.flat()).toEqual(expect.arrayContaining(['Tracklets', 'Datasets', 'Dataset:1', 'History']));

  expect((await client.call('history.state', {})).undoLabel).toBe('Use split set "other" of "Big"');
  await client.call('history.undo', {});
  expect((await client.call('datasets.get', { id: 1 })).splits).toEqual(before.splits);
  await client.call('history.redo', {});
  expect((await client.call('splits.list', { datasetId: 1 })).map(({ isInUse }) => isInUse)).toEqual([false, true]);
});

const PROGRAM = `
  import { openConnection } from '${new URL('../../../../src-main/db/connection.ts', import.meta.url).href}';
  import { writerOf } from '${new URL('../../../../src-main/db/handles.ts', import.meta.url).href}';
  import { use } from '${new URL('../../../../src-main/features/splits/table.ts', import.meta.url).href}';
  const database = openConnection(process.argv[1], 'write');
  // Dies where half of the tracklets stand where the other set has them.
  let moved = 0;
  database.function('moved', () => { if (++moved === ${TRACKLETS / 2}) process.kill(process.pid, 'SIGKILL'); return 1; });
  database.exec('CREATE TEMP TRIGGER halfway AFTER UPDATE OF split ON main.tracklet BEGIN SELECT moved(); END');
  database.transaction(() => use(writerOf(database), { datasetId: 1, splitSet: 50, at: 1, tags: [] }))();
`;

test('killed half way, nothing has moved and no step is there; killed later, all has', async () => {
  addOther();
  const client = project.host.client();
  const before = await client.call('splits.list', { datasetId: 1 });
  await project.host.close();
  const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, join(project.folder, 'project.sqlite')], {
    cwd: fileURLToPath(new URL('../../../../', import.meta.url)),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const [, signal] = (await once(child, 'exit')) as [number | null, string | null];
  expect([signal, said]).toEqual(['SIGKILL', '']);

  const file = database();
  expect(file.prepare('SELECT s.name FROM dataset d JOIN split_set s ON s.id = d.split_set_id WHERE d.id = 1').pluck().get()).toBe('main');
  expect(
    Object.fromEntries(file.prepare("SELECT split, count(*) FROM tracklet WHERE split <> 'none' GROUP BY split").raw().all() as [string, number][]),
  ).toEqual(before[0]?.counts);
  expect(file.prepare("SELECT count(*) FROM history WHERE call = 'splits.use'").pluck().get()).toBe(0);
  file.close();
});
