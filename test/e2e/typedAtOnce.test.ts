/** Keys that are typed before the palette or a dialog is loaded, in a real browser: they are for it, and the view does nothing with them. */
import type { Route } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPage, type OpenPage } from '../support/openPage.ts';

let open: OpenPage;
/** Parts of the page that are asked for and wait. */
const held: Route[] = [];
let isHolding = true;

beforeAll(async () => {
  open = await openPage({ fill: { tracklets: 12, identities: 4, cameras: 2 } });
  await open.page.route(/\.js$/, (route) => (isHolding ? void held.push(route) : route.continue()));
});
afterAll(() => open?.[Symbol.asyncDispose]());

const selected = (): Promise<number> => open.page.getByRole('gridcell', { selected: true }).count();

it('letters after the first Ctrl+K stand in the field', async () => {
  const { page } = open;
  const before = await selected();
  await page.keyboard.press('Control+K');
  await page.keyboard.type('xr');
  expect(await page.getByRole('combobox', { name: 'Go to or run' }).inputValue()).toBe('xr');
  expect([await selected(), await page.getByRole('dialog').count()]).toEqual([before, 1]);
  await page.keyboard.press('Escape');
});

it('letters after a key that asks for a dialog leave the view as it is', async () => {
  const { page } = open;
  const before = await selected();
  await page.keyboard.press('?');
  await page.keyboard.type('x');
  await expect.poll(() => held.length).toBeGreaterThan(0);
  expect(await selected()).toBe(before);
  isHolding = false;
  await Promise.all(held.splice(0).map((route) => route.continue()));
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  expect(await selected()).toBe(before);
  await page.keyboard.press('Escape');
  // Where no dialog is asked for, it is a key of the view.
  await page.keyboard.type('x');
  await expect.poll(selected).toBe(before + 1);
});
