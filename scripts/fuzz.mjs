// Fuzzes the readers of files from elsewhere for longer than the tests do: node scripts/fuzz.mjs [target …] [--mutations n] [--seed s]
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { nodeBinary, nodeFlags, root } from './runtime.mjs';

const run = spawnSync(nodeBinary(), [...nodeFlags, join(root, 'test', 'fuzz', 'run.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(run.status ?? 1);
