/** `tracklet import` as a program: a dry run says what the import then does, and leaves the project alone; a changed source is named and updated. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHost } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { tracklet } from '../../support/commandLine.ts';
import { picture } from '../../support/motSequence.ts';
import { makePersonFolders } from '../../support/personFolders.ts';
import { temporaryFolder } from '../../support/project.ts';

const base = temporaryFolder();
const home = join(base.path, 'home');
const projectFolder = join(base.path, 'project');
const source = join(base.path, 'source');

beforeAll(async () => {
  const host = await openHost({ folder: projectFolder, create: { name: 'CLI' }, paths: { home, provisioned: join(home, 'native') }, log: openLog('silent') });
  await host.close();
  await makePersonFolders(source, { '0001/c1': [1, 2], '0001/c2': [3], '0007/c1': [4, 5, 6] });
  writeFileSync(join(source, 'README.txt'), 'read me');
});
afterAll(() => base[Symbol.dispose]());

const run = (...args: string[]) => tracklet(['import', source, '--project', projectFolder, ...args], { env: { TRACKLET_HOME: home } });

const json = async (...args: string[]): Promise<Record<string, unknown>> => {
  const { out, err } = await run('--json', ...args);
  try {
    return JSON.parse(out) as Record<string, unknown>;
  } catch {
    throw new Error(`no JSON: ${out} ${err}`);
  }
};

test('a dry run reports what the import then does; the same again, a change and an update are told apart', async () => {
  const dry = await json('--dry-run');
  const expected = {
    dataset: 'source',
    importer: 'image-folder',
    identities: 2,
    cameras: 2,
    tracklets: 3,
    frames: 6,
    splits: { none: 3 },
    files: { seen: 7, used: 6, leftOut: 1 },
    alreadyImported: false,
    updated: false,
    changed: null,
  };
  expect(dry).toMatchObject(expected);
  expect(dry['guesses']).toBeInstanceOf(Array);
  expect(dry['warnings']).toMatchObject([{ where: 'README.txt', count: 1 }]);
  expect(readdirSync(join(projectFolder, 'cache', 'imports'))).toEqual([]);

  const real = await json();
  expect(real).toMatchObject(expected);
  for (const key of ['guesses', 'warnings', 'files', 'splits']) expect(real[key]).toEqual(dry[key]);
  expect(await json('--dry-run')).toMatchObject({ ...expected, alreadyImported: true });
  expect(await json()).toMatchObject({ ...expected, alreadyImported: true, id: real['id'] });

  writeFileSync(join(source, '0007/c1/0005.jpg'), await picture(50));
  writeFileSync(join(source, '0007/c1/0009.jpg'), await picture(51));
  const changed = { name: 'source', pictures: { changed: 1, added: 1, removed: 0 }, tracklets: { added: 0, changed: 1, removed: 0, renamed: 0 } };
  expect(await json('--dry-run')).toMatchObject({ alreadyImported: false, changed });
  const refused = await run();
  expect(refused.code).toBe(1);
  expect(refused.err).toContain('1 picture changed, 1 picture added');
  expect(refused.err).toContain('--update');
  // Whoever ran the command has read that: the page does not tell it as news.
  const host = await openHost({ folder: projectFolder, paths: { home, provisioned: join(home, 'native') }, log: openLog('silent') });
  const failed = (await host.client().call('jobs.list', {})).filter((job) => job.state === 'failed');
  await host.close();
  expect(failed.map(({ kind, dismissed }) => [kind, dismissed])).toEqual([['import', true]]);
  expect(await json('--update')).toMatchObject({ id: real['id'], updated: true, changed, frames: 7, outcome: { setAside: 0, stepsEnded: 0 } });
  expect(await json('--dry-run')).toMatchObject({ alreadyImported: true });

  const both = await run('--update', '--add');
  expect([both.code, both.out]).toEqual([2, '']);
  const words = await run('--dry-run');
  expect(words.out).toContain('was there already');
  expect(words.out).toContain('Of 8 files, 7 are used and 1 left out.');
  writeFileSync(join(source, '0007/c1/0010.jpg'), 'no picture');
  const strict = await run('--dry-run', '--strict');
  expect(strict.code).toBe(1);
  expect(strict.err).toContain('0010.jpg');

  // The same names with other pictures: a folder that was named by mistake.
  const names = readdirSync(source, { recursive: true }).filter((name) => String(name).endsWith('.jpg'));
  for (const [n, name] of names.entries()) writeFileSync(join(source, String(name)), await picture(100 + n));
  const other = await run('--update');
  expect(other.code).toBe(1);
  expect(other.err).toContain('This looks like another folder: none of its 7 pictures are in it as imported.');
  expect(other.err).toContain('--anyway');
  expect((await run('--anyway')).code).toBe(2);
  expect(await json('--update', '--anyway')).toMatchObject({ id: real['id'], updated: true });
});
