/** Installs what is missing, once per state of the lock file. Plain JavaScript: runs before anything is installed. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './runtime.mjs';

const OLDEST_NODE = [20, 19];
/** The first npm that knows `allowScripts`; older ones get no scripts at all, and nothing here needs one. */
const NPM_WITH_ALLOW_LIST = [11, 10];
const stampFile = join(root, 'node_modules', '.tracklet-installed');

/** Ends the process with a sentence when it cannot succeed. */
export function ensureInstalled() {
  if (older(process.versions.node, OLDEST_NODE))
    fail(`Node ${process.versions.node} is too old: Tracklet Workbench needs ${OLDEST_NODE.join('.')} or newer to start.`);
  const stamp = lockStamp();
  if (readStamp() === stamp) return;
  console.error('Installing packages (once, about half a minute)…');
  const version = npm(['--version'], 'pipe');
  if (version.status !== 0) fail('npm was not found. It comes with Node; install Node again with npm.');
  const flags = older(String(version.stdout).trim(), NPM_WITH_ALLOW_LIST) ? ['--ignore-scripts'] : [];
  // Engine warnings are about the Node that npm runs on; the program brings its own.
  const result = npm(['ci', '--loglevel=error', ...flags], 'inherit');
  if (result.status !== 0)
    fail('npm could not install the packages; its message stands above. Check the connection and the free disk space, then run the command again.');
  writeFileSync(stampFile, stamp);
}

function npm(args, stdio) {
  const script = process.env.npm_execpath;
  const options = { cwd: root, stdio: ['ignore', stdio === 'pipe' ? 'pipe' : 2, stdio === 'pipe' ? 'pipe' : 2], encoding: 'utf8' };
  if (script?.endsWith('.js')) return spawnSync(process.execPath, [script, ...args], options);
  return spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
}

function lockStamp() {
  const hash = createHash('sha256');
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(root, name)));
  return `${hash.digest('hex')} ${process.platform}-${process.arch}\n`;
}

function readStamp() {
  try {
    return readFileSync(stampFile, 'utf8');
  } catch {
    return null;
  }
}

function older(version, [major, minor]) {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a < major || (a === major && b < minor);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
