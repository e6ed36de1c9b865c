/** Runs the command line on the program's own Node and passes signals and the exit status on. */
import { runNode } from './runtime.mjs';

/** Resolves to the exit status. */
export function runCli(args) {
  return runNode(['src-main', 'cli', 'main.ts'], args);
}
