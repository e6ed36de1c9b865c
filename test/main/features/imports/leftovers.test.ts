/** What dead imports left is removed at the start, and nothing else; closing does not wait for the rest of it. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { clearLeftovers, removeUnfinished, spoolFolder } from '../../../../src-main/features/imports/leftovers.ts';
import type { HostContext } from '../../../../src-main/features/context.ts';
import { projectFolder } from '../../../../src-main/platform/projectFolder.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
let context: Parameters<typeof clearLeftovers>[0];
let warned: unknown[];
beforeEach(async () => {
  here = await tablesHere();
  warned = [];
  const log = { warn: (...said: unknown[]) => warned.push(said) };
  context = { db: here.db, project: projectFolder(here.folder), log } as unknown as Pick<HostContext, 'db' | 'project' | 'log'>;
});
afterEach(() => here[Symbol.dispose]());

const tracklets = (first: number, count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: first + index, pid: 1, camid: 1, split: 'none' as const }));
const count = (table: string): unknown => here.sql.prepare(`SELECT count(*) FROM ${table}`).pluck().get();
const path = (...parts: string[]): string => join(here.folder, ...parts);
function file(...parts: string[]): void {
  mkdirSync(path(...parts), { recursive: true });
  writeFileSync(path(...parts, '000000.jpg'), '');
}

test('every import has a fresh folder for its records', async () => {
  const [first, second] = [await spoolFolder(context.project), await spoolFolder(context.project)];
  expect(first).not.toBe(second);
  expect(
    readdirSync(path('cache/imports'))
      .map((name) => path('cache/imports', name))
      .sort(),
  ).toEqual([first, second].sort());
});

test('files of dead imports go at once, frames of media stay', async () => {
  file('cache/imports/dead');
  for (const name of ['import-1', '7.part', '7-abc.part', '7-abc', '8', 'x-import-1', 'part']) file('cache/frames', name);
  file('cache/thumbnails');
  await clearLeftovers(context);
  expect(existsSync(path('cache/imports'))).toBe(false);
  expect(readdirSync(path('cache/frames')).sort()).toEqual(['7-abc', '8', 'part', 'x-import-1']);
  expect(existsSync(path('cache/thumbnails/000000.jpg'))).toBe(true);
});

test('rows of all unfinished imports go, with the frames of their videos; a project without a cache is none the worse', async () => {
  putDataset(here.sql, 1, tracklets(1, 3));
  putDataset(here.sql, 2, tracklets(11, 2), { state: 'importing', mediaKind: 'video' });
  putDataset(here.sql, 3, tracklets(1001, 250), { state: 'importing', mediaKind: 'video' });
  here.sql.prepare('UPDATE media SET content_hash = ? WHERE id = 3').run('0123456789abcdef');
  const { settled } = await clearLeftovers(context);
  await settled();
  expect(['dataset', 'tracklet', 'media', 'identity', 'camera'].map(count)).toEqual([1, 3, 1, 1, 1]);
  expect(warned).toEqual([]);
  // Again with a cache.
  putDataset(here.sql, 4, tracklets(11, 2), { state: 'importing', mediaKind: 'video' });
  putDataset(here.sql, 5, tracklets(21, 2), { state: 'importing', mediaKind: 'video' });
  here.sql.prepare('UPDATE media SET content_hash = ? WHERE id = 5').run('0123456789abcdef');
  for (const name of ['1', '4', '5-0123456789ab', '5']) file('cache/frames', name);
  await (await clearLeftovers(context)).settled();
  expect(readdirSync(path('cache/frames')).sort()).toEqual(['1', '5']);
});

test('closing ends it after the piece that is under way, and is no trouble to tell of', async () => {
  putDataset(here.sql, 1, tracklets(1, 250), { state: 'importing' });
  putDataset(here.sql, 2, tracklets(1001, 5), { state: 'importing' });
  await (await clearLeftovers(context)).close();
  expect([count('tracklet'), count('dataset'), warned]).toEqual([155, 2, []]);
  // The next start goes on.
  await (await clearLeftovers(context)).settled();
  expect(count('dataset')).toBe(0);
});

test('one that cannot be removed is told of in the log; the start goes on', async () => {
  putDataset(here.sql, 1, [], { state: 'importing' });
  const error = new Error('no');
  const db = { ...context.db, write: () => Promise.reject(error) } as unknown as HostContext['db'];
  const { settled, close } = await clearLeftovers({ ...context, db });
  await settled();
  await close();
  expect(warned).toEqual([[{ err: error }, 'what an unfinished import left could not be removed']]);
});

test('an import that failed is removed to its end by itself', async () => {
  putDataset(here.sql, 1, tracklets(1, 250), { state: 'importing' });
  await removeUnfinished(context, 1);
  expect(count('dataset')).toBe(0);
  putDataset(here.sql, 2, tracklets(1, 250), { state: 'importing' });
  await expect(removeUnfinished(context, 2, () => true)).rejects.toMatchObject({ code: 'CANCELLED', message: 'The program is closing.' });
  expect(count('tracklet')).toBe(150);
});
