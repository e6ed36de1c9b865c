// Fuzzes the readers of files from elsewhere for longer than the tests do: node scripts/fuzz.mjs [target …] [--mutations n] [--seed s]
import { runOwn } from './runtime.mjs';

await runOwn('test', 'fuzz', 'run.ts');
