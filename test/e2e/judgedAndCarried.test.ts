/**
 * In a real browser: what counts as judged. Holding 0 and pressing End carries over frames that nobody saw; a click on the bars writes nothing;
 * a digit on a frame without a picture sets nothing; R says what is missing; what was on the screen is recorded. The host's own answers decide.
 */
import { rmSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RpcClient } from '../../src-shared/rpc.ts';
import type { Annotation } from '../../src-shared/contract/annotations.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { goTo } from '../support/goTo.ts';

let opened: OpenPage;
let client: RpcClient;
let page: Page;
let tracklets: { id: number; frames: number }[] = [];

beforeAll(async () => {
  opened = await openPage({ fill: { tracklets: 40, identities: 8, cameras: 2 }, pictures: 64 });
  ({ page } = opened);
  client = opened.project.host.client();
  const { ids } = await client.call('tracklets.query', { filter: {}, sort: 'identity' });
  tracklets = (await client.call('tracklets.rows', { ids: [...ids] })).filter((row) => row.framesWithValue === 0 && row.frames > 30);
});
afterAll(() => opened?.[Symbol.asyncDispose]());

async function annotate(index: number): Promise<{ id: number; frames: number }> {
  const tracklet = tracklets[index]!;
  await goTo(page, `/annotate/${tracklet.id}`);
  await page.getByTestId('position').getByText(`/ ${tracklet.frames}`).waitFor();
  await shown(1);
  return tracklet;
}
const shown = (frame: number) => page.getByTestId('frame-drawn').getByText(`Frame ${frame}`, { exact: true }).waitFor();
const valuesOf = async (trackletId: number): Promise<Annotation[]> =>
  (await client.call('annotations.get', { trackletId })).filter((value) => value.field === 'visibility');
const rangesOf = async (trackletId: number) => (await valuesOf(trackletId)).map(({ start, end, value, how }) => [start, end, value, how]);
const seenOf = async (trackletId: number): Promise<number[]> => [...((await client.call('annotations.seen', { trackletId })).seen?.fastest ?? [])];

describe.sequential('what counts as judged', () => {
  it('holding 0 with End: judged where it began and ended, carried between, and recorded as not seen', async () => {
    const { id, frames } = await annotate(0);
    await page.keyboard.down('0');
    await page.keyboard.press('End');
    await shown(frames);
    await page.keyboard.up('0');
    await expect
      .poll(() => rangesOf(id))
      .toEqual([
        [0, 0, 0, 'judged'],
        [1, frames - 2, 0, 'carried'],
        [frames - 1, frames - 1, 0, 'judged'],
      ]);
    const { row } = await client.call('tracklets.get', { id });
    await page.getByText(`Undo: visibility 0 on ${row.identity} ${row.camera}, frames 1–${frames}, ${frames - 2} carried`).waitFor();
    // Leaving the tracklet saves what was shown.
    await annotate(1);
    await expect.poll(() => seenOf(id)).toEqual(Array.from({ length: frames }, (_, i) => (i === 0 || i === frames - 1 ? 1 : 0)));
  });

  it('R says what is missing, marks only by a second act, and the grid tells it from a whole review', async () => {
    const { id, frames } = await annotate(0);
    await page.keyboard.press('r');
    await page.getByText(`${frames - 2} of ${frames} frames were not seen`).waitFor();
    expect((await client.call('tracklets.get', { id })).row.review).toBe('started');
    await page.keyboard.press('r');
    expect((await client.call('tracklets.get', { id })).row.review).toBe('started');
    await page.keyboard.press('Shift+R');
    await page.getByText('Reviewed with gaps', { exact: true }).first().waitFor();
    const rowNow = async () => (await client.call('tracklets.get', { id })).row;
    await expect.poll(rowNow).toMatchObject({ review: 'gaps', reviewGaps: frames - 2 });
    // Playing through shows them all: the review is whole then.
    await page.keyboard.press('Home');
    for (let frame = 2; frame <= frames; frame++) {
      await page.keyboard.press('ArrowRight');
      await shown(frame);
    }
    await annotate(1);
    await expect.poll(async () => (await rowNow()).review).toBe('reviewed');
  });

  it('a click on the bars moves the playhead and writes nothing, a digit then sets the value', async () => {
    const { id } = await annotate(2);
    const lanes = (await page.getByRole('application', { name: 'Lanes' }).boundingBox())!;
    const before = await client.call('history.state', {});
    await page.mouse.click(lanes.x + lanes.width / 2, lanes.y + 120);
    await page.getByTestId('position').locator('b').filter({ hasNotText: /^1$/ }).waitFor();
    expect(await valuesOf(id)).toEqual([]);
    expect(await client.call('history.state', {})).toEqual(before);
    const at = Number(await page.getByTestId('position').locator('b').innerText());
    await shown(at);
    await page.keyboard.press('4');
    await expect.poll(() => rangesOf(id)).toEqual([[at - 1, at - 1, 4, 'judged']]);
  });

  it('a digit on a frame whose picture is missing sets nothing and says why', async () => {
    rmSync(opened.crops, { recursive: true });
    const tracklet = tracklets[3]!;
    await goTo(page, `/annotate/${tracklet.id}`);
    await page.getByText('No picture for frame 1').waitFor();
    await page.keyboard.press('5');
    await page.getByText('Frame 1 has no picture: nothing was set').waitFor();
    await page.keyboard.down('0');
    await page.keyboard.press('End');
    await page.keyboard.up('0');
    expect(await valuesOf(tracklet.id)).toEqual([]);
    expect(opened.complaints).toEqual([]);
  });
});
