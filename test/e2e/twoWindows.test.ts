/** Two windows on one project, in a real browser: each undoes its own last step, also after a reload; the step says which tracklet it was. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { fillProject } from '../support/bigProject.ts';
import { launchBrowser } from '../support/browser.ts';
import { makeCrops } from '../support/madeCrops.ts';
import { openTestProject, type TestProject } from '../support/project.ts';

let project: TestProject;
let client: RpcClient;
let browser: Browser;
let one: Page;
let two: Page;
let ids: number[] = [];

beforeAll(async () => {
  project = await openTestProject();
  const root = join(project.folder, '..', 'crops');
  mkdirSync(root);
  await fillProject(project.host.context, { tracklets: 30, identities: 6, cameras: 2, pictures: { root, files: await makeCrops(root, 16) } });
  client = project.host.client();
  const rows = await client.call('tracklets.rows', { ids: [...(await client.call('tracklets.query', { filter: {}, sort: 'identity' })).ids] });
  ids = rows.filter((row) => row.framesWithValue === 0).map((row) => row.id);
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  // Tabs of one browser share its storage, but not the session's.
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  for (const set of [(page: Page) => (one = page), (page: Page) => (two = page)]) {
    const page = set(await context.newPage());
    await page.goto(url);
    await page.getByRole('gridcell').first().waitFor();
  }
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

async function paint(page: Page, id: number, digit: string): Promise<void> {
  await page.evaluate((hash) => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = hash;
  }, `/annotate/${id}`);
  await page.getByRole('application', { name: 'Lanes' }).waitFor();
  await page.getByTestId('frame-drawn').getByText('Frame 1', { exact: true }).waitFor();
  await page.keyboard.press(digit);
  await expect.poll(() => valueOf(id), { timeout: 20_000 }).toBe(Number(digit));
}
const valueOf = async (id: number): Promise<number> => (await client.call('tracklets.get', { id })).row.visibility[0] ?? -1;
const nameOf = async (id: number): Promise<string> => {
  const { row } = await client.call('tracklets.get', { id });
  return `${row.identity} ${row.camera}`;
};

describe.sequential('undo', () => {
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
    await expect.poll(() => valueOf(ids[3]!), { timeout: 20_000 }).toBe(-1);
    expect(await valueOf(ids[4]!)).toBe(6);
  });
});
