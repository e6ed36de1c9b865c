/** Values that an update set aside are put back where they are listed, one or all, and undone by the key. A real browser. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { picture } from '../support/motSequence.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { temporaryFolder } from '../support/project.ts';
import { goTo } from '../support/goTo.ts';

const sources = temporaryFolder();
let opened: OpenPage;
let client: RpcClient;
let dataset = 0;
let tracklet = 0;

beforeAll(async () => {
  opened = await openPage();
  client = opened.project.host.client();
  const root = join(sources.path, 'crops');
  mkdirSync(join(root, '0001', 'c1'), { recursive: true });
  const write = async (contents: number[]): Promise<void> => {
    for (const [index, content] of contents.entries()) writeFileSync(join(root, '0001', 'c1', `000${index}.jpg`), await picture(content));
  };
  const importIt = async (changed?: 'update'): Promise<number> => {
    const { jobId } = await client.call('imports.start', { path: root, importer: null, options: {}, name: 'Changed', ...(changed ? { changed } : {}) });
    return ((await opened.project.host.context.jobs.wait(jobId)) as { dataset: number }).dataset;
  };
  await write([0, 1, 2, 3, 4, 5]);
  dataset = await importIt();
  tracklet = (await client.call('tracklets.query', { filter: {}, sort: 'identity' })).ids[0]!;
  for (const [start, value] of [
    [1, 4],
    [3, 8],
  ] as const)
    await client.call('annotations.apply', { label: 'paint', edits: [{ trackletId: tracklet, field: 'visibility', start, end: start, value, how: 'judged' }] });
  await write([0, 11, 2, 13, 4, 5]);
  await importIt('update');
});
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

const values = async () => [...(await client.call('tracklets.get', { id: tracklet })).row.visibility];

it('by one click each, or all at once', async () => {
  const { page } = opened;
  await goTo(page, `/datasets/${dataset}`);
  await page.getByRole('heading', { name: 'Set aside' }).waitFor();
  await page.getByText('2 values whose picture changed or is gone since').waitFor();
  // What the update did is told in a notice that stands over the list until it is closed.
  await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Show', exact: true }).click();
  expect(await values()).toEqual([-1, -1, -1, -1, -1, -1]);
  await page.getByRole('button', { name: 'Put back visibility of 0001/c1, frame 4' }).click();
  await page.getByText('Put back 1 value', { exact: true }).waitFor();
  await page.getByText('1 value whose picture changed or is gone since').waitFor();
  expect(await values()).toEqual([-1, -1, -1, 8, -1, -1]);
  await page.locator('.view').first().focus();
  await page.keyboard.press('Control+z');
  await page.getByText('2 values whose picture changed or is gone since').waitFor();
  await page.getByRole('button', { name: 'Put all back' }).click();
  await expect.poll(() => page.getByRole('heading', { name: 'Set aside' }).count()).toBe(0);
  expect(await values()).toEqual([-1, 4, -1, 8, -1, -1]);
});
