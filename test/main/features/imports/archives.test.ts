/**
 * Data sets straight out of zip and tar archives: the same records, hashes and pixels as of their folder; and what is said where an archive was
 * replaced, cut off, packed anew or taken away. Written by fflate, by Python, and by hand.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipSync, type Zippable } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClipSource } from '../../../../src-main/compute/clipSource.ts';
import type { ImportResult } from '../../../../src-main/features/imports/importJob.ts';
import type { Server } from '../../../../src-main/host/server.ts';
import { tarOf } from '../../../support/archives.ts';
import { makeMotSequence, motRows, picture } from '../../../support/motSequence.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../../support/project.ts';
import { rowsIn } from '../../../support/rowsIn.ts';

const sources = temporaryFolder();
let project: TestProject;
let server: Server;

beforeAll(async () => {
  project = await openTestProject();
  server = await project.host.serve();
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

type Files = Record<string, Buffer>;

/** Two people in three places, a query among them, and a note that is no picture. */
async function crops(): Promise<Files> {
  const places = ['train/0001/c1', 'train/0001/c2', 'train/0002/c1', 'query/0003/c1', 'gallery/0003/c2'];
  const files: Files = { 'notes.txt': Buffer.from('notes') };
  for (const [index, place] of places.entries())
    for (let frame = 1; frame <= 3; frame++) files[`${place}/${String(frame).padStart(4, '0')}.jpg`] = await picture(10 * index + frame);
  return files;
}

function asFolder(path: string, files: Files): string {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), bytes);
  }
  return path;
}

/** Every second member stored, the others deflated. */
function zipBytes(files: Files, order: (names: string[]) => string[] = (names) => names): Uint8Array {
  const members: Zippable = {};
  for (const [index, name] of order(Object.keys(files)).entries()) members[name] = [files[name] as Buffer, { level: index % 2 === 0 ? 9 : 0 }];
  return zipSync(members);
}

function asZip(path: string, files: Files, order?: (names: string[]) => string[]): string {
  writeFileSync(path, zipBytes(files, order));
  return path;
}

function asTar(path: string, files: Files): string {
  writeFileSync(path, tarOf(Object.entries(files).map(([name, data]) => ({ name, data }))));
  return path;
}

async function importPath(path: string, changed?: 'update' | 'add'): Promise<ImportResult> {
  const { jobId } = await project.host.client().call('imports.start', { path, importer: null, options: {}, name: null, ...(changed ? { changed } : {}) });
  return (await project.host.context.jobs.wait(jobId)) as ImportResult;
}

function sql<T>(text: string, ...params: unknown[]): T[] {
  return rowsIn<T>(project.folder, text, ...params);
}

/** All that the project keeps of a data set but the places of its pictures. */
function recordsOf(dataset: number): unknown {
  return {
    head: sql('SELECT importer, options, origin, licence, content_hash, warnings, report FROM dataset WHERE id = ?', dataset),
    media: sql('SELECT key, kind, path, width, height, frame_count, fps FROM media WHERE dataset_id = ? ORDER BY id', dataset),
    tracklets: sql(
      `SELECT t.key, i.pid, c.camid, t.split, t.frames, t.frame_index, t.boxes, t.files, t.ignored, s.digest, s.pictures, s.split
       FROM tracklet t JOIN identity i ON i.id = t.identity_id JOIN camera c ON c.id = t.camera_id JOIN tracklet_source s ON s.tracklet_id = t.id
       WHERE t.dataset_id = ? ORDER BY t.id`,
      dataset,
    ),
  };
}

const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { authorization: `Bearer ${server.token}` } });

async function idsOf(dataset: number): Promise<number[]> {
  const { ids } = await project.host.client().call('tracklets.query', { filter: { datasetIds: [dataset] }, sort: 'identity' });
  return [...ids];
}

/** What the page gets: crops without loss and the strip of every tracklet, whole frames, and what is said where there are none. */
async function shown(dataset: number): Promise<unknown[]> {
  const ids = await idsOf(dataset);
  const frames = sql<[number]>("SELECT id FROM media WHERE dataset_id = ? AND kind = 'frames'", dataset).map(([id]) => `/media/frame/${id}/1.jpg`);
  const answers: unknown[] = [];
  for (const address of [...ids.flatMap((id) => [`/media/crop/${id}/0.png`, `/media/crop/${id}/2.png`, `/media/strip/${id}.jpg`]), ...frames]) {
    const response = await get(address);
    answers.push(response.ok ? [response.status, short(await response.arrayBuffer())] : await response.json());
  }
  return answers;
}

let looks = 0;

