/** Builds the page and the shell when a source is newer than the last build. The Node side needs no build: it runs as TypeScript. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinary, nodeFlags, root } from './runtime.mjs';

const TARGETS = [
  {
    name: 'page',
    config: 'vite.config.ts',
    out: 'dist/renderer',
    sources: ['src-renderer', 'src-shared', 'vite.config.ts', 'svelte.config.js', 'package-lock.json'],
  },
  {
    name: 'window',
    config: 'vite.shell.config.ts',
    out: 'dist/shell',
    sources: ['src-main/shell', 'src-shared/keys.json', 'vite.shell.config.ts', 'package-lock.json'],
  },
];

export function ensureBuilt() {
  for (const target of TARGETS) {
    const stamp = join(root, target.out, '.built');
    const newest = Math.max(...target.sources.map((source) => newestChange(join(root, source))));
    if (existsSync(stamp) && statSync(stamp).mtimeMs >= newest) continue;
    console.error(`Building the ${target.name}…`);
    const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
    const result = spawnSync(nodeBinary(), [...nodeFlags, vite, 'build', '--logLevel', 'error', '--config', target.config], {
      cwd: root,
      stdio: ['ignore', 2, 2],
    });
    if (result.status !== 0) {
      console.error(`The ${target.name} could not be built; the message stands above.`);
      process.exit(1);
    }
    writeFileSync(stamp, '');
  }
}

function newestChange(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((newest, name) => Math.max(newest, newestChange(join(path, name))), stat.mtimeMs);
}
