#!/usr/bin/env node
/** `tracklet …`: the command line. See `tracklet --help`. */
import { ensureInstalled } from './install.mjs';
import { ensureProtocolList } from './protocolList.mjs';

ensureInstalled();
ensureProtocolList();
const { runCli } = await import('./cli.mjs');
const [command] = process.argv.slice(2);
if (command === 'open' || command === 'serve') (await import('./build.mjs')).ensureBuilt();
process.exitCode = await runCli(process.argv.slice(2));
