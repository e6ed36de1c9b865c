/** At every size of window, in every view and dialog: nothing out of reach, nothing overprinted, the page itself never scrolls. A real browser. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { layoutFaults } from '../support/layoutFaults.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';

let opened: OpenPage;
let page: Page;

beforeAll(async () => {
  opened = await openPage({
    fill: { tracklets: 60, identities: 12, cameras: 3, name: 'A data set with a name of some length' },
    viewport: { width: 1280, height: 800 },
    timeout: 60_000,
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

async function show(view: string, sign: string): Promise<void> {
  await page.evaluate((hash) => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = hash;
  }, `#/${view}`);
  await page.locator(sign).first().waitFor();
}

// 720 × 450 is also what a window of 1440 × 900 shows at 200 %.
describe.each([
  [1280, 800],
  [1024, 768],
  [720, 450],
  [2560, 1440],
])('%i × %i', (width, height) => {
  it('every view', async () => {
    await page.setViewportSize({ width, height });
    const found: Record<string, string[]> = {};
    for (const [view, sign] of VIEWS) {
      await show(view, sign);
      // Layout follows sizes that are read back; the last state is what counts.
      await expect.poll(() => layoutFaults(page), { message: view }).toEqual([]);
      found[view] = await layoutFaults(page);
    }
    expect(Object.keys(found)).toHaveLength(VIEWS.length);
  });

  it('every dialog', async () => {
    await page.setViewportSize({ width, height });
    for (const [view, key] of DIALOGS) {
      await show(view, view === 'datasets' ? '.stats figure' : '[role="gridcell"]');
      await page.locator('.view').first().focus();
      await page.keyboard.press(key);
      await page.locator('dialog[open]').waitFor();
      await expect.poll(() => layoutFaults(page), { message: `${view} ${key}` }).toEqual([]);
      await page.keyboard.press('Escape');
      await page.locator('dialog[open]').waitFor({ state: 'detached' });
    }
  });
});
