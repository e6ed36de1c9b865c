/**
 * The view of runs in a real browser, on a set of few people: the form opens with a batch that the set can fill, and the command line it writes starts the
 * same; a run is evaluated with the distance that was chosen.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { angle, evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { holdAnswers } from '../support/heldAnswers.ts';
import { goTo } from '../support/goTo.ts';

let project: EvaluatedProject;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  // Eight people, of which identities 0 to 3 are for training.
  project = await evaluatedProject();
  // By direction everybody is found; by place person 4 is not, since the only picture to find is far out.
  await project.addRun('one', (id) => angle(Math.ceil(id / 2) * 20, id === 10 ? 10 : 1));
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  page = await (await patientContext(browser, { viewport: { width: 1280, height: 800 } })).newPage();
  await page.goto(url);
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

it('opens with as many identities a batch as there are to train on', async () => {
  expect((await project.client.call('datasets.get', { id: 1 })).training).toEqual({ identities: 4, tracklets: 8 });
  await goTo(page, '/runs');
  const form = page.getByRole('complementary', { name: 'New run' });
  const batch = form.getByRole('textbox', { name: 'Identities a batch' });
  await expect.poll(() => batch.inputValue()).toBe('4');
  expect(await form.getByText(/The set has/).count()).toBe(0);
  expect(await form.getByRole('button', { name: /differs from the recipe/ }).count()).toBe(0);
  const command = form.locator('.cli .trunc');
  await expect.poll(() => command.innerText()).toMatch(/^tracklet train \S+ --project \S+ --dataset Tiny --evaluate-on Tiny:\w+$/);
  await batch.fill('3');
  await expect.poll(() => command.innerText()).toMatch(/ --set identitiesPerBatch=3 --evaluate-on Tiny:\w+$/);
  await batch.fill('5');
  await form.getByText('The set has 4 training identities').waitFor();
});

it('evaluates with the distance of the protocol, and with another one that was chosen', async () => {
  await goTo(page, '/runs/one');
  const run = page.getByRole('region', { name: 'Run one' });
  const distance = run.getByLabel('Distance between features');
  await run.getByLabel('Data set and protocol').selectOption({ label: 'Tiny, Market' });
  expect(await distance.inputValue()).toBe('cosine');
  expect(await distance.locator('option').allInnerTexts()).toEqual(['cosine', 'euclidean']);
  await run.getByRole('button', { name: 'Evaluate' }).click();
  await run.getByText('Tiny, Market, cosine', { exact: true }).waitFor();
  await distance.selectOption('euclidean');
  await run.getByRole('button', { name: 'Evaluate' }).click();
  await run.getByText('Tiny, Market, euclidean', { exact: true }).waitFor();
  // Of four, one has the only match at the end of four.
  const found = (await project.client.call('evaluations.list', {})).map(({ distance, mAP }) => [distance, mAP]);
  expect(found.sort()).toEqual([
    ['cosine', 1],
    ['euclidean', 0.8125],
  ]);
  // Another protocol starts from its own.
  await run.getByLabel('Data set and protocol').selectOption({ label: 'Tiny, MARS (a)' });
  expect(await distance.inputValue()).toBe('cosine');
});

it('keeps what was typed for the next run while the answer to the last one was on its way', async () => {
  const other = await (await patientContext(browser, { viewport: { width: 1280, height: 800 } })).newPage();
  const held = await holdAnswers(other, (call) => call === 'runs.start');
  await other.goto((await project.host.serve()).url);
  await goTo(other, '/runs');
  const form = other.getByRole('complementary', { name: 'New run' });
  const [name, seed] = [form.getByLabel('Name', { exact: true }), form.getByLabel('Seed')];
  await name.fill('first');
  await form.getByRole('button', { name: /Start now|Add to queue/ }).click();
  await expect.poll(() => held.waiting).toBe(1);
  await name.fill('second');
  held.release();
  await expect.poll(() => seed.inputValue()).toBe('2');
  expect(await name.inputValue()).toBe('second');
  await project.client.call('runs.stop', { id: 'first' });
  await other.close();
});
