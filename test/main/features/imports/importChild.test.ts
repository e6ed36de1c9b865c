/** The import child as a process: what it says, what happens when it or its host is killed, and that it cannot hold the host up. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { importInChild } from '../../../../src-main/features/imports/importInChild.ts';
import type { ReadTask } from '../../../../src-main/features/imports/importProtocol.ts';
import { startHostProcess } from '../../../support/hostProcess.ts';
import { makeMotSequence, motRows } from '../../../support/motSequence.ts';
import { childrenOf } from '../../../support/processes.ts';
import { openTestProject, temporaryFolder } from '../../../support/project.ts';
import { connectSocket } from '../../../support/socketClient.ts';
import { until } from '../../../support/until.ts';

const sources = temporaryFolder();
afterAll(() => sources[Symbol.dispose]());

const noVideo = () => Promise.reject(new Error('there is no video'));

function task(folder: string, more: Partial<ReadTask> = {}): ReadTask {
  return { kind: 'read', folder, importer: null, options: {}, strict: false, spool: null, everyPicture: true, ...more };
}

function listen() {
  const heard: string[] = [];
  const tools = {
    signal: new AbortController().signal,
    progress: (done: number, total: number, unit?: string, message?: string) => void heard.push(`${done}/${total} ${unit} ${message}`),
    log: (_level: string, text: string) => void heard.push(text),
    video: noVideo,
  };
  return { heard, tools };
}

describe('a child', () => {
  test('recognises, counts and hashes as its caller would, and reports its progress', async () => {
    const folder = await makeMotSequence(join(sources.path, 'plain'), motRows([3, 1, 2], 5), 5);
    const { heard, tools } = listen();
    expect(await importInChild({ kind: 'probe', folder }, tools)).toMatchObject([{ importer: 'mot-video' }]);
    const read = await importInChild(task(folder), tools);
    expect(read).toMatchObject({ importer: 'mot-video', counts: { identities: 3, cameras: 1, tracklets: 3, frames: 15, splits: { none: 3 } }, chunks: [] });
    expect(heard.join('\n')).toContain('15/15 records');
    // The same again is the same; other records, other options and another picture are not.
    expect((await importInChild(task(folder), tools)).contentHash).toBe(read.contentHash);
    expect((await importInChild(task(folder, { options: { maxGap: 9 } }), tools)).contentHash).not.toBe(read.contentHash);
    writeFileSync(join(folder, 'img1', '000005.jpg'), readFileSync(join(folder, 'img1', '000001.jpg')));
    expect((await importInChild(task(folder), tools)).contentHash).not.toBe(read.contentHash);
  });

  test('carries an error over with its code, words and key', async () => {
    const folder = await makeMotSequence(join(sources.path, 'wrong'), `3,1,abc,10,20,40,1,-1,-1,-1\n${motRows([1], 2)}\n4,1,abc,10,20,40,1,-1,-1,-1\n5,1`, 3);
    await expect(importInChild(task(folder), listen().tools)).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringMatching(/gt\.txt line 1, column 3: "abc" is not a number/) as unknown,
      params: { file: 'gt.txt', line: 1 },
    });
  });

  test('asks its host for videos and takes its refusal', async () => {
    const folder = join(sources.path, 'video');
    mkdirSync(folder);
    writeFileSync(join(folder, 'a.avi'), 'RIFF');
    writeFileSync(join(folder, 'gt.txt'), motRows([1], 4));
    const { tools } = listen();
    const asked: string[] = [];
    const facts = { width: 100, height: 80, frames: 4, fps: 25 };
    const answering = (path: string): Promise<typeof facts> => {
      asked.push(path);
      return Promise.resolve(facts);
    };
    expect((await importInChild(task(folder), { ...tools, video: answering })).counts.frames).toBe(4);
    expect(asked).toEqual(['a.avi']);
    await expect(importInChild(task(folder), tools)).rejects.toThrow('there is no video');
  });
});

/** Takes some seconds to read. */
async function largeSequence(name: string): Promise<string> {
  const ids = Array.from({ length: 2000 }, (_, index) => index + 1);
  return makeMotSequence(join(sources.path, name), motRows(ids, 100), 100);
}

function countRows(folder: string): number {
  const database = new Database(join(folder, 'project.sqlite'), { readonly: true });
  const rows = ['dataset', 'camera', 'identity', 'media', 'tracklet'].map((table) => database.prepare(`SELECT count(*) FROM ${table}`).pluck().get() as number);
  database.close();
  return rows.reduce((sum, n) => sum + n, 0);
}

const spools = (folder: string): string[] => (existsSync(join(folder, 'cache/imports')) ? readdirSync(join(folder, 'cache/imports')) : []);

// The process is found by its entry in /proc.
describe.runIf(process.platform === 'linux')('kill -9', () => {
  test('of the child fails the job with a sentence and leaves nothing', async () => {
    await using project = await openTestProject();
    const client = project.host.client();
    const { jobId } = await client.call('imports.start', { path: await largeSequence('child'), importer: null, options: {}, name: null });
    const [pid] = await until(() => {
      const found = childrenOf(process.pid, 'importChild.ts');
      return found.length > 0 && spools(project.folder).length > 0 ? found : null;
    });
    process.kill(pid ?? 0, 'SIGKILL');
    await expect(project.host.context.jobs.wait(jobId)).rejects.toMatchObject({ code: 'JOB_CRASHED', message: expect.stringContaining('SIGKILL') as unknown });
    expect([countRows(project.folder), spools(project.folder)]).toEqual([0, []]);
  });

  test('of the host, before and while rows are stored, leaves nothing after the next start; its child ends', async () => {
    using base = temporaryFolder();
    const folder = join(base.path, 'project');
    const home = join(base.path, 'home');
    const source = await largeSequence('host');
    for (const when of ['Reading', 'Storing']) {
      const host = await startHostProcess(folder, [], { TRACKLET_HOME: home });
      const { client } = connectSocket(host.port, { authorization: `Bearer ${host.token}` });
      const exited = new Promise((resolve) => host.child.on('exit', resolve));
      await client.call('imports.start', { path: source, importer: null, options: {}, name: null });
      const [child] = await until(() => {
        const found = childrenOf(host.child.pid ?? 0, 'importChild.ts');
        return found.length > 0 ? found : null;
      });
      if (when === 'Storing') await until(() => countRows(folder) > 100);
      host.child.kill('SIGKILL');
      await exited;
      if (when === 'Storing') expect(countRows(folder)).toBeGreaterThan(100);
      await until(() => !existsSync(`/proc/${child ?? 0}`));

      const again = await startHostProcess(folder, [], { TRACKLET_HOME: home });
      await until(() => countRows(folder) === 0);
      expect(spools(folder)).toEqual([]);
      await again.stop();
    }
  });
});
