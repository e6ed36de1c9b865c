/** Exports of a real project: what is written is read again, places are refused, and nothing half stays. */
import { execFileSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDiskSink } from '../../../../src-main/features/exports/diskSink.ts';
import { checkTarget } from '../../../../src-main/features/exports/exportJob.ts';
import type { StoredItem } from '../../../../src-main/features/exports/table.ts';
import { intoFolder } from '../../../../src-main/features/exports/target.ts';
import { projectFolder } from '../../../../src-main/platform/projectFolder.ts';
import { AppError } from '../../../../src-shared/errors.ts';
import type { Input } from '../../../../src-shared/contract/index.ts';
import { picture } from '../../../support/motSequence.ts';
import { makePersonFolders } from '../../../support/personFolders.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../../support/project.ts';
import { putDataset, tablesHere } from '../../../support/tablesHere.ts';

const base = temporaryFolder();
const source = join(base.path, 'source');
let project: TestProject;
let id = 0;

beforeAll(async () => {
  project = await openTestProject();
  await makePersonFolders(source, { 'query/0001/c1': [1, 2], 'gallery/0001/c2': [3], 'gallery/0007/c1': [4, 5, 6] });
  const client = project.host.client();
  const { jobId } = await client.call('imports.start', { path: source, importer: null, options: {}, name: 'Set' });
  id = ((await project.host.context.jobs.wait(jobId)) as { dataset: number }).dataset;
  const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [id] }, sort: 'lengthDesc' });
  const [, trackletId = 0] = ids;
  await client.call('annotations.apply', {
    label: 'Paint',
    edits: [
      { trackletId, field: 'visibility', start: 0, end: 1, value: 4, how: 'judged' },
      { trackletId, field: 'hiddenParts', start: 1, end: 1, value: ['head'], how: 'judged' },
    ],
  });
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  base[Symbol.dispose]();
});

function start(more: Partial<Input<'exports.start'>>): Promise<{ jobId: number }> {
  return project.host.client().call('exports.start', { id, exporter: 'image-folder', options: {}, to: join(base.path, 'out'), links: 'copy', ...more });
}

async function exported(more: Partial<Input<'exports.start'>>) {
  const { jobId } = await start(more);
  await project.host.context.jobs.wait(jobId);
  return project.host.client().call('exports.result', { jobId });
}

test('every exporter is told with its options and what it holds', async () => {
  const known = await project.host.client().call('exporters.list', {});
  expect(known.map((one) => one.id)).toEqual(readdirSync(new URL('../../../../datasets/exporters/', import.meta.url)).map((name) => name.replace('.ts', '')));
  expect(known.find((one) => one.id === 'annotations')).toMatchObject({ importer: null, fields: null, defaults: { format: 'jsonl' } });
});

test('crops go out byte for byte, and come back as another data set with the same people, cameras, sides and keys', async () => {
  const client = project.host.client();
  const to = join(base.path, 'new', 'crops');
  const plan = await client.call('exports.preview', { id, exporter: 'image-folder', options: {}, to });
  expect(plan).toMatchObject({
    tracklets: 3,
    frames: 6,
    media: 6,
    lost: [
      { aspect: 'values', message: 'Values of "hiddenParts" have no place in this format.', count: 1 },
      { aspect: 'values', message: 'Values of "visibility" have no place in this format.', count: 1 },
    ],
  });
  expect(existsSync(join(base.path, 'new'))).toBe(false);
  expect(await exported({ to })).toMatchObject({ ...plan, to, files: 6 });
  expect(readdirSync(join(base.path, 'new'))).toEqual(['crops']);
  expect(readFileSync(join(to, 'gallery/0007/c1/0007C1T0001F002.jpg')).equals(readFileSync(join(source, 'gallery/0007/c1/0005.jpg')))).toBe(true);
  const { jobId } = await client.call('imports.start', { path: to, importer: null, options: {}, name: 'Again' });
  const { dataset } = (await project.host.context.jobs.wait(jobId)) as { dataset: number };
  const [before, after] = [await client.call('datasets.get', { id }), await client.call('datasets.get', { id: dataset })];
  for (const key of ['identities', 'cameras', 'tracklets', 'frames', 'splits', 'kinds'] as const) expect(after[key]).toEqual(before[key]);
});

