/**
 * In a real browser: an update from the source asks before it changes anything, with the figures of what it would change, and says so where the folder
 * looks like another one. Answers of the host decide what was changed.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { picture } from '../support/motSequence.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { temporaryFolder } from '../support/project.ts';
import { goTo } from '../support/goTo.ts';

const sources = temporaryFolder();
const street = join(sources.path, 'Street');
const before = join(sources.path, 'before');
/** For looking at: a folder that pictures of the page go to. */
const pictures = process.env['UPDATE_PICTURES'];
let opened: OpenPage;
let client: RpcClient;

async function fill(folder: string, from: number): Promise<void> {
  for (const person of [1, 2])
    for (const frame of [1, 2, 3, 4]) {
      mkdirSync(join(folder, `000${person}`, 'c1'), { recursive: true });
      writeFileSync(join(folder, `000${person}`, 'c1', `000${frame}.jpg`), await picture(from + person * 10 + frame));
    }
}
const jobs = async (): Promise<string[]> => (await client.call('jobs.list', {})).map(({ title, state }) => `${title}: ${state}`);

beforeAll(async () => {
  opened = await openPage();
  client = opened.project.host.client();
  await fill(street, 0);
  cpSync(street, before, { recursive: true });
  const { jobId } = await client.call('imports.start', { path: street, importer: null, options: {}, name: null });
  await opened.project.host.context.jobs.wait(jobId);
});
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

it('says what would change, changes nothing when it is cancelled, and warns of another folder', async () => {
  const { page } = opened;
  const dialog = page.getByRole('dialog', { name: 'Update from source' });
  const ask = (): Promise<void> => page.getByRole('button', { name: 'Update from source…' }).click();
  const look = async (name: string): Promise<void> => {
    if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
  };

  // Another data set of the same layout stands in its place.
  rmSync(street, { recursive: true });
  await fill(street, 100);
  await goTo(page, '/tracklets');
  await page
    .getByRole('gridcell', { name: /changed since the import/ })
    .first()
    .waitFor();
  await goTo(page, '/datasets/1');
  await ask();
  await dialog.getByText('Since Street was imported: 8 pictures changed.').waitFor();
  await dialog.getByRole('alert').getByText('This looks like another folder: none of its 8 pictures are in it as imported.').waitFor();
  await look('other');
  await dialog.getByRole('button', { name: 'Update all the same' }).waitFor();
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(await jobs()).toEqual(['Import Street: done']);

  // One picture of it is another one.
  cpSync(before, street, { recursive: true });
  writeFileSync(join(street, '0002/c1/0003.jpg'), await picture(250));
  await ask();
  await dialog.getByText('Since Street was imported: 1 picture changed.').waitFor();
  expect(await dialog.getByRole('alert').count()).toBe(0);
  await look('one');
  await dialog.getByRole('button', { name: 'Update', exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await expect.poll(jobs).toEqual(['Update Street: done', 'Import Street: done']);
  expect((await client.call('imports.compare', { id: 1 })).changed).toBeNull();
  expect(opened.complaints).toEqual([]);
});
