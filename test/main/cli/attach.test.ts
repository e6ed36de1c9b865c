/** Commands beside a program that has the project open, beside each other, and with nobody reading: as a user's shell sees them. */
import type { StdioOptions } from 'node:child_process';
import { existsSync, mkdirSync, openSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { attach } from '../../../src-main/cli/attach.ts';
import { withLists } from '../../../src-main/cli/command.ts';
import { waitForJob } from '../../../src-main/cli/project.ts';
import { terminalLog } from '../../../src-main/cli/terminalLog.ts';
import { createProject, openHost, type Host } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { ended, startTracklet } from '../../support/commandLine.ts';
import { makeCrops } from '../../support/madeCrops.ts';
import { until } from '../../support/until.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tracklet-attach-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const start = (args: string[], stdio?: StdioOptions) =>
  startTracklet(args, { cwd: folder, stdio, env: { TRACKLET_HOME: join(folder, 'home'), VITEST: undefined } });
const tracklet = (...args: string[]) => ended(start(args));

async function project(name: string): Promise<string> {
  const path = join(folder, name);
  await createProject(path, name, { log: openLog('silent') });
  return path;
}

async function openIn(path: string): Promise<Host> {
  return openHost({ folder: path, paths: { ...userPaths(), home: join(folder, 'home') }, log: openLog('silent') });
}

/** Two people before two cameras. */
async function makeSet(path: string): Promise<void> {
  for (const person of ['0001', '0002']) {
    for (const camera of ['c1', 'c2']) {
      const inner = join(path, person, camera);
      mkdirSync(inner, { recursive: true });
      await makeCrops(inner, 2, 32);
    }
  }
}

describe('a project that a window has open', () => {
  it('takes commands: they go through the same host, see what it has, and leave it open', async () => {
    const path = await project('open');
    const host = await openIn(path);
    try {
      await host.serve();
      await makeSet(join(folder, 'crops'));
      // A relative path is one of the caller's folder, not of the host's.
      const { code, out, err } = await tracklet('import', 'crops', '--project', 'open', '--name', 'Beside', '--json');
      expect(code, err).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ dataset: 'Beside', identities: 2 });
      const here = await host.client().call('datasets.list', {});
      expect(here.map((dataset) => dataset.name)).toEqual(['Beside']);
    } finally {
      await host.close();
    }
  });

  it('is not opened a second time: serve and open say where it is', async () => {
    const path = await project('twice');
    const host = await openIn(path);
    try {
      const { url } = await host.serve();
      for (const command of ['serve', 'open']) {
        const { code, out } = await tracklet(command, path);
        expect({ code, out }).toEqual({ code: 0, out: `Tracklet Workbench is at ${url}\n` });
      }
    } finally {
      await host.close();
    }
  });
});

it('commands that are run side by side share one host, and the last one leaves nothing behind', async () => {
  const path = await project('shared');
  for (const name of ['a', 'b', 'c']) await makeSet(join(folder, name));
  const results = await Promise.all(['a', 'b', 'c'].map((name) => tracklet('import', name, '--project', path, '--json')));
  expect(results.map(({ code, err }) => [code, code === 0 ? '' : err])).toEqual(results.map(() => [0, '']));
  expect(existsSync(join(path, 'host.json'))).toBe(false);
});

describe('a mistyped path', () => {
  it('becomes no project with any command', async () => {
    mkdirSync(join(folder, 'papers'));
    for (const command of [
      ['serve', 'studdy'],
      ['open', 'studdy'],
      ['serve', 'papers'],
      ['import', '.', '--project', 'studdy'],
      ['stats', '--project', 'studdy', '--dataset', 'x'],
    ]) {
      const { code, err } = await tracklet(...command);
      expect(code, command.join(' ')).toBe(1);
      expect(err, command.join(' ')).toMatch(/studdy does not exist\.|papers is not a project/);
      expect(err).toContain('tracklet project new');
    }
    expect(existsSync(join(folder, 'studdy'))).toBe(false);
    expect(await readdir(join(folder, 'papers'))).toEqual([]);
  });

  it('is made where that is asked for', async () => {
    const child = start(['serve', 'wanted', '--create']);
    const said = ended(child);
    await new Promise((ready) => child.stdout?.once('data', ready));
    child.kill('SIGTERM');
    const { code, out } = await said;
    expect(out).toContain('Tracklet Workbench is at http://127.0.0.1:');
    expect(code).toBe(0);
    expect(existsSync(join(folder, 'wanted', 'project.sqlite'))).toBe(true);
  });
});

it('a reader that stops reading ends nothing with a stack', async () => {
  const child = start(['describe', 'resnet-tap', '--json']);
  child.stdout?.destroy();
  const { code, err } = await ended(child);
  expect({ code, err }).toEqual({ code: 0, err: '' });
});

