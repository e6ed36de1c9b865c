/** The settings file: what is kept, what other programs write meanwhile, and what becomes of a file that is damaged or cannot be written. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openSettings, type Settings } from '../../../src-main/platform/settings.ts';
import type { Log } from '../../../src-main/platform/log.ts';
import { temporaryFolder } from '../../support/project.ts';

let folder: ReturnType<typeof temporaryFolder>;
let file: string;
let warnings: string[];
beforeEach(() => {
  folder = temporaryFolder();
  file = join(folder.path, 'home', 'settings.json');
  warnings = [];
});
afterEach(() => folder[Symbol.dispose]());

const open = (): Promise<Settings> => openSettings(file, { warn: (_facts: unknown, sentence: string) => void warnings.push(sentence) } as unknown as Log);

/** As another program does it: a new file in the place of the old one. */
function writeElsewhere(text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.other`, text);
  renameSync(`${file}.other`, file);
}

test('survive a restart; null and nothing remove', async () => {
  const first = await open();
  expect([first.all(), first.get('theme')]).toEqual([{}, undefined]);
  expect(existsSync(file)).toBe(false);
  await Promise.all([first.set('annotator', 'Reader 1'), first.set('theme', 'dark'), first.set('gone', 1), first.set('away', 2)]);
  expect(first.get('gone')).toBe(1);
  await first.set('gone', null);
  await first.set('away', undefined);
  expect(first.get('gone')).toBeUndefined();
  expect(readFileSync(file, 'utf8')).toBe('{\n  "annotator": "Reader 1",\n  "theme": "dark"\n}\n');
  expect((await open()).all()).toEqual({ annotator: 'Reader 1', theme: 'dark' });
  if (process.platform !== 'win32') expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
  expect(warnings).toEqual([]);
});

test('what another program wrote is seen at the next look and kept by the next change', async () => {
  const settings = await open();
  await settings.set('theme', 'dark');
  writeElsewhere('{"theme":"light","ffmpeg":"/f"}');
  expect(settings.get('theme')).toBe('light');
  writeElsewhere('{"theme":"system","ffmpeg":"/g"}');
  expect(settings.all()).toEqual({ theme: 'system', ffmpeg: '/g' });
  writeElsewhere('{"ffmpeg":"/h"}');
  await settings.set('annotator', 'A');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ ffmpeg: '/h', annotator: 'A' });
  writeElsewhere('{"annotator":" B "}');
  expect(settings.annotator()).toBe('B');
});

test('while a change is on its way it counts, whatever the file says', async () => {
  const settings = await open();
  await settings.set('theme', 'dark');
  const written = settings.set('theme', 'light');
  writeElsewhere('{"theme":"system"}');
  expect(settings.get('theme')).toBe('light');
  await written;
  expect([settings.get('theme'), JSON.parse(readFileSync(file, 'utf8'))]).toEqual(['light', { theme: 'light' }]);
  writeElsewhere('{"theme":"system"}');
  expect(settings.get('theme')).toBe('system');
});

test('a file that goes, or breaks while it is used, leaves the last known settings; only the broken one is told of', async () => {
  const settings = await open();
  await settings.set('theme', 'dark');
  rmSync(file);
  expect([settings.get('theme'), warnings]).toEqual(['dark', []]);
  writeElsewhere('{"theme":');
  expect([settings.get('theme'), warnings]).toEqual(['dark', ['the settings file cannot be read; the last known settings stay']]);
  writeElsewhere('[]');
  expect(settings.get('theme')).toBe('dark');
  writeElsewhere('{"theme":"light"}');
  expect(settings.get('theme')).toBe('light');
});

test.each(['{"theme":', '[1]', 'null', '"dark"', '7'])('what is no object is put aside at opening: %s', async (text) => {
  writeElsewhere(text);
  const settings = await open();
  expect(settings.all()).toEqual({});
  expect([existsSync(file), readFileSync(`${file}.damaged`, 'utf8')]).toEqual([false, text]);
  expect(warnings).toEqual(['the settings file was damaged and put aside as .damaged']);
});

test('what cannot be read for another reason is said, and nothing is put aside', async () => {
  mkdirSync(file, { recursive: true });
  await expect(open()).rejects.toMatchObject({ code: 'EISDIR' });
  expect([existsSync(file), existsSync(`${file}.damaged`)]).toEqual([true, false]);
});

test('what is too large is refused, and the value before it stays', async () => {
  const settings = await open();
  await settings.set('keys', 'short');
  for (const key of ['keys', 'other'])
    expect(() => settings.set(key, 'x'.repeat(1_000_000))).toThrow(
      expect.objectContaining({ code: 'BAD_INPUT', message: `The setting "${key}" is too large.` }),
    );
  expect(settings.all()).toEqual({ keys: 'short' });
  await settings.set('keys', null);
  // {\n  "k": "…"\n}\n are 14 characters around the value.
  await settings.set('k', 'x'.repeat(1_000_000 - 14));
  expect(statSync(file).size).toBe(1_000_000);
  expect(() => settings.set('k', 'x'.repeat(1_000_000 - 13))).toThrow('too large');
});

test('after a change that could not be written the next one is, and others are listened to again', async () => {
  const settings = await open();
  // A file where the folder belongs.
  writeFileSync(join(folder.path, 'home'), '');
  await expect(settings.set('theme', 'light')).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining('is a file, not a folder') as string,
  });
  rmSync(join(folder.path, 'home'));
  await settings.set('annotator', 'A');
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ theme: 'light', annotator: 'A' });
  writeElsewhere('{"theme":"dark"}');
  expect(settings.all()).toEqual({ theme: 'dark' });
});

test('values are attributed to the name that was set, cut to a line, else to the account', async () => {
  const settings = await open();
  const account = userInfo().username;
  expect(settings.annotator()).toBe(account);
  for (const [name, shown] of [
    ['Reader 1', 'Reader 1'],
    ['  Reader 2 ', 'Reader 2'],
    ['   ', account],
    ['', account],
    [7, account],
    ['x'.repeat(101), 'x'.repeat(100)],
  ]) {
    await settings.set('annotator', name);
    expect(settings.annotator()).toBe(shown);
  }
});
