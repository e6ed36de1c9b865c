/** Another split set is chosen where a data set is shown: its counts follow at once, and undo by the key goes back. A real browser. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fillProject } from '../support/bigProject.ts';
import { goTo } from '../support/goTo.ts';
import { openPage, type OpenPage } from '../support/openPage.ts';

let opened: OpenPage;
beforeAll(async () => {
  opened = await openPage();
  await fillProject(opened.project.host.context, { tracklets: 40, identities: 5, cameras: 2 });
});
afterAll(() => opened?.[Symbol.asyncDispose]());

it('one set is told, of several one is chosen', async () => {
  const { page, project } = opened;
  const { splits } = await project.host.client().call('datasets.get', { id: 1 });
  // Rows that no call made are told to nobody.
  await page.reload();
  await goTo(page, '/datasets/1');
  await page.getByRole('heading', { name: 'Split set' }).waitFor();
  await page.getByText(`${splits['train']} train, ${splits['query']} query, ${splits['gallery']} gallery`, { exact: true }).waitFor();
  expect(await page.getByLabel('Split set in use').count()).toBe(0);

  const file = new Database(join(project.folder, 'project.sqlite'));
  file.exec(`
    INSERT INTO split_set (id, dataset_id, name, origin, created_at) VALUES (50, 1, 'half 2', 'built', 1);
    INSERT INTO split_member (split_set_id, tracklet_id, side) SELECT 50, id, CASE WHEN id % 2 THEN 'query' ELSE 'gallery' END FROM tracklet;`);
  file.close();
  await page.reload();
  await goTo(page, '/datasets/1');
  const choice = page.getByLabel('Split set in use');
  await choice.selectOption('half 2: 0 train, 20 query, 20 gallery');
  await page.getByText('built here').waitFor();
  const rows = page.locator('table.cnt tbody tr');
  await expect.poll(async () => (await rows.allInnerTexts()).map((text) => text.split('\t')[0])).toEqual(['Query', 'Gallery', 'All']);
  await page.locator('.view').first().focus();
  await page.keyboard.press('Control+z');
  await page.getByText('built here').waitFor({ state: 'detached' });
  expect((await project.host.client().call('datasets.get', { id: 1 })).splits).toEqual(splits);
  await expect.poll(() => choice.evaluate((list: { selectedOptions: ArrayLike<{ text: string }> }) => list.selectedOptions[0]?.text)).toMatch(/^main: /);
});
