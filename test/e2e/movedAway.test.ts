/** The project is moved away while its page is open: what is said of it, and what is not saved, is there after a reload as before. A real browser. */
import { renameSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { goTo } from '../support/goTo.ts';

let opened: OpenPage;
let page: Page;
let client: RpcClient;

beforeAll(async () => {
  opened = await openPage({ fill: { tracklets: 6, identities: 2, cameras: 1 } });
  ({ page } = opened);
  client = opened.project.host.client();
  // A change that waits holds the window back; the person goes all the same.
  page.on('dialog', (dialog) => void dialog.accept());
});
afterAll(() => opened?.[Symbol.asyncDispose]());

it('is told, with the change that waits, also after the page was loaded again; once back, that is saved by one click', async () => {
  const { folder } = opened.project;
  const id = (await client.call('tracklets.query', { filter: {}, sort: 'identity' })).ids[0]!;
  await goTo(page, `/annotate/${id}`);
  await page.getByTestId('frame-drawn').getByText('Frame 1', { exact: true }).waitFor();
  renameSync(folder, `${folder}-away`);
  try {
    // Before anything waits, too.
    await page.getByText('Nothing is saved now').waitFor();
    await page.keyboard.press('9');
    const banner = page.getByRole('alert').filter({ hasText: 'no longer in its place' });
    await banner.getByText('1 change is not saved, but kept in this browser.').waitFor();
    await page.reload();
    await banner.getByText('1 change is not saved, but kept in this browser.').waitFor();
    await banner.getByText('Put it back where it was').waitFor();
    await page.getByText('1 change not saved').waitFor();
    expect(await page.getByText('All changes saved').count()).toBe(0);
    // Nothing to press while it could not be done.
    expect(await page.getByRole('button', { name: 'Save it now' }).count()).toBe(0);
  } finally {
    renameSync(`${folder}-away`, folder);
  }
  await page.getByRole('button', { name: 'Save it now' }).click();
  await page.getByText(/All changes saved/).waitFor();
  expect((await client.call('tracklets.get', { id })).row.visibility[0]).toBe(9);
  await expect.poll(async () => (await page.getByRole('alert').allInnerTexts()).join('').trim()).toBe('');
});
