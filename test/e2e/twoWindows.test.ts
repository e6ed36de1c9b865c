/** Two windows on one project, in a real browser: each undoes its own last step, also after a reload; the step says which tracklet it was. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { goTo } from '../support/goTo.ts';

let opened: OpenPage;
let client: RpcClient;
let one: Page;
let two: Page;
let ids: number[] = [];

beforeAll(async () => {
  opened = await openPage({ fill: { tracklets: 30, identities: 6, cameras: 2 } });
  client = opened.project.host.client();
  const rows = await client.call('tracklets.rows', { ids: [...(await client.call('tracklets.query', { filter: {}, sort: 'identity' })).ids] });
  ids = rows.filter((row) => row.framesWithValue === 0).map((row) => row.id);
  // Tabs of one browser share its storage, but not the session's.
  one = opened.page;
  two = await opened.another();
});
afterAll(() => opened?.[Symbol.asyncDispose]());

async function paint(page: Page, id: number, digit: string): Promise<void> {
  await goTo(page, `/annotate/${id}`);
  await page.getByRole('application', { name: 'Lanes' }).waitFor();
  await page.getByTestId('frame-drawn').getByText('Frame 1', { exact: true }).waitFor();
  await page.keyboard.press(digit);
  await expect.poll(() => valueOf(id)).toBe(Number(digit));
}
const valueOf = async (id: number): Promise<number> => (await client.call('tracklets.get', { id })).row.visibility[0] ?? -1;
const nameOf = async (id: number): Promise<string> => {
  const { row } = await client.call('tracklets.get', { id });
  return `${row.identity} ${row.camera}`;
};

/** What the palette says of a command. */
async function inPalette(page: Page, typed: string): Promise<{ text: string; isOff: boolean }[]> {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Go to or run' }).fill(`>${typed}`);
  const options = page.getByRole('option');
  await options.first().waitFor();
  const found = await options.evaluateAll((all) =>
    (all as unknown as { innerText: string; getAttribute(name: string): string | null }[]).map((one) => ({
      text: one.innerText.replace(/\s+/g, ' ').trim(),
      isOff: one.getAttribute('aria-disabled') === 'true',
    })),
  );
  await page.keyboard.press('Escape');
  return found;
}

describe.sequential('undo', () => {
  it('is grey in palette and menu while there is nothing, and then named after its step in both', async () => {
    // A page in the desktop window, as far as its menu goes.
    await one.context().addInitScript(`window.trackletShell = { onCommand: () => () => undefined, showCommands: (states) => (window.told = states) };`);
    const page = await opened.another();
    const inMenu = () => page.evaluate(() => (globalThis as unknown as { told: { id: string }[] }).told.filter(({ id }) => /undo|redo/.test(id)));
    expect((await inPalette(page, 'undo'))[0]).toEqual({ text: expect.stringMatching(/^Undo Nothing to undo in this window/), isOff: true });
    expect(await inMenu()).toEqual([
      { id: 'app.undo', title: 'Undo', why: 'Nothing to undo in this window' },
      { id: 'app.redo', title: 'Redo', why: 'Nothing to redo in this window' },
    ]);
    await paint(page, ids[5]!, '2');
    const step = `visibility 2 on ${await nameOf(ids[5]!)}, frame 1`;
    await page.getByText(`Undo: ${step}`).waitFor();
    expect((await inPalette(page, 'undo'))[0]).toEqual({ text: `Undo: ${step} Ctrl Z`, isOff: false });
    await page.keyboard.press('Control+z');
    await expect.poll(async () => (await inPalette(page, 'redo'))[0]).toEqual({ text: expect.stringContaining(`Redo: ${step}`), isOff: false });
    expect(await inMenu()).toEqual([
      { id: 'app.undo', title: 'Undo', why: 'Nothing to undo in this window' },
      { id: 'app.redo', title: `Redo: ${step}`, why: null },
    ]);
    await page.close();
  });

  it('takes back the last step of the window where the key is pressed, and names its tracklet', async () => {
    await paint(one, ids[0]!, '3');
    await paint(two, ids[1]!, '5');
    await one.getByText(`Undo: visibility 3 on ${await nameOf(ids[0]!)}, frame 1`).waitFor();
    await two.getByText(`Undo: visibility 5 on ${await nameOf(ids[1]!)}, frame 1`).waitFor();
    await one.keyboard.press('Control+z');
    await one.getByText(`Undone: visibility 3 on ${await nameOf(ids[0]!)}, frame 1`).waitFor();
    expect([await valueOf(ids[0]!), await valueOf(ids[1]!)]).toEqual([-1, 5]);
  });

  it('is refused in a sentence while the other window has changed the same since', async () => {
    await paint(one, ids[2]!, '1');
    await paint(two, ids[2]!, '8');
    await one.keyboard.press('Control+z');
    await one.getByText(/cannot be undone here: another window has changed the same since/).waitFor();
    expect(await valueOf(ids[2]!)).toBe(8);
  });

  it('is still the window’s own after a reload', async () => {
    await paint(one, ids[3]!, '4');
    await paint(two, ids[4]!, '6');
    await one.reload();
    await one.getByText(`Undo: visibility 4 on ${await nameOf(ids[3]!)}, frame 1`).waitFor();
    await one.getByRole('application', { name: 'Lanes' }).waitFor();
    await one.keyboard.press('Control+z');
    await expect.poll(() => valueOf(ids[3]!)).toBe(-1);
    expect(await valueOf(ids[4]!)).toBe(6);
  });
});
