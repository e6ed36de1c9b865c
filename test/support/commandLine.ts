/** The command line as a user's shell sees it: a process, its output and its exit status. */
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../src-main/cli/main.ts', import.meta.url));

export interface CommandOptions {
  /** Beside the environment of the tests. */
  env?: Record<string, string | undefined>;
  cwd?: string;
  stdio?: StdioOptions;
}

export interface Said {
  code: number | null;
  out: string;
  err: string;
}

export function startTracklet(args: readonly string[], { env, cwd, stdio = ['ignore', 'pipe', 'pipe'] }: CommandOptions = {}): ChildProcess {
  return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...args], { cwd, stdio, env: { ...process.env, ...env } });
}

/** What it said until its end. */
export function ended(child: ChildProcess): Promise<Said> {
  const said = { out: '', err: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, ...said }));
  });
}

export function tracklet(args: readonly string[], options?: CommandOptions): Promise<Said> {
  return ended(startTracklet(args, options));
}
