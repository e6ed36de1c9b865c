/** Runs the command line on the program's own Node and passes signals and the exit status on. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { nodeBinary, nodeFlags, root } from './runtime.mjs';

/** Resolves to the exit status. */
export function runCli(args) {
  const child = spawn(nodeBinary(), [...nodeFlags, join(root, 'src-main', 'cli', 'main.ts'), ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`The program could not be started: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(signal ? 130 : (code ?? 1)));
  });
}
