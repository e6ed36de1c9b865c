/** `node scripts/screenshots.mjs [project]`: makes the pictures of the README from a finished sample project. */
import { ensureInstalled } from './install.mjs';
import { runOwn } from './runtime.mjs';

ensureInstalled();
(await import('./build.mjs')).ensureBuilt();
await runOwn('test', 'tools', 'screenshots.ts');
