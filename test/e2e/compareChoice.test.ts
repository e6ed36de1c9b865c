/** What Compare's choice leaves out when an evaluation of another question is ticked, in a real browser: it is named with the reason, and can be had back. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { angle, evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { goTo } from '../support/goTo.ts';

let project: EvaluatedProject;
let browser: Browser;
let page: Page;
const made: Record<string, number> = {};

beforeAll(async () => {
  project = await evaluatedProject();
  for (const [id, turn] of [
    ['one', 0],
    ['two', 35],
  ] as const) {
    await project.addRun(id, (tracklet) => angle(Math.ceil(tracklet / 2) * 20 + (tracklet % 2) * turn));
    made[id] = await project.evaluate(id);
  }
  made['far'] = await project.evaluate('one', { distance: 'euclidean' });
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  page = await (await patientContext(browser, { viewport: { width: 1280, height: 720 } })).newPage();
  await page.goto(url);
  await goTo(page, `/compare?e=${made['one']},${made['two']}`);
  await page.getByRole('rowheader').first().waitFor();
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

const shown = (): Promise<string | undefined> =>
  page.evaluate(() => /[?&]e=([\d,%C]+)/.exec((globalThis as unknown as { location: { hash: string } }).location.hash)?.[1]?.replaceAll('%2C', ','));

it('a tick of another question says what it left out, and one press brings that back', async () => {
  await page.getByRole('button', { name: 'Choose', exact: true }).click();
  const picker = page.getByRole('dialog', { name: 'Evaluations to compare' });
  const ofQuestion = (distance: string) => picker.getByRole('group', { name: new RegExp(`${distance} distance`) });
  expect(await picker.getByRole('status').innerText()).toBe('');
  await ofQuestion('euclidean').getByRole('checkbox').click();
  await expect.poll(shown).toBe(String(made['far']));
  await picker.getByText('Left out: one, two. They answer another question than one (distance: cosine / euclidean)').waitFor();
  expect(await ofQuestion('cosine').getByRole('checkbox', { checked: true }).count()).toBe(0);
  await picker.getByRole('button', { name: 'Choose as before' }).press('Enter');
  await expect.poll(shown).toBe(`${made['one']},${made['two']}`);
  await expect.poll(() => ofQuestion('cosine').getByRole('checkbox', { checked: true }).count()).toBe(2);
  expect(await picker.getByRole('status').innerText()).toBe('');
  // What stands beside it takes nothing out, and is not told.
  await ofQuestion('cosine').getByRole('checkbox').first().click();
  await expect.poll(shown).toBe(String(made['two']));
  await ofQuestion('cosine').getByRole('checkbox').first().click();
  await expect.poll(shown).toBe(`${made['two']},${made['one']}`);
  expect(await picker.getByRole('status').innerText()).toBe('');
});
