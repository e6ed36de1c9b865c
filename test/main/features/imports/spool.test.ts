/** The spool gives back what was put in, in pieces that stay small, identities first. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  createSpool,
  readPiece,
  spooledTracklet,
  spoolPieces,
  type SpooledRecords,
  type SpooledTracklet,
} from '../../../../src-main/features/imports/spool.ts';
import { numbersFrom } from '../../../support/bigProject.ts';
import { temporaryFolder } from '../../../support/project.ts';

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
