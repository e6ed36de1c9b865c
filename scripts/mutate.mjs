/** `node scripts/mutate.mjs --sample 300`: which changes of the code do the tests not notice? See test/mutation/run.ts. */
import { ensureInstalled } from './install.mjs';
import { runOwn } from './runtime.mjs';

ensureInstalled();
await runOwn('test', 'mutation', 'run.ts');
