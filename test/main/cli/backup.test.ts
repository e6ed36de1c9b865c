/** `tracklet backup` as a user's shell sees it, also on a project whose database is too damaged to be opened. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject } from '../../support/project.ts';

const entry = fileURLToPath(new URL('../../../src-main/cli/main.ts', import.meta.url));

function tracklet(home: string, ...args: string[]): { status: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', entry, ...args], {
    encoding: 'utf8',
    env: { ...process.env, TRACKLET_HOME: home },
  });
  return { status, out: stdout, err: stderr };
}

test('makes a copy, lists what it holds, and puts it back in the place of a damaged database, which is kept', async () => {
  await using project = await openTestProject();
  await fillProject(project.host.context, { tracklets: 20, identities: 4, cameras: 2, name: 'Set' });
  await project.host.close();
  const { folder, home } = project;
  expect(tracklet(home, 'backup', 'list', '--project', folder)).toMatchObject({ status: 0, out: 'There is no copy yet.\n' });
  const made = JSON.parse(tracklet(home, 'backup', 'make', '--project', folder, '--json').out) as { backup: { id: string; datasets: number } };
  expect(made.backup).toMatchObject({ datasets: 1 });
  expect(tracklet(home, 'backup', 'list', '--project', folder).out).toMatch(new RegExp(`^${made.backup.id}  .* By hand  .1 data set, 0 runs, \\d+ values`));

  const file = join(folder, 'project.sqlite');
  writeFileSync(file, readFileSync(file).fill(0x55, 0, 200));
  const refused = tracklet(home, 'stats', '--project', folder, '--dataset', 'Set');
  expect(refused.status).toBe(1);
  expect(refused.err).toContain(`tracklet backup restore ${made.backup.id} --project ${folder}`);
  const restored = tracklet(home, 'backup', 'restore', made.backup.id, '--project', folder, '--json');
  expect(restored).toMatchObject({ status: 0 });
  const { kept } = JSON.parse(restored.out) as { kept: string };
  expect(readdirSync(folder)).toContain(kept);
  expect(tracklet(home, 'stats', '--project', folder, '--dataset', 'Set').status).toBe(0);

  // A project that opens is put back in place, after a copy of the present.
  expect(tracklet(home, 'backup', 'restore', made.backup.id, '--project', folder).out).toMatch(/is kept as 000002-/);
  expect(tracklet(home, 'backup', 'restore', 'none', '--project', folder)).toMatchObject({
    status: 1,
    err: expect.stringContaining('no copy "none"') as string,
  });
  expect(tracklet(home, 'backup', 'frob', '--project', folder).status).toBe(2);
  expect(tracklet(home, 'backup', 'list', '--project', join(folder, 'nowhere')).err).toContain('is not a project');
}, 120_000);
