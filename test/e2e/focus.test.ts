/** In a real browser: after Escape, G and Enter the focus is where the keys of the view work, and the current cell stays the current one. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPage, type OpenPage } from '../support/openPage.ts';

let opened: OpenPage;
let page: Page;
let ids: number[] = [];

beforeAll(async () => {
  opened = await openPage({ fill: { tracklets: 60, identities: 8, cameras: 2 } });
  ({ page } = opened);
  ids = [...(await opened.project.host.client().call('tracklets.query', { filter: {}, sort: 'identity' })).ids];
});
afterAll(() => opened?.[Symbol.asyncDispose]());

const press = (key: string) => page.keyboard.press(key);
/** Role or tag of what has the focus, and the current cell of the grid. */
const state = () =>
  page.evaluate(() => {
    interface Node {
      tagName: string;
      id: string;
      getAttribute(name: string): string | null;
    }
    const { document } = globalThis as unknown as { document: { activeElement: Node; querySelector(selector: string): Node | null } };
    return { focus: document.activeElement.getAttribute('role') ?? document.activeElement.tagName, cell: document.querySelector('.is-cur')?.id ?? null };
  });
const isNow = (focus: string, cell: string | null) => expect.poll(state).toEqual({ focus, cell });
/** Makes the n-th of the list without filters the current one, by keyboard. */
const choose = async (index: number): Promise<string> => {
  const cell = `tracklet-${ids[index]}`;
  await page.getByRole('grid', { name: 'Tracklets' }).focus();
  await press('Home');
  await isNow('grid', `tracklet-${ids[0]}`);
  for (let i = 1; i <= index; i++) await press('ArrowRight');
  await isNow('grid', cell);
  return cell;
};

describe.sequential('the focus', () => {
  it('comes back from the search by Escape and goes to what it found by Enter; the cell stays while the list has it', async () => {
    const cell = await choose(3);
    await press('/');
    await isNow('INPUT', cell);
    await page.keyboard.type('000');
    await page.waitForURL(/text=000/);
    await press('Escape');
    await isNow('INPUT', cell);
    await press('Escape');
    await isNow('grid', cell);
    await press('/');
    await page.keyboard.type('0001');
    await press('Enter');
    await page.waitForURL(/text=0001/);
    await isNow('grid', cell);
    await press('Shift+C');
    await page.waitForURL((url) => !url.hash.includes('text='));
    await isNow('grid', cell);
  });

  it('comes back from G by Escape, and is on the found cell after Enter, wherever it was before', async () => {
    const cell = await choose(2);
    await press('g');
    await isNow('combobox', cell);
    await press('Escape');
    await isNow('grid', cell);
    await press('Escape');
    await isNow('grid', cell);
    await page.getByRole('checkbox').first().focus();
    await press('g');
    await page.keyboard.type('5');
    await page.getByRole('option', { name: /^0005/ }).waitFor();
    await press('Enter');
    await expect.poll(async () => (await state()).focus).toBe('grid');
    await expect.poll(async () => (await state()).cell).not.toBe(cell);
    const found = (await state()).cell!;
    // Enter annotates that one, and the way back ends on it.
    await press('Enter');
    await page.waitForURL(new RegExp(`#/annotate/${found.replace('tracklet-', '')}$`));
    await isNow('application', null);
    await press('Control+1');
    await isNow('grid', found);
  });

  it('comes back to the lanes of Annotate from the note, dialogs, and menus opened by the pointer', async () => {
    await choose(1);
    await press('Enter');
    await isNow('application', null);
    for (const key of ['Enter', 'Escape']) {
      await press('n');
      await isNow('INPUT', null);
      await press(key);
      await isNow('application', null);
    }
    for (const key of ['Control+k', '?', 'Control+,']) {
      await press(key);
      await expect.poll(async () => (await state()).focus).not.toBe('application');
      await press('Escape');
      await isNow('application', null);
    }
    for (const key of ['Escape', 'Enter']) {
      await page.getByRole('button', { name: /^[\d.]+×$/ }).click();
      await isNow('menuitemradio', null);
      await press(key);
      await isNow('application', null);
    }
  });
});
