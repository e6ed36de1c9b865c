/**
 * Labels along an index and under a scale in a window that shows little, as at 200 % zoom: none stands on another. A real browser; what overlaps is
 * measured by the boxes that the browser drew.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { goTo } from '../support/goTo.ts';

let opened: OpenPage;
let page: Page;

beforeAll(async () => {
  opened = await openPage({ fill: { tracklets: 400, identities: 120, cameras: 3, name: 'Street' }, viewport: { width: 1280, height: 720 } });
  ({ page } = opened);
});
afterAll(() => opened?.[Symbol.asyncDispose]());

/** Pairs of these elements whose letters overlap, each group of one parent for itself. */
function overlapping(selector: string): Promise<string[]> {
  return page.locator(selector).evaluateAll((list: unknown[]) => {
    /* eslint-disable -- inside the page, where the types of the Node side do not hold */
    const { document } = globalThis as any;
    const boxes = (list as any[]).map((element) => {
      const range = document.createRange();
      range.selectNodeContents(element);
      return { text: element.textContent.trim(), parent: element.parentElement, box: range.getBoundingClientRect() };
    });
    const found: string[] = [];
    for (const [i, a] of boxes.entries())
      for (const b of boxes.slice(i + 1)) {
        if (a.parent !== b.parent) continue;
        const width = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const height = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        if (width > 0.5 && height > 0.5) found.push(`${a.text} on ${b.text}`);
      }
    return found;
    /* eslint-enable */
  });
}
/** Of what can be pressed: pairs of boxes that overlap. */
function pressedTogether(selector: string): Promise<string[]> {
  return page.locator(selector).evaluateAll((list: unknown[]) => {
    /* eslint-disable -- inside the page */
    const boxes = (list as any[]).map((element) => ({ text: element.textContent.trim(), box: element.getBoundingClientRect() }));
    return boxes.slice(1).flatMap(({ text, box }, i) => (box.top < boxes[i]!.box.bottom - 0.5 ? [`${boxes[i]!.text} on ${text}`] : []));
    /* eslint-enable */
  });
}

// Windows of 1440 × 900, 1280 × 720 and 1024 × 600 at 200 %.
it.each([
  [720, 450],
  [640, 360],
  [512, 300],
  [1440, 900],
])('labels of the index and of the scales, at %i × %i', async (width, height) => {
  await page.setViewportSize({ width, height });
  await goTo(page, '/tracklets?split=train,query,gallery,none&hidden=0-95&length=9-90');
  await page
    .getByRole('button', { name: /^Clear \d/ })
    .first()
    .waitFor();
  await page.locator('.jump button').first().waitFor({ state: 'attached' });
  await expect.poll(() => page.locator('.jump button').first().innerText()).not.toBe('');
  await expect.poll(() => pressedTogether('.jump button')).toEqual([]);
  await expect.poll(() => overlapping('.jump button')).toEqual([]);
  await expect.poll(() => overlapping('.ht span')).toEqual([]);
  // First and last of the list are reached from it, as far as there is room for both.
  const labels = await page.locator('.jump button').count();
  if (height >= 360) expect(labels).toBeGreaterThanOrEqual(2);
  if (height >= 900) expect(labels).toBe(12);
});
