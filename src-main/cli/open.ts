/** What `open` and `serve` share: the host with the built page, and finding a window. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pageAddress } from '../host/guard.ts';
import { integer, type CommandIo, type OptionSpec, type ParsedArguments } from './command.ts';
import { sayLeftOut, servedAt } from './project.ts';
import { terminalLog } from './terminalLog.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));
const hostEntry = fileURLToPath(new URL('../host/main.ts', import.meta.url));

export const serveOptions: Record<string, OptionSpec> = {
  port: { type: 'string', value: 'n', help: 'port; default: a free one' },
  create: { type: 'boolean', help: 'make the project where the folder is none yet' },
  sample: { type: 'boolean', help: 'the same, with the sample data sets and runs' },
};

function projectFolder(args: ParsedArguments): string {
  return resolve(args.positionals[0] ?? '.');
}

/** A mistyped path must not become a project: only who says so makes one. */
function mayCreate(args: ParsedArguments): boolean {
  return args.values['create'] === true || args.values['sample'] === true;
}

/** What `open` and `serve` do, but for the window: `findWindow` says where its program is, null where there is to be none. */
export async function openProject(args: ParsedArguments, io: CommandIo, findWindow: (io: CommandIo) => Promise<string | null>): Promise<void> {
  const { missingProject, projectExists } = await import('../host/project.ts');
  const folder = projectFolder(args);
  if (!projectExists(folder) && !mayCreate(args)) throw missingProject(folder);
  const held = servedAt(folder);
  if (held) {
    // Whoever opens a project twice wants to see it.
    if (!io.json) io.note('The project is open already.');
    return sayAddress(pageAddress(held.port, held.token), io);
  }
  const electron = await findWindow(io);
  return electron === null ? serveProject(args, io) : openWindow(electron, args, io);
}

function sayAddress(url: string, io: CommandIo): void {
  io.out(io.json ? JSON.stringify({ url }) : `Tracklet Workbench is at ${url}`);
}

/** Runs until interrupted. */
async function serveProject(args: ParsedArguments, io: CommandIo): Promise<void> {
  const { openHost } = await import('../host/host.ts');
  const folder = projectFolder(args);
  const host = await openHost({ folder, create: mayCreate(args) && { name: basename(folder) }, sample: args.values['sample'] === true, log: terminalLog(io) });
  try {
    const server = await host.serve({ port: integer(args, 'port', 0) });
    await sayLeftOut(host.client(), io);
    sayAddress(server.url, io);
    await new Promise<void>((stopped) => (io.signal.aborted ? stopped() : io.signal.addEventListener('abort', () => stopped(), { once: true })));
  } finally {
    await host.close();
  }
}

/** Path of an Electron binary, or null with the reason said. Fetches it through Electron's own installer on first use where there is a display. */
export async function findElectron(io: CommandIo): Promise<string | null> {
  const display = process.platform !== 'linux' || Boolean(process.env['DISPLAY'] || process.env['WAYLAND_DISPLAY']);
  if (!display) return null;
  const name = process.platform === 'win32' ? 'electron.exe' : process.platform === 'darwin' ? 'Electron.app/Contents/MacOS/Electron' : 'electron';
  const override = process.env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (override) return existsSync(join(override, name)) ? join(override, name) : sayNone(io, `ELECTRON_OVERRIDE_DIST_PATH holds no ${name}`);
  const folder = join(repository, 'node_modules', 'electron');
  const binary = join(folder, 'dist', name);
  if (existsSync(binary)) return binary;
  if (!existsSync(join(folder, 'install.js'))) return sayNone(io, 'Electron is not installed');
  io.note('Fetching the window (Electron, about 110 MB, once)…');
  const status = await new Promise<number | null>((done) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], { stdio: ['ignore', 'ignore', 'ignore'], timeout: 300_000 });
    child.on('error', () => done(null));
    child.on('exit', done);
  });
  return status === 0 && existsSync(binary) ? binary : sayNone(io, 'Electron could not be fetched');
}

function sayNone(io: CommandIo, reason: string): null {
  io.note(`${reason}; serving to a browser instead.`);
  return null;
}

/** Arguments of the window, shared with its smoke test. */
export function windowArguments(project: string, options: { sample?: boolean; create?: boolean }): string[] {
  const args = [repository, `--node=${process.execPath}`, `--host=${hostEntry}`, `--project=${project}`];
  if (options.sample) args.push('--sample');
  if (options.create) args.push('--create');
  // Chromium's sandbox does not work for root; nobody should need that outside a container.
  if (process.platform === 'linux' && process.getuid?.() === 0) args.push('--no-sandbox');
  return args;
}

function openWindow(electron: string, args: ParsedArguments, io: CommandIo): Promise<void> {
  return new Promise((done, reject) => {
    const child = spawn(electron, windowArguments(projectFolder(args), { sample: args.values['sample'] === true, create: mayCreate(args) }), {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    io.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 || io.signal.aborted ? done() : reject(new Error(`the window ended with status ${code}`))));
  });
}
