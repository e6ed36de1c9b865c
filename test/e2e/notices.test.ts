/** In a real browser: what failed elsewhere is said, whole, and goes when it is closed, opened, or done after all. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { picture } from '../support/motSequence.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { temporaryFolder } from '../support/project.ts';
import { goTo } from '../support/goTo.ts';

const sources = temporaryFolder();
const source = join(sources.path, 'people');
let opened: OpenPage;
let client: RpcClient;
let page: Page;

beforeAll(async () => {
  mkdirSync(join(source, '0001', 'c1'), { recursive: true });
  opened = await openPage({ fill: { tracklets: 12, identities: 4, cameras: 2 }, viewport: { width: 1280, height: 720 } });
  client = opened.project.host.client();
  ({ page } = opened);
});
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

const toasts = () => page.locator('.toasts').getByText(/ failed$/);
async function importPeople(): Promise<number> {
  const { jobId } = await client.call('imports.start', { path: source, importer: 'image-folder', options: {}, name: null });
  await opened.project.host.context.jobs.wait(jobId).catch(() => undefined);
  return jobId;
}
async function fail(): Promise<number> {
  const id = await importPeople();
  await expect.poll(() => toasts().count()).toBe(1);
  return id;
}
const byTab = (view: string) => page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view, exact: true }).click();

it('a failed import is closed by its button or by Escape, which ends nothing else', async () => {
  await fail();
  await page.getByRole('alert').getByRole('button', { name: 'Close' }).click();
  expect(await toasts().count()).toBe(0);
  await fail();
  await page.getByRole('grid', { name: 'Tracklets' }).focus();
  await page.keyboard.press('x');
  await page.getByText('1 selected').first().waitFor();
  // What is chosen goes first.
  await page.keyboard.press('Escape');
  await page.getByText('1 selected').first().waitFor({ state: 'detached' });
  expect(await toasts().count()).toBe(1);
  await page.keyboard.press('Escape');
  await expect.poll(() => toasts().count()).toBe(0);
});

it('goes where it is listed, and is not said there', async () => {
  for (const view of ['Jobs', 'Datasets']) {
    await fail();
    await byTab(view);
    await expect.poll(() => toasts().count()).toBe(0);
    await importPeople();
    await page
      .getByText(/Import people/)
      .first()
      .waitFor();
    expect(await toasts().count()).toBe(0);
    await byTab('Tracklets');
    await page.getByRole('gridcell').first().waitFor();
  }
});

it('goes when it is dismissed elsewhere, or done after all', async () => {
  await client.call('jobs.dismiss', { id: await fail() });
  await expect.poll(() => toasts().count()).toBe(0);
  await fail();
  for (const frame of [1, 2]) writeFileSync(join(source, '0001', 'c1', `000${frame}.jpg`), await picture(frame * 9));
  const id = await importPeople();
  expect((await client.call('jobs.list', {})).find((job) => job.id === id)?.error ?? null).toBeNull();
  await expect.poll(() => toasts().count()).toBe(0);
});

it('a refused undo is said whole', async () => {
  const id = (await client.call('tracklets.query', { filter: {}, sort: 'identity' })).ids[0]!;
  const other = await opened.another();
  const paint = async (on: Page, digit: string): Promise<void> => {
    await goTo(on, `/annotate/${id}`);
    await on.getByRole('application', { name: 'Lanes' }).waitFor();
    await on.getByTestId('frame-drawn').getByText('Frame 1', { exact: true }).waitFor();
    await on.keyboard.press(digit);
    await expect.poll(async () => (await client.call('tracklets.get', { id })).row.visibility[0]).toBe(Number(digit));
  };
  await paint(page, '1');
  await paint(other, '8');
  await page.keyboard.press('Control+z');
  const said = page.getByRole('alert').getByText(/cannot be undone here: another window has changed the same since/);
  await said.waitFor();
  const box = (await said.boundingBox())!;
  expect(box.x >= 0 && box.x + box.width <= 1280 && box.y >= 0 && box.y + box.height <= 720).toBe(true);
  expect(await said.evaluate((element) => [element.scrollWidth <= element.clientWidth, element.scrollHeight <= element.clientHeight])).toEqual([true, true]);
  // The next step of this window is another one; done, it takes the refusal away.
  await page.keyboard.press('End');
  await page.keyboard.press('2');
  await page.getByText(/^Undo: visibility 2/).waitFor();
  await page.keyboard.press('Control+z');
  await expect.poll(() => said.count()).toBe(0);
});
