/** In a real browser: an import whose source has changed is a question, in view beside four data sets, with the same answers in Jobs; answered, it is no news. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { picture } from '../support/motSequence.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { temporaryFolder } from '../support/project.ts';
import { goTo } from '../support/goTo.ts';

const sources = temporaryFolder();
const looks = process.env['QUESTION_PICTURES'];
let opened: OpenPage;

async function write(name: string, content: number): Promise<void> {
  mkdirSync(join(sources.path, name, '0001', 'c1'), { recursive: true });
  for (const frame of [1, 2]) writeFileSync(join(sources.path, name, '0001', 'c1', `000${frame}.jpg`), await picture(frame === 1 ? content : content + 50));
}
async function importIt(name: string): Promise<void> {
  const { client, jobs } = { client: opened.project.host.client(), jobs: opened.project.host.context.jobs };
  const { jobId } = await client.call('imports.start', { path: join(sources.path, name), importer: null, options: {}, name: null });
  await jobs.wait(jobId).catch(() => undefined);
}

beforeAll(async () => {
  opened = await openPage();
  for (const [index, name] of ['A', 'B', 'C', 'D'].entries()) {
    await write(name, index * 20);
    await importIt(name);
  }
  writeFileSync(join(sources.path, 'B', '0001', 'c1', '0002.jpg'), await picture(200));
  await importIt('B');
});
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

it('is seen, called a question, and answered in either place', async () => {
  const { page } = opened;
  await page.setViewportSize({ width: 1280, height: 800 });
  await goTo(page, '/datasets/1');
  const imports = page.getByRole('list', { name: 'Imports' });
  await imports.getByText('A question: the source has changed').waitFor();
  for (const name of ['Update it', 'Import as another']) {
    const box = await imports.getByRole('button', { name }).boundingBox();
    expect(box && box.y + box.height).toBeLessThan(770);
  }
  if (looks) await page.screenshot({ path: join(looks, 'question.png') });
  await goTo(page, '/jobs');
  const grid = page.getByRole('grid', { name: 'Jobs' });
  await grid.getByText('A question: the source has changed').waitFor();
  if (looks) await page.screenshot({ path: join(looks, 'jobs.png') });
  expect(await grid.getByRole('button', { name: 'Run again' }).count()).toBe(0);
  await grid.getByRole('button', { name: 'Update it' }).click();
  await grid.getByText('Update B', { exact: true }).waitFor();
  await grid.getByText('A question: the source has changed').waitFor({ state: 'detached' });
  expect(opened.complaints).toEqual([]);
});

it('an import out of a data set leaves that on the screen, then shows the one that it asks about', async () => {
  const { page } = opened;
  writeFileSync(join(sources.path, 'D', '0001', 'c1', '0002.jpg'), await picture(210));
  await goTo(page, '/datasets/3');
  const shown = page.getByRole('region', { name: 'Data set', exact: true }).getByRole('heading', { level: 2 });
  await page
    .getByRole('complementary', { name: 'Data sets' })
    .getByRole('button', { name: /^Import/ })
    .click();
  const dialog = page.getByRole('dialog', { name: 'Import a folder, archive or video' });
  await dialog.getByRole('textbox').first().fill(join(sources.path, 'D'));
  await dialog.getByRole('button', { name: /^Import/ }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(['C', 'D']).toContain(await shown.innerText());
  await page.getByRole('list', { name: 'Imports' }).getByText('A question: the source has changed').waitFor();
  await expect.poll(() => shown.innerText()).toBe('D');
  expect(opened.complaints).toEqual([]);
});
