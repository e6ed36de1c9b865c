/**
 * Two data sets whose cameras and people have the same names, in a real browser: where both are shown each is told with its data set. And the length
 * charts, whose ends are those of the longest tracklet.
 */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fillProject } from '../support/bigProject.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { goTo } from '../support/goTo.ts';

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
  await goTo(page, '/datasets/1');
  await page.getByText('12 frames', { exact: true }).waitFor();
  await page.getByRole('link', { name: '12 frames: 6 tracklets' }).click();
  await expect.poll(() => page.getByRole('gridcell').count()).toBe(6);
});

/** Of the tracklets whose person has this name, what each card tells of its data set. */
const sets = (name: string): Promise<string[]> =>
  page
    .getByRole('gridcell', { name: new RegExp(`^${name}, `) })
    .evaluateAll((cells) => cells.map((cell) => cell.querySelector('.set')?.textContent ?? 'none').sort());

it('cards tell the data set where another one has a person of that name, and only there', async () => {
  await goTo(page, '/tracklets');
  await expect.poll(() => page.getByRole('gridcell').count()).toBe(18);
  // Persons 1 to 3 are in both; 4 is in Street alone.
  await expect.poll(() => sets('0001')).toEqual(['Hall', 'Hall', 'Street', 'Street', 'Street']);
  expect(await sets('0004')).toEqual(['', '', '']);
  expect(await page.getByRole('gridcell', { name: /^0001, V00\d, data set Hall, / }).count()).toBe(2);
  // Where one data set is shown, there is nothing to tell apart.
  const filters = page.getByRole('complementary', { name: 'Filters' });
  await filters.getByRole('checkbox', { name: /^Hall/ }).click();
  await expect.poll(() => sets('0001')).toEqual(['none', 'none']);
  await filters.getByRole('checkbox', { name: /^Hall/ }).click();
  await expect.poll(() => page.getByRole('gridcell').count()).toBe(18);
});

// Hall has no pictures, and nothing is painted there.
it('the head of Annotate and what undo says name it too, and only there', async () => {
  const client = opened.project.host.client();
  const idOf = async (name: string, dataset: string): Promise<number> => {
    const datasetId = (await client.call('datasets.list', {})).find((one) => one.name === dataset)!.id;
    const person = (await client.call('datasets.identities', { datasetIds: [datasetId] })).find((one) => one.name === name)!.id;
    const { ids } = await client.call('tracklets.query', { filter: { identityIds: [person] }, sort: 'identity' });
    return ids[0]!;
  };
  for (const [name, told] of [
    ['0001', 'Street'],
    ['0004', null],
  ] as const) {
    const id = await idOf(name, told ?? 'Street');
    await goTo(page, `/annotate/${id}`);
    const heading = page.getByRole('heading', { level: 1, name, exact: true });
    await heading.waitFor();
    await page.getByTestId('frame-drawn').getByText('Frame 1', { exact: true }).waitFor();
    const head = page.locator('.head .bar');
    if (told === null) expect(await head.locator('.dataset').count()).toBe(0);
    else await head.getByText(told, { exact: true }).waitFor();
    const value = async (): Promise<number | undefined> => (await client.call('tracklets.get', { id })).row.visibility[0];
    const before = await value();
    await page.keyboard.press('7');
    await expect.poll(value).toBe(7);
    expect(before).not.toBe(7);
    await page.keyboard.press('Control+z');
    const { camera } = (await client.call('tracklets.get', { id })).row;
    await page.getByText(`Undone: visibility 7 on ${name} ${camera}, frame 1${told === null ? '' : ` (${told})`}`, { exact: true }).waitFor();
  }
});
