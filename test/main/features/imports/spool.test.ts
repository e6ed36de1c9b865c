/** The spool gives back what was put in, in pieces that stay small, identities first. */
import { readdirSync, readlinkSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { MediaRecord } from '../../../../datasets/importer.ts';
import {
  createSpool,
  readPiece,
  spooledTracklet,
  spoolPieces,
  type Spool,
  type SpooledRecords,
  type SpooledTracklet,
} from '../../../../src-main/features/imports/spool.ts';
import type { StagedTracklet } from '../../../../src-main/features/imports/table.ts';
import { numbersFrom } from '../../../support/bigProject.ts';
import { temporaryFolder } from '../../../support/project.ts';

const medium = (key: string): MediaRecord & { contentHash: null } => ({
  key,
  kind: 'crops',
  path: '.',
  width: 1,
  height: 1,
  frameCount: 1,
  fps: null,
  contentHash: null,
});
const row = (key: string, change: Partial<SpooledTracklet> = {}): SpooledTracklet => ({
  key,
  pid: 1,
  camid: 1,
  mediaKey: 'm',
  split: 'none',
  frames: 1,
  frameIndex: new Uint8Array(),
  boxes: null,
  files: null,
  ignored: null,
  annotations: [],
  digest: new Uint8Array(16),
  pictures: null,
  ranges: null,
  ...change,
});
const person = (pid: number) => ({ pid, name: String(pid), kind: 'person' as const });

/** Keys and numbers in each piece. */
async function piecesOf(fill: (spool: Spool) => void, identities = 0): Promise<{ identities: number; media: number; tracklets: string[] }[]> {
  using folder = temporaryFolder();
  const file = join(folder.path, 'records');
  const spool = createSpool(file);
  fill(spool);
  const chunks = spool.finish(Array.from({ length: identities }, (_, pid) => person(pid)));
  spool.close();
  // It is closed by now.
  expect(() => spool.close()).toThrow('EBADF');
  const found: { identities: number; media: number; tracklets: string[] }[] = [];
  for await (const { bytes } of spoolPieces(file, chunks)) {
    const records = readPiece(bytes);
    found.push({ identities: records.identities.length, media: records.media.length, tracklets: records.tracklets.map(({ key }) => key) });
  }
  return found;
}

describe('a piece', () => {
  const none = { identities: 0, media: 0, tracklets: [] };

  test('has 250 rows at most, and there is none without rows', async () => {
    const media = (count: number) => piecesOf((spool) => Array.from({ length: count }, (_, index) => spool.media(medium(String(index)))));
    expect(await media(0)).toEqual([]);
    expect(await media(250)).toEqual([{ ...none, media: 250 }]);
    expect(await media(251)).toEqual([
      { ...none, media: 250 },
      { ...none, media: 1 },
    ]);
    expect(await piecesOf((spool) => spool.media(medium('m')), 251)).toEqual([
      { ...none, identities: 250 },
      { ...none, identities: 1 },
      { ...none, media: 1 },
    ]);
  });

  test('is full where values, which are rows too, make up 250', async () => {
    const value = { field: 'visibility', start: 0, end: 0, value: '1' };
    const pieces = (count: number) =>
      piecesOf((spool) => {
        for (const key of ['a', 'b']) spool.tracklet(row(key, { annotations: new Array<typeof value>(count).fill(value) }));
      });
    expect(await pieces(124)).toEqual([{ ...none, tracklets: ['a', 'b'] }]);
    expect(await pieces(248)).toEqual([{ ...none, tracklets: ['a', 'b'] }]);
    expect(await pieces(249)).toEqual([
      { ...none, tracklets: ['a'] },
      { ...none, tracklets: ['b'] },
    ]);
  });

  const FULL = 96 * 1024;
  test.each<[string, (size: number) => Partial<SpooledTracklet>]>([
    ['numbers of frames', (size) => ({ frameIndex: new Uint8Array(size) })],
    ['boxes', (size) => ({ boxes: new Uint8Array(size) })],
    ['ignore marks', (size) => ({ ignored: new Uint8Array(size) })],
    ['hashes', (size) => ({ pictures: new Uint8Array(size) })],
    ['names', (size) => ({ files: 'x'.repeat(size) })],
    [
      'all columns',
      (size) => ({ frameIndex: new Uint8Array(size - 4), boxes: Uint8Array.of(1), ignored: Uint8Array.of(1), pictures: Uint8Array.of(1), files: 'x' }),
    ],
  ])('is full by its bytes: of %s', async (_what, of) => {
    const pieces = (size: number) =>
      piecesOf((spool) => {
        for (const record of [row('a', of(size)), row('b'), row('c')]) spool.tracklet(record);
      });
    expect(await pieces(FULL - 1)).toEqual([{ ...none, tracklets: ['a', 'b', 'c'] }]);
    expect(await pieces(FULL)).toEqual([
      { ...none, tracklets: ['a'] },
      { ...none, tracklets: ['b', 'c'] },
    ]);
  });

  test('takes few media and identities by their bytes, too', async () => {
    const left = (used: number) =>
      piecesOf((spool) => (spool.tracklet(row('a', { frameIndex: new Uint8Array(FULL - used) })), spool.media(medium('m')), spool.tracklet(row('b'))));
    expect(await left(101)).toEqual([{ identities: 0, media: 1, tracklets: ['a', 'b'] }]);
    expect(await left(100)).toEqual([
      { identities: 0, media: 1, tracklets: ['a'] },
      { identities: 0, media: 0, tracklets: ['b'] },
    ]);
  });
});

test('a file that is cut off is refused, and closed in any case', async () => {
  using folder = temporaryFolder();
  const file = join(folder.path, 'records');
  const spool = createSpool(file);
  spool.media(medium('m'));
  const chunks = spool.finish([person(1)]);
  spool.close();
  expect(() => createSpool(file)).toThrow('EEXIST');
  const isOpen = (): boolean =>
    process.platform === 'linux' &&
    readdirSync('/proc/self/fd').some((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`) === file;
      } catch {
        return false;
      }
    });
  const pieces = spoolPieces(file, chunks);
  expect((await pieces.next()).value?.tracklets).toBe(0);
  expect(isOpen()).toBe(process.platform === 'linux');
  await pieces.return(undefined);
  expect(isOpen()).toBe(false);
  truncateSync(file, statSync(file).size - 1);
  const size = statSync(file).size;
  await expect(async () => {
    for await (const piece of spoolPieces(file, chunks)) expect(piece.tracklets).toBe(0);
  }).rejects.toThrow(`the spool ${file} ends at ${size}`);
  expect(isOpen()).toBe(false);
});

test('the digest is of everything the source says, pictures and video included', () => {
  const record: StagedTracklet = {
    key: 't',
    pid: 1,
    camid: 1,
    mediaKey: 'm',
    split: 'none',
    frameIndex: Int32Array.of(4, 5),
    boxes: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    files: ['a', 'b'],
    ignored: Uint8Array.of(0, 1),
    annotations: [{ field: 'visibility', start: 0, end: 1, value: '3' }],
  };
  const content = { pictures: new Uint8Array(16).fill(7), video: 'V' };
  const digest = (change: Partial<StagedTracklet> = {}, other: Partial<typeof content> = {}): string =>
    Buffer.from(spooledTracklet({ ...record, ...change }, { ...content, ...other }).digest).toString('hex');
  expect(digest()).toHaveLength(32);
  expect(digest()).toBe(digest());
  const others = [
    digest({ key: 'u' }),
    digest({ pid: 2 }),
    digest({ camid: 2 }),
    digest({ mediaKey: 'n' }),
    digest({ split: 'train' }),
    digest({ frameIndex: Int32Array.of(4, 6) }),
    digest({ boxes: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 9) }),
    digest({ boxes: null }),
    digest({ files: ['a', 'c'] }),
    digest({ files: null }),
    digest({ ignored: Uint8Array.of(1, 1) }),
    digest({ ignored: null }),
    digest({ annotations: [] }),
    digest({}, { pictures: new Uint8Array(16).fill(8) }),
    digest({}, { video: 'W' }),
  ];
  expect(new Set([digest(), ...others]).size).toBe(others.length + 1);
});

test('columns are the bytes of their arrays, also of a part of a larger one', () => {
  const frameIndex = Int32Array.of(9, 4, 5, 9).subarray(1, 3);
  const spooled = spooledTracklet(
    {
      key: 't',
      pid: 1,
      camid: 2,
      mediaKey: 'm',
      split: 'query',
      frameIndex,
      boxes: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      files: ['a', 'b'],
      ignored: null,
      annotations: [],
    },
    { pictures: new Uint8Array(16).fill(7), ranges: new Uint8Array(50).fill(3), video: null },
  );
  expect({ ...spooled, digest: null }).toEqual({
    key: 't',
    pid: 1,
    camid: 2,
    mediaKey: 'm',
    split: 'query',
    frames: 2,
    frameIndex: new Uint8Array(Int32Array.of(4, 5).buffer),
    boxes: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer),
    files: '["a","b"]',
    ignored: null,
    annotations: [],
    pictures: new Uint8Array(16).fill(7),
    ranges: new Uint8Array(50).fill(3),
    digest: null,
  });
});

test('marks of ignored frames are kept where there is one', () => {
  const record = {
    key: 't',
    pid: 1,
    camid: 1,
    mediaKey: 'm',
    split: 'none' as const,
    frameIndex: Int32Array.of(4, 5),
    boxes: null,
    files: null,
    annotations: [],
  };
  const spooled = (ignored: Uint8Array | null) => spooledTracklet({ ...record, ignored }, { pictures: null, video: null });
  expect([spooled(null).ignored, spooled(Uint8Array.of(0, 0)).ignored, spooled(Uint8Array.of(0, 1)).ignored]).toEqual([null, null, Uint8Array.of(0, 1)]);
  // What says the same has the same digest.
  expect(spooled(Uint8Array.of(0, 0)).digest).toEqual(spooled(null).digest);
  expect(spooled(Uint8Array.of(0, 1)).digest).not.toEqual(spooled(null).digest);
  // Where pictures lie in their archive says nothing about them.
  expect(spooledTracklet({ ...record, ignored: null }, { pictures: null, ranges: new Uint8Array(50), video: null }).digest).toEqual(spooled(null).digest);
});

test('what goes in comes out, in its order, in pieces of bounded size', async () => {
  using folder = temporaryFolder();
  const random = numbersFrom(5);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(random() * 256));
  const tracklets = Array.from({ length: 900 }, (_, index): SpooledTracklet => {
    const frames = 1 + Math.floor(random() * (index % 50 === 0 ? 2000 : 60));
    return {
      key: `t${index} ü`,
      pid: index % 7,
      camid: 0,
      mediaKey: `m${index}`,
      split: 'none',
      frames,
      frameIndex: bytes(frames * 4),
      boxes: index % 2 ? bytes(frames * 16) : null,
      files: index % 3 ? JSON.stringify(['a', String(index)]) : null,
      ignored: null,
      annotations: index % 4 ? [] : [{ field: 'visibility', start: 0, end: frames - 1, value: '3' }],
      digest: bytes(16),
      pictures: index % 3 ? bytes(frames * 8) : null,
      ranges: index % 5 ? bytes(frames * 25) : null,
    };
  });
  const file = join(folder.path, 'records');
  const spool = createSpool(file);
  const media = tracklets.map((tracklet) => ({
    key: tracklet.mediaKey,
    kind: 'crops' as const,
    path: '.',
    width: 1,
    height: 1,
    frameCount: 1,
    fps: null,
    contentHash: null,
  }));
  for (const [index, tracklet] of tracklets.entries()) {
    const record = media[index];
    if (record) spool.media(record);
    spool.tracklet(tracklet);
  }
  const identities = Array.from({ length: 600 }, (_, pid) => ({ pid, name: String(pid), kind: 'person' as const }));
  const chunks = spool.finish(identities);
  spool.close();

  const pieces: SpooledRecords[] = [];
  let most = 0;
  for await (const piece of spoolPieces(file, chunks)) {
    const records = readPiece(piece.bytes);
    expect(records.tracklets.length).toBe(piece.tracklets);
    most = Math.max(most, piece.bytes.length);
    pieces.push(records);
  }
  expect(pieces.flatMap((piece) => piece.identities)).toEqual(identities);
  const firstTracklet = pieces.findIndex((piece) => piece.tracklets.length > 0);
  expect(pieces.slice(firstTracklet).flatMap((piece) => piece.identities)).toEqual([]);
  expect(pieces.flatMap((piece) => piece.media)).toEqual(media);
  expect(pieces.flatMap((piece) => piece.tracklets.map((row) => JSON.stringify(row)))).toEqual(tracklets.map((row) => JSON.stringify(row)));
  // A record is never split, so the largest piece holds a full one and the largest record.
  expect(most).toBeLessThan(100_000 + 2000 * 28 + 20_000);
  expect(chunks.reduce((sum, { length }) => sum + length, 0)).toBe(statSync(file).size);
});
