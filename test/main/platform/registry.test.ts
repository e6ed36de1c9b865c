/** A folder becomes a registry; entries without an id and repeated ids are refused by file name. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadRegistry } from '../../../src-main/platform/registry.ts';

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
