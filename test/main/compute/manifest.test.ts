/** What is written is read back to the bit; what a task cannot trust is refused with the line. */
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readManifest, writeManifest, type ClipRow, type ManifestHead } from '../../../src-main/compute/manifest.ts';
import { temporaryFolder } from '../../support/project.ts';

const folder = temporaryFolder();
const path = join(folder.path, 'list.jsonl');
afterAll(() => folder[Symbol.dispose]());

const HEAD: ManifestHead = { id: 3, name: 'Zwei "Kameras"\n', contentHash: 'c' };
const ROW: ClipRow = {
  id: 7,
  identityId: 2,
  kind: 'person',
  camid: -1,
  split: 'query',
  frames: 2,
  frameIndex: Int32Array.of(4, 2 ** 31 - 1),
  boxes: Float32Array.of(0.1, -2, 3e-40, 4, 5, 6, 7, 8),
  root: '../elsewhere',
  files: ['a b.jpg', 'ü/\u2028"\n.png'],
  pictures: Uint8Array.of(0, 1, 254, 255),
  ranges: Uint8Array.from({ length: 50 }, (_, i) => 5 * i),
  mediaId: 9,
  videoHash: 'ff',
};

const clip = fc
  .record({ frames: fc.nat({ max: 20 }), id: fc.nat(), camid: fc.integer(), split: fc.constantFrom('train', 'query', 'gallery', 'none') })
  .chain(({ frames, id, camid, split }) =>
    fc.record<ClipRow>({
      id: fc.constant(id),
      identityId: fc.nat(),
      kind: fc.constantFrom('person', 'distractor', 'junk'),
      camid: fc.constant(camid),
      split: fc.constant(split as ClipRow['split']),
      frames: fc.constant(frames),
      frameIndex: fc.int32Array({ minLength: frames, maxLength: frames }) as fc.Arbitrary<Int32Array>,
      boxes: fc.option(fc.float32Array({ minLength: 4 * frames, maxLength: 4 * frames }) as fc.Arbitrary<Float32Array>),
      root: fc.string(),
      files: fc.option(fc.array(fc.string({ unit: 'binary' }), { minLength: frames, maxLength: frames })),
      pictures: fc.option(fc.uint8Array()),
      ranges: fc.option(fc.uint8Array({ minLength: 25 * frames, maxLength: 25 * frames })),
      mediaId: fc.nat(),
      videoHash: fc.option(fc.string()),
    }),
  );

test('every bit comes back, whatever names, frames and boxes are, in however many parts they were written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(clip, { maxLength: 4 }), { maxLength: 4 }), async (parts) => {
      await writeManifest(path, HEAD, parts);
      const { dataset, rows } = await readManifest(path);
      expect(dataset).toEqual(HEAD);
      expect(rows).toEqual(parts.flat());
    }),
    { seed: 5, numRuns: 200 },
  );
});

test('a slice of a larger buffer is written as the slice; a list of megabytes as well as a short one', async () => {
  const wide = Int32Array.from({ length: 100_000 }, (_, i) => i);
  const rows = [{ ...ROW, frameIndex: wide.subarray(5, 7) }, { ...ROW, frames: 100_000, frameIndex: wide, boxes: null, files: null, ranges: null }, ROW];
  await writeManifest(path, HEAD, [rows, rows]);
  expect((await readManifest(path)).rows).toEqual([...rows, ...rows]);
});

test('any script can read it', async () => {
  await writeManifest(path, HEAD, [[ROW]]);
  const [head, row, end] = (await import('node:fs')).readFileSync(path, 'utf8').split('\n') as [string, string, string];
  expect(JSON.parse(head)).toEqual(HEAD);
  // The bytes of 4 and 2³¹ − 1, as `python3 -c "import struct, base64; print(base64.b64encode(struct.pack('<2i', 4, 2**31 - 1)))"` gives them.
  expect(JSON.parse(row)).toMatchObject({ id: 7, frameIndex: 'BAAAAP///38=', pictures: 'AAH+/w==', files: ROW.files });
  expect(end).toBe('');
});

test('is for this user alone', async () => {
  await writeManifest(path, HEAD, [[ROW]]);
  expect(statSync(path).mode & 0o077).toBe(0);
});

describe('a file is refused', () => {
  const line = (change: object) =>
    `${JSON.stringify(HEAD)}\n${JSON.stringify({ ...ROW, frameIndex: 'BAAAAP///38=', boxes: null, pictures: null, ranges: null, ...change })}\n`;
  test.each([
    ['that is empty', '', 'it is empty'],
    ['that does not begin with its data set', '{"id":1}\n', 'line 1 is no tracklet'],
    ['that is no JSON in its second line', `${JSON.stringify(HEAD)}\n{"id":`, 'line 2 is no tracklet'],
    ['with fewer frame numbers than frames', line({ frames: 3, files: null }), '2 frame numbers for 3 frames'],
    ['with half a number', line({ frameIndex: 'BAAA' }), 'line 2 is no tracklet'],
    ['with a box for another number of frames', line({ boxes: 'BAAAAP///38=' }), '2 numbers of boxes for 2 frames'],
    ['with a file too few', line({ files: ['a'] }), '1 files for 2 frames'],
    ['with places for another number of frames', line({ ranges: 'BAAAAP///38=' }), '8 bytes of places for 2 frames'],
    ['of a split that there is not', line({ split: 'test' }), 'line 2 is no tracklet'],
  ])('%s', async (_what, text, says) => {
    writeFileSync(path, text);
    await expect(readManifest(path)).rejects.toMatchObject({ code: 'FILE_INVALID', message: expect.stringContaining(says) as unknown });
  });

  test('that is not there', async () => {
    await expect(readManifest(join(folder.path, 'gone'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});
