/** `tracklet engine` on a home of its own: status, settings, removal, and the sentence where TensorFlow cannot be had. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { tracklet, type Said } from '../../support/commandLine.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'engine-cli-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Without a Python on PATH. */
function engine(args: string[]): Promise<Said> {
  const python = join(home, 'no-python');
  return tracklet(['engine', ...args], { env: { TRACKLET_HOME: home, TRACKLET_TENSORFLOW: undefined, TRACKLET_PYTHON: python, PATH: home } });
}

it('shows what there is, what the next job would fetch, and what is set', async () => {
  const { out, code } = await engine(['status', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ library: null, installed: [], pinned: expect.stringMatching(/^2\.\d+\.\d+$/), settings: { device: 'auto' } });

  const folder = join(home, 'native', 'tensorflow-cpu');
  mkdirSync(join(folder, 'tensorflow'), { recursive: true });
  writeFileSync(join(folder, 'tensorflow', 'libtensorflow_cc.so.2'), 'twelve bytes');
  const manifest = {
    id: 'tensorflow-cpu',
    wheels: [{ distribution: 'tensorflow-cpu', version: '2.18.0', sha256: '' }],
    files: [{ path: 'tensorflow/libtensorflow_cc.so.2', size: 12 }],
  };
  writeFileSync(join(folder, 'provisioned.json'), JSON.stringify(manifest));
  const older = JSON.parse((await engine(['status', '--json'])).out) as object;
  expect(older).toMatchObject({ installed: [{ id: 'tensorflow-cpu', version: '2.18.0', bytes: 12, whole: true }] });

  expect((await engine(['remove'])).out).toMatch(/^Removed tensorflow-cpu, 0 MB\.$/m);
  expect(existsSync(folder)).toBe(false);
  expect((await engine(['remove'])).out).toContain('There was nothing to remove.');
});

it('sets, takes back and refuses settings', async () => {
  expect((await engine(['set', '--device', 'cuda', '--gpu', '1', '--tf32', 'off', '--jobs', '2'])).code).toBe(0);
  const stored = (): unknown => JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8'));
  expect(stored()).toEqual({ 'engine.device': 'cuda', 'engine.gpu': 1, 'engine.tf32': false, 'engine.jobs': 2 });
  expect(JSON.parse((await engine(['set', '--gpu', '-', '--json'])).out)).toEqual({ 'engine.device': 'cuda', 'engine.tf32': false, 'engine.jobs': 2 });
  for (const args of [['--threads', '0'], ['--threads', '99999'], ['--gpu', '-1'], ['--device', 'tpu'], ['--tf32', 'maybe'], []]) {
    expect((await engine(['set', ...args])).code, args.join(' ')).toBe(2);
  }
  expect(stored()).toEqual({ 'engine.device': 'cuda', 'engine.tf32': false, 'engine.jobs': 2 });
  // Refused before anything is kept, with what the next job would say of it.
  const { code, err } = await engine(['set', '--tensorflow', join(home, 'nothing')]);
  expect([code, err]).toEqual([1, expect.stringContaining('nothing')]);
  expect(stored()).not.toHaveProperty('engine.tensorflow');
  expect((await engine(['dance'])).code).toBe(2);
});

it.skipIf(process.platform === 'win32')('says in a sentence why it cannot install, and what helps', async () => {
  const { code, err } = await engine(['install']);
  expect(code).toBe(1);
  expect(err).toMatch(/No Python was found \(tried .*no-python\).*\nInstall Python 3 with pip, or set TRACKLET_PYTHON/);
});