/** What the page gets of the first picture at a height that nobody asked for before. */
async function looked(dataset: number): Promise<unknown> {
  const [id = 0] = await idsOf(dataset);
  const response = await get(`/media/crop/${id}/0.jpg?h=${50 + looks++}`);
  return response.ok ? response.status : await response.json();
}

/** What a training reads of every frame. */
async function trained(dataset: number): Promise<string[]> {
  const { db, project: folder } = project.host.context;
  const rows = await db.read('manifests', 'clips', { datasetId: dataset });
  const size = { height: 32, width: 16, resize: 'bilinear' as const };
  const source = openClipSource({ projectFolder: folder.folder, rows, size });
  try {
    const read = rows.map((row) =>
      source.read(
        row.id,
        Array.from({ length: row.frames }, (_, position) => position),
        size,
      ),
    );
    return (await Promise.all(read)).map(short);
  } finally {
    await source.close();
  }
}

function short(bytes: Uint8Array | ArrayBuffer): string {
  return createHash('sha256')
    .update(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes))
    .digest('hex')
    .slice(0, 16);
}

async function remove(dataset: number): Promise<void> {
  await project.host.client().call('datasets.remove', { id: dataset });
}

describe.each([
  ['crops', crops],
  [
    'full frames with tracks',
    async (): Promise<Files> => {
      const folder = await makeMotSequence(join(sources.path, 'sequence'), motRows([1, 2, 3], 5), 5);
      const names = (readdirSync(folder, { recursive: true, withFileTypes: true }) as { isFile(): boolean; parentPath: string; name: string }[])
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
      return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name))]));
    },
  ],
] as const)('%s', (what, make) => {
  test('are the same out of a folder, a zip and a tar archive: records, what is shown, and what is trained on', async () => {
    const files = await make();
    const base = join(sources.path, what.slice(0, 5));
    mkdirSync(base);
    const folder = asFolder(join(base, 'set'), files);
    const first = await importPath(folder);
    const expected = { records: recordsOf(first.dataset), shown: await shown(first.dataset), trained: await trained(first.dataset) };
    expect(sql('SELECT DISTINCT ranges FROM tracklet WHERE dataset_id = ?', first.dataset)).toEqual([[null]]);
    await remove(first.dataset);
    for (const path of [asZip(join(base, 'set.zip'), files), asTar(join(base, 'set.tar'), files), ...byPython(folder)]) {
      const { dataset, alreadyImported, name } = await importPath(path);
      expect([path, alreadyImported, name]).toEqual([path, false, first.name]);
      expect({ records: recordsOf(dataset), shown: await shown(dataset), trained: await trained(dataset) }).toEqual(expected);
      expect(await project.host.client().call('datasets.get', { id: dataset })).toMatchObject({ root: path, missing: null, changedPictures: null });
      const rows = await project.host.client().call('tracklets.rows', { ids: await idsOf(dataset) });
      expect(rows.map((row) => row.mediaMissing)).toEqual(rows.map(() => false));
      await remove(dataset);
    }
  });
});

