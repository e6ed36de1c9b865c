/** In a real browser: the import dialog shows what it guesses and would do; what failed can be dismissed; a changed source is updated; missing files are located. */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { picture } from '../support/motSequence.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';
import { temporaryFolder, type TestProject } from '../support/project.ts';

const sources = temporaryFolder();
const source = join(sources.path, 'people');
/** For looking at: a folder that pictures of the page go to. */
const pictures = process.env['IMPORT_PICTURES'];
let project: TestProject;
let opened: OpenPage;
let page: Page;

beforeAll(async () => {
  for (const [path, numbers] of Object.entries({ '0001/cam_a': [1, 2, 3], '0001/cam_b': [4, 5], '0007/cam_a': [6, 7, 8] })) {
    mkdirSync(join(source, path), { recursive: true });
    for (const number of numbers) writeFileSync(join(source, path, `000${number}.jpg`), await picture(number * 9));
  }
  writeFileSync(join(source, 'loose.jpg'), await picture(5));
  opened = await openPage();
  ({ page, project } = opened);
  await page.getByText('No tracklets yet').or(page.getByText('No data set yet')).first().waitFor();
});
afterAll(async () => {
  await opened?.[Symbol.asyncDispose]();
  sources[Symbol.dispose]();
});

async function look(name: string): Promise<void> {
  if (!pictures) return;
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) });
  }
}
const dialog = () => page.getByRole('dialog');
const preview = () => dialog().getByRole('region', { name: 'Preview' });
const datasets = () => project.host.client().call('datasets.list', {});

/** The dialog with a path in it, by keyboard alone. */
async function openDialog(path: string): Promise<void> {
  await page.keyboard.press('Control+5');
  await page.getByRole('region', { name: 'Data set', exact: true }).waitFor();
  await page.keyboard.press('i');
  await dialog().waitFor();
  await page.keyboard.type(path);
  await preview().waitFor();
}

describe.sequential('an import', () => {
  it('shows what it guesses with examples, goes to the option, and counts again when it is changed', async () => {
    await openDialog(source);
    await preview().getByText('2 cameras: cam_a, cam_b').waitFor();
    await preview().getByText('2 identities').waitFor();
    await preview().getByText('Of 9 files').waitFor();
    expect(await preview().getByRole('list', { name: 'Guesses' }).innerText()).toContain('→ camera "cam_a"');
    expect(await preview().getByRole('list', { name: 'Warnings' }).innerText()).toContain('loose.jpg');
    await look('dialog');
    await preview().getByRole('button', { name: 'Change Camera…' }).click();
    const focused = await page.evaluate(() => {
      const { document } = globalThis as unknown as { document: { activeElement: { id: string; tagName: string } } };
      return document.activeElement.tagName;
    });
    expect(focused).not.toBe('BODY');
    await dialog().getByRole('textbox', { name: 'Shortest tracklet' }).fill('3');
    await preview().getByText('2 tracklets').waitFor();
    await dialog().getByRole('textbox', { name: 'Shortest tracklet' }).fill('1');
    await preview().getByText('3 tracklets').waitFor();
    expect(await datasets()).toEqual([]);
  });

  it('imports nothing of a folder that another path is typed over', async () => {
    const field = dialog().getByRole('textbox', { name: 'Folder or archive, or a video' });
    await field.fill(join(sources.path, 'nowhere'));
    await field.press('Enter');
    await dialog().getByText('does not exist').first().waitFor();
    expect([await datasets(), await project.host.client().call('jobs.list', {})]).toEqual([[], []]);
    await field.fill(source);
    await preview().getByText('3 tracklets').waitFor();
  });

  it('refuses under strict, before it is started, and says what would be lost', async () => {
    await dialog().getByText('Strict: refuse').click();
    await preview().getByRole('alert').getByText('loose.jpg').waitFor();
    await look('strict');
    await dialog().getByText('Strict: refuse').click();
    await preview().getByText('3 tracklets').waitFor();
  });

  it('keeps its report with the data set', async () => {
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'people' }).waitFor();
    const origin = page.getByRole('region', { name: 'Origin' });
    await origin.getByText('Of 9 files').waitFor();
    expect(await origin.innerText()).toContain('→ camera "cam_a"');
    await look('report');
    await page.reload();
    await origin.getByText('Of 9 files').waitFor();
  });

  it('of a source that changed says so, updates on request, and what failed is dismissed for good', async () => {
    writeFileSync(join(source, '0001/cam_a/0002.jpg'), await picture(150));
    await openDialog(source);
    await preview().getByText('3 tracklets').waitFor();
    await page.keyboard.press('Enter');
    const imports = page.getByRole('list', { name: 'Imports' });
    await imports.getByText('1 picture changed').waitFor();
    await look('changed');
    await imports.getByRole('button', { name: /^Dismiss/ }).click();
    await imports.waitFor({ state: 'detached' });
    await page.reload();
    await page.getByRole('heading', { name: 'people' }).waitFor();
    await page.getByText('Of 9 files').waitFor();
    expect(await imports.count()).toBe(0);

    await openDialog(source);
    await preview().getByText('3 tracklets').waitFor();
    await page.keyboard.press('Enter');
    await imports.getByRole('button', { name: 'Update it' }).click();
    await imports.waitFor({ state: 'detached' });
    const jobs = await project.host.client().call('jobs.list', {});
    expect(jobs[0]).toMatchObject({ kind: 'import', state: 'done', title: 'Update people' });
    expect(await datasets()).toHaveLength(1);
  });

  it('whose folder was moved away shows a banner that leads to Locate', async () => {
    const moved = join(sources.path, 'elsewhere');
    renameSync(source, moved);
    await page.reload();
    const banner = page.getByRole('alert').filter({ hasText: 'If the folder was moved' });
    await banner.waitFor();
    await look('missing');
    await banner.getByRole('button', { name: 'Locate…' }).click();
    await dialog().getByRole('textbox').fill(moved);
    await page.keyboard.press('Enter');
    await banner.waitFor({ state: 'detached' });
  });
});
