/** An update around its one transaction: the backup before it, frames of videos that are others now, and what can go wrong on the way. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { moment } from '../../../../src-shared/backupText.ts';
import type { FoundChange } from '../../../../src-main/features/imports/compareSource.ts';
import type { ReadSource } from '../../../../src-main/features/imports/source.ts';
import { updateDataset } from '../../../../src-main/features/imports/updateDataset.ts';
import { importContext, type ImportContext } from '../../../support/importContext.ts';
import { recordsOf, spoolOf, type Made } from '../../../support/madeSource.ts';

const BOXES = [1, 1, 5, 5];
const video = (key: string, fingerprint: string): Made => ({ key, contents: [3], boxes: BOXES, video: fingerprint });
/** Fingerprints name folders of frames by their first twelve digits. */
const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64)) as [string, string, string];

let made: ImportContext;
let dataset: number;
let adopted: unknown[];
let adoptFails: Error | null;
beforeEach(async () => {
  made = await importContext();
  adopted = [];
  adoptFails = null;
  const header = { importer: 'x', options: {}, root: 'media', origin: null, licence: null, contentHash: 'before', warnings: [], report: {}, at: 1 };
  dataset = (await made.here.db.write('imports', 'begin', { ...header, cameras: [{ camid: 1, name: 'c1' }] })).datasetId;
  const piece = serialize(recordsOf([video('same', A), video('other', B), video('gone', C), { key: 'crops', contents: [1, 2] }]));
  await made.here.db.write('imports', 'addPiece', { datasetId: dataset, piece, annotator: 'x', at: 1 });
  await made.here.db.write('imports', 'finish', { datasetId: dataset, name: 'Set' });
  for (const name of [`1-${A.slice(0, 12)}`, `2-${B.slice(0, 12)}`, `3-${C.slice(0, 12)}`]) {
    mkdirSync(frames(name), { recursive: true });
    writeFileSync(join(frames(name), '000000.jpg'), '');
  }
});
afterEach(() => made[Symbol.dispose]());

const frames = (name: string): string => join(made.here.folder, 'cache/frames', name);
const rows = (text: string): unknown[] => made.here.rows(text);
const idOf = (key: string): number => (rows('SELECT key, id FROM tracklet') as [string, number][]).find(([each]) => each === key)?.[1] ?? 0;

function run(now: Made[], change: Partial<FoundChange> = {}): ReturnType<typeof updateDataset> {
  const { spool, chunks } = spoolOf(join(made.here.folder, 'records'), now);
  const source = {
    folder: join(made.here.folder, 'elsewhere'),
    spool,
    read: {
      importer: 'image-folder',
      options: { a: 1 },
      summary: { name: 'not this', origin: 'page', licence: 'CC0' },
      contentHash: 'after',
      warnings: [],
      files: { seen: 1, used: 1, leftOut: 0 },
      guesses: [],
      cameras: [{ camid: 1, name: 'c1' }],
      chunks,
      videos: Object.fromEntries(now.flatMap(({ key, video: hash }) => (hash === undefined ? [] : [[key, hash]]))),
    },
    media: {
      async adopt(...of: unknown[]) {
        adopted.push(of);
        if (adoptFails) throw adoptFails;
      },
    },
  } as unknown as ReadSource;
  return updateDataset(made.context, source, { dataset, name: 'Set', gone: new Int32Array(), renamed: [], ...change } as FoundChange, made.tools);
}

const NOW: Made[] = [video('same', A), video('other', C), video('new', B), { key: 'crops', contents: [1, 9] }];

