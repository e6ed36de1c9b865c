/**
 * Where the program keeps what belongs to the user and not to one project: downloaded native parts, settings, logs.
 * Linux: XDG data folder; macOS: Application Support; Windows: local application data; TRACKLET_HOME overrides all.
 * Computes only: it makes no folder. Test: test/main/platform/paths.test.ts.
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface UserPaths {
  /** The per-user data folder. */
  home: string;
  /** Downloaded native parts, one folder each; removable at any time. */
  provisioned: string;
}

export interface PathsFrom {
  env: Record<string, string | undefined>;
  platform: NodeJS.Platform;
  homeFolder: string;
}

export function userPaths(from: PathsFrom = { env: process.env, platform: process.platform, homeFolder: homedir() }): UserPaths {
  const home = dataFolder(from);
  return { home, provisioned: join(home, 'native') };
}

function dataFolder({ env, platform, homeFolder }: PathsFrom): string {
  const override = env['TRACKLET_HOME'];
  if (override) return resolve(override);
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homeFolder, 'AppData', 'Local'), 'Tracklet Workbench');
  if (platform === 'darwin') return join(homeFolder, 'Library', 'Application Support', 'Tracklet Workbench');
  // The XDG specification says that a relative path is to be ignored.
  const xdg = env['XDG_DATA_HOME'];
  return join(xdg?.startsWith('/') ? xdg : join(homeFolder, '.local', 'share'), 'tracklet-workbench');
}
