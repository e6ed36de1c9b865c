/** `node scripts/mutate.mjs --sample 300`: which changes of the code do the tests not notice? See test/mutation/run.ts. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { nodeBinary, nodeFlags, root } from './runtime.mjs';

ensureInstalled();
process.exitCode =
  spawnSync(nodeBinary(), [...nodeFlags, join(root, 'test', 'mutation', 'run.ts'), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' }).status ?? 1;
