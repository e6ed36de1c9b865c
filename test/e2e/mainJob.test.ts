/**
 * The main job as an analyst does it, by mouse and keyboard, in a real browser on a real host: make and import data, mark visibility, undo it
 * across a restart, train two methods for a few steps, compare them. Sizes are tiny; nothing is simulated.
 */
import { glob, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { startHostProcess, type RunningHost } from '../support/hostProcess.ts';
import { ownHome } from '../support/ownHome.ts';

const SAMPLE = fileURLToPath(new URL('../../datasets/samples/pets09-s2l1', import.meta.url));
const MINUTE = 60_000;

let folder = '';
let env: Record<string, string>;
let host: RunningHost;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracklet-e2e-'));
  env = await ownHome(folder);
  host = await startHostProcess(join(folder, 'project'), [], env);
  const launched = await launchBrowser();
  browser = launched.browser;
  await openPage();
});

afterAll(async () => {
  await browser?.close();
  await host?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function openPage(hash = ''): Promise<void> {
  // axe runs in every frame and needs a context of its own.
  page = await (await patientContext(browser, { viewport: { width: 1440, height: 900 } })).newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A lost connection is part of this test; everything else that the page complains about is a fault.
    if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION_REFUSED/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(host.url);
  if (hash !== '') await page.goto(new URL(hash, page.url()).href);
}

const tab = (name: string) => page.getByRole('link', { name, exact: true }).click();

beforeEach(({ onTestFailed }) => {
  onTestFailed(async () => {
    // Beside what the pages show, what the jobs wrote.
    for await (const log of glob(join(folder, 'project', 'cache', 'jobs', '*')))
      process.stderr.write(`${log}:\n${(await readFile(log, 'utf8')).slice(-3000)}\n`);
  });
});

describe.sequential('the main job', () => {
  it('imports a video with tracks through the dialog', async () => {
    await tab('Datasets');
    await page
      .getByRole('button', { name: /^Import/ })
      .first()
      .click();
    const dialog = page.getByRole('dialog', { name: 'Import a folder, archive or video' });
    await dialog.getByLabel(/Folder or archive, or a video/).fill(SAMPLE);
    await dialog.getByText(/19 ids, 4650 boxes, 795 frames/).waitFor();
    await dialog.getByLabel('Frames per visit').fill('40');
    await dialog.getByLabel('Pause between visits').fill('20');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: /^PETS09-S2L1 19 identities/ }).waitFor();
    // One camera: no query has a match in another one, and the page says so.
    await page.getByText('19 valid queries').first().waitFor();
    await page.getByText('0 valid queries').first().waitFor();
  });

  it('makes a synthetic set and shows both occlusion tables with row sums', async () => {
    await page.keyboard.press('m');
    const dialog = page.getByRole('dialog', { name: 'Make a synthetic set' });
    await dialog.getByLabel('Name in the project').fill('Small synthetic');
    await dialog.getByLabel('Identities', { exact: true }).fill('8');
    await dialog.getByLabel('Cameras', { exact: true }).fill('2');
    await dialog.getByRole('button', { name: /Make the set/ }).click();
    await page.getByRole('link', { name: /^Small synthetic 8 identities/ }).click();
    await page.getByRole('heading', { name: 'Small synthetic' }).waitFor();
    await page.getByText('Tracklets by share of hidden frames').first().waitFor();
    await page.getByText('Frames by hidden area of the person').first().waitFor();
    // The published query row of the first table sums to 96.0; it is shown as it is.
    await page.getByText('96.0').first().waitFor();
    await isAccessible('Datasets');
  });

  it('finds a person in the grid by keyboard', async () => {
    await tab('Tracklets');
    await page.getByRole('heading', { name: /^103 tracklets/ }).waitFor();
    await isAccessible('Tracklets');
    await page.keyboard.press('/');
    await page.keyboard.type('0002');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^8 of 103 tracklets/ }).waitFor();
    await page.getByRole('gridcell').first().click();
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/annotate\/\d+/);
  });

  it('paints visibility by holding a digit while frames pass, and undoes it after a restart of the program', async () => {
    await page.getByText('No value', { exact: true }).first().waitFor();
    // A digit paints what is on the screen, so the analyst waits for each picture.
    const shown = (frame: number) => page.getByTestId('frame-drawn').getByText(`Frame ${frame}`, { exact: true }).waitFor();
    await shown(1);
    await page.keyboard.down('7');
    for (let frame = 2; frame <= 6; frame++) {
      await page.keyboard.press('ArrowRight');
      await shown(frame);
    }
    await page.keyboard.up('7');
    await page.getByText('60–70 % of the person hidden').first().waitFor();
    await page
      .getByText(/34\s+frames without a value/)
      .first()
      .waitFor();
    await page
      .getByText(/All changes saved/)
      .first()
      .waitFor();
    await isAccessible('Annotate');
    const address = new URL(page.url()).hash;

    await host.stop();
    await page
      .getByText(/Connection lost/)
      .first()
      .waitFor();
    host = await startHostProcess(join(folder, 'project'), [], env);
    await page.close();
    await openPage(address);
    await page.getByText('60–70 % of the person hidden').first().waitFor();
    await page.keyboard.press('Control+z');
    await page
      .getByText(/40\s+frames without a value/)
      .first()
      .waitFor();
    await page.keyboard.press('Control+Shift+z');
    await page
      .getByText(/34\s+frames without a value/)
      .first()
      .waitFor();
  });

  it('marks occluder, hidden parts and review, and shows the tracklet as reviewed', async () => {
    await page
      .getByRole('radio', { name: 'Object' })
      .or(page.getByRole('button', { name: 'Object', exact: true }))
      .first()
      .click();
    await page.getByRole('checkbox', { name: /Torso/ }).click();
    // Most frames have no value and were not seen: that is said, and only a second act marks it.
    await page.keyboard.press('r');
    await page.getByText(/34 of 40 frames have no value, \d+ were not seen/).waitFor();
    await page.keyboard.press('Shift+R');
    await page.getByText('Reviewed with gaps', { exact: true }).first().waitFor();
    await page
      .getByText(/All changes saved/)
      .first()
      .waitFor();
  });

  it('trains two methods for a few steps from the form', async () => {
    await tab('Runs');
    for (const method of ['resnet-tap', 'resnet-nonlocal']) {
      const form = page.getByRole('complementary', { name: 'New run' });
      await form.getByLabel('Method').selectOption(method);
      const dataset = form.getByLabel('Data set');
      await dataset.selectOption({ label: await dataset.locator('option', { hasText: 'Small synthetic' }).innerText() });
      await form.getByRole('textbox', { name: 'Epochs', exact: true }).fill('1');
      await form.getByRole('textbox', { name: 'Steps an epoch' }).fill('3');
      await form.getByRole('textbox', { name: 'Identities a batch' }).fill('2');
      await form.getByRole('textbox', { name: 'Clips an identity' }).fill('2');
      await form.getByRole('textbox', { name: 'Drop at epochs' }).fill('');
      await form.getByLabel('Name', { exact: true }).fill(`few-${method}`);
      await form.getByRole('button', { name: /Start now|Add to queue/ }).click();
      await page.getByRole('region', { name: `Run few-${method}` }).waitFor();
    }
    await isAccessible('Runs');
    await page.getByRole('button', { name: /No jobs/ }).waitFor({ timeout: 9 * MINUTE });
    await tab('Jobs');
    await page.getByText('Evaluate few-resnet-nonlocal on PETS09-S2L1 (visits)').first().waitFor();
    expect(await page.getByText(/failed/i).count()).toBe(0);
    await isAccessible('Jobs');
  });

  it('compares them query by query', async () => {
    await tab('Compare');
    await page.getByText('few-resnet-tap').first().waitFor();
    await page.getByText('few-resnet-nonlocal').first().waitFor();
    await page.getByText('Equals the run reports').first().waitFor();
    await page.getByText('4 of 4 queries valid, gallery 6').first().waitFor();
    // The question in words, and a row of figures a method; of four people there is no interval.
    const results = page.getByRole('table', { name: /cosine distance, 4 queries in a gallery of 6/ });
    await results
      .getByTitle(/No interval: 4 people, and it takes 5/)
      .first()
      .waitFor();
    expect(await results.getByRole('row').count()).toBe(3);
    await isAccessible('Compare');
    await page.getByText('1 of 4', { exact: true }).first().waitFor();
    await page.keyboard.press('ArrowDown');
    await page.getByText('2 of 4', { exact: true }).first().waitFor();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const pair = page.getByRole('region', { name: 'The pair' });
    await pair.getByText('Gallery entry').first().waitFor();
    await page.keyboard.press('Escape');
    await pair.waitFor({ state: 'detached' });
  });

  it('left the browser without a complaint', () => {
    expect(complaints).toEqual([]);
  });
});

/** WCAG 2.2 A and AA, by axe. */
async function isAccessible(view: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']).analyze();
  expect(
    violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target.join(' ')).join('; ')}`),
    view,
  ).toEqual([]);
}
