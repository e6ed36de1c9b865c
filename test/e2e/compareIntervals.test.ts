/** The intervals of Compare's charts in a real browser: they are drawn after the values, and are then seen. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { angle, evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { goTo } from '../support/goTo.ts';

let project: EvaluatedProject;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = await evaluatedProject({ identities: 40 });
  await project.addRun('one', (id) => angle(((id * 37) % 90) + (id % 7)));
  await project.evaluate('one');
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  page = await (await patientContext(browser, { viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(url);
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

it('a stratum whose words name an interval has its line', async () => {
  await goTo(page, '/compare');
  const chart = page.locator('figure').filter({ hasText: 'mAP by hidden share' });
  const named = chart.getByRole('button', { name: /interval [\d.]+ to [\d.]+/ });
  await named.first().waitFor();
  expect(await chart.locator('path[stroke-width="1.5"]').count()).toBe(await named.count());
});
