/** Every picture is looked at, a few at a time; what cannot be read is left out by its reason, what says nothing about a picture ends the import. */
import { expect, test } from 'vitest';
import type { MediaProbe } from '../../../datasets/importer.ts';
import { checkEvery, checkPictures } from '../../../datasets/readers/checkPictures.ts';
import { AppError, type ErrorCode } from '../../../src-shared/errors.ts';
import { memoryTree } from '../../support/memoryTree.ts';

const size = { width: 3, height: 4 };
const byte = new Uint8Array([1]);
const media = (look: (path: string) => Promise<typeof size>): MediaProbe => ({ image: look, check: look, video: () => Promise.reject(new Error('no video')) });

async function run(files: readonly string[], probe: MediaProbe, { signal = new AbortController().signal, decode = true, rest = '' } = {}) {
  const left: unknown[] = [];
  const tree = memoryTree(Object.fromEntries(files.map((file) => [file, file.includes('empty') ? new Uint8Array() : byte])));
  const context = { signal, media: probe, warn: () => undefined, leaveOut: (...what: unknown[]) => void left.push(what) };
  const sizes = await checkPictures(tree, files, context, rest === '' ? { decode } : { decode, rest });
  return { sizes, left };
}

const failing = (error: unknown) => media(() => Promise.reject(error as Error));

test('sizes are in the order of the files; those that cannot be read have none, and are named by their reason', async () => {
  const codes: Record<string, ErrorCode> = { lost: 'MEDIA_MISSING', locked: 'FILE_UNREADABLE', cut: 'MEDIA_UNDECODABLE', empty: 'MEDIA_UNDECODABLE' };
  const look = (path: string) => (codes[path] === undefined ? Promise.resolve(size) : Promise.reject(new AppError(codes[path], 'no')));
  expect(await run(['a', 'lost', 'locked', 'cut', 'empty', 'b'], media(look), { rest: ', with a reason' })).toEqual({
    sizes: [size, null, null, null, null, size],
    left: [
      ['PICTURE_UNREADABLE', 'Pictures that cannot be opened are left out, with a reason.', { files: ['lost'] }],
      ['PICTURE_UNREADABLE', 'Pictures that cannot be opened are left out, with a reason.', { files: ['locked'] }],
      ['PICTURE_UNDECODABLE', 'Pictures that cannot be decoded are left out, with a reason.', { files: ['cut'] }],
      ['PICTURE_EMPTY', 'Pictures of 0 bytes are left out, with a reason.', { files: ['empty'] }],
    ],
  });
  expect((await run(['x'], failing(new AppError('MEDIA_UNDECODABLE', 'no')))).left).toEqual([
    ['PICTURE_UNDECODABLE', 'Pictures that cannot be decoded are left out.', { files: ['x'] }],
  ]);
});

test('what is no fault of the picture is thrown', async () => {
  const errors = [
    new TypeError('ours'),
    new AppError('DISK_FULL', 'no'),
    new AppError('MEDIA_MISSING', 'no', { gaveUp: true }),
    new AppError('FILE_UNREADABLE', 'no', { gaveUp: true }),
  ];
  for (const error of errors) await expect(run(['x'], failing(error))).rejects.toBe(error);
  expect((await run(['x'], failing(new AppError('FILE_UNREADABLE', 'no', { gaveUp: false })))).sizes).toEqual([null]);
});

test('eight at a time, until it is cancelled', async () => {
  let now = 0;
  let most = 0;
  const asked: string[] = [];
  const controller = new AbortController();
  const look = async (path: string) => {
    asked.push(path);
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
    return size;
  };
  const files = Array.from({ length: 17 }, (_, index) => String(index));
  expect((await run(files, media(look))).sizes).toHaveLength(17);
  expect([most, asked]).toEqual([8, files]);
  asked.length = 0;
  const cancelling = media((path) => {
    if (path === '9') controller.abort();
    return look(path);
  });
  await expect(run(files, cancelling, { signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(asked).toHaveLength(16);
  await expect(run([], media(look), { signal: controller.signal })).resolves.toEqual({ sizes: [], left: [] });
  // All were looked at before it was.
  const late = new AbortController();
  const ending = media((path) => (path === '7' && late.abort(), look(path)));
  expect((await run(files.slice(0, 8), ending, { signal: late.signal })).sizes).toHaveLength(8);
});

test('whole pictures are decoded, or headers read alone', async () => {
  const asked: string[] = [];
  const probe: MediaProbe = {
    ...media(() => Promise.resolve(size)),
    image: (path) => (asked.push(`head of ${path}`), Promise.resolve(size)),
    check: (path) => (asked.push(`whole ${path}`), Promise.resolve(size)),
  };
  await run(['a'], probe);
  await run(['b'], probe, { decode: false });
  expect(asked).toEqual(['whole a', 'head of b']);
  expect(checkEvery.parse(undefined)).toBe(true);
});
