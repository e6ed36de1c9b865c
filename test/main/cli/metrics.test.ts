/** `tracklet metrics` ranks the numbers that a file holds, and refuses input that it would have to guess about, before any work. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseCommand, usage } from '../../../src-main/cli/command.ts';
import command from '../../../src-main/cli/commands/metrics.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tracklet-metrics-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Numbers = Float32Array | Float64Array | Int32Array | BigInt64Array;
const TYPE = new Map<unknown, string>([
  [Float32Array, '<f4'],
  [Float64Array, '<f8'],
  [Int32Array, '<i4'],
  [BigInt64Array, '<i8'],
]);

/** Written out here, since the program itself writes float32 only. */
function npy(shape: number[], values: Numbers): Uint8Array {
  const header = `{'descr': '${TYPE.get(values.constructor)}', 'fortran_order': False, 'shape': (${shape.join(', ')}), }`.padEnd(117) + '\n';
  return Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]),
    Buffer.from(header, 'latin1'),
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  ]);
}

interface Asked {
  distance?: Uint8Array | string;
  query?: string;
  gallery?: string;
  more?: string[];
}

const GALLERY = 'pid,camid\n6,1\n5,1\n';

async function metrics({ distance, query = 'pid,camid\n5,0\n', gallery = GALLERY, more = [] }: Asked): Promise<{ mAP: number; cmc: number[] }> {
  const paths = { d: typeof distance === 'string' ? distance : join(folder, 'd.npy'), q: join(folder, 'q.csv'), g: join(folder, 'g.csv') };
  if (typeof distance !== 'string') writeFileSync(paths.d, distance ?? npy([1, 2], Float32Array.of(1, 2)));
  writeFileSync(paths.q, query);
  writeFileSync(paths.g, gallery);
  let out = '';
  const io = { out: (text: string) => void (out += text), note: () => undefined, json: true, signal: new AbortController().signal };
  await command.run(parseCommand(command, ['--distance', paths.d, '--query', paths.q, '--gallery', paths.g, ...more]), io);
  return JSON.parse(out) as { mAP: number; cmc: number[] };
}

it('its help says what pid 0 and -1 mean, and they mean that', async () => {
  expect(usage(command)).toMatch(/pid -1 is junk, left out of every ranking, and 0, .* a distractor: always a wrong match/);
  const three = npy([1, 3], Float32Array.of(1, 2, 3));
  const gallery = (pid: number): string => `pid,camid\n${pid},1\n5,1\n6,1\n`;
  expect((await metrics({ distance: three, gallery: gallery(-1) })).mAP).toBe(1);
  expect((await metrics({ distance: three, gallery: gallery(0) })).mAP).toBe(0.5);
});

describe('distances that float32 would make equal', () => {
  it.each([
    ['float64', Float64Array.of(1.000000002, 1.000000001)],
    ['int32', Int32Array.of(16_777_217, 16_777_216)],
    ['int64', BigInt64Array.of(9_007_199_254_740_991n, 9_007_199_254_740_990n)],
  ])('rank as %s holds them', async (_, values) => {
    expect(await metrics({ distance: npy([1, 2], values) })).toMatchObject({ mAP: 1, cmc: [1, 1] });
  });

  it('and equal ones rank in the order of the gallery, −0 as 0', async () => {
    expect((await metrics({ distance: npy([1, 2], Float64Array.of(0, -0)) })).mAP).toBe(0.5);
    expect((await metrics({ distance: npy([1, 2], Float64Array.of(-1, -2)) })).mAP).toBe(1);
  });
});

describe('a file that is larger than its header says', () => {
  it('is refused by its header, before the rest of it is read', async () => {
    const path = join(folder, 'large.npy');
    writeFileSync(path, npy([1, 2], Float32Array.of(1, 2)));
    // More than Node reads into one buffer: reading it whole would end in another error. It has holes, and takes no room.
    truncateSync(path, 6e9);
    await expect(metrics({ distance: path })).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: 'large.npy is not a usable .npy file: 5999999864 bytes follow the numbers of its shape (1, 2).',
    });
    rmSync(path);
  });
});

describe('refuses', () => {
  const nine = (change: [number, number]) =>
    npy(
      [3, 3],
      Float64Array.from([0, 1, 2, 1, 0, 3, 2, 3, 0], (value, i) => (i === change[0] ? change[1] : value)),
    );
  it.each([
    ['int64 that would be rounded', { distance: npy([1, 2], BigInt64Array.of(1n, 9_007_199_254_740_993n)) }, 'number 1 (from 0, row by row) is beyond 2^53'],
    ['NaN, with its cell', { distance: npy([1, 2], Float64Array.of(1, NaN)) }, 'd.npy: the distance in row 0, column 1 (from 0) is NaN'],
    ['infinity', { distance: npy([1, 2], Float32Array.of(-Infinity, 1)) }, 'row 0, column 0 (from 0) is -Infinity; distances must be finite'],
    ['NaN before re-ranking, wherever it is', { distance: nine([7, NaN]), more: ['--rerank'] }, 'row 2, column 1 (from 0) is NaN'],
    ['what re-ranking cannot square', { distance: nine([5, 1e30]), more: ['--rerank'] }, 'row 1, column 2 (from 0) is 1e+30, too large'],
    [
      'a protocol without its column before re-ranking',
      { distance: nine([7, NaN]), more: ['--rerank', '--protocol', 'visits'] },
      'needs the tracklet of every',
    ],
    [
      'a pid that JavaScript rounds',
      { gallery: 'pid,camid\n6,1\n9007199254740993,1\n' },
      'g.csv, line 3: pid must be at most 9007199254740991 in size, not 9007199254740993',
    ],
    ['a column that is there twice', { query: 'pid,camid,pid\n5,0,6\n' }, 'q.csv, line 1: the column pid is there twice'],
    ['a device', { distance: '/dev/zero' }, '/dev/zero is not a regular file'],
    ['a folder', { distance: tmpdir() }, 'is not a regular file'],
  ] as [string, Asked, string][])('%s', async (_, asked, sentence) => {
    await expect(metrics(asked)).rejects.toThrow(sentence);
  });

  it.skipIf(process.platform === 'win32')('a pipe, without waiting for somebody to write into it', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(metrics({ distance: pipe })).rejects.toMatchObject({
      message: expect.stringContaining('pipe is not a regular file') as string,
      remedy: 'Save the numbers to a file, and name that.',
    });
  });
});
