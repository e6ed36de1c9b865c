/**
 * What stands in every view before the host's first answer, in a real browser whose answers are held back: that it is read, never a count of nought
 * or a sentence that there is nothing. Then the counts, which are those of the host.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import { angle, evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { holdAnswers, type HeldAnswers } from '../support/heldAnswers.ts';

let project: EvaluatedProject;
let browser: Browser;
let url: string;

beforeAll(async () => {
  project = await evaluatedProject();
  for (const id of ['one', 'two']) {
    await project.addRun(id, (tracklet) => angle(Math.ceil(tracklet / 2) * 20));
    await project.evaluate(id);
  }
  ({ url } = await project.host.serve());
  ({ browser } = await launchBrowser());
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

/** A page in a view whose answers, but for those of the frame around it, are held back. */
async function openHeld(view: string): Promise<{ page: Page; answers: HeldAnswers }> {
  const context = await patientContext(browser, { viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  // The token of the address is kept by the window, so that it opens again at the view.
  await page.goto(url);
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  const answers = await holdAnswers(page, (call) => !['project.info', 'settings.get', 'engine.status'].includes(call));
  await page.evaluate((hash) => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = hash;
  }, `#/${view}`);
  await page.reload();
  return { page, answers };
}

describe.each([
  ['runs', 'Runs', 'Runs reading…', '2 runs'],
  ['datasets', 'Data sets', 'Data sets reading…', '1 data set'],
  ['tracklets', 'Tracklets', 'Tracklets reading…', '16 tracklets'],
  ['compare', 'Queries', 'Queries reading…', '4 queries'],
  ['jobs', 'Jobs', 'Jobs', 'Jobs'],
])('%s', (view, panel, before, after) => {
  it('tells that it is read, then what there is', async () => {
    const { page, answers } = await openHeld(view);
    const heading = page
      .getByRole('region', { name: panel, exact: true })
      .or(page.getByRole('complementary', { name: panel, exact: true }))
      .getByRole('heading', { level: 1 });
    await heading.waitFor();
    await expect.poll(() => answers.waiting).toBeGreaterThan(0);
    const words = (text: string): string => text.replace(/\s+/g, ' ').trim();
    const shown = words(await page.locator('body').innerText());
    expect(words(await heading.innerText())).toBe(before);
    expect(shown).not.toMatch(
      /\b0 (runs|data sets|queries|tracklets|running|waiting|ended|valid)|\b(No|no) (run|job|jobs|line|tracklet|query|data set)\b|Not evaluated|Nothing (runs|in|found)|Select all 0/,
    );
    answers.release();
    await expect.poll(async () => words(await heading.innerText())).toBe(after);
    await page.context().close();
  });
});
