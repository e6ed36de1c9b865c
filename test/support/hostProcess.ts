/** A real host process on a project folder, as `npm start` runs it, for tests and benchmarks. */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ownEntry = fileURLToPath(new URL('../../src-main/host/main.ts', import.meta.url));

export interface RunningHost {
  url: string;
  port: number;
  token: string;
  child: ChildProcess;
  stop(): Promise<void>;
}

export function startHostProcess(project: string, args: string[] = [], env: Record<string, string> = {}, entry = ownEntry): Promise<RunningHost> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', entry, '--project', project, '--create', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    let printed = '';
    let complaint = '';
    const exited = new Promise<void>((ended) => child.on('exit', () => ended()));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-4000)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      const line = printed.split('\n').find((candidate) => candidate.startsWith('{"url"'));
      if (!line) return;
      const { url } = JSON.parse(line) as { url: string };
      const { port, hash, searchParams } = new URL(url);
      resolve({
        url,
        port: Number(port),
        // Other versions of the program, which benchmarks compare with, put it elsewhere.
        token: /^#token=(.*)$/.exec(hash)?.[1] ?? searchParams.get('token') ?? '',
        child,
        async stop() {
          child.kill('SIGTERM');
          await exited;
        },
      });
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => reject(new Error(`the host ended with ${signal ?? `status ${code}`}: ${complaint}`)));
  });
}
