/** Settings that name a program to run: no message over a socket sets them, whatever token it has; the command line does. */
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROGRAM_SETTINGS } from '../../../src-shared/programSettings.ts';
import type { Server } from '../../../src-main/host/server.ts';
import { tracklet } from '../../support/commandLine.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';
import { connectSocket } from '../../support/socketClient.ts';

let project: TestProject;
let server: Server;
let script: string;
let proof: string;

beforeAll(async () => {
  project = await openTestProject();
  server = await project.host.serve();
  // A program that answers as ffmpeg does, and leaves a trace when it runs.
  script = join(project.home, 'script');
  proof = join(project.home, 'it-ran');
  await project.host.context.settings.set('theme', 'dark');
  writeFileSync(script, `#!/bin/sh\ntouch '${proof}'\necho 'ffmpeg version 9'\n`);
  chmodSync(script, 0o755);
});
afterAll(() => project[Symbol.asyncDispose]());

test.each(Object.keys(PROGRAM_SETTINGS))('a socket cannot set "%s", and what it named never ran', async (key) => {
  const page = connectSocket(server.port, { origin: `http://127.0.0.1:${server.port}` }, server.token);
  const program = connectSocket(server.port, { authorization: `Bearer ${server.token}` });
  for (const { client } of [page, program]) {
    await expect(client.call('settings.set', { key, value: script })).rejects.toMatchObject({
      code: 'UNAUTHORISED',
      message: expect.stringContaining('names a program to run') as unknown,
      remedy: expect.stringContaining(`tracklet settings set ${key}`) as unknown,
    });
    expect((await client.call('settings.get', {}))[key]).toBeUndefined();
    // Back to what the program finds by itself: that may be said by anyone.
    await client.call('settings.set', { key, value: null });
    client.close();
  }
  expect(existsSync(proof)).toBe(false);
});

test.skipIf(process.platform === 'win32')('the command line sets them, and a host that is open sees it and keeps it', async () => {
  const run = (...args: string[]) => tracklet(['settings', ...args], { env: { TRACKLET_HOME: project.home, VITEST: undefined } });
  expect((await run('set', 'ffmpeg', join(project.home, 'nothing'))).err).toContain('not a working ffmpeg');
  expect(await run('set', 'ffmpeg', script)).toMatchObject({ code: 0, out: expect.stringContaining(`ffmpeg ${script}`) as unknown });
  expect(existsSync(proof)).toBe(true);
  const client = project.host.client();
  expect(await client.call('settings.get', {})).toEqual({ theme: 'dark', ffmpeg: script });
  await client.call('settings.set', { key: 'theme', value: 'light' });
  expect(JSON.parse((await run('--json')).out)).toEqual({ theme: 'light', ffmpeg: script });
  expect((await run('remove', 'ffmpeg')).code).toBe(0);
  expect(await client.call('settings.get', {})).toEqual({ theme: 'light' });
  for (const args of [['set', 'ffmpeg'], ['set', 'window', 'x'], ['set', 'engine.threads', '0'], ['shout']]) expect((await run(...args)).code).toBe(2);
});
