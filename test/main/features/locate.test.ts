/**
 * Pointing a data set to a folder: one laid out in the same way with other pictures is refused, one of which some pictures differ is taken and says how
 * many. What differs is counted here, by the files that the test itself writes.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pictureHash } from '../../../src-main/pixels/pictureHash.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../support/project.ts';
import { putDataset, tablesHere } from '../../support/tablesHere.ts';
import { picture } from '../support/tinyProject.ts';

const sources = temporaryFolder();
let project: TestProject;
let client: RpcClient;

/** 2 people × 2 cameras × 4 frames. `looks`: pictures of another number show somebody else. */
function crops(name: string, looks: number): string {
  for (const person of [1, 2])
    for (const camera of [1, 2]) for (let frame = 1; frame <= 4; frame++) write(name, person, camera, frame, picture(looks + person, camera - 1, frame));
  return join(sources.path, name);
}
function write(name: string, person: number, camera: number, frame: number, bytes: Uint8Array): void {
  const file = join(sources.path, name, `000${person}`, `c${camera}`, `000${frame}.jpg`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
}

beforeAll(async () => {
  project = await openTestProject();
  client = project.host.client();
  const { jobId } = await client.call('imports.start', { path: crops('Street', 0), importer: null, options: {}, name: null });
  await project.host.context.jobs.wait(jobId);
});
afterAll(async () => {
  await project?.[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

const rootNow = async (): Promise<string> => (await client.call('datasets.get', { id: 1 })).root;

test('a folder with the same names and other pictures is refused with how many of how many are the imported ones', async () => {
  const other = crops('Yard', 4);
  await expect(client.call('datasets.locate', { id: 1, root: other })).rejects.toMatchObject({
    code: 'MEDIA_MISSING',
    message: expect.stringMatching(
      /Yard is not the folder of "Street": of 16 pictures compared, 0 are the ones that were imported; \S+\.jpg is another one\.$/,
    ) as string,
    params: { compared: 16, equal: 0 },
    remedy: 'Choose the folder with the pictures that were imported, or import this one as a data set of its own.',
  });
  expect(await rootNow()).toBe(join(sources.path, 'Street'));
});

test('one with some other pictures is taken, says how many, and the data set says so too; the right one takes that back', async () => {
  const copy = join(sources.path, 'Copy');
  cpSync(join(sources.path, 'Street'), copy, { recursive: true });
  write('Copy', 1, 1, 2, picture(9, 0, 2));
  write('Copy', 2, 2, 4, picture(9, 1, 4));
  rmSync(join(copy, '0002', 'c1', '0003.jpg'));
  expect(await client.call('datasets.locate', { id: 1, root: copy })).toEqual({ compared: 16, differing: 3 });
  expect(await client.call('datasets.get', { id: 1 })).toMatchObject({ root: copy, changedPictures: { count: 2, example: '0001/c1/0002.jpg' } });
  expect(await client.call('datasets.locate', { id: 1, root: join(sources.path, 'Street') })).toEqual({ compared: 16, differing: 0 });
  expect(await client.call('datasets.get', { id: 1 })).toMatchObject({ root: join(sources.path, 'Street'), changedPictures: null });
});

describe('the pictures that are compared', () => {
  const names = (tracklet: number, frames: number): string[] => Array.from({ length: frames }, (_, i) => `${tracklet}/${i}.jpg`);
  const hashOf = (file: string): Uint8Array => pictureHash(Buffer.from(file));

  test('lie at even distances over all tracklets whose content was noted, each with its own hash', async () => {
    using here = await tablesHere();
    const frames = [3, 500, 1, 40, 256];
    const tracklets = frames.map((n, i) => ({ id: i + 1, n, files: names(i + 1, n) }));
    putDataset(
      here.sql,
      1,
      tracklets.map(({ id, n, files }) => ({ id, pid: 1, camid: 1, split: 'none' as const, frameIndex: Array.from({ length: n }, (_, i) => i), files })),
    );
    const note = here.sql.prepare(`INSERT INTO tracklet_source (tracklet_id, digest, pictures, split) VALUES (?, x'00', ?, 'none')`);
    for (const { id, files } of tracklets) if (id !== 4) note.run(id, Buffer.concat(files.map(hashOf)));
    const all = tracklets.filter(({ id }) => id !== 4).flatMap(({ files }) => files);

    const every = await here.db.read('datasets', 'samplePictures', { id: 1, most: 2000 });
    expect(every.map(({ file }) => file)).toEqual(all);
    const some = await here.db.read('datasets', 'samplePictures', { id: 1, most: 76 });
    // 760 in all: the sixth of every ten.
    expect(some.map(({ file }) => file)).toEqual(all.filter((_, i) => i % 10 === 5));
    for (const { trackletId, position, file, hash } of [...every, ...some]) {
      expect(file).toBe(`${trackletId}/${position}.jpg`);
      expect(Buffer.from(hash)).toEqual(Buffer.from(hashOf(file)));
    }
    expect(await here.db.read('datasets', 'samplePictures', { id: 2, most: 76 })).toEqual([]);
  });
});
