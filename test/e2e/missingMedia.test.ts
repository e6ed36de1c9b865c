/** Pictures that were moved: grid, Annotate and Datasets say so and lead to Locate; with the pictures back nothing is said any more. A real browser. */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage, type OpenPage } from '../support/openPage.ts';

let opened: OpenPage;
let page: Page;

beforeAll(async () => {
  opened = await openPage({ fill: { tracklets: 20, identities: 6, cameras: 2, name: 'Street' }, viewport: { width: 1280, height: 800 } });
  ({ page } = opened);
});
afterAll(() => opened?.[Symbol.asyncDispose]());

it('is said where the pictures would be, until they are there again', async () => {
  const banner = page.getByRole('alert').filter({ hasText: 'say where it is now' });
  await page.keyboard.press('ArrowRight');
  expect(await banner.count()).toBe(0);
  const moved = join(opened.crops, '..', 'moved');
  renameSync(opened.crops, moved);
  await page.reload();
  await banner.getByText('None of the files of Street').waitFor();
  await page.getByRole('grid', { name: 'Tracklets' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('application', { name: 'Lanes' }).waitFor();
  await banner.getByRole('button', { name: 'Locate…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').waitFor();
  await page.keyboard.press('Escape');
  await banner.getByText('None of the files that were looked for is there').waitFor();
  renameSync(moved, opened.crops);
  await page.reload();
  for (const view of ['Datasets', 'Annotate', 'Tracklets']) {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view, exact: true }).click();
    await page.locator('main').waitFor();
    await expect.poll(() => banner.count(), { message: view }).toBe(0);
  }
});
