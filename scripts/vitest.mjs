/** Runs vitest on the program's own Node: `node scripts/vitest.mjs run test/main/db`. */
import { ensureProtocolList } from './protocolList.mjs';
import { runOwn } from './runtime.mjs';

ensureProtocolList();
await runOwn('node_modules', 'vitest', 'vitest.mjs');
