/**
 * Film strips of tracklets with fewer frames than a strip has room for, in a real browser: every crop keeps its shape and the dividers stand between the
 * crops, which the pixels of the page decide; a picture that is gone has a sign, also for those who do not see it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { angle, evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { goTo } from '../support/goTo.ts';

const FRAMES = 6;
let project: EvaluatedProject;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = await evaluatedProject();
  await project.addRun('one', (id) => angle(Math.ceil(id / 2) * 20));
  await project.evaluate('one');
  // Identity 1, first camera.
  rmSync(join(project.folder, 'media', '1-0', '2.jpg'));
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  page = await (await patientContext(browser, { viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(url);
  await page.getByRole('gridcell').first().waitFor();
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

const isStage = ([r, g, b]: readonly number[]): boolean => [r, g, b].every((value) => Math.abs((value as number) - 0x70) <= 1);

it('in the grid: cells of 1:2, a divider after each, and nothing but the stage behind the last', async () => {
  const film = page.getByRole('gridcell').first().locator('.film');
  await expect.poll(() => film.locator('img').evaluate((image) => (image as unknown as { naturalWidth: number }).naturalWidth)).toBe(FRAMES * 66);
  const cropWidth = await film.evaluate((element) => Number.parseInt(element.style.getPropertyValue('--cw')));
  const { data, info } = await sharp(await film.screenshot())
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width: 8 * (cropWidth + 1) + 5, height: 2 * cropWidth + 6 });
  /** Column `x` of the picture area shows the stage alone. */
  const isEmpty = (x: number): boolean =>
    Array.from({ length: 2 * cropWidth }, (_, y) => ((y + 3) * info.width + x + 3) * 3).every((at) => isStage([...data.subarray(at, at + 3)]));
  const empty = Array.from({ length: 8 * (cropWidth + 1) - 1 }, (_, x) => x).filter(isEmpty);
  const dividers = Array.from({ length: FRAMES }, (_, cell) => (cell + 1) * (cropWidth + 1) - 1);
  const behind = Array.from({ length: 2 * (cropWidth + 1) - 1 }, (_, x) => FRAMES * (cropWidth + 1) + x);
  expect(empty).toEqual([...dividers, ...behind]);
  // What hovers and what lies below follow the cells.
  const box = (await film.boundingBox())!;
  const bars = (await page.getByRole('gridcell').first().locator('.bars svg').boundingBox())!;
  expect([bars.x - box.x, bars.width]).toEqual([3, FRAMES * (cropWidth + 1) - 1]);
  await page.mouse.move(box.x + 3 + 5.5 * (cropWidth + 1), box.y + 20);
  await film.getByText(`6 / ${FRAMES}`, { exact: true }).waitFor();
  await page.mouse.move(box.x + 3 + 2.5 * (cropWidth + 1), box.y + 20);
  await film.getByText(`3 / ${FRAMES}`, { exact: true }).waitFor();
});

it('a picture that is gone is told in the name of the cell and by a sign in its place', async () => {
  const cell = page.getByRole('gridcell', { name: /1 picture is gone or cannot be read: it is not shown/ });
  await cell.waitFor();
  expect(await page.getByRole('gridcell', { name: /gone or cannot/ }).count()).toBe(1);
  expect(await cell.getAttribute('aria-label')).toMatch(/^1, c0, /);
  expect(await cell.locator('.film').getAttribute('title')).toMatch(/^1 picture is gone/);
  await page.mouse.move(0, 0);
  const { data, info } = await sharp(await cell.locator('.film').screenshot())
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const step = (info.width - 5) / 8;
  const red = Array.from({ length: FRAMES }, (_, index) => {
    let count = 0;
    for (let y = 0; y < info.height; y++)
      for (let x = Math.ceil(3 + index * step); x < 3 + (index + 1) * step - 1; x++) {
        const [r, g, b] = data.subarray((y * info.width + x) * 3, (y * info.width + x) * 3 + 3) as unknown as [number, number, number];
        if (r > 200 && g < 170 && b < 170) count++;
      }
    return count > 10;
  });
  expect(red).toEqual([false, false, true, false, false, false]);
});

it('in Compare: as many crops as there are frames, each in its shape', async () => {
  await goTo(page, '/compare?q=9');
  await page.locator('.qstrip .crop').first().waitFor();
  await page.locator('.rc .crop').first().waitFor();
  const counts = (selector: string) =>
    page.locator(selector).evaluateAll((strips) => [...new Set(strips.map((strip) => strip.querySelectorAll('.crop').length))]);
  expect([await counts('.qstrip .strip'), await counts('.rc .strip'), await counts('[aria-label="Queries"] .strip')]).toEqual([[FRAMES], [3], [1]]);
  // Width of a whole sheet as it is drawn, by its height, beside the sheet's own. As text, for the types of the page are not those of the test.
  const shapes = await page.evaluate(`Promise.all([...document.querySelectorAll('.strip .crop')].map(async (crop) => {
    const style = getComputedStyle(crop);
    const image = new Image();
    image.src = style.backgroundImage.slice(5, -2);
    await image.decode();
    const sheet = (crop.clientWidth * parseFloat(style.backgroundSize)) / 100;
    return (sheet / crop.clientHeight / (image.naturalWidth / image.naturalHeight)).toFixed(2);
  }))`);
  expect([...new Set(shapes as string[])]).toEqual(['1.00']);
});
