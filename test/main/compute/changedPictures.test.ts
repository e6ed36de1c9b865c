/** A picture that is not the one that was imported is never decoded for a result, and what is said counts all of them. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import { withCount } from '../../../src-main/compute/changedPictures.ts';
import { openClipSource, type OpenClipSource } from '../../../src-main/compute/clipSource.ts';
import type { Reporter } from '../../../src-main/compute/reporter.ts';
import { temporaryFolder } from '../../support/project.ts';
import { picture } from '../support/tinyProject.ts';

const size = { height: 12, width: 8, resize: 'bilinear' as const };
const FRAMES = 4;
let folder: ReturnType<typeof temporaryFolder>;
let source: OpenClipSource | null = null;
const fileOf = (tracklet: number, position: number): string => join(folder.path, String(tracklet), `${position}.jpg`);

beforeEach(() => {
  folder = temporaryFolder();
  for (const tracklet of [1, 2, 3]) {
    mkdirSync(join(folder.path, String(tracklet)));
    for (let position = 0; position < FRAMES; position++) writeFileSync(fileOf(tracklet, position), picture(tracklet, 0, position));
  }
});
afterEach(async () => {
  await source?.close();
  source = null;
  folder[Symbol.dispose]();
});

/** As Node's own sha256 says, the first eight bytes of each. */
function hashesOf(tracklet: number): Uint8Array {
  return Buffer.concat(
    Array.from({ length: FRAMES }, (_, position) =>
      createHash('sha256')
        .update(readFileSync(fileOf(tracklet, position)))
        .digest()
        .subarray(0, 8),
    ),
  );
}

function open(more: { boxes?: Float32Array; isRecorded?: boolean } = {}): OpenClipSource {
  const { boxes = null, isRecorded = true } = more;
  source = openClipSource({
    projectFolder: folder.path,
    size,
    rows: [1, 2, 3].map((id) => ({
      id,
      identityId: id,
      camid: 0,
      frames: FRAMES,
      frameIndex: Int32Array.from({ length: FRAMES }, (_, i) => i),
      boxes,
      root: folder.path,
      files: Array.from({ length: FRAMES }, (_, position) => `${id}/${position}.jpg`),
      mediaId: id,
      pictures: isRecorded ? hashesOf(id) : null,
    })),
  });
  return source;
}

function reporter(pause: () => Promise<void> = () => Promise.resolve()): Reporter {
  return { send: () => undefined, log: () => undefined, progress: () => undefined, stopping: () => false, signal: new AbortController().signal, pause };
}

test.each([
  ['another picture', () => picture(9, 1, 0)],
  ['one more byte', () => Buffer.concat([readFileSync(fileOf(2, 1)), Buffer.from([0])])],
  ['what is no picture', () => Buffer.from('text')],
])('%s in its place is refused by name, in crops and in full frames; those beside it are read', async (_what, content) => {
  for (const boxes of [undefined, new Float32Array(FRAMES * 4).fill(9)]) {
    const before = readFileSync(fileOf(2, 1));
    const reading = open({ boxes });
    writeFileSync(fileOf(2, 1), content());
    await expect(reading.read(2, [0, 1], size)).rejects.toMatchObject({ code: 'SOURCE_CHANGED', params: { file: fileOf(2, 1) } });
    await expect(reading.read(2, [0, 2, 3], size)).resolves.toHaveLength(3 * 12 * 8 * 3);
    await expect(reading.read(1, [0, 1, 2, 3], size)).resolves.toHaveLength(4 * 12 * 8 * 3);
    // Put back, it is read.
    writeFileSync(fileOf(2, 1), before);
    await expect(reading.read(2, [1], size)).resolves.toHaveLength(12 * 8 * 3);
    await reading.close();
  }
});

test('what the import noted no hashes of is read as it is; what is gone is still told as missing', async () => {
  const unknown = open({ isRecorded: false });
  writeFileSync(fileOf(2, 1), picture(9, 1, 0));
  await expect(unknown.read(2, [1], size)).resolves.toHaveLength(12 * 8 * 3);
  await unknown.close();
  const reading = open();
  writeFileSync(fileOf(2, 1), '');
  await expect(reading.read(2, [1], size)).rejects.toMatchObject({ code: 'MEDIA_UNDECODABLE', message: expect.stringContaining('is empty') });
});

test('the error counts all that changed, names one of them and the data set, and what helps', async () => {
  const reading = open();
  for (const [tracklet, position] of [
    [1, 3],
    [2, 0],
    [3, 2],
  ] as const)
    writeFileSync(fileOf(tracklet, position), picture(9, 1, position));
  const met = await reading.read(3, [2], size).catch((error: unknown) => error);
  await expect(withCount(met, reading, 'Tiny', reporter())).resolves.toMatchObject({
    code: 'SOURCE_CHANGED',
    message: `The pictures of "Tiny" are not all those that were imported: 3 of 12 pictures that are read here have changed since, such as ${fileOf(1, 3)}.`,
    params: { changed: 3, compared: 12, name: 'Tiny', file: fileOf(1, 3) },
    remedy: expect.stringMatching(/Import the folder again and take the changes over.*Or put the old files back\./) as string,
  });
});

test('a count that would take too long says of how many it is; a cancel ends it; any other error is left as it is', async () => {
  const reading = open();
  writeFileSync(fileOf(1, 0), picture(9, 1, 0));
  const met = await reading.read(1, [0], size).catch((error: unknown) => error);
  // One request takes whole tracklets, and all three are one.
  expect(await reading.compare(1, () => Promise.resolve())).toMatchObject({ compared: 12, changed: 1, isWhole: true });
  const few = { compare: () => Promise.resolve({ compared: 20_000, changed: 7, example: '/x/1.jpg', isWhole: false }) };
  await expect(withCount(met, few, 'Tiny', reporter())).resolves.toMatchObject({
    message: expect.stringContaining('at least 7 of the first 20000 pictures that are read here have changed since, such as /x/1.jpg') as string,
  });
  const cancelled = new AppError('CANCELLED', 'The job was cancelled.');
  await expect(
    withCount(
      met,
      open(),
      'Tiny',
      reporter(() => Promise.reject(cancelled)),
    ),
  ).resolves.toBe(cancelled);
  await reading.close();
  const other = new Error('other');
  await expect(withCount(other, reading, 'Tiny', reporter())).resolves.toBe(other);
});
