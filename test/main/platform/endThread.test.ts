/**
 * Threads in the middle of native work end without taking the process along. The work is the picture library's own: a JPEG that takes longer to
 * encode than the thread has until it is told to end. In a process of its own, since the failure is that it dies.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { nativeWorkOver, noteNativeWork } from '../../../src-main/platform/endThread.ts';
import { temporaryFolder } from '../../support/project.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

function run(ending: string): { status: number | null; signal: string | null; stderr: string; stdout: string } {
  const thread = `
    import { parentPort } from 'node:worker_threads';
    import { createRequire } from 'node:module';
    import { answerUntilEnd } from ${JSON.stringify(pathToFileURL(`${root}src-main/platform/endThread.ts`).href)};
    const { bufferSize, compressSync, FORMAT_RGB, SAMP_420 } = createRequire(${JSON.stringify(root)})('@julusian/jpeg-turbo');
    const [width, height] = [3000, 3000];
    const scratch = Buffer.alloc(bufferSize({ width, height, subsampling: SAMP_420 }));
    answerUntilEnd(parentPort, () => {
      parentPort.postMessage('begun');
      compressSync(Buffer.alloc(width * height * 3, 77), scratch, { format: FORMAT_RGB, width, height, subsampling: SAMP_420, quality: 90 });
      parentPort.postMessage('done');
    });`;
  using folder = temporaryFolder();
  const file = join(folder.path, 'thread.mjs');
  writeFileSync(file, thread);
  const program = `
    import { Worker } from 'node:worker_threads';
    import { endThread } from './src-main/platform/endThread.ts';
    const worker = new Worker(${JSON.stringify(file)}, { execArgv: [] });
    const heard = [];
    worker.on('error', (error) => heard.push(error.message));
    worker.on('message', async (word) => {
      heard.push(word);
      if (word !== 'begun') return;
      await ${ending};
      console.log(heard.join(' '));
    });
    worker.postMessage({});`;
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program], { cwd: root, encoding: 'utf8' });
}

test('a thread that is told to end finishes the call it is in, and the process lives', () => {
  expect(run('endThread(worker)')).toMatchObject({ status: 0, signal: null, stderr: '', stdout: 'begun done\n' });
});

test('one that has ended already is not waited for', () => {
  expect(run('endThread(worker).then(() => endThread(worker))')).toMatchObject({ status: 0, stdout: 'begun done\n' });
});

test('nothing that calls native code is ended from outside', () => {
  // The database's own thread that could not open its file: no call of it is under way then.
  const known = ['src-main/db/database.ts'];
  const files = globSync('src-main/**/*.ts', { cwd: root }).filter((file) =>
    /\bworker\.terminate\(\)/.test(readFileSync(`${root}${file}`, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '')),
  );
  expect(files).toEqual(known);
});

test('what is under way is waited for, but not for ever', async () => {
  const work = Promise.withResolvers<void>();
  noteNativeWork(work.promise);
  let over = false;
  const waiting = nativeWorkOver(60_000).then(() => (over = true));
  await new Promise((resolve) => setImmediate(resolve));
  expect(over).toBe(false);
  work.resolve();
  await waiting;
  noteNativeWork(new Promise(() => undefined));
  await nativeWorkOver(1);
});
