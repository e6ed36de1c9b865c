/** A real disk that is full: 4 MB of memory mounted in a namespace of its own, so that nothing else is touched. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { ErrorShape } from '../../../src-shared/errors.ts';
import { temporaryFolder } from '../../support/project.ts';

const program = fileURLToPath(new URL('../../support/fullDiskHost.ts', import.meta.url));
const MOUNT = 'mount -t tmpfs -o size=4m none "$1"';
const canMount = spawnSync('unshare', ['-rm', 'sh', '-c', MOUNT, 'sh', temporaryPlace()]).status === 0;

function temporaryPlace(): string {
  using folder = temporaryFolder();
  return folder.path.slice(0, folder.path.lastIndexOf('/'));
}

interface Report {
  acknowledged: string[];
  acknowledgedWhenFull: number;
  whenFull: ErrorShape | null;
  setting: ErrorShape | null;
  refusedAfter: ErrorShape | null;
  seen: string[];
  kept: string[];
  verdict: string;
}

test.runIf(canMount)('stops the acknowledging and says so; when space returns it goes on without a restart, and nothing acknowledged is lost', () => {
  using folder = temporaryFolder();
  const result = spawnSync(
    'unshare',
    ['-rm', 'sh', '-c', `${MOUNT} && exec "$2" --disable-warning=ExperimentalWarning "$3" "$1"`, 'sh', folder.path, process.execPath, program],
    { encoding: 'utf8' },
  );
  expect(result.stderr).toBe('');
  const report = JSON.parse(result.stdout) as Report;
  expect(report.acknowledged.length).toBeGreaterThanOrEqual(20);
  expect(report.whenFull).toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringContaining('The disk is full') as string,
    remedy: expect.stringContaining('without a restart') as string,
  });
  expect(report.setting).toMatchObject({ code: 'DISK_FULL', message: expect.stringContaining('settings.json') as string });
  expect(report.refusedAfter).toBeNull();
  for (const there of [report.seen, report.kept]) expect(report.acknowledged.filter((key) => !there.includes(key))).toEqual([]);
  // Nothing that was refused appears later.
  expect(report.kept.filter((key) => /^(before|full|after)/.test(key)).sort()).toEqual(report.acknowledged.toSorted());
  expect(report.verdict).toBe('ok');
});
