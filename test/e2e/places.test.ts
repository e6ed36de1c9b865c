/** A window finds filter, order, scroll, current cell, queue and frame again: after a change of the view and after a reload, in a real browser. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { goTo } from '../support/goTo.ts';

let opened: OpenPage;
let page: Page;

beforeAll(async () => {
  opened = await openPage({ fill: { tracklets: 400, identities: 40, cameras: 3 }, viewport: { width: 1280, height: 800 } });
  ({ page } = opened);
});
afterAll(() => opened?.[Symbol.asyncDispose]());

const tab = (name: string) => page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name, exact: true }).click();
/** What the person sees of the grid. */
async function grid(): Promise<Record<string, unknown>> {
  const box = page.getByRole('grid', { name: 'Tracklets' });
  await page.getByRole('gridcell').first().waitFor();
  return {
    count: await page.locator('h1').first().innerText(),
    order: await page.locator('.gridpane .bar [aria-haspopup]').first().innerText(),
    top: await box.evaluate((element) => Math.round((element as unknown as { scrollTop: number }).scrollTop)),
    current: await box.getAttribute('aria-activedescendant'),
  };
}
/** Tracklet, queue and place in it; how much of it was seen may go on changing. */
async function place(): Promise<string> {
  await page.getByRole('application', { name: 'Lanes' }).waitFor();
  return (await page.locator('.panel.head').innerText()).replace(/^.*not seen$/m, '');
}

describe.sequential('a window', () => {
  let before: Record<string, unknown>;

  it('shows the grid as it was after another view, and after a reload', async () => {
    await goTo(page, '/tracklets?length=20-200&sort=lengthDesc');
    await page.getByRole('heading', { name: /of 400 tracklets/ }).waitFor();
    await page.getByRole('grid', { name: 'Tracklets' }).focus();
    for (let i = 0; i < 8; i++) await page.keyboard.press('ArrowDown');
    // Scrolled on, so that place and current cell are two things, both in view.
    await page.mouse.move(800, 500);
    await page.mouse.wheel(0, 90);
    await expect.poll(async () => (await grid())['top']).toBeGreaterThan(300);
    // It lands a moment after the wheel has stopped.
    await expect
      .poll(
        async () => {
          const last = before;
          before = await grid();
          return JSON.stringify(before) === JSON.stringify(last);
        },
        { interval: 300 },
      )
      .toBe(true);
    expect(before['current']).not.toBeNull();
    await tab('Runs');
    await page.getByRole('heading', { name: /0 runs/ }).waitFor();
    await tab('Tracklets');
    await expect.poll(grid).toEqual(before);
    await page.reload();
    await expect.poll(grid).toEqual(before);
  });

  it('works on through the same queue, at the same frame', async () => {
    await page.getByRole('grid', { name: 'Tracklets' }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await expect.poll(place).toContain('filtered tracklets');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/at=2$/);
    const here = await place();
    await page.reload();
    await expect.poll(place).toBe(here);
    await tab('Jobs');
    await page.reload();
    await tab('Annotate');
    await page.waitForURL(/at=2$/);
    await expect.poll(place).toBe(here);
    await tab('Tracklets');
    await expect.poll(grid).toMatchObject({ count: before['count'], order: before['order'] });
  });
});
