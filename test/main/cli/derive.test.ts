/** `tracklet derive` as a program: a subset by a filter, a union, and usage that cannot be meant. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHost } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { tracklet } from '../../support/commandLine.ts';
import { makePersonFolders } from '../../support/personFolders.ts';
import { temporaryFolder } from '../../support/project.ts';

const base = temporaryFolder();
const home = join(base.path, 'home');
const projectFolder = join(base.path, 'project');

beforeAll(async () => {
  const host = await openHost({ folder: projectFolder, create: { name: 'CLI' }, paths: { home, provisioned: join(home, 'native') }, log: openLog('silent') });
  for (const name of ['Yard', 'Hall']) {
    const source = join(base.path, name);
    await makePersonFolders(source, { 'query/0001/c1': [1, 2], 'gallery/0001/c2': name === 'Yard' ? [3, 4, 5] : [6] });
    const { jobId } = await host.client().call('imports.start', { path: source, importer: null, options: {}, name });
    await host.context.jobs.wait(jobId);
  }
  await host.close();
});
afterAll(() => base[Symbol.dispose]());

const run = (...args: string[]) => tracklet(['derive', ...args, '--project', projectFolder], { env: { TRACKLET_HOME: home } });

test('a subset and a union of it are made, and told with what they hold', async () => {
  const subset = await run('Asks', '--of', 'yard', '--filter', '{"splits":["query"]}', '--json');
  expect([subset.code, subset.err]).toEqual([0, '']);
  expect(JSON.parse(subset.out)).toMatchObject({ dataset: 'Asks', tracklets: 1, recipe: { kind: 'subset', title: 'Subset of Yard', missing: 0 } });
  const union = await run('Both', '--of', 'Asks', '--of', 'Hall');
  expect([union.code, union.out]).toEqual([0, 'Both (Union of Asks and Hall): 2 identities, 3 cameras, 3 tracklets, 5 frames\n']);
});

test('wrong usage, an unknown data set and a filter that finds nothing are said', async () => {
  expect(await run('New')).toMatchObject({ code: 2, err: expect.stringContaining('--of is missing') as string });
  expect(await run('New', '--of', 'Yard', '--filter', '[]')).toMatchObject({ code: 2, err: expect.stringContaining('--filter is no JSON object') as string });
  expect(await run('New', '--of', 'Yard', '--of', 'Hall', '--filter', '{}')).toMatchObject({
    code: 2,
    err: expect.stringContaining('A union takes all') as string,
  });
  expect(await run('New', '--of', 'Cellar')).toMatchObject({ code: 1, err: expect.stringContaining('no data set "Cellar"') as string });
  expect((await run('New', '--of', 'Yard', '--filter', '{"splits":["train"]}')).err).toContain('Subset of Yard has no tracklet');
});
