/**
 * One test file run on the copy, and what is known of each without a change: whether it passes, how long it takes, which changes it reaches.
 * That is measured once and kept in `.cache/mutation`, under a hash of all the test loads.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ACTIVE, REACHED } from './changes.ts';

export type Outcome = 'passed' | 'failed' | 'late';

export interface Usual {
  isGreen: boolean;
  ms: number;
  reached: ReadonlySet<string>;
}

/** Without any change it must end within this time; what took longer would say nothing about a loop without an end. */
const LONGEST_MS = 600_000;

/** Process groups of tests that run now. */
const running = new Set<number>();

export function endTests(): void {
  for (const pid of running)
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended by itself a moment ago.
    }
}

export async function usualOf(root: string, copy: string, test: string, hash: string): Promise<Usual> {
  const folder = join(root, '.cache', 'mutation');
  const kept = join(folder, `${hash}.json`);
  try {
    const known = JSON.parse(readFileSync(kept, 'utf8')) as { ms: number; reached: string[] };
    return { isGreen: true, ms: known.ms, reached: new Set(known.reached) };
  } catch {
    // Measured now.
  }
  const into = join(copy, '.reached');
  writeFileSync(into, '');
  const began = performance.now();
  const outcome = await runTest(root, copy, test, LONGEST_MS, { [REACHED]: into });
  const ms = Math.round(performance.now() - began);
  const reached = new Set(readFileSync(into, 'utf8').split('\n').filter(Boolean));
  rmSync(into);
  if (outcome === 'passed') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(kept, JSON.stringify({ test, ms, reached: [...reached] }));
  }
  return { isGreen: outcome === 'passed', ms, reached };
}

export function withChange(id: string): Record<string, string> {
  return { [ACTIVE]: id };
}

export function runTest(root: string, copy: string, test: string, limitMs: number, env: Record<string, string>): Promise<Outcome> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const flags = ['--bail', '1', '--maxWorkers', '1', '--reporter', 'dot'];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', vitest, 'run', ...flags, test], {
      cwd: copy,
      stdio: 'ignore',
      detached: true,
      env: { ...process.env, NODE_ENV: 'test', ...env },
    });
    running.add(child.pid as number);
    let isLate = false;
    // Whatever the tests started goes with them.
    const end = (): void => {
      isLate = true;
      process.kill(-(child.pid as number), 'SIGKILL');
    };
    const timer = setTimeout(end, limitMs);
    child.on('error', reject);
    child.on('exit', (code) => {
      running.delete(child.pid as number);
      clearTimeout(timer);
      resolve(isLate ? 'late' : code === 0 ? 'passed' : 'failed');
    });
  });
}
