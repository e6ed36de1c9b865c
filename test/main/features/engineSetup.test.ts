/** Settings of the engine as the dialog uses them: what is found, what is refused and not kept, what starting it got, and the limit of jobs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EngineStatus } from '../../../src-shared/contract/engine.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { computeInChild } from '../../../src-main/compute/local.ts';
import { cudaDevices } from '../../../src-main/engine/cudaDevices.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';

let project: TestProject;
let client: RpcClient;

beforeEach(async () => {
  project = await openTestProject();
  // No Python on PATH and no setting: the engine has nothing but an empty folder to look into.
  vi.stubEnv('TRACKLET_TENSORFLOW', undefined);
  vi.stubEnv('PATH', project.home);
  client = project.host.client();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await project[Symbol.asyncDispose]();
});

/** A folder as pip lays it out, with a library that is none. */
function install(version: string): string {
  const folder = join(project.home, version);
  mkdirSync(join(folder, 'tensorflow'), { recursive: true });
  mkdirSync(join(folder, `tensorflow_cpu-${version}.dist-info`));
  writeFileSync(join(folder, 'tensorflow', 'libtensorflow_cc.so.2'), 'not a library');
  return folder;
}

const kept = async () => (await client.call('settings.get', {}))['engine.tensorflow'];

test('the cards that a child names are those of this machine', async () => {
  expect(await computeInChild({ kind: 'cards' })).toEqual(cudaDevices());
});

test('what is on the machine is told without starting it', async () => {
  const bare = await client.call('engine.setup', {});
  expect(bare).toMatchObject({ cores: expect.any(Number), library: null, problem: null });
  if (process.platform === 'linux' && process.arch === 'x64') expect(bare.fetches).toMatch(/^TensorFlow 2\.\d+/);
  const folder = install('2.20.0');
  await client.call('settings.set', { key: 'engine.tensorflow', value: folder });
  const path = join(folder, 'tensorflow', 'libtensorflow_cc.so.2');
  expect(await client.call('engine.setup', {})).toMatchObject({ library: { path, version: '2.20.0', source: 'setting' }, fetches: null, problem: null });
  // Kept when it was there, and gone since.
  await project.host.context.settings.set('engine.tensorflow', join(folder, 'gone'));
  expect(await client.call('engine.setup', {})).toMatchObject({ library: null, problem: expect.stringContaining(join(folder, 'gone')) });
});

test('a value that does not fit is refused with a sentence, and the one before it stays', async () => {
  const good = install('2.20.0');
  await client.call('settings.set', { key: 'engine.tensorflow', value: good });
  await expect(client.call('settings.set', { key: 'engine.tensorflow', value: project.home })).rejects.toMatchObject({
    code: 'ENGINE_UNAVAILABLE',
    message: `The setting for TensorFlow points to ${project.home}, where there is no TensorFlow library.`,
  });
  await expect(client.call('settings.set', { key: 'engine.tensorflow', value: install('2.9.1') })).rejects.toMatchObject({
    message: expect.stringContaining('TensorFlow 2.9.1'),
  });
  await expect(client.call('settings.set', { key: 'engine.tensorflow', value: 'tensorflow' })).rejects.toMatchObject({ code: 'BAD_INPUT' });
  expect(await kept()).toBe(good);
  await expect(client.call('settings.set', { key: 'engine.threads', value: 0 })).rejects.toMatchObject({
    code: 'BAD_INPUT',
    params: { key: 'engine.threads' },
  });
  await client.call('settings.set', { key: 'engine.tensorflow', value: null });
  expect(await client.call('settings.get', {})).toEqual({});
});

test('starting the engine says what it got or why it got nothing, and a changed setting forgets it', async () => {
  const states: EngineStatus['state'][] = [];
  client.on('engine', ({ state }) => void states.push(state));
  const folder = install('2.20.0');
  await client.call('settings.set', { key: 'engine.tensorflow', value: folder });
  await client.call('settings.set', { key: 'engine.device', value: 'cpu' });
  const failed = await client.call('engine.try', {});
  expect(failed).toMatchObject({ state: 'failed', message: expect.stringContaining(join(folder, 'tensorflow', 'libtensorflow_cc.so.2')) });
  expect(await client.call('engine.status', {})).toEqual(failed);

  await client.call('settings.set', { key: 'engine.device', value: 'wasm' });
  expect((await client.call('engine.status', {})).state).toBe('unknown');
  expect(await client.call('engine.try', {})).toMatchObject({ state: 'ready', engine: 'wasm', device: 'wasm', message: null });
  await client.call('settings.set', { key: 'theme', value: 'dark' });
  expect((await client.call('engine.status', {})).state).toBe('ready');
  expect(states).toEqual(expect.arrayContaining(['failed', 'unknown', 'ready']));
});

test('the setting of jobs at once is the limit of the queue, at once for what waits, and one where it is none', async () => {
  const { jobs, settings } = project.host.context;
  const running: string[] = [];
  const gate = Promise.withResolvers<null>();
  jobs.registerRunner('strips', {
    title: 'Work',
    group: 'data',
    resource: 'compute',
    resumable: false,
    run({ title }) {
      running.push(title);
      return gate.promise;
    },
  });
  await settings.set('engine.jobs', 0);
  const ids: number[] = [];
  for (const title of ['first', 'second', 'third', 'fourth']) ids.push(await jobs.start({ kind: 'strips', title, params: {} }));
  expect(running).toEqual(['first']);
  await client.call('settings.set', { key: 'engine.jobs', value: 3 });
  expect(running).toEqual(['first', 'second', 'third']);
  gate.resolve(null);
  for (const id of ids) await jobs.wait(id);
  expect(running).toEqual(['first', 'second', 'third', 'fourth']);
});
