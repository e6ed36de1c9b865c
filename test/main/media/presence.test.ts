/** What is missing is looked for again after some seconds, however the machine's clock is set. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMediaPresence } from '../../../src-main/media/presence.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'presence-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a medium that came back is found after five seconds of the monotonic clock', async () => {
  let time = 100_000;
  const presence = createMediaPresence({
    mediaRows: { sources: async () => [{ id: 1, root: folder, path: 'img1', kind: 'frames' }] } as never,
    project: { folder, file: (path: string) => join(folder, path), root: (path: string) => path } as never,
    monotonic: () => time,
  });
  expect(await presence.missing([1])).toEqual(new Set([1]));
  mkdirSync(join(folder, 'img1'));
  writeFileSync(join(folder, 'img1', '000001.jpg'), 'x');
  time += 4000;
  expect(await presence.missing([1])).toEqual(new Set([1]));
  time += 2000;
  expect(await presence.missing([1])).toEqual(new Set());
});
