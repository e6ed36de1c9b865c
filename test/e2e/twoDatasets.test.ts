/**
 * Two data sets whose cameras and people have the same names, in a real browser: where both are shown each is told with its data set. And the length
 * charts, whose ends are those of the longest tracklet.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fillProject } from '../support/bigProject.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';

let opened: OpenPage;
let page: Page;

beforeAll(async () => {
  opened = await openPage({ fill: { tracklets: 12, identities: 4, cameras: 2, name: 'Street', frames: [5, 12] } });
  await fillProject(opened.project.host.context, { tracklets: 6, identities: 3, cameras: 1, name: 'Hall', frames: [4] });
  ({ page } = opened);
  await page.reload();
  await page.getByRole('gridcell').first().waitFor();
});
afterAll(() => opened?.[Symbol.asyncDispose]());

it('cameras stand under their data set, and alone where one is shown; chips and found people name it', async () => {
  const filters = page.getByRole('complementary', { name: 'Filters' });
  const street = filters.getByRole('group', { name: 'Cameras of Street' });
  const hall = filters.getByRole('group', { name: 'Cameras of Hall' });
  await hall.getByText('Hall', { exact: true }).waitFor();
  const names = (group: typeof hall) =>
    group.getByRole('checkbox').evaluateAll((boxes) => boxes.map((box) => box.closest('label')?.querySelector('.name')?.textContent));
  expect([await names(street), await names(hall)]).toEqual([['V001', 'V002'], ['V001']]);
  await hall.getByRole('checkbox').click();
  await page.getByText('V001 of Hall', { exact: true }).waitFor();
  await expect.poll(() => page.getByRole('gridcell').count()).toBe(6);
  await filters.getByRole('checkbox', { name: /^Street/ }).waitFor();
  await hall.getByRole('checkbox').click();
  await filters.getByRole('checkbox', { name: /^Hall/ }).click();
  await filters.getByRole('group', { name: 'Camera', exact: true }).waitFor();
  expect(await names(filters.getByRole('group', { name: 'Camera', exact: true }))).toEqual(['V001']);
  expect(await street.count()).toBe(0);
  await filters.getByRole('checkbox', { name: /^Hall/ }).click();
  await hall.waitFor();

  await page.getByRole('grid', { name: 'Tracklets' }).focus();
  await page.keyboard.press('g');
  await page.getByRole('combobox', { name: 'Identity' }).fill('0001');
  const options = page.getByRole('listbox', { name: 'Identities' }).getByRole('option');
  await expect.poll(() => options.allInnerTexts()).toEqual([expect.stringMatching(/Street, 3 tracklets/), expect.stringMatching(/Hall, 2 tracklets/)]);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill('#0004');
  await expect.poll(() => page.getByRole('option').allInnerTexts()).toEqual([expect.not.stringContaining('Street')]);
  await page.getByRole('combobox').fill('#0002');
  await expect.poll(() => page.getByRole('option').allInnerTexts()).toEqual([expect.stringContaining('Street'), expect.stringContaining('Hall')]);
  await page.keyboard.press('Escape');
});

it('the axes of lengths end at the longest, in filter and data set', async () => {
  const filters = page.getByRole('complementary', { name: 'Filters' });
  await filters.getByText('1–12', { exact: true }).waitFor();
  const length = filters.getByRole('group', { name: 'Length in frames' });
  expect(await length.getByRole('slider').evaluateAll((handles) => handles.map((handle) => handle.getAttribute('aria-valuetext')))).toEqual([
    '1 frame',
    '12 frames',
  ]);
  expect((await length.locator('.ht span').allInnerTexts()).map(Number)).toEqual([1, 7, 12]);
  await page.evaluate(() => {
    (globalThis as unknown as { location: { hash: string } }).location.hash = '#/datasets/1';
  });
  await page.getByText('12 frames', { exact: true }).waitFor();
  await page.getByRole('link', { name: '12 frames: 6 tracklets' }).click();
  await expect.poll(() => page.getByRole('gridcell').count()).toBe(6);
});
