/** A folder becomes a registry; entries without an id and repeated ids are refused by file name. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadRegistries, loadRegistry } from '../../../src-main/platform/registry.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracklet-registry-'));
});
afterEach(() => rm(folder, { recursive: true }));

it('lists entries by id in order of their file names and passes over other files', async () => {
  await writeFile(join(folder, 'b.ts'), "export default { id: 'bee', n: 2 };");
  await writeFile(join(folder, 'a.ts'), "export default { id: 'ant', n: 1 };");
  await writeFile(join(folder, 'README.md'), 'not an entry');
  expect([...(await loadRegistry(pathToFileURL(folder))).entries()]).toEqual([
    ['ant', { id: 'ant', n: 1 }],
    ['bee', { id: 'bee', n: 2 }],
  ]);
});

it('names the file that has no id or repeats one', async () => {
  await writeFile(join(folder, 'a.ts'), 'export default {};');
  await expect(loadRegistry(pathToFileURL(folder))).rejects.toThrow('a.ts has no default export with an id');
  await rm(join(folder, 'a.ts'));
  for (const name of ['b.ts', 'c.ts']) await writeFile(join(folder, name), "export default { id: 'same' };");
  await expect(loadRegistry(pathToFileURL(folder))).rejects.toThrow('c.ts repeats the id "same"');
});

it('joins the folders of one name, and refuses an id that two of them have', async () => {
  for (const between of ['one', 'two', 'three']) await mkdir(join(folder, between, 'kinds'), { recursive: true });
  await mkdir(join(folder, 'four', 'others'), { recursive: true });
  await writeFile(join(folder, 'two.ts'), 'not a folder');
  await writeFile(join(folder, 'one', 'kinds', 'a.ts'), "export default { id: 'ant' };");
  await writeFile(join(folder, 'two', 'kinds', 'b.ts'), "export default { id: 'bee' };");
  await writeFile(join(folder, 'four', 'others', 'c.ts'), "export default { id: 'cow' };");
  expect([...(await loadRegistries(pathToFileURL(`${folder}/`), 'kinds')).keys()]).toEqual(['ant', 'bee']);
  await writeFile(join(folder, 'three', 'kinds', 'd.ts'), "export default { id: 'ant' };");
  await expect(loadRegistries(pathToFileURL(`${folder}/`), 'kinds')).rejects.toThrow(/three\/kinds\/ repeats the id "ant"/);
});