it('says its version', async () => {
  const { version } = JSON.parse(await (await import('node:fs/promises')).readFile(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect((await tracklet('--version')).out).toBe(`${version}\n`);
  expect(JSON.parse((await tracklet('--version', '--json')).out)).toEqual({ version });
});

it('advice for a page is not given to a terminal', async () => {
  const path = await project('advice');
  const { err } = await tracklet('stats', '--project', path, '--dataset', 'x');
  expect(err).toContain('no data set "x"');
  expect(err).not.toMatch(/Refresh the view/);
});

describe('lists in --set', () => {
  const isList = (key: string): boolean => key === 'decayEpochs';

  it.each([
    ['3,6', [3, 6]],
    [3, [3]],
    ['', []],
    [
      [3, 6],
      [3, 6],
    ],
    ['3, 6', [3, 6]],
  ])('%j is %j', (given, wanted) => {
    expect(withLists({ decayEpochs: given, name: '3,6' }, isList)).toEqual({ decayEpochs: wanted, name: '3,6' });
  });
});

it('warnings of a job reach standard error once each, in order, also those of its last moment', async () => {
  const lines = ['info', 'warn', 'warn'].map((level, i) => ({ at: 0, level, text: `line ${i}` }));
  const job = { id: 7, title: 'Train', state: 'running', done: 0, total: 0, message: '', secondsLeft: null } as unknown as Job;
  const listeners = new Map<string, (payload: never) => void>();
  let written = 2;
  const client = {
    on(event: string, listener: (payload: never) => void) {
      listeners.set(event, listener);
      return () => listeners.delete(event);
    },
    async call(name: string, input: { from: number }) {
      if (name === 'jobs.list') return [job];
      return { lines: lines.slice(input.from, written), next: written };
    },
  } as unknown as RpcClient;
  const notes: string[] = [];
  const waiting = waitForJob(client, 7, { out: () => undefined, note: (text) => void notes.push(text), json: false, signal: new AbortController().signal });
  await new Promise((resolve) => setImmediate(resolve));
  listeners.get('changed')?.({ tags: ['JobLog:7'] } as never);
  listeners.get('changed')?.({ tags: ['JobLog:7'] } as never);
  await new Promise((resolve) => setImmediate(resolve));
  written = 3;
  listeners.get('job')?.({ ...job, state: 'done' } as never);
  await waiting;
  expect(notes.filter((note) => note.startsWith('Warning'))).toEqual(['Warning: line 1', 'Warning: line 2']);
});

it("the program's log is sentences in a terminal", () => {
  const notes: string[] = [];
  const log = terminalLog({ note: (text) => void notes.push(text) });
  log.info('nothing of interest');
  log.warn({ query: 'a', tookMs: 3 }, 'slow');
  log.error({ err: new Error('the disk is gone') }, 'a call failed');
  expect(notes).toEqual(['Warning: slow', 'Error: a call failed (the disk is gone)']);
});

describe('--json', () => {
  it.each([[['nonsense']], [['stats', '--nope']], [['compare']], [['stats', 'one', 'two']]])('prints one document for wrong usage: %j', async (args) => {
    const { code, out, err } = await tracklet(...args, '--json');
    expect(code).toBe(2);
    const { error } = JSON.parse(out) as { error: { code: string; message: string } };
    expect(error.code).toBe('BAD_INPUT');
    expect(err.trim()).toBe(error.message);
  });

  it('prints one document for help', async () => {
    for (const args of [['--help'], ['stats', '--help']]) {
      const { code, out } = await tracklet(...args, '--json');
      expect(code).toBe(0);
      expect(JSON.parse(out)).toEqual({ help: expect.stringContaining('tracklet') as unknown });
    }
  });
});

it('output that cannot be written is no success', async () => {
  if (!existsSync('/dev/full')) return;
  const child = start(['methods', '--json'], ['ignore', openSync('/dev/full', 'w'), 'pipe']);
  const { code, err } = await ended(child);
  expect(code).toBe(1);
  expect(err).toContain('The output could not be written');
});

it('what answers at the port of a project but does not greet is given up', async () => {
  const mute = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await new Promise((ready) => mute.once('listening', ready));
  const { port } = mute.address() as AddressInfo;
  try {
    const giveUp = Promise.withResolvers<() => void>();
    const attached = attach({ port, token: 'x' }, (_milliseconds, work) => {
      giveUp.resolve(work);
      return () => undefined;
    });
    const refused = expect(attached).rejects.toMatchObject({ code: 'PROJECT_LOCKED', params: { port } });
    await until(() => mute.clients.size > 0);
    (await giveUp.promise)();
    await refused;
  } finally {
    for (const socket of mute.clients) socket.terminate();
    mute.close();
  }
});

it('a connection lives on after the time that its greeting may take', async () => {
  const path = await project('long');
  const host = await openIn(path);
  try {
    const { port, token } = await host.serve();
    const waiting = new Set<() => void>();
    const client = await attach({ port, token }, (_milliseconds, work) => {
      waiting.add(work);
      return () => waiting.delete(work);
    });
    for (const giveUp of waiting) giveUp();
    expect(await client.call('project.info', {})).toMatchObject({ folder: path });
    client.close();
  } finally {
    await host.close();
  }
});

it('a job is cancelled when the command was interrupted while it was being started', async () => {
  const job = { id: 7, title: 'Import', state: 'running', done: 0, total: 0, message: '', secondsLeft: null } as unknown as Job;
  const listeners = new Map<string, (payload: never) => void>();
  const client = {
    on(event: string, listener: (payload: never) => void) {
      listeners.set(event, listener);
      return () => listeners.delete(event);
    },
    async call(name: string) {
      if (name === 'jobs.cancel') listeners.get('job')?.({ ...job, state: 'cancelled' } as never);
      return name === 'jobs.list' ? [job] : { lines: [], next: 0 };
    },
  } as unknown as RpcClient;
  const io = { out: () => undefined, note: () => undefined, json: false, signal: AbortSignal.abort() };
  await expect(waitForJob(client, 7, io)).rejects.toMatchObject({ code: 'CANCELLED' });
});