describe('a data set in an archive', () => {
  const client = () => project.host.client();
  let files: Files;
  let archive: string;
  let dataset: number;
  let before: string[];

  const refusal = (member: string) => ({
    error: {
      code: 'SOURCE_CHANGED',
      message: `The picture ${member} in ${archive} of "kept" is another one than was imported: its content has changed since.`,
    },
  });

  beforeAll(async () => {
    files = { '0001/c1/1.jpg': await picture(1), '0001/c1/2.jpg': await picture(2), '0002/c1/1.jpg': await picture(3) };
    mkdirSync(join(sources.path, 'place'));
    archive = asZip(join(sources.path, 'place/kept.zip'), files);
    ({ dataset } = await importPath(archive));
    before = await trained(dataset);
    const [id = 0] = await idsOf(dataset);
    await client().call('annotations.apply', { label: 'Paint', edits: [{ trackletId: id, field: 'visibility', start: 1, end: 1, value: 4 }] });
  });

  test('that was replaced or cut off shows none of what is there now, and says so', async () => {
    const whole = readFileSync(archive);
    for (const spoil of [
      () => asZip(archive, { ...files, '0001/c1/1.jpg': files['0002/c1/1.jpg'] as Buffer, '0002/c1/1.jpg': files['0001/c1/1.jpg'] as Buffer }),
      () => truncateSync(archive, 100),
      () => writeFileSync(archive, Buffer.from('no archive at all')),
      () => writeFileSync(archive, Buffer.alloc(whole.length, whole.subarray(0, 40))),
    ]) {
      spoil();
      expect(await looked(dataset)).toMatchObject(refusal('0001/c1/1.jpg'));
      await expect(trained(dataset)).rejects.toMatchObject({
        code: 'SOURCE_CHANGED',
        message: expect.stringContaining(` in ${archive} is another one than was imported`),
      });
    }
    const { changedPictures } = await client().call('datasets.get', { id: dataset });
    expect(changedPictures).toEqual({ count: 1, example: '0001/c1/1.jpg', datasetId: dataset });
    writeFileSync(archive, whole);
    expect(await trained(dataset)).toEqual(before);
    expect([await looked(dataset), (await client().call('datasets.get', { id: dataset })).changedPictures]).toEqual([200, null]);
  });

  test('is located by its content: moved it is found, another one or a folder is not it', async () => {
    const moved = join(sources.path, 'moved.zip');
    renameSync(archive, moved);
    const missing = { code: 'MEDIA_MISSING', message: `The archive ${archive} with the picture 0001/c1/1.jpg is not there.` };
    expect(await looked(dataset)).toMatchObject({ error: missing });
    await expect(trained(dataset)).rejects.toMatchObject({ code: 'MEDIA_MISSING' });
    expect((await client().call('datasets.get', { id: dataset })).missing).toMatchObject({ root: archive });
    const locate = (root: string) => client().call('datasets.locate', { id: dataset, root });
    const other = asZip(join(sources.path, 'other.zip'), { '0001/c1/1.jpg': await picture(50) });
    await expect(locate(other)).rejects.toMatchObject({
      code: 'MEDIA_MISSING',
      message: `${other} is not the archive of "kept": of 3 pictures compared, 0 are the ones that were imported; 0001/c1/1.jpg is another one.`,
    });
    const folder = asFolder(join(sources.path, 'unpacked'), files);
    await expect(locate(folder)).rejects.toMatchObject({ message: `${folder} is not the archive of "kept": it is no file.` });
    await expect(locate(join(sources.path, 'nowhere.zip'))).rejects.toMatchObject({ message: expect.stringContaining('it is not there') });
    expect(await locate(moved)).toEqual({ compared: 3, differing: 0 });
    expect(await trained(dataset)).toEqual(before);
    renameSync(moved, archive);
    await locate(archive);
  });

  test('packed anew with the same pictures it is the same data set, which reads them where they lie now', async () => {
    asZip(archive, files, (names) => names.toReversed());
    expect(await looked(dataset)).toMatchObject(refusal('0001/c1/1.jpg'));
    const places = sql('SELECT ranges FROM tracklet WHERE dataset_id = ? ORDER BY id', dataset);
    expect((await client().call('imports.compare', { id: dataset })).changed).toMatchObject({ dataset, isElsewhere: true, tracklets: { changed: 0 } });
    expect(sql('SELECT ranges FROM tracklet WHERE dataset_id = ? ORDER BY id', dataset)).toEqual(places);
    const records = recordsOf(dataset);
    expect(await importPath(archive)).toMatchObject({ dataset, updated: true, alreadyImported: false, outcome: null, changed: { isElsewhere: true } });
    expect(await trained(dataset)).toEqual(before);
    expect(recordsOf(dataset)).toEqual(records);
    expect((await client().call('imports.compare', { id: dataset })).changed).toBeNull();
    expect(await importPath(archive)).toMatchObject({ dataset, updated: false, alreadyImported: true });
  });

  test('an update takes over what changed and where all the rest lies; values stay with their pictures', async () => {
    asZip(archive, { 'a/long/way/before.txt': Buffer.alloc(5000, 'notes'), ...files, '0002/c1/1.jpg': await picture(77) }, (names) => names.toReversed());
    await expect(importPath(archive)).rejects.toMatchObject({ code: 'SOURCE_CHANGED', params: { picturesChanged: 1 } });
    expect(await importPath(archive, 'update')).toMatchObject({ dataset, updated: true, changed: { pictures: { changed: 1 } } });
    const now = await trained(dataset);
    expect([now[0] === before[0], now[1] === before[1], await looked(dataset)]).toEqual([true, false, 200]);
    const [id = 0] = await idsOf(dataset);
    expect(await client().call('annotations.get', { trackletId: id })).toMatchObject([{ field: 'visibility', start: 1, end: 1, value: 4 }]);
    files = { ...files, '0002/c1/1.jpg': await picture(77) };
    before = now;
  });

  test('is exported byte for byte; second names of its pictures cannot be', async () => {
    const to = join(sources.path, 'exported');
    const start = async (links: 'copy' | 'link') => {
      const { jobId } = await client().call('exports.start', { id: dataset, exporter: 'image-folder', options: {}, to, links });
      await project.host.context.jobs.wait(jobId);
    };
    await expect(start('link')).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: `0001/c1/1.jpg lies in the archive ${archive}, so no second name can be made of it.`,
    });
    await start('copy');
    const written = (readdirSync(to, { recursive: true }) as string[])
      .filter((name) => name.endsWith('.jpg'))
      .map((name) => short(readFileSync(join(to, name))));
    expect(written.sort()).toEqual(Object.values(files).map(short).sort());
    const whole = readFileSync(archive);
    truncateSync(archive, 200);
    rmSync(to, { recursive: true });
    await expect(start('copy')).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
      message: expect.stringContaining(`in ${archive} is another one than was imported`),
    });
    expect(existsSync(to)).toBe(false);
    writeFileSync(archive, whole);
  });

  test('whose archive is gone is read from its folder once that is imported', async () => {
    const folder = asFolder(join(sources.path, 'place/kept'), files);
    // As long as the archive is there, it stays the place.
    expect(await importPath(folder)).toMatchObject({ dataset, alreadyImported: true });
    rmSync(archive);
    expect(await importPath(folder)).toMatchObject({ dataset, updated: true, changed: { isElsewhere: true } });
    expect(await client().call('datasets.get', { id: dataset })).toMatchObject({ root: folder, missing: null });
    expect(sql('SELECT DISTINCT ranges FROM tracklet WHERE dataset_id = ?', dataset)).toEqual([[null]]);
    expect(await trained(dataset)).toEqual(before);
  });
});

