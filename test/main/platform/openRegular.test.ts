/** Links and pipes under the names of our files, in a project that somebody sent: nothing elsewhere is read or written, and nothing waits. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readCheckpoint, readNewestCheckpoint, writeCheckpoint, writeFileSynced } from '../../../src-main/compute/checkpoint.ts';
import { replaceFile } from '../../../src-main/compute/resultFiles.ts';
import { appendMetrics, readMetrics } from '../../../src-main/features/runs/metricsFile.ts';
import { openLogFile, readLog } from '../../../src-main/jobs/logFile.ts';
import { appendRegular, openRegular, readRegular } from '../../../src-main/platform/openRegular.ts';
import { writeFileWhole } from '../../../src-main/platform/writeFileWhole.ts';
import { temporaryFolder } from '../../support/project.ts';

const refused = { code: 'FILE_INVALID', message: expect.stringContaining('regular file') as unknown };
const SECRET = '{"at":1,"level":"info","text":"secret"}\n';
const columns = { step: Int32Array.of(1), epoch: Int32Array.of(1), seconds: Float32Array.of(1), series: { loss: Float32Array.of(1) } };

/** A path that is a link to `outside`, or a pipe that nobody else opens. */
function plant(folder: string, kind: string): { path: string; outside: string } {
  const outside = join(folder, 'outside');
  const path = join(folder, 'planted');
  writeFileSync(outside, SECRET);
  if (kind === 'link') symlinkSync(outside, path);
  if (kind === 'dangling link') symlinkSync(join(folder, 'nothing'), path);
  if (kind === 'pipe') execFileSync('mkfifo', [path]);
  if (kind === 'folder') mkdirSync(path);
  return { path, outside };
}

test('a regular file is written, appended to and read; one that is not there says so', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'a');
  await expect(readRegular(path)).rejects.toMatchObject({ code: 'ENOENT' });
  await appendRegular(path, 'one');
  await appendRegular(path, 'two');
  expect(String(await readRegular(path))).toBe('onetwo');
  await (await openRegular(path, 'write')).close();
  expect(String(await readRegular(path))).toBe('');
});

// With an ordinary open the pipe would hold these for ever.
test.skipIf(process.platform === 'win32').each(['link', 'dangling link', 'pipe', 'folder'])('a %s under a name of ours', async (kind) => {
  using folder = temporaryFolder();
  const { path, outside } = plant(folder.path, kind);
  for (const how of ['read', 'append', 'write'] as const) await expect(openRegular(path, how)).rejects.toMatchObject(refused);
  await expect(readLog(path, 0)).rejects.toMatchObject(refused);
  await expect(readMetrics(path, 0)).rejects.toMatchObject(refused);
  await expect(appendMetrics(path, columns)).rejects.toMatchObject(refused);
  await expect(writeFileSynced(path, Buffer.from('x'))).rejects.toMatchObject(refused);
  const log = openLogFile(path, () => 0);
  log.append('info', 'x');
  await log.close();
  expect(readFileSync(outside, 'utf8')).toBe(SECRET);
  expect(existsSync(join(folder.path, 'nothing'))).toBe(false);
});

test.skipIf(process.platform === 'win32').each(['link', 'pipe'])('a %s under the name of an unfinished file', async (kind) => {
  using folder = temporaryFolder();
  const { path, outside } = plant(folder.path, kind);
  const own = join(folder.path, 'batches.json');
  for (const [write, unfinished] of [
    [writeFileWhole, `${own}.part-${process.pid}`],
    [replaceFile, `${own}.tmp`],
  ] as const) {
    execFileSync('cp', ['-P', '-R', path, unfinished]);
    await expect(write(own, Buffer.from('x'))).rejects.toMatchObject(refused);
    expect(readFileSync(outside, 'utf8')).toBe(SECRET);
    expect(existsSync(own)).toBe(false);
  }
});

test.skipIf(process.platform === 'win32').each(['link', 'pipe'])('a %s in a checkpoint makes it a damaged one', async (kind) => {
  using folder = temporaryFolder();
  const { path } = plant(folder.path, kind);
  const runs = join(folder.path, 'checkpoints');
  mkdirSync(runs);
  await writeCheckpoint(runs, 1, new Map([['state.json', Buffer.from(SECRET)]]));
  await writeCheckpoint(runs, 2, new Map([['state.json', Buffer.from(SECRET)]]));
  execFileSync('rm', [join(runs, 'step-00000002', 'state.json')]);
  execFileSync('cp', ['-P', '-R', path, join(runs, 'step-00000002', 'state.json')]);
  const found = await readNewestCheckpoint(runs);
  expect(found.checkpoint?.step).toBe(1);
  expect(found.damaged).toMatchObject([{ name: 'step-00000002', reason: refused.message }]);
  symlinkSync('step-00000001', join(runs, 'step-00000003'));
  await expect(readCheckpoint(join(runs, 'step-00000003'))).rejects.toMatchObject({ code: 'FILE_INVALID' });
});
