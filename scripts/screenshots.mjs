/** `node scripts/screenshots.mjs [project]`: makes the pictures of the README from a finished sample project. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';

ensureInstalled();
(await import('./build.mjs')).ensureBuilt();
const { nodeBinary, nodeFlags, root } = await import('./runtime.mjs');
process.exitCode =
  spawnSync(nodeBinary(), [...nodeFlags, join(root, 'test', 'tools', 'screenshots.ts'), ...process.argv.slice(2)], { cwd: root, stdio: 'inherit' }).status ?? 1;
