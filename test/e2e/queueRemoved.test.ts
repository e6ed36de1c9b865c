/** Tracklets that were removed after the queue of Annotate was made are passed over, and it is said; also where the address names one. A real browser. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { fillProject } from '../support/bigProject.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { goTo } from '../support/goTo.ts';

let opened: OpenPage;
let page: Page;
let client: RpcClient;
let order: number[] = [];
let removed: number[] = [];
let removedSet = 0;

beforeAll(async () => {
  opened = await openPage({ fill: { tracklets: 9, identities: 3, cameras: 2 } });
  ({ page } = opened);
  client = opened.project.host.client();
  removedSet = await fillProject(opened.project.host.context, { tracklets: 8, identities: 3, cameras: 2, name: 'Other' });
  // The list is in the order of the sets: those in the middle go.
  await fillProject(opened.project.host.context, { tracklets: 5, identities: 2, cameras: 1, name: 'Third' });
  await page.reload();
  order = [...(await client.call('tracklets.query', { filter: {}, sort: 'identity' })).ids];
  removed = [...(await client.call('tracklets.query', { filter: { datasetIds: [removedSet] }, sort: 'identity' })).ids];
});
afterAll(() => opened?.[Symbol.asyncDispose]());

it('Tab goes on to the next one that is there, and says how many it passed over', async () => {
  const left = order.filter((id) => !removed.includes(id));
  // The last one before some that go.
  const from = left.find((id) => removed.includes(order[order.indexOf(id) + 1]!))!;
  const to = left[left.indexOf(from) + 1]!;
  const between = order.indexOf(to) - order.indexOf(from) - 1;
  await page.getByRole('gridcell').first().click();
  await page.keyboard.press('Enter');
  await page.waitForURL(/annotate/);
  await goTo(page, `/annotate/${from}`);
  await page.getByRole('application', { name: 'Lanes' }).waitFor();
  await page.locator('.panel.head').getByText(`of ${order.length}`, { exact: true }).waitFor();
  await client.call('datasets.remove', { id: removedSet });
  await page.locator('.panel.head').getByText(`of ${left.length}`, { exact: true }).waitFor();
  await page.locator('.panel.head').getByText(`${removed.length} removed`).waitFor();
  await page.getByRole('application', { name: 'Lanes' }).focus();
  await page.keyboard.press('Tab');
  await page.waitForURL(new RegExp(`annotate/${to}(\\?|$)`));
  await page
    .getByText(between === 1 ? 'Skipped 1 tracklet of the queue that was removed' : `Skipped ${between} tracklets of the queue that were removed`)
    .waitFor();
  await page.getByRole('application', { name: 'Lanes' }).focus();
  await page.keyboard.press('Shift+Tab');
  await page.waitForURL(new RegExp(`annotate/${from}(\\?|$)`));
});

it('an address of one that is gone leads on', async () => {
  const at = order.findIndex((id, index) => removed.includes(id) && order.slice(index).some((later) => !removed.includes(later)));
  const next = order.slice(at).find((id) => !removed.includes(id))!;
  await goTo(page, `/annotate/${order[at]}`);
  await page.getByText('This tracklet could not be shown').waitFor();
  await page.getByRole('button', { name: 'Next of the queue' }).click();
  await page.waitForURL(new RegExp(`annotate/${next}(\\?|$)`));
  await page.getByRole('application', { name: 'Lanes' }).waitFor();
  expect(opened.complaints).toEqual([]);
});
