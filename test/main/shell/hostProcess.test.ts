/** The window's way to its host, without a window: the address, and settings that only the one who started the host may change. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startHost, type HostProcess } from '../../../src-main/shell/hostProcess.ts';
import { temporaryFolder } from '../../support/project.ts';

const entry = fileURLToPath(new URL('../../../src-main/host/main.ts', import.meta.url));
const folder = temporaryFolder();
const project = join(folder.path, 'project');
let host: HostProcess;

const start = (more: string[] = []): Promise<HostProcess> =>
  startHost(process.execPath, ['--disable-warning=ExperimentalWarning', entry, '--project', project, '--create', ...more], () => undefined);
const ended = (one: HostProcess): Promise<void> => new Promise((resolve) => one.child.on('exit', () => resolve()));

beforeAll(async () => {
  vi.stubEnv('TRACKLET_HOME', join(folder.path, 'home'));
  host = await start();
});
afterAll(async () => {
  const over = ended(host);
  host.stop();
  await over;
  vi.unstubAllEnvs();
  folder[Symbol.dispose]();
});

test('a program that does not fit is refused by a sentence, answers come to their questions, and one that fits is kept', async () => {
  const [ffmpeg, library, theme] = await Promise.all([
    host.set('ffmpeg', join(folder.path, 'no-ffmpeg')),
    host.set('engine.tensorflow', join(folder.path, 'no-library')),
    host.set('theme', 'dark'),
  ]);
  expect([ffmpeg, library, theme]).toEqual([expect.stringContaining('no-ffmpeg'), expect.stringContaining('no-library'), null]);
  expect(await host.set('ffmpeg', null)).toBeNull();
});

test('a host that is started again takes the port of before, with another token', async () => {
  const before = new URL(host.url);
  const over = ended(host);
  host.stop();
  await over;
  host = await start(['--wanted-port', before.port]);
  const after = new URL(host.url);
  expect(after.origin).toBe(before.origin);
  expect(after.hash).toMatch(/^#token=[\w-]{43}$/);
  expect(after.hash).not.toBe(before.hash);
});
