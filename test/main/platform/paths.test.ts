/** Where the user's data lies on each system. */
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { userPaths } from '../../../src-main/platform/paths.ts';

const homeFolder = '/people/ann';

it.each<[NodeJS.Platform, Record<string, string>, string]>([
  ['linux', {}, join(homeFolder, '.local', 'share', 'tracklet-workbench')],
  ['linux', { XDG_DATA_HOME: '/data' }, '/data/tracklet-workbench'],
  ['linux', { XDG_DATA_HOME: 'relative' }, join(homeFolder, '.local', 'share', 'tracklet-workbench')],
  ['darwin', {}, join(homeFolder, 'Library', 'Application Support', 'Tracklet Workbench')],
  ['win32', { LOCALAPPDATA: 'D:/local' }, join('D:/local', 'Tracklet Workbench')],
  ['linux', { TRACKLET_HOME: 'here', XDG_DATA_HOME: '/data' }, resolve('here')],
])('on %s with %j', (platform, env, home) => {
  expect(userPaths({ env, platform, homeFolder })).toEqual({ home, provisioned: join(home, 'native') });
});
