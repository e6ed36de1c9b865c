/** A job's log: what is appended can be read page by page, and neither a flood nor a crash nor a full disk spoils it. */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLogFile, readLog, removeLog } from '../../../src-main/jobs/logFile.ts';
import { until } from '../../support/until.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-'));
  path = join(folder, 'jobs', '1.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('lines keep order, level, text and time, across two openings', async () => {
  let now = 100;
  const first = openLogFile(path, () => now++);
  first.append('info', 'one');
  first.append('error', 'two\nlines "quoted"');
  await first.close();
  const second = openLogFile(path, () => now);
  second.append('warn', 'three');
  await second.flush();
  expect(await readLog(path, 0)).toEqual({
    lines: [
      { at: 100, level: 'info', text: 'one' },
      { at: 101, level: 'error', text: 'two\nlines "quoted"' },
      { at: 102, level: 'warn', text: 'three' },
    ],
    next: 3,
  });
  expect((await readLog(path, 2)).lines.map((line) => line.text)).toEqual(['three']);
  expect(await readLog(path, 7)).toEqual({ lines: [], next: 3 });
});

test('what is appended is there soon, also of a job that goes on', async () => {
  const log = openLogFile(path, () => 7);
  log.append('info', 'begun');
  await until(async () => (await readLog(path, 0)).lines.length > 0);
  log.append('info', 'goes on');
  await until(async () => (await readLog(path, 0)).lines.length > 1);
  await log.close();
});

test('a log that is not there is empty, also after it was removed', async () => {
  expect(await readLog(path, 0)).toEqual({ lines: [], next: 0 });
  const log = openLogFile(path, () => 0);
  log.append('info', 'x');
  await log.close();
  await removeLog(path);
  expect(await readLog(path, 0)).toEqual({ lines: [], next: 0 });
});

test('a page holds 2,000 lines; 50,000 are kept and the cut is said; a long line is cut with its length', async () => {
  const log = openLogFile(path, () => 0);
  log.append('info', 'y'.repeat(10_000));
  for (let i = 1; i < 50_010; i++) log.append('info', `line ${i}`);
  await log.close();
  const page = await readLog(path, 0);
  expect(page.lines).toHaveLength(2000);
  expect(page.next).toBe(2000);
  expect(page.lines[0]?.text).toBe(`${'y'.repeat(4000)} … (10000 characters)`);
  const last = await readLog(path, 49_999);
  expect(last.lines.map((line) => line.text)).toEqual(['line 49999', 'The log is longer than 50,000 lines; the rest is left out.']);
});

test('a line of 4,000 characters is whole, one more cuts it', async () => {
  const log = openLogFile(path, () => 0);
  log.append('info', 'y'.repeat(4000));
  log.append('info', 'z'.repeat(4001));
  await log.close();
  expect((await readLog(path, 0)).lines.map(({ text }) => text)).toEqual(['y'.repeat(4000), `${'z'.repeat(4000)} … (4001 characters)`]);
});

test('nothing said makes neither file nor folder, and removing it is no error', async () => {
  await openLogFile(path, () => 0).close();
  expect(existsSync(join(folder, 'jobs'))).toBe(false);
  await expect(removeLog(path)).resolves.toBeUndefined();
});

test('the folder is made in the way that was asked for', async () => {
  const asked: string[] = [];
  const log = openLogFile(
    path,
    () => 0,
    async (made) => {
      asked.push(made);
      mkdirSync(made);
    },
  );
  log.append('info', 'x');
  await log.close();
  expect(asked).toEqual([join(folder, 'jobs')]);
  expect((await readLog(path, 0)).lines).toHaveLength(1);
});

test('half a line at the end does not count, and a damaged one is shown as such', async () => {
  mkdirSync(join(folder, 'jobs'));
  appendFileSync(path, '{"at":1,"level":"info","text":"whole"}\n{"at":2,"lev\n{"at":3,"level":"info","te');
  expect((await readLog(path, 0)).lines).toEqual([
    { at: 1, level: 'info', text: 'whole' },
    { at: 0, level: 'warn', text: '(damaged line) {"at":2,"lev' },
  ]);
});

test('of a damaged line the first 200 characters are shown', async () => {
  mkdirSync(join(folder, 'jobs'));
  appendFileSync(path, `${'x'.repeat(201)}\n{"at":1,"level":"loud","text":"no such level"}\n`);
  expect((await readLog(path, 0)).lines).toEqual([
    { at: 0, level: 'warn', text: `(damaged line) ${'x'.repeat(200)}` },
    { at: 0, level: 'warn', text: '(damaged line) {"at":1,"level":"loud","text":"no such level"}' },
  ]);
});

test('a log that cannot be written does not end its job', async () => {
  mkdirSync(path, { recursive: true });
  const log = openLogFile(path, () => 0);
  log.append('info', 'x');
  await expect(log.close()).resolves.toBeUndefined();
});
