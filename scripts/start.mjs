/** `npm start`: installs what is missing, builds, makes the sample project on the first run, opens the workbench. */
import { join } from 'node:path';
import { ensureInstalled } from './install.mjs';
import { ensureProtocolList } from './protocolList.mjs';
import { root } from './runtime.mjs';

ensureInstalled();
ensureProtocolList();
const { ensureBuilt } = await import('./build.mjs');
ensureBuilt();
const { runCli } = await import('./cli.mjs');
const project = process.argv[2] ?? join(root, 'sample-project');
process.exitCode = await runCli(['open', project, '--sample', ...process.argv.slice(3)]);
