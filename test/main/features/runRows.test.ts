/** Runs and the clips that they train on, as rows: the steps of history that they leave, and every kind of clip. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putDataset, putRun, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'train' },
    { id: 2, pid: 1, camid: 2, split: 'query' },
    { id: 3, pid: 2, camid: 2, split: 'gallery' },
    { id: 4, pid: 3, camid: 2, split: 'none' },
  ]);
  await putRun(here, { id: 'a', name: 'one' });
});
afterEach(() => here[Symbol.dispose]());

const step = () => {
  const row = here.sql.prepare('SELECT at, label, call, tracklet_id, tags, patch, inverse, join_key FROM history').get() as Record<string, string>;
  return { ...row, tags: JSON.parse(row['tags']!) as unknown, patch: JSON.parse(row['patch']!) as unknown, inverse: JSON.parse(row['inverse']!) as unknown };
};

test('renaming is a step that sets the name, and its inverse sets the one before', async () => {
  await here.db.write('runs', 'rename', { id: 'a', name: 'two', before: 'one', at: 5, tags: ['Runs'] });
  const set = (name: string) => [{ op: 'set', table: 'run', ids: ['a'], values: { name } }];
  expect(step()).toEqual({
    at: 5,
    label: 'Rename run one to two',
    call: 'runs.rename',
    tracklet_id: null,
    tags: ['Runs'],
    patch: set('two'),
    inverse: set('one'),
    join_key: null,
  });
});

test('removing is a step that hides the run, and its inverse brings it back', async () => {
  await here.db.write('runs', 'remove', { id: 'a', name: 'one', at: 6, tags: ['Runs', 'Trash'] });
  expect(step()).toEqual({
    at: 6,
    label: 'Remove run one',
    call: 'runs.remove',
    tracklet_id: null,
    tags: ['Runs', 'Trash'],
    patch: [{ op: 'remove', table: 'run', id: 'a', at: 6 }],
    inverse: [{ op: 'bringBack', table: 'run', id: 'a' }],
    join_key: null,
  });
  expect(await here.db.read('runs', 'one', { id: 'a' })).toBe(null);
});

test('clips are those of all splits unless some are asked for', async () => {
  const ids = async (splits?: ('train' | 'query' | 'gallery' | 'none')[]) =>
    (await here.db.read('manifests', 'clips', { datasetId: 1, ...(splits ? { splits } : {}) })).map(({ id }) => id);
  expect([await ids(), await ids(['none', 'train']), await ids(['gallery']), await ids([])]).toEqual([[1, 2, 3, 4], [1, 4], [3], []]);
});

test('a clip has the hashes of its pictures and of its video where they were noted', async () => {
  here.sql.prepare(`INSERT INTO tracklet_source (tracklet_id, digest, pictures, split) VALUES (2, x'00', ?, 'query')`).run(Buffer.of(1, 2, 3));
  here.sql.exec(`UPDATE media SET content_hash = 'video', kind = 'video'`);
  const clips = await here.db.read('manifests', 'clips', { datasetId: 1 });
  expect(clips.map(({ pictures }) => pictures)).toEqual([null, Uint8Array.of(1, 2, 3), null, null]);
  expect(clips[0]).toMatchObject({ videoHash: 'video' });
});

test('a set without people to train on has no splits', async () => {
  here.sql.exec(`UPDATE identity SET kind = 'junk'; UPDATE media SET kind = 'video'`);
  expect(await here.db.read('datasets', 'facts', { id: 1 })).toMatchObject({ cameras: 2, splits: {}, videos: [1] });
});

test('what is taken back is no value in its column either', async () => {
  const error = { code: 'DISK_FULL', message: 'x', remedy: 'y', params: {} } as const;
  await here.db.write('runs', 'update', { id: 'a', error, engine: { threads: 2 } });
  const stored = () => here.sql.prepare('SELECT error, engine FROM run').get();
  expect(stored()).toEqual({ error: JSON.stringify(error), engine: '{"threads":2}' });
  await here.db.write('runs', 'update', { id: 'a', error: null, engine: null });
  expect(stored()).toEqual({ error: null, engine: null });
});
