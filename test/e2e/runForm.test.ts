/** The form of a new run on a set of few people, in a real browser: it opens with a batch that the set can fill, and the command line it writes starts the same. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser } from '../support/browser.ts';

let project: EvaluatedProject;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  // Eight people, of which identities 0 to 3 are for training.
  project = await evaluatedProject();
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(url);
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

it('opens with as many identities a batch as there are to train on', async () => {
  expect((await project.client.call('datasets.get', { id: 1 })).training).toEqual({ identities: 4, tracklets: 8 });
  await page.evaluate(() => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = '#/runs';
  });
  const form = page.getByRole('complementary', { name: 'New run' });
  const batch = form.getByLabel('Identities a batch');
  await expect.poll(() => batch.inputValue()).toBe('4');
  expect(await form.getByText(/The set has/).count()).toBe(0);
  expect(await form.getByText('differs from the recipe').count()).toBe(0);
  const command = form.locator('.cli .trunc');
  await expect.poll(() => command.innerText()).toMatch(/^tracklet train \S+ --project \S+ --dataset Tiny$/);
  await batch.fill('3');
  await expect.poll(() => command.innerText()).toMatch(/ --set identitiesPerBatch=3$/);
  await batch.fill('5');
  await form.getByText('The set has 4 training identities').waitFor();
});
