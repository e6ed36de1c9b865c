/** A preview says what an import would do and leaves nothing; a client's new one ends its last; few run at once. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPreviews } from '../../../../src-main/features/imports/preview.ts';
import type { RpcClient } from '../../../../src-shared/rpc.ts';
import { makePersonFolders } from '../../../support/personFolders.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../../support/project.ts';

const sources = temporaryFolder();
const source = join(sources.path, 'people');
let project: TestProject;
let client: RpcClient;

beforeAll(async () => {
  project = await openTestProject();
  client = project.host.client();
  await makePersonFolders(source, { '0001/c1': [1, 2, 3], '0001/c2': [4], '0002/c1': [5, 6] });
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

const left = (): string[] => (existsSync(join(project.folder, 'cache/imports')) ? readdirSync(join(project.folder, 'cache/imports')) : []);
const ask = (quick: boolean, options: Record<string, unknown> = {}) =>
  client.call('imports.preview', { path: source, importer: null, options, strict: false, quick });

test('counts as the import does, with examples of each camera, and stores nothing', async () => {
  for (const quick of [true, false]) {
    const preview = await ask(quick);
    expect(preview).toMatchObject({
      importer: 'image-folder',
      name: 'people',
      identities: 2,
      cameras: 2,
      tracklets: 3,
      frames: 6,
      splits: { none: 3 },
      files: { seen: 6, used: 6, leftOut: 0 },
      everyPicture: !quick,
      earlier: null,
      alreadyImported: null,
      changed: null,
    });
    expect(preview.examples.map(({ key, identity, camera, frames, file }) => [key, identity, camera, frames, file])).toEqual([
      ['0001/c1', '0001', preview.cameraNames[0], 3, '0001/c1/0001.jpg'],
      ['0001/c2', '0001', preview.cameraNames[1], 1, '0001/c2/0004.jpg'],
    ]);
  }
  expect(await ask(true, { minFrames: 3 })).toMatchObject({ tracklets: 1, frames: 3 });
  expect(await client.call('datasets.list', {})).toEqual([]);
  expect(left()).toEqual([]);
});

test('a quick look knows that the folder was imported before, and does not claim to know whether it has changed', async () => {
  const { jobId } = await client.call('imports.start', { path: source, importer: null, options: {}, name: null });
  await project.host.context.jobs.wait(jobId);
  expect(await ask(false)).toMatchObject({ earlier: 'people', alreadyImported: 'people', changed: null });
  expect(await ask(true)).toMatchObject({ earlier: 'people', alreadyImported: null, changed: null });
  // Other options make another data set.
  expect(await ask(true, { minFrames: 3 })).toMatchObject({ earlier: null });
});

test("a client's new question ends its last one; another client's goes on; nothing stays", async () => {
  const previews = createPreviews(project.host.context);
  const params = { path: source, importer: null, options: {}, quick: true };
  const never = new AbortController().signal;
  const first = previews.preview('a', params, never);
  const other = previews.preview('b', params, never);
  const third = previews.preview('a', { ...params, options: { minFrames: 2 } }, never);
  await expect(first).rejects.toThrow();
  expect(await other).toMatchObject({ tracklets: 3 });
  expect(await third).toMatchObject({ tracklets: 2 });
  const gone = new AbortController();
  const last = previews.preview('a', params, gone.signal);
  gone.abort();
  await expect(last).rejects.toThrow();
  expect(left()).toEqual([]);
});
