/**
 * In a real browser: pictures that were overwritten after their import. Grid and Annotate say so, a digit on such a frame sets nothing, and one click on the
 * banner takes the new pictures over. The host's own answers decide.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { temporaryFolder } from '../support/project.ts';

const FRAMES = 10;
const source = temporaryFolder();
let opened: OpenPage;
let client: RpcClient;
let page: Page;

const crop = (shade: number): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 128, channels: 3, background: { r: shade, g: 90, b: 255 - shade } } })
    .jpeg()
    .toBuffer();
const folder = join(source.path, 'Street');
const file = (person: number, frame: number): string => join(folder, `000${person}`, 'c1', `${String(frame).padStart(4, '0')}.jpg`);

beforeAll(async () => {
  for (const person of [1, 2])
    for (let frame = 1; frame <= FRAMES; frame++) {
      mkdirSync(join(folder, `000${person}`, 'c1'), { recursive: true });
      writeFileSync(file(person, frame), await crop(person * 60 + frame * 5));
    }
  opened = await openPage();
  ({ page } = opened);
  client = opened.project.host.client();
  const { jobId } = await client.call('imports.start', { path: folder, importer: null, options: {}, name: null });
  await opened.project.host.context.jobs.wait(jobId);
  for (const frame of [8, 10]) writeFileSync(file(1, frame), await crop(250 - frame));
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Tracklets', exact: true }).click();
  await page.getByRole('gridcell').first().waitFor();
});
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  source[Symbol.dispose]();
});

const valuesOf = async (trackletId: number) => (await client.call('annotations.get', { trackletId })).filter(({ field }) => field === 'visibility');

it('is said in the grid and where one marks, nothing is set on such a frame, and an update shows the new ones', async () => {
  const banner = page.getByRole('status').filter({ hasText: 'changed since the import' });
  // The strip shows eight of ten frames: the last, not the eighth.
  await page.getByRole('gridcell', { name: /picture was changed since the import/ }).waitFor();
  await banner.getByText('1 picture of Street was changed since the import, namely').waitFor();
  expect(await page.getByRole('gridcell', { name: /changed since the import/ }).count()).toBe(1);
  expect(await page.getByTitle('1 picture was changed since the import: it is not shown').count()).toBe(1);
  expect(await page.getByText('say where it is now').count()).toBe(0);

  await page.getByRole('grid', { name: 'Tracklets' }).focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('frame-drawn').getByText('Frame 1', { exact: true }).waitFor();
  await banner.getByText('2 pictures of Street were changed since the import, such as').waitFor();
  const id = (await client.call('tracklets.query', { filter: {}, sort: 'identity' })).ids[0] as number;
  await page.keyboard.press('4');
  await expect.poll(async () => (await valuesOf(id)).map(({ start, end, value, how }) => [start, end, value, how])).toEqual([[0, 0, 4, 'judged']]);
  await page.keyboard.press('End');
  await page.getByText('The picture of frame 10 was changed', { exact: true }).waitFor();
  await page.getByText('is another one than was imported').waitFor();
  await page.keyboard.press('7');
  await page.getByText('The picture of frame 10 was changed since the import: nothing was set').waitFor();
  // Held back over the other changed one, which is left out.
  await page.keyboard.press('Home');
  await page.getByTestId('frame-drawn').getByText('Frame 1', { exact: true }).waitFor();
  await page.keyboard.down('3');
  await page.keyboard.press('End');
  await page.keyboard.up('3');
  await page.getByText('Left out, since their picture was changed since the import: frames 8, 10').waitFor();
  await expect
    .poll(async () => (await valuesOf(id)).map(({ start, end, value }) => [start, end, value]))
    .toEqual([
      [0, 0, 3],
      [1, 6, 3],
      [8, 8, 3],
    ]);

  await banner.getByRole('button', { name: 'Update from source…' }).click();
  const asks = page.getByRole('dialog', { name: 'Update from source' });
  await asks.getByText('Since Street was imported: 2 pictures changed.').waitFor();
  expect(await client.call('jobs.list', {})).toHaveLength(1);
  await asks.getByRole('button', { name: 'Update', exact: true }).click();
  await expect.poll(() => new URL(page.url()).hash).toMatch(/^#\/datasets\/1/);
  await expect.poll(async () => (await client.call('datasets.get', { id: 1 })).changedPictures).toBeNull();
  await expect.poll(() => banner.count()).toBe(0);
  await page.getByText('Updated Street', { exact: true }).waitFor();
  await page
    .getByText(
      /^2 pictures changed\. \d+ steps? of undo on what changed, or below such a step, ended; the backup of \d{4}-\d\d-\d\d \d\d:\d\d holds the project as it was before\.$/,
    )
    .waitFor();
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Annotate', exact: true }).click();
  await page.getByRole('application', { name: 'Lanes' }).waitFor();
  await page.keyboard.press('End');
  await page.getByTestId('frame-drawn').getByText('Frame 10', { exact: true }).waitFor();
  await page.keyboard.press('7');
  await expect.poll(async () => (await valuesOf(id)).at(-1)).toMatchObject({ start: 9, end: 9, value: 7, how: 'judged' });

  // Updated while it is open: the same frame, with its new picture.
  const asked: string[] = [];
  page.on('request', (request) => void asked.push(request.url()));
  writeFileSync(file(1, 10), await crop(20));
  const { jobId } = await client.call('imports.update', { id: 1 });
  await opened.project.host.context.jobs.wait(jobId);
  const [row] = await client.call('tracklets.rows', { ids: [id] });
  await expect.poll(() => asked.some((url) => url.includes(`crop/${id}/9.jpg?stamp=${row?.stamp}`))).toBe(true);
  await page.getByTestId('frame-drawn').getByText('Frame 10', { exact: true }).waitFor();
  expect(opened.complaints).toEqual([]);
});
