/** A press with Shift in the grid, in a real browser: it chooses tracklets, and no words of the page. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage, type OpenPage } from '../support/openPage.ts';

let open: OpenPage;
beforeAll(async () => {
  open = await openPage({ fill: { tracklets: 40, identities: 8, cameras: 2 } });
});
afterAll(() => open?.[Symbol.asyncDispose]());

it('chooses the tracklets up to there and no text', async () => {
  const { page } = open;
  const cells = page.getByRole('gridcell');
  await cells.nth(1).click();
  await cells.nth(6).click({ modifiers: ['Shift'] });
  await expect.poll(() => page.getByRole('gridcell', { selected: true }).count()).toBe(6);
  expect(await page.evaluate('String(getSelection())')).toBe('');
});