test('labels go out with how they came, in which layer and from whom', async () => {
  const to = join(base.path, 'labels');
  mkdirSync(to);
  await exported({ exporter: 'annotations', to });
  const values = readFileSync(join(to, 'labels.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ kind }) => kind === 'value');
  const whose = { how: 'judged', layer: 'shared', annotator: expect.any(String) as string };
  expect(values).toMatchObject([
    { field: 'hidden_parts', start: 1, end: 1, value: ['head'], ...whose },
    { field: 'visibility', start: 0, end: 1, value: 4, ...whose },
  ]);
});

test('linked pictures are second names of the same bytes', async () => {
  const to = join(base.path, 'linked');
  await exported({ to, links: 'link' });
  expect(statSync(join(to, 'query/0001/c1/0001C1T0001F001.jpg')).ino).toBe(statSync(join(source, 'query/0001/c1/0001.jpg')).ino);
});

test('a place that is taken, or one of the project or the source, is refused before anything begins', async () => {
  const full = join(base.path, 'full');
  mkdirSync(full);
  writeFileSync(join(full, 'mine.txt'), 'mine');
  writeFileSync(join(base.path, 'file'), '');
  symlinkSync(project.folder, join(base.path, 'way-in'));
  for (const [to, why] of [
    [full, 'is there already, and is not empty'],
    [join(base.path, 'file'), 'is there already, and is no folder'],
    [join(project.folder, 'exports', 'a'), 'lies inside the project'],
    [project.folder, 'is there already, and is not empty'],
    [join(base.path, 'way-in', 'a'), 'lies inside the project'],
    [`${join(base.path, 'a')}\0b`, 'holds a character of nothing (NUL), which no name can have'],
    [join(base.path, 'n'.repeat(256)), 'has a longer name than the file system takes'],
    [join(base.path, 'new', 'crops', 'deep'), 'lies inside the folder that "Again" was imported from'],
    [join(source, 'deep', 'er'), 'lies inside the folder that "Set" was imported from'],
  ] as const) {
    const refusal = { code: 'BAD_INPUT', message: `The folder ${to.replace('\0', '␀')} cannot be exported to: it ${why}.` };
    await expect(start({ to })).rejects.toMatchObject(refusal);
    await expect(project.host.client().call('exports.preview', { id, exporter: 'mot', options: {}, to })).rejects.toMatchObject(refusal);
  }
  expect([readdirSync(full), existsSync(join(project.folder, 'exports')), existsSync(join(source, 'deep'))]).toEqual([['mine.txt'], false, false]);
  await expect(start({ exporter: 'nothing' })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('There is no exporter "nothing"; known are') as string,
  });
  await expect(start({ options: { odd: 1 } })).rejects.toMatchObject({ code: 'UNKNOWN_OPTION' });
  await expect(start({ id: 999 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('what cannot be written at all, and pictures that were replaced, end it; nothing stays', async () => {
  const before = readdirSync(base.path).sort();
  await expect(exported({ exporter: 'mot', to: join(base.path, 'tracks') })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringMatching(/^Nothing of Set can be written as tracks\. Tracklets of cut-out pictures are not written/) as string,
    remedy: 'Choose a format that fits: "Labels alone" or "Folders of crops".',
  });
  const file = join(source, 'gallery/0007/c1/0006.jpg');
  const old = readFileSync(file);
  writeFileSync(file, await picture(9));
  await expect(exported({ to: join(base.path, 'replaced') })).rejects.toMatchObject({
    code: 'SOURCE_CHANGED',
    message: 'gallery/0007/c1/0006.jpg is another one than was imported, so its labels would stand on it wrongly.',
  });
  writeFileSync(file, old);
  expect(readdirSync(base.path).sort()).toEqual(before);
  expect(readdirSync(join(project.folder, 'cache', 'tasks'))).toEqual([]);
});

// This test would hang if the pipe were opened as a file is.
test.skipIf(process.platform === 'win32')('a pipe, or nothing, in the place of a picture ends it and is named, also where no hash was noted', async () => {
  const root = temporaryFolder();
  execFileSync('mkfifo', [join(root.path, 'pipe.jpg')]);
  for (const pictures of [null, new Uint8Array(8)])
    for (const links of ['copy', 'link'] as const)
      for (const [file, code] of [
        ['pipe.jpg', 'MEDIA_UNDECODABLE'],
        ['gone.jpg', 'MEDIA_MISSING'],
      ] as const) {
        const item = {
          tracklet: { files: [file], frameIndex: Int32Array.of(0) },
          media: { path: '' },
          pictures,
          videoHash: null,
          root: 'r',
        } as unknown as StoredItem;
        const sink = createDiskSink(join(root.path, 'out'), { r: root.path }, links);
        await expect(sink.media('1.jpg', item, 0)).rejects.toMatchObject({ code, message: expect.stringContaining(join(root.path, file)) as string });
      }
  expect(existsSync(join(root.path, 'out'))).toBe(false);
  root[Symbol.dispose]();
});

test('a folder gets its name when all is in it, and never without', async () => {
  const to = join(base.path, 'made');
  const seen: string[] = [];
  await expect(
    intoFolder(to, async (folder) => {
      writeFileSync(join(folder, 'half'), '');
      seen.push(folder);
      throw new Error('cancelled');
    }),
  ).rejects.toThrow('cancelled');
  expect([existsSync(to), existsSync(seen[0] ?? '')]).toEqual([false, false]);
  await expect(
    intoFolder(to, async (folder) => {
      writeFileSync(join(folder, 'whole'), '');
      // Somebody else puts something there meanwhile: it is not overwritten.
      mkdirSync(to);
      linkSync(join(folder, 'whole'), join(to, 'other'));
    }),
  ).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: `The folder ${to} cannot be exported to: it was filled by something else while this export ran.`,
  });
  expect(readdirSync(to)).toEqual(['other']);
  await expect(
    intoFolder(join(base.path, 'small'), (folder) => {
      throw new AppError('DISK_FULL', `${folder}/a.jpg could not be written: the disk is full (ENOSPC).`, { file: `${folder}/a.jpg` });
    }),
  ).rejects.toMatchObject({
    message: `${base.path}/small/a.jpg could not be written: the disk is full (ENOSPC).`,
    params: { file: `${base.path}/small/a.jpg` },
    remedy: expect.stringMatching(/then export again: nothing is kept/) as string,
  });
  const longest = join(base.path, 'n'.repeat(255));
  await intoFolder(longest, async (folder) => writeFileSync(join(folder, 'whole'), ''));
  expect(readdirSync(longest)).toEqual(['whole']);
  expect(readdirSync(base.path).filter((name) => name.includes('.part-'))).toEqual([]);
});

test('cancelled while it runs, nothing stays', async () => {
  const to = join(base.path, 'cancelled');
  const { jobId } = await start({ to });
  await project.host.client().call('jobs.cancel', { id: jobId });
  await expect(project.host.context.jobs.wait(jobId)).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(readdirSync(base.path).filter((name) => name.includes('cancelled'))).toEqual([]);
});

test('no folder that any data set came from is written to, but one that was never chosen on this machine holds nobody up', async () => {
  using here = await tablesHere();
  const chosen = join(base.path, 'of-another');
  mkdirSync(chosen);
  putDataset(here.sql, 1, [{ id: 5, pid: 1, camid: 1, split: 'train' }]);
  putDataset(here.sql, 2, [{ id: 6, pid: 1, camid: 1, split: 'train' }]);
  putDataset(here.sql, 3, [{ id: 7, pid: 1, camid: 1, split: 'train' }]);
  here.sql.prepare(`UPDATE dataset SET root = 'media' WHERE id = 1`).run();
  here.sql.prepare('UPDATE dataset SET root = ?, removed_at = 1 WHERE id = 2').run(chosen);
  here.sql.prepare(`UPDATE dataset SET root = '/' WHERE id = 3`).run();
  const context = { db: here.db, project: projectFolder(here.folder, { isChosen: (outside) => outside === chosen }) } as Parameters<typeof checkTarget>[0];
  await expect(checkTarget(context, 1, join(chosen, 'out'))).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('lies inside the folder that "') as string,
  });
  await checkTarget(context, 1, join(base.path, 'beside'));
});

test('split sets that are not in use, and episodes, are told as what no format has', async () => {
  using here = await tablesHere();
  putDataset(here.sql, 1, [{ id: 5, pid: 1, camid: 1, split: 'train' }]);
  expect((await here.db.read('exports', 'head', { datasetId: 1 }))?.beyond).toEqual([]);
  here.sql.exec(`INSERT INTO split_set (dataset_id, name, origin, created_at) VALUES (1, 'half', 'built', 1);
    INSERT INTO episode (tracklet_id, layer, start, "end", annotator, updated_at) VALUES (5, 'shared', 0, 0, 'anna', 1)`);
  expect((await here.db.read('exports', 'head', { datasetId: 1 }))?.beyond).toMatchObject([
    { aspect: 'splits', where: 'half', count: 1 },
    { aspect: 'episodes', count: 1 },
  ]);
});