test('takes the changes over after a backup, and says so', async () => {
  const set = made.here.sql.prepare(
    `INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (?, 'shared', ?, 0, 1, ?, 'judged', 'ann', 1)`,
  );
  set.run(idOf('crops'), 'visibility', '3');
  set.run(idOf('crops'), 'note', '"limps"');
  set.run(idOf('crops'), 'reviewed', '"reviewed"');
  made.here.sql
    .prepare(`INSERT INTO history (at, label, call, tags, patch, inverse) VALUES (1, 'x', 'x', '[]', ?, '[]')`)
    .run(JSON.stringify([{ op: 'putAnnotations', rows: [{ tracklet_id: idOf('gone') }] }]));
  expect(await run(NOW, { gone: Int32Array.of(idOf('gone')) })).toEqual({
    setAside: 2,
    moved: 0,
    putBack: 0,
    splitsKept: 0,
    stepsEnded: 1,
    backup: 'kept',
    backupAt: 60_000,
  });
  expect(made.told).toEqual([['backup', 'Before updating Set']]);
  expect(made.said).toEqual({
    log: [['info', `The project as it was before is kept in the backup of ${moment(60_000)}.`]],
    progress: [
      [0, 0, '', 'Making a backup'],
      [0, 0, '', 'Taking over the changes'],
    ],
  });
  expect(rows('SELECT name, importer, options, root, origin, licence, content_hash, report FROM dataset')).toEqual([
    [
      'Set',
      'x',
      '{"a":1}',
      'elsewhere',
      'page',
      'CC0',
      'after',
      '{"files":{"seen":1,"used":1,"leftOut":0},"guesses":[],"updated":{"at":500,"from":"elsewhere"}}',
    ],
  ]);
  expect(rows('SELECT key FROM tracklet ORDER BY key')).toEqual([['crops'], ['new'], ['other'], ['same']]);
  // What is about the whole tracklet stays with it, but for the review.
  expect(rows('SELECT field, "end" FROM annotation ORDER BY field')).toEqual([
    ['note', 1],
    ['visibility', 0],
  ]);
  expect(rows('SELECT field, at FROM set_aside ORDER BY field')).toEqual([
    ['reviewed', 500],
    ['visibility', 500],
  ]);
});

test('frames of a video that is another one now are removed; new ones are given to the videos that changed or came', async () => {
  await run(NOW, { gone: Int32Array.of(idOf('gone')) });
  expect(['1-aaaaaaaaaaaa', '2-bbbbbbbbbbbb', '3-cccccccccccc'].map((name) => existsSync(frames(name)))).toEqual([true, false, true]);
  const ids = new Map((rows('SELECT key, id FROM media') as [string, number][]).map((row) => row));
  expect(adopted).toEqual([
    ['at/other', 2, C],
    ['at/new', ids.get('new'), B],
  ]);
});

test('a tracklet under another key is the one it was', async () => {
  const id = idOf('crops');
  await run([video('same', A), { key: 'moved', contents: [1, 2] }], { renamed: [{ id, key: 'moved' }], gone: Int32Array.of(idOf('gone'), idOf('other')) });
  expect(rows('SELECT id, key FROM tracklet ORDER BY id')).toEqual([
    [idOf('same'), 'same'],
    [id, 'moved'],
  ]);
});

test('frames that could not be kept are told of in the log', async () => {
  adoptFails = new Error('no room');
  await run([video('other', C)], { gone: Int32Array.of(idOf('gone'), idOf('same'), idOf('crops')) });
  expect(made.said.log.at(-1)).toEqual(['warn', 'The decoded frames could not be kept: Error: no room']);
  expect(rows('SELECT content_hash FROM dataset')).toEqual([['after']]);
});

test('without a backup nothing begins', async () => {
  made.context.backups.make = () => Promise.reject(new Error('the disk is full'));
  await expect(run(NOW)).rejects.toThrow('the disk is full');
  expect([rows('SELECT content_hash FROM dataset'), existsSync(frames('2-bbbbbbbbbbbb')), adopted]).toEqual([[['before']], true, []]);
});

test('a cancel during the backup changes nothing', async () => {
  const { make } = made.context.backups;
  made.context.backups.make = (reason) => {
    made.abort.abort(new Error('over'));
    return make(reason);
  };
  await expect(run(NOW)).rejects.toThrow('over');
  expect([rows('SELECT content_hash FROM dataset'), existsSync(frames('2-bbbbbbbbbbbb')), adopted]).toEqual([[['before']], true, []]);
});
