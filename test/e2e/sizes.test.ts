/** At every size of window, in every view and dialog: nothing out of reach, nothing overprinted, no text cut, the page itself never scrolls. A real browser. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { angle, evaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { layoutFaults } from '../support/layoutFaults.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { goTo } from '../support/goTo.ts';

let opened: OpenPage;
let page: Page;

beforeAll(async () => {
  opened = await openPage({
    fill: { tracklets: 60, identities: 12, cameras: 3, name: 'A data set with a name of some length' },
    viewport: { width: 1280, height: 800 },
  });
  ({ page } = opened);
});
afterAll(() => opened?.[Symbol.asyncDispose]());

const VIEWS = [
  ['tracklets?split=train,query,gallery,none&hidden=0-95&length=9-90', '[role="gridcell"]'],
  ['annotate', '[data-testid="frame-drawn"]'],
  ['runs', 'h2'],
  ['compare', 'h2'],
  ['datasets', '.stats figure'],
  ['jobs', 'h1'],
] as const;
const DIALOGS = [
  ['datasets', 'i'],
  ['datasets', 'm'],
  ['datasets', 'F2'],
  ['datasets', 'Control+k'],
  ['tracklets', 'g'],
  ['tracklets', '?'],
  ['tracklets', 'Control+,'],
] as const;

async function show(view: string, sign: string, page: Page): Promise<void> {
  await goTo(page, `/${view}`);
  await page.locator(sign).first().waitFor();
}

// 720 × 450 is also what a window of 1440 × 900 shows at 200 %.
describe.each([
  [1280, 800],
  [1280, 720],
  [1024, 768],
  [720, 450],
  [2560, 1440],
])('%i × %i', (width, height) => {
  it('every view', async () => {
    await page.setViewportSize({ width, height });
    const found: Record<string, string[]> = {};
    for (const [view, sign] of VIEWS) {
      await show(view, sign, page);
      // Layout follows sizes that are read back; the last state is what counts.
      await expect.poll(() => layoutFaults(page), { message: view }).toEqual([]);
      found[view] = await layoutFaults(page);
    }
    expect(Object.keys(found)).toHaveLength(VIEWS.length);
  });

  it('every dialog', async () => {
    await page.setViewportSize({ width, height });
    for (const [view, key] of DIALOGS) {
      await show(view, view === 'datasets' ? '.stats figure' : '[role="gridcell"]', page);
      await page.locator('.view').first().focus();
      await page.keyboard.press(key);
      await page.locator('dialog[open]').waitFor();
      await expect.poll(() => layoutFaults(page), { message: `${view} ${key}` }).toEqual([]);
      await page.keyboard.press('Escape');
      await page.locator('dialog[open]').waitFor({ state: 'detached' });
    }
  });
});

/** With all that a trained and evaluated run has to show: figures, curves, results, rank lists. */
it('runs and comparisons with figures', async () => {
  await using project = await evaluatedProject();
  const name = 'resnet-nonlocal-of-some-length';
  for (const [id, turn] of [
    [name, 0],
    [`${name}-2`, 35],
  ] as const) {
    await project.addRun(id, (tracklet) => angle(Math.ceil(tracklet / 2) * 20 + (tracklet % 2) * turn));
    const series = (step: number) => ({
      loss: 2 / step,
      'loss/identity': 1 / step,
      'loss/triplet': 1 / step,
      learningRate: 1e-3,
      imagesPerSecond: 1234.5,
      loaderShare: 0.123,
    });
    const lines = Array.from({ length: 60 }, (_, i) => ({ step: i + 1, epoch: Math.floor(i / 30), seconds: i * 1.2, series: series(i + 1) }));
    writeFileSync(join(project.folder, 'runs', id, 'metrics.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await project.host.context.db.write('runs', 'update', {
      id,
      step: 60,
      steps: 60,
      epoch: 2,
      parameters: 25_530_000,
      macsPerFrame: 4_051_000_000,
      elapsedSeconds: 7300,
    });
    await project.evaluate(id);
    await project.evaluate(id, { protocol: 'visits', distance: 'euclidean' });
  }
  const { url } = await project.host.serve();
  const { browser } = await launchBrowser();
  try {
    const page = await (await patientContext(browser, { viewport: { width: 1280, height: 720 } })).newPage();
    await page.goto(url);
    for (const [width, height] of [
      [1280, 720],
      [1440, 900],
      [1024, 768],
    ] as const) {
      await page.setViewportSize({ width, height });
      for (const [view, sign] of [
        [`runs/${name}`, '.mets .v small'],
        ['compare?q=9', '.rc .crop'],
        ['datasets/1', 'h2'],
        ['jobs', 'h1'],
      ] as const) {
        await show(view, sign, page);
        await expect.poll(() => layoutFaults(page), { message: `${view} at ${width} × ${height}` }).toEqual([]);
      }
    }
  } finally {
    await browser.close();
  }
});
