/** The window on a real Electron: it starts the real host, shows the page, the preload runs, the menu is there, Node is out of reach. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, it } from 'vitest';
import { windowArguments } from '../../src-main/cli/open.ts';
import { findSmokeElectron } from '../support/electron.ts';
import { ownHome } from '../support/ownHome.ts';

const electron = await findSmokeElectron();
if ('skipped' in electron) process.stderr.write(`Electron smoke test skipped: ${electron.skipped}\n`);

it.skipIf('skipped' in electron)('opens the workbench in a window with dialogs and menu, and without Node in the page', async () => {
  if ('skipped' in electron) return;
  const folder = await mkdtemp(join(tmpdir(), 'tracklet-shell-'));
  try {
    const picture = join(folder, 'window.png');
    const args = [...electron.args, ...windowArguments(join(folder, 'project'), { create: true }), `--smoke=${picture}`];
    const { code, output } = await run(electron.command, args, {
      ...(await ownHome(folder)),
      XDG_CONFIG_HOME: join(folder, 'config'), // Electron's profile
    });
    expect(code, output).toBe(0);
    const line = output.split('\n').find((text) => text.startsWith('{"smoke"'));
    const { smoke, menu } = JSON.parse(line ?? '{}') as { smoke: { title: string; shell: string[]; node: string }; menu: string[] };
    expect(smoke).toEqual({
      title: expect.stringContaining('Tracklet Workbench') as string,
      shell: ['chooseProgram', 'onCommand', 'pickFile', 'pickFolder', 'reveal', 'showCommands'],
      node: 'undefined',
    });
    expect(menu).toEqual(expect.arrayContaining(['File', 'Edit', 'Go', 'Annotate', 'Window']));
    const { width, height } = await sharp(await readFile(picture)).metadata();
    expect(width).toBeGreaterThan(1000);
    expect(height).toBeGreaterThan(600);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

function run(command: string, args: string[], env: Record<string, string>): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env }, timeout: 300_000 });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', reject);
    child.on('exit', (code) => resolve({ code, output }));
  });
}
