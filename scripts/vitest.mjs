/** Runs vitest on the program's own Node: `node scripts/vitest.mjs run test/main/db`. */
import { runOwn } from './runtime.mjs';

await runOwn('node_modules', 'vitest', 'vitest.mjs');
