/** Pictures that were moved: grid, Annotate and Datasets say so and lead to Locate; with the pictures back nothing is said any more. A real browser. */
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fillProject } from '../support/bigProject.ts';
import { launchBrowser } from '../support/browser.ts';
import { makeCrops } from '../support/madeCrops.ts';
import { openTestProject, type TestProject } from '../support/project.ts';

let project: TestProject;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = await openTestProject();
  const root = join(project.folder, '..', 'crops');
  mkdirSync(root);
  await fillProject(project.host.context, { tracklets: 20, identities: 6, cameras: 2, pictures: { root, files: await makeCrops(root, 16) }, name: 'Street' });
  ({ browser } = await launchBrowser());
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.setDefaultTimeout(60_000);
  await page.goto((await project.host.serve()).url);
  await page.getByRole('gridcell').first().waitFor();
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

it('is said where the pictures would be, until they are there again', async () => {
  const banner = page.getByRole('alert').filter({ hasText: 'say where it is now' });
  await page.keyboard.press('ArrowRight');
  expect(await banner.count()).toBe(0);
  const folder = join(project.folder, '..');
  renameSync(join(folder, 'crops'), join(folder, 'moved'));
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
  renameSync(join(folder, 'moved'), join(folder, 'crops'));
  await page.reload();
  for (const view of ['Datasets', 'Annotate', 'Tracklets']) {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: view, exact: true }).click();
    await page.locator('main').waitFor();
    await expect.poll(() => banner.count(), { message: view }).toBe(0);
  }
});
