/** Runs vitest on the program's own Node: `node scripts/vitest.mjs run test/main/db`. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { nodeBinary, nodeFlags, root } from './runtime.mjs';

process.exitCode =
  spawnSync(nodeBinary(), [...nodeFlags, join(root, 'node_modules', 'vitest', 'vitest.mjs'), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' })
    .status ?? 1;
