/** Evaluating again out of Compare in a real browser: who has left meanwhile comes back to the new result. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { angle, evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { goTo } from '../support/goTo.ts';

let project: EvaluatedProject;
let browser: Browser;
let page: Page;
let before: number;

beforeAll(async () => {
  project = await evaluatedProject();
  await project.addRun('one', (id) => angle(Math.ceil(id / 2) * 20));
  before = await project.evaluate('one');
  // The query of the first identity that is asked for is searched instead.
  await project.client.call('tracklets.setSplit', { ids: [9], split: 'gallery' });
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  page = await (await patientContext(browser, { viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(url);
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

it('comes back to the new result in the place of the one before', async () => {
  await goTo(page, `/compare?e=${before}`);
  const again = page.getByRole('button', { name: 'Evaluate one again' });
  await again.click();
  await goTo(page, '/jobs');
  const last = async (): Promise<number | undefined> => (await project.client.call('evaluations.list', {}))[0]?.id;
  await expect.poll(last).not.toBe(before);
  await page.getByText('Running and waiting').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: /^Compare/ }).click();
  await expect.poll(() => page.url()).toContain(`e=${await last()}`);
  await page.getByText('Outdated:').waitFor({ state: 'detached' });
  expect(await again.count()).toBe(0);
});
