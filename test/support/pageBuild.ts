/** The page of the working tree, built into a folder of its own, so that a measurement never runs on an older build. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export function buildPage(folder: string): void {
  const vite = fileURLToPath(new URL('../../node_modules/vite/bin/vite.js', import.meta.url));
  const built = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', vite, 'build', '--logLevel', 'error', '--outDir', folder, '--emptyOutDir'],
    { cwd: root, stdio: ['ignore', 2, 2] },
  );
  if (built.status !== 0) throw new Error('the page could not be built; the message stands above');
}
