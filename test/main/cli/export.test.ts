/** `tracklet export` as a program: a dry run says what the export then does, and a place that is taken is refused. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
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
const out = join(base.path, 'out');

beforeAll(async () => {
  const host = await openHost({ folder: projectFolder, create: { name: 'CLI' }, paths: { home, provisioned: join(home, 'native') }, log: openLog('silent') });
  const source = join(base.path, 'source');
  await makePersonFolders(source, { '0001/c1': [1, 2], '0007/cam_west': [4, 5, 6] });
  const { jobId } = await host.client().call('imports.start', { path: source, importer: null, options: {}, name: 'Set' });
  await host.context.jobs.wait(jobId);
  await host.close();
});
afterAll(() => base[Symbol.dispose]());

const run = (...args: string[]) => tracklet(['export', '--project', projectFolder, '--dataset', 'set', ...args], { env: { TRACKLET_HOME: home } });

test('a dry run tells counts and losses and writes nothing; the export does the same and says where', async () => {
  const dry = await run('--as', 'image-folder', '--to', out, '--dry-run', '--json');
  expect(dry.code).toBe(0);
  const told = JSON.parse(dry.out) as Record<string, unknown>;
  expect(told).toMatchObject({
    tracklets: 2,
    frames: 5,
    media: 5,
    dryRun: true,
    to: out,
    exporter: 'image-folder',
    lost: [{ aspect: 'cameraNames', count: 1 }],
  });
  expect(existsSync(out)).toBe(false);

  const real = await run('--as', 'image-folder', '--to', out, '--json');
  expect([real.code, JSON.parse(real.out)]).toEqual([0, { ...told, dryRun: false, files: 5, bytes: expect.any(Number) as number }]);
  expect(readdirSync(out)).toEqual(['0001', '0007']);

  const text = await run('--as', 'annotations', '--to', join(base.path, 'labels'), '--set', 'format=csv');
  expect(text.out).toContain(`Wrote 2 tracklets of 5 frames, with 0 pictures and videos, to ${join(base.path, 'labels')}: 4 files, `);
  expect(text.out).toContain('What has no place in this format:\n  Pictures and videos stay behind: labels alone are written (2: 0001/c1, 0007/cam_west).');
});

test('wrong usage, a place that is taken and an unknown format are status 2 with a sentence', async () => {
  expect(await run('--as', 'mot')).toMatchObject({ code: 2, err: expect.stringContaining('--to is missing') as string });
  mkdirSync(join(base.path, 'full'));
  writeFileSync(join(base.path, 'full', 'x'), '');
  expect(await run('--as', 'image-folder', '--to', join(base.path, 'full'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('cannot be exported to: it is there already, and is not empty.') as string,
  });
  expect(await run('--as', 'nothing', '--to', join(base.path, 'no'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('There is no exporter "nothing"; known are annotations, image-folder, mot.') as string,
  });
});
