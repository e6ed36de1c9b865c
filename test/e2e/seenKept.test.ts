/**
 * What a person was shown is kept when the window goes at once: a reload right after a step, and a window that is closed while nobody
 * answers. Counted once, whichever way it came. A real browser on a real host.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { goTo } from '../support/goTo.ts';

let opened: OpenPage;
let client: RpcClient;
let ids: number[] = [];

beforeAll(async () => {
  opened = await openPage({ fill: { tracklets: 12, identities: 4, cameras: 2 } });
  client = opened.project.host.client();
  ids = [...(await client.call('tracklets.query', { filter: {}, sort: 'lengthDesc' })).ids];
});
afterAll(() => opened?.[Symbol.asyncDispose]());

async function show(page: Page, id: number): Promise<void> {
  await goTo(page, `/annotate/${id}`);
  await page.getByRole('application', { name: 'Lanes' }).waitFor();
  await page.getByTestId('frame-drawn').getByText('Frame 1', { exact: true }).waitFor();
}
/** Steps so far on and sees each picture. */
async function step(page: Page, to: number): Promise<void> {
  for (let frame = 2; frame <= to; frame++) {
    await page.keyboard.press('ArrowRight');
    await page.getByTestId('frame-drawn').getByText(`Frame ${frame}`, { exact: true }).waitFor();
  }
}
async function seen(id: number): Promise<{ frames: number[]; ms: number }> {
  const columns = (await client.call('annotations.seen', { trackletId: id })).seen;
  if (!columns) return { frames: [], ms: 0 };
  return { frames: [...columns.fastest].flatMap((code, position) => (code > 0 ? [position + 1] : [])), ms: columns.shownMs.reduce((sum, ms) => sum + ms, 0) };
}
const kept = (page: Page) => page.evaluate(`Object.keys(localStorage).filter((key) => key.startsWith('records:')).length`);

describe.sequential('frames that were shown', () => {
  it('reach the host when the page is loaded again at once, each once', async () => {
    const page = await opened.another();
    const id = ids[0]!;
    await show(page, id);
    await step(page, 4);
    await page.reload();
    await page
      .getByTestId('frame-drawn')
      .getByText(/Frame \d/)
      .waitFor();
    await expect.poll(async () => (await seen(id)).frames).toEqual([1, 2, 3, 4]);
    await page.getByText(/All changes saved/).waitFor();
    await expect.poll(() => kept(page)).toBe(0);
    await page.close();
  });

  it('reach it from a window that was closed, through the next one', async () => {
    const page = await opened.another();
    const id = ids[1]!;
    await show(page, id);
    await step(page, 3);
    // As when its last message never left: the socket is deaf from here on.
    await page.evaluate(`WebSocket.prototype.send = () => undefined`);
    await page.close({ runBeforeUnload: false });
    const next = await opened.another();
    await expect.poll(async () => (await seen(id)).frames).toEqual([1, 2, 3]);
    await expect.poll(() => kept(next)).toBe(0);
    await next.close();
  });

  it('are counted once although both the message and what was kept arrive', async () => {
    const page = await opened.another();
    const id = ids[2]!;
    await show(page, id);
    await step(page, 3);
    // The message goes, its answer is never heard, and the kept copy stays for the next page.
    await page.evaluate(`(() => {
      const remove = Storage.prototype.removeItem;
      Storage.prototype.removeItem = function (key) { if (!key.startsWith('records:')) remove.call(this, key); };
      dispatchEvent(new PageTransitionEvent('pagehide'));
    })()`);
    await expect.poll(async () => (await seen(id)).frames).toEqual([1, 2, 3]);
    const { ms } = await seen(id);
    expect(await kept(page)).toBe(1);
    const next = await opened.another();
    await expect.poll(() => kept(next)).toBe(0);
    expect((await seen(id)).ms).toBe(ms);
    await next.close();
    await page.close();
  });
});
