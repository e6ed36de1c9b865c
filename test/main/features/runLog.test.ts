/** The log of a run reaches its file at once and its listeners four times a second. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readLog } from '../../../src-main/jobs/logFile.ts';
import { openRunLog } from '../../../src-main/features/runs/runLog.ts';
import { projectFolder } from '../../../src-main/platform/projectFolder.ts';
import { temporaryFolder } from '../../support/project.ts';

let folder: ReturnType<typeof temporaryFolder>;
let told: unknown[];
beforeEach(() => {
  folder = temporaryFolder();
  told = [];
  mkdirSync(join(folder.path, 'runs'));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  folder[Symbol.dispose]();
});

const open = () =>
  openRunLog({ project: projectFolder(folder.path), events: { emit: (...event: unknown[]) => told.push(event) } as never, clock: () => 42 }, 'r');
const line = (text: string, level = 'info') => ({ at: 42, level, text });

test('lines are told together after a quarter of a second, with the index of the next one', async () => {
  mkdirSync(join(folder.path, 'runs', 'r'));
  writeFileSync(join(folder.path, 'runs', 'r', 'log.jsonl'), `${JSON.stringify(line('before'))}\n`.repeat(3));
  const log = await open();
  log.add('info', 'a');
  vi.advanceTimersByTime(249);
  log.add('warn', 'b');
  expect(told).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(told).toEqual([['runLog', { runId: 'r', lines: [line('a'), line('b', 'warn')], next: 5 }]]);
  vi.advanceTimersByTime(1000);
  expect(told).toHaveLength(1);
  log.add('error', 'c');
  await log.close();
  expect(told.slice(1)).toEqual([['runLog', { runId: 'r', lines: [line('c', 'error')], next: 6 }]]);
  expect(vi.getTimerCount()).toBe(0);
  expect((await readLog(join(folder.path, 'runs', 'r', 'log.jsonl'), 3)).lines).toEqual([line('a'), line('b', 'warn'), line('c', 'error')]);
});

test('a log in which nothing was said tells nothing; one in a folder that is not there yet makes it', async () => {
  await (await open()).close();
  expect(told).toEqual([]);
  const log = await open();
  log.add('info', 'a');
  await log.close();
  expect(told).toEqual([['runLog', { runId: 'r', lines: [line('a')], next: 1 }]]);
  expect(await readLog(join(folder.path, 'runs', 'r', 'log.jsonl'), 0)).toEqual({ lines: [line('a')], next: 1 });
});