test('a data set made of one in an archive and one in a folder reads each where it lies', async () => {
  const client = project.host.client();
  const zip = await importPath(asZip(join(sources.path, 'first.zip'), { '0001/c1/1.jpg': await picture(20), '0002/c1/1.jpg': await picture(21) }));
  const folder = await importPath(asFolder(join(sources.path, 'second'), { '0001/c1/1.jpg': await picture(22) }));
  const { id } = await client.call('datasets.derive', { name: 'Both', recipe: { kind: 'union', of: [zip.dataset, folder.dataset] } });
  expect(await trained(id)).toEqual([...(await trained(zip.dataset)), ...(await trained(folder.dataset))]);
  expect((await client.call('datasets.get', { id })).missing).toBeNull();
  rmSync(join(sources.path, 'first.zip'));
  expect((await client.call('datasets.get', { id })).missing).toMatchObject({ datasetId: zip.dataset, root: join(sources.path, 'first.zip') });
});

test('a video in an archive, one that gzip packed and what is none are refused with what to do', async () => {
  const tar = tarOf([{ name: '0001/c1/1.jpg', data: await picture(1) }]);
  const refused = async (name: string, bytes: Uint8Array): Promise<unknown> => {
    writeFileSync(join(sources.path, name), bytes);
    return importPath(join(sources.path, name)).catch((error: unknown) => error);
  };
  const path = (name: string): string => join(sources.path, name);
  expect(await refused('film.zip', zipSync({ 'film.avi': Buffer.from('RIFF'), 'gt.txt': Buffer.from(motRows([1], 4)) }))).toMatchObject({
    code: 'UNSUPPORTED',
    message: `The video film.avi lies in the archive ${path('film.zip')}; only pictures are read out of archives.`,
    remedy: 'Unpack the archive into a folder, and import that folder.',
  });
  expect(await refused('set.tar.gz', gzipSync(tar))).toMatchObject({
    code: 'FILE_INVALID',
    message: 'The archive set.tar.gz cannot be read: it is packed by gzip, which cannot be read by ranges; unpack it with gunzip first.',
  });
  expect(await refused('set.rar', Buffer.from('Rar!'))).toMatchObject({
    code: 'UNSUPPORTED',
    message: `${path('set.rar')} is neither a folder nor a zip or tar archive.`,
  });
  expect(await refused('cut.tar', tar.subarray(0, 700))).toMatchObject({ code: 'FILE_INVALID' });
});

/** The folder as Python packs it, into the tar archive with its name; none where there is no Python. */
function byPython(folder: string): string[] {
  const program = `
import os, sys, tarfile, zipfile
folder = sys.argv[1]
with zipfile.ZipFile(folder + '-python.zip', 'w', zipfile.ZIP_DEFLATED) as out, tarfile.open(folder + '-python.tar', 'w') as tar:
    for base, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            path = os.path.join(base, name)
            out.write(path, os.path.relpath(path, folder))
            tar.add(path, 'set/' + os.path.relpath(path, folder))
`;
  try {
    execFileSync('python3', ['-c', program, folder], { stdio: 'ignore' });
  } catch {
    return [];
  }
  const made = ['zip', 'tar'].map((form) => `${folder}-python.${form}`);
  // Called as the folder is, so that its data set is.
  mkdirSync(`${folder}-python`);
  return made.map((path) => {
    const named = join(`${folder}-python`, `set${path.slice(path.lastIndexOf('.'))}`);
    renameSync(path, named);
    return named;
  });
}
