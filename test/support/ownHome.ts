/** A user's folder for one test: no settings of whoever runs the tests, but the native parts that this user already has. */
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { userPaths } from '../../src-main/platform/paths.ts';

/** Environment of a program that shall use it. */
export async function ownHome(folder: string): Promise<{ TRACKLET_HOME: string }> {
  const home = join(folder, 'home');
  const { provisioned } = userPaths();
  await Promise.all([mkdir(home, { recursive: true }), mkdir(provisioned, { recursive: true })]);
  await symlink(provisioned, join(home, 'native'), 'junction');
  return { TRACKLET_HOME: home };
}
