/**
 * The main job as an analyst does it, by mouse and keyboard, in a real browser on a real host: make and import data, mark visibility, undo it
 * across a restart, train two methods for a few steps, compare them. Sizes are tiny; nothing is simulated.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser } from '../support/browser.ts';
import { startHostProcess, type RunningHost } from '../support/hostProcess.ts';

const SAMPLE = fileURLToPath(new URL('../../datasets/samples/pets09-s2l1', import.meta.url));
const MINUTE = 60_000;

let folder = '';
let host: RunningHost;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracklet-e2e-'));
  host = await startHostProcess(join(folder, 'project'));
  const launched = await launchBrowser();
  browser = launched.browser;
  await openPage();
});

afterAll(async () => {
  await browser?.close();
  await host?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function openPage(): Promise<void> {
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(MINUTE);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // A lost connection is part of this test; everything else that the page complains about is a fault.
    if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION_REFUSED/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(host.url);
}

const tab = (name: string) => page.getByRole('link', { name, exact: true }).click();

describe.sequential('the main job', () => {
  it('imports a video with tracks through the dialog', async () => {
    await tab('Datasets');
    await page.keyboard.press('i');
    const dialog = page.getByRole('dialog', { name: /Import/ });
    await dialog.getByLabel(/Folder, or a video/).fill(SAMPLE);
    await dialog.getByText(/19 ids/).waitFor();
    await dialog.getByLabel(/Frames per visit|Visit/i).first().fill('40');
    await dialog.getByLabel(/Pause/i).first().fill('20');
    await dialog.getByRole('button', { name: /^Import/ }).click();
    await page.getByText('19', { exact: true }).first().waitFor({ timeout: 2 * MINUTE });
    await page.getByText('Match in another visit').waitFor({ timeout: 2 * MINUTE });
    expect(await page.getByText('19 valid queries').count()).toBe(1);
  });

  it('makes a synthetic set and shows both occlusion tables with row sums', async () => {
    await page.keyboard.press('m');
    const dialog = page.getByRole('dialog', { name: 'Make a synthetic set' });
    await dialog.getByLabel('Name in the project').fill('Small synthetic');
    await dialog.getByLabel(/Identities/).fill('8');
    await dialog.getByLabel(/Cameras/).fill('2');
    await dialog.getByRole('button', { name: /Make the set/ }).click();
    await page.getByRole('button', { name: /Small synthetic/ }).or(page.getByRole('option', { name: /Small synthetic/ })).or(page.getByText('Small synthetic', { exact: true })).first().click({ timeout: 3 * MINUTE });
    await page.getByRole('heading', { name: 'Small synthetic' }).waitFor({ timeout: 3 * MINUTE });
    await page.getByText(/by share of/i).first().waitFor({ timeout: MINUTE });
  });

  it('paints visibility by holding a digit while frames pass, and undoes it after a restart', async () => {
    await tab('Tracklets');
    await page.getByRole('grid').or(page.locator('[role=listbox]')).first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('0001');
    await page.keyboard.press('Escape');
    await page.waitForTimeout(500);
    await page.locator('[role=gridcell], [role=option]').first().click();
    await page.keyboard.press('Enter');
    await page.waitForURL(/#\/annotate\/\d+/);
    await page.getByText('No value').first().waitFor();
    await page.keyboard.down('7');
    for (let frame = 0; frame < 5; frame++) await page.keyboard.press('ArrowRight');
    await page.keyboard.up('7');
    await page.getByText('All changes saved').waitFor();
    await page.keyboard.press('Home');
    await page.getByText('60–70 % of the person hidden').waitFor();
    await page.getByText(/34 frames without a value|^34$/).first().waitFor();
    const address = new URL(page.url()).hash;

    await host.stop();
    await page.getByText(/Connection lost/).waitFor();
    host = await startHostProcess(join(folder, 'project'));
    await page.close();
    await openPage();
    await page.goto(new URL(address, page.url()).href);
    await page.getByText('60–70 % of the person hidden').waitFor();
    await page.keyboard.press('Control+z');
    await page.getByText('No value').first().waitFor();
    await page.keyboard.press('Control+Shift+z');
    await page.getByText('60–70 % of the person hidden').waitFor();
  });

  it('trains two methods for a few steps from the form', async () => {
    await tab('Runs');
    for (const method of ['resnet-tap', 'resnet-nonlocal']) {
      const form = page.getByRole('complementary', { name: 'New run' });
      await form.getByLabel('Method').selectOption(method);
      await form.getByLabel('Data set').selectOption({ label: (await form.getByLabel('Data set').locator('option', { hasText: 'Small synthetic' }).textContent()) ?? '' });
      await form.getByLabel('Epochs', { exact: true }).fill('1');
      await form.getByLabel('Steps an epoch').fill('3');
      await form.getByLabel('Identities a batch').fill('2');
      await form.getByLabel('Clips an identity').fill('2');
      await form.getByLabel('Drop at epochs').fill('');
      await form.getByLabel('Name', { exact: true }).fill(`few-${method}`);
      await form.getByRole('button', { name: /Start now|Add to queue/ }).click();
      await page.getByRole('region', { name: `Run few-${method}` }).waitFor({ timeout: 2 * MINUTE });
    }
    await page.getByText('Done').nth(1).waitFor({ timeout: 8 * MINUTE });
  });

  it('compares them query by query', async () => {
    await expect.poll(async () => (await page.locator('body').innerText()).includes('No jobs'), { timeout: 8 * MINUTE, interval: 1000 }).toBe(true);
    await tab('Compare');
    await page.getByText('few-resnet-tap').first().waitFor();
    await page.getByText('few-resnet-nonlocal').first().waitFor();
    await page.getByText(/Equals the run reports/).waitFor();
    await page.getByText(/valid/).first().waitFor();
    const before = page.url();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.url()).not.toBe(before);
  });

  it('left the browser without a complaint', () => {
    expect(complaints).toEqual([]);
  });
});
