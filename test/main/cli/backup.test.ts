/** `tracklet backup` as a user's shell sees it, also on a project whose database is too damaged to be opened. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fillProject } from '../../support/bigProject.ts';
import { tracklet } from '../../support/commandLine.ts';
import { openTestProject } from '../../support/project.ts';

test('makes a copy, lists what it holds, and puts it back in the place of a damaged database, which is kept', async () => {
  await using project = await openTestProject();
  await fillProject(project.host.context, { tracklets: 20, identities: 4, cameras: 2, name: 'Set' });
  await project.host.close();
  const { folder, home } = project;
  const run = (...args: string[]) => tracklet(args, { env: { TRACKLET_HOME: home } });
  expect(await run('backup', 'list', '--project', folder)).toMatchObject({ code: 0, out: 'There is no copy yet.\n' });
  const made = JSON.parse((await run('backup', 'make', '--project', folder, '--json')).out) as { backup: { id: string; datasets: number } };
  expect(made.backup).toMatchObject({ datasets: 1 });
  expect((await run('backup', 'list', '--project', folder)).out).toMatch(new RegExp(`^${made.backup.id}  .* By hand  .1 data set, 0 runs, \\d+ values`));

  const file = join(folder, 'project.sqlite');
  writeFileSync(file, readFileSync(file).fill(0x55, 0, 200));
  const refused = await run('stats', '--project', folder, '--dataset', 'Set');
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(`tracklet backup restore ${made.backup.id} --project ${folder}`);
  const restored = await run('backup', 'restore', made.backup.id, '--project', folder, '--json');
  expect(restored).toMatchObject({ code: 0 });
  const { kept } = JSON.parse(restored.out) as { kept: string };
  expect(readdirSync(folder)).toContain(kept);
  expect((await run('stats', '--project', folder, '--dataset', 'Set')).code).toBe(0);

  // A project that opens is put back in place, after a copy of the present.
  expect((await run('backup', 'restore', made.backup.id, '--project', folder)).out).toMatch(/is kept as 000002-/);
  expect(await run('backup', 'restore', 'none', '--project', folder)).toMatchObject({
    code: 1,
    err: expect.stringContaining('no copy "none"') as string,
  });
  expect((await run('backup', 'frob', '--project', folder)).code).toBe(2);
  expect((await run('backup', 'list', '--project', join(folder, 'nowhere'))).err).toContain('is not a project');
});
