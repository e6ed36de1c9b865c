/**
 * The pair of Compare in a real browser: a frame whose picture is not the one that was imported, or is not there, says so and leaves no other picture in its place.
 * Pictures are answered by the test, in the words and with the codes of the host (test/main/media/changedPictures.test.ts).
 */
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { angle, evaluatedProject, type EvaluatedProject } from '../main/support/evaluatedProject.ts';
import { launchBrowser, patientContext } from '../support/browser.ts';
import { goTo } from '../support/goTo.ts';

let project: EvaluatedProject;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = await evaluatedProject();
  await project.addRun('one', (id) => angle(Math.ceil(id / 2) * 20));
  await project.evaluate('one');
  const { url } = await project.host.serve();
  ({ browser } = await launchBrowser());
  page = await (await patientContext(browser, { viewport: { width: 1440, height: 900 } })).newPage();
  const picture = await sharp({ create: { width: 64, height: 128, channels: 3, background: 'teal' } })
    .jpeg()
    .toBuffer();
  const refuse = (status: number, code: string, message: string) => ({ status, json: { error: { code, message, remedy: '', params: {} } } });
  await page.route(/\/media\/[^/]+\/crop\/\d+\/\d+\.jpg/, (route) => {
    const position = Number(/(\d+)\.jpg/.exec(route.request().url())?.[1]);
    if (position === 1) return route.fulfill(refuse(409, 'SOURCE_CHANGED', 'The picture b.jpg is another one than was imported.'));
    if (position === 2) return route.fulfill(refuse(404, 'MEDIA_MISSING', 'The picture c.jpg is not there.'));
    return route.fulfill({ status: 200, contentType: 'image/jpeg', body: picture });
  });
  // A browser that has much to do refuses to decode a picture once; that one is there all the same.
  await page.addInitScript(`{
    const decode = HTMLImageElement.prototype.decode;
    const refused = new Set();
    HTMLImageElement.prototype.decode = function () {
      if (!/\\/3\\.jpg/.test(this.src) || refused.has(this.src)) return decode.call(this);
      refused.add(this.src);
      return Promise.reject(new DOMException('The source image cannot be decoded.', 'EncodingError'));
    };
  }`);
  await page.goto(url);
});
afterAll(async () => {
  await browser?.close();
  await project?.[Symbol.asyncDispose]();
});

it('says of each frame what it shows', async () => {
  await goTo(page, '/compare?q=9');
  await page.getByRole('grid', { name: 'Rank lists' }).getByRole('gridcell').first().dblclick();
  const pair = page.getByRole('region', { name: 'The pair' });
  const query = pair.getByRole('figure').first();
  await query.getByAltText(/frame 1 of/).waitFor();
  await pair.getByRole('button', { name: 'Next frame of both' }).click();
  await query.getByText('The picture of frame 2 was changed', { exact: true }).waitFor();
  await query.getByText('The picture b.jpg is another one than was imported.').waitFor();
  expect(await query.locator('img').count()).toBe(0);
  await pair.getByRole('button', { name: 'Next frame of both' }).click();
  await query.getByText('No picture for frame 3', { exact: true }).waitFor();
  await query.getByText('The picture c.jpg is not there.').waitFor();
  await pair.getByRole('button', { name: 'Next frame of both' }).click();
  await query.getByAltText(/frame 4 of/).waitFor();
  expect(await query.getByText(/picture/i).count()).toBe(0);
});
