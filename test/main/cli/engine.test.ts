/** `tracklet engine` on a home of its own: status, settings, removal, and the sentence where TensorFlow cannot be had. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';

const entry = fileURLToPath(new URL('../../../src-main/cli/main.ts', import.meta.url));
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'engine-cli-'));
});
afterEach(() => rmSync(home, { recursive: true }));

/** Without a Python on PATH, unless one is given for pip. */
function engine(args: string[], python = join(home, 'no-python')): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', entry, 'engine', ...args], {
    encoding: 'utf8',
    env: { ...process.env, TRACKLET_HOME: home, TRACKLET_TENSORFLOW: undefined, TRACKLET_PYTHON: python, PATH: home },
  });
}

it('shows what there is, what the next job would fetch, and what is set', () => {
  const { stdout, status } = engine(['status', '--json']);
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ library: null, installed: [], pinned: expect.stringMatching(/^2\.\d+\.\d+$/), settings: { device: 'auto' } });

  const folder = join(home, 'native', 'tensorflow-cpu');
  mkdirSync(join(folder, 'tensorflow'), { recursive: true });
  writeFileSync(join(folder, 'tensorflow', 'libtensorflow_cc.so.2'), 'twelve bytes');
  const manifest = {
    id: 'tensorflow-cpu',
    wheels: [{ distribution: 'tensorflow-cpu', version: '2.18.0', sha256: '' }],
    files: [{ path: 'tensorflow/libtensorflow_cc.so.2', size: 12 }],
  };
  writeFileSync(join(folder, 'provisioned.json'), JSON.stringify(manifest));
  const older = JSON.parse(engine(['status', '--json']).stdout) as object;
  expect(older).toMatchObject({ installed: [{ id: 'tensorflow-cpu', version: '2.18.0', bytes: 12, whole: true }] });

  expect(engine(['remove']).stdout).toMatch(/^Removed tensorflow-cpu, 0 MB\.$/m);
  expect(existsSync(folder)).toBe(false);
  expect(engine(['remove']).stdout).toContain('There was nothing to remove.');
});

it('sets, takes back and refuses settings', () => {
  expect(engine(['set', '--device', 'cuda', '--gpu', '1', '--tf32', 'off', '--jobs', '2']).status).toBe(0);
  const stored = (): unknown => JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8'));
  expect(stored()).toEqual({ 'engine.device': 'cuda', 'engine.gpu': 1, 'engine.tf32': false, 'engine.jobs': 2 });
  expect(JSON.parse(engine(['set', '--gpu', '-', '--json']).stdout)).toEqual({ 'engine.device': 'cuda', 'engine.tf32': false, 'engine.jobs': 2 });
  for (const args of [['--threads', '0'], ['--threads', '99999'], ['--gpu', '-1'], ['--device', 'tpu'], ['--tf32', 'maybe'], []]) {
    expect(engine(['set', ...args]).status, args.join(' ')).toBe(2);
  }
  expect(stored()).toEqual({ 'engine.device': 'cuda', 'engine.tf32': false, 'engine.jobs': 2 });
  // Refused before anything is kept, with what the next job would say of it.
  const { status, stderr } = engine(['set', '--tensorflow', join(home, 'nothing')]);
  expect([status, stderr]).toEqual([1, expect.stringContaining('nothing')]);
  expect(stored()).not.toHaveProperty('engine.tensorflow');
  expect(engine(['dance']).status).toBe(2);
});

it.skipIf(process.platform === 'win32')('says in a sentence why it cannot install, and what helps', () => {
  const { status, stderr } = engine(['install']);
  expect(status).toBe(1);
  expect(stderr).toMatch(/No Python was found \(tried .*no-python\).*\nInstall Python 3 with pip, or set TRACKLET_PYTHON/);
});
