/** Values that an update set aside go back by one step: what stands in the tables before and after, and what undo leaves, is compared whole. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ImportResult } from '../../../../src-main/features/imports/importJob.ts';
import type { RpcClient } from '../../../../src-shared/rpc.ts';
import { picture } from '../../../support/motSequence.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../../support/project.ts';

const sources = temporaryFolder();
let project: TestProject;
let client: RpcClient;
let dataset = 0;
let tracklet = 0;
const root = join(sources.path, 'crops');

async function write(contents: number[]): Promise<void> {
  mkdirSync(join(root, '0001', 'c1'), { recursive: true });
  for (const [index, content] of contents.entries()) writeFileSync(join(root, '0001', 'c1', `000${index}.jpg`), await picture(content));
}
async function importIt(changed?: 'update'): Promise<ImportResult> {
  const { jobId } = await client.call('imports.start', { path: root, importer: null, options: {}, name: null, ...(changed ? { changed } : {}) });
  return (await project.host.context.jobs.wait(jobId)) as ImportResult;
}
const apply = (field: string, start: number, end: number, value: unknown) =>
  client.call('annotations.apply', { label: 'x', edits: [{ trackletId: tracklet, field, start, end, value, how: 'judged' }] });
/** Value and how a frame. */
async function frames(field = 'visibility'): Promise<string[]> {
  const list = new Array<string>(6).fill('-');
  for (const one of await client.call('annotations.get', { trackletId: tracklet }))
    if (one.field === field) list.fill(`${JSON.stringify(one.value)} ${one.how}`, one.start, one.end + 1);
  return list;
}
function tables(): unknown {
  const database = new Database(join(project.folder, 'project.sqlite'), { readonly: true });
  try {
    return ['annotation', 'set_aside', 'tracklet'].map((name) => database.prepare(`SELECT * FROM ${name} ORDER BY 1, 2, 3, 4`).all());
  } finally {
    database.close();
  }
}
const aside = () => client.call('datasets.setAside', { id: dataset });

beforeAll(async () => {
  project = await openTestProject();
  client = project.host.client();
  await write([0, 1, 2, 3, 4, 5]);
  dataset = (await importIt()).dataset;
  tracklet = (await client.call('tracklets.query', { filter: { datasetIds: [dataset] }, sort: 'identity' })).ids[0] as number;
  await apply('visibility', 0, 5, 7);
  await apply('occluder', 1, 2, 'object');
  // The pictures 1 to 3 are others now.
  await write([0, 11, 12, 13, 4, 5]);
  expect((await importIt('update')).updated).toBe(true);
  expect(await frames()).toEqual(['7 judged', '-', '-', '-', '7 judged', '7 judged']);
  expect((await aside()).map(({ field, start, end }) => [field, start, end])).toEqual(
    expect.arrayContaining([
      ['visibility', 1, 3],
      ['occluder', 1, 2],
    ]),
  );
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

test('all go back in one step, as carried, since nobody saw them on the new pictures; undo and redo are exact', async () => {
  const before = tables();
  expect(await client.call('datasets.putBack', { id: dataset })).toEqual({ values: 2, left: 0 });
  expect(await frames()).toEqual(['7 judged', '7 carried', '7 carried', '7 carried', '7 judged', '7 judged']);
  expect(await frames('occluder')).toEqual(['-', '"object" carried', '"object" carried', '-', '-', '-']);
  expect(await aside()).toEqual([]);
  const after = tables();
  expect(await client.call('history.undo', {})).toMatchObject({ label: 'put back 2 values that had been set aside' });
  expect(tables()).toEqual(before);
  await client.call('history.redo', {});
  expect(tables()).toEqual(after);
  await client.call('history.undo', {});
});

test('one goes back alone, and what was given since stays', async () => {
  await apply('visibility', 2, 2, 3);
  const one = (await aside()).find(({ field }) => field === 'visibility')!;
  expect(await client.call('datasets.putBack', { id: dataset, values: [one.id] })).toEqual({ values: 1, left: 0 });
  expect(await frames()).toEqual(['7 judged', '7 carried', '3 judged', '7 carried', '7 judged', '7 judged']);
  expect((await aside()).map(({ field }) => field)).toEqual(['occluder']);
  await client.call('history.undo', {});
  expect(await frames()).toEqual(['7 judged', '-', '3 judged', '-', '7 judged', '7 judged']);
  // Where every frame has another value by now, it stays aside.
  await apply('visibility', 1, 3, 1);
  expect(await client.call('datasets.putBack', { id: dataset, values: [one.id] })).toEqual({ values: 0, left: 1 });
  expect((await aside()).map(({ field }) => field).sort()).toEqual(['occluder', 'visibility']);
  await expect(client.call('datasets.putBack', { id: 999 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
