/** Every file below the folder is used or counted with its reason, warnings keep count and first places, and `strict` refuses losses. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineImporter, type ImportContext, type RecordSink } from '../../datasets/importer.ts';
import { walkFiles } from '../../datasets/readWhole.ts';
import { AppError } from '../../src-shared/errors.ts';
import { fakeMedia, memoryTree, type Tree } from '../support/memoryTree.ts';
import { runImporter } from '../support/recordingSink.ts';

const byte = new Uint8Array([1]);

/** An importer that takes `data/1.jpg` and `list.txt`; `more` does what a test is about. */
function toy(more: (context: ImportContext, sink: RecordSink) => void | Promise<void> = () => undefined) {
  return defineImporter({
    id: 'toy',
    title: 'Toy',
    layout: 'data/1.jpg and list.txt',
    options: z.object({}),
    probe: () => Promise.resolve(null),
    async read(tree, _options, sink, context) {
      await tree.text('list.txt');
      await sink.camera({ camid: 0, name: 'c' });
      await sink.identity({ pid: 1, name: '1', kind: 'person' });
      await sink.media({ key: 'm', kind: 'crops', path: 'data', width: 1, height: 1, frameCount: 1, fps: null });
      await sink.tracklet({
        key: 't',
        pid: 1,
        camid: 0,
        split: 'none',
        mediaKey: 'm',
        frameIndex: Int32Array.of(0),
        boxes: null,
        files: ['data/1.jpg'],
        ignored: null,
        annotations: [],
      });
      await more(context, sink);
      return { name: 'toy', licence: null, origin: null };
    },
  });
}

const whole: Tree = { 'list.txt': '', 'data/1.jpg': byte };

test('what an importer says nothing about is named by its kind, and the sum holds', async () => {
  const tree: Tree = {
    ...whole,
    'data/2.jpg': byte,
    'deep/er/3.PNG': byte,
    'clip.mkv': byte,
    'README.md': '',
    LICENSE: '',
    'what.xyz': byte,
    '.DS_Store': byte,
    'far.jpg': { kind: 'link-outside', why: 'is a link that leads out of the folder set' },
    'dead.jpg': { kind: 'broken-link', why: 'is a link to nothing' },
    'h\\b': { kind: 'unusable-name', why: 'has a backslash in its name' },
    pipe: { kind: 'other', why: 'is a named pipe, not a file' },
  };
  const { warnings, account } = await runImporter(toy(), memoryTree(tree), fakeMedia());
  expect(account).toEqual({ seen: 13, used: 2, leftOut: 11 });
  expect(Object.fromEntries(warnings.map(({ code, where, count }) => [code, [count, where]]))).toEqual({
    PICTURE_UNUSED: [2, 'data/2.jpg, deep/er/3.PNG'],
    VIDEO_UNUSED: [1, 'clip.mkv'],
    FILE_OTHER: [2, 'LICENSE, README.md'],
    FILE_UNKNOWN: [1, 'what.xyz'],
    FILE_HIDDEN: [1, '.DS_Store'],
    LINK_OUTSIDE: [1, 'far.jpg'],
    LINK_BROKEN: [1, 'dead.jpg'],
    NAME_UNUSABLE: [1, 'h\\b (has a backslash in its name)'],
    FILE_SPECIAL: [1, 'pipe (is a named pipe, not a file)'],
  });
});

test('a reason that the importer gives comes first, each file is counted once, and the first five places are kept', async () => {
  const files = Array.from({ length: 9 }, (_, index) => `data/x${index}.jpg`);
  const tree: Tree = { ...whole, ...Object.fromEntries(files.map((file) => [file, byte])) };
  const importer = toy(({ leaveOut, warn }) => {
    leaveOut('BLURRED', 'Blurred pictures are left out.', { files });
    leaveOut('OTHER', 'Other pictures are left out.', { files: files.slice(0, 2) });
    leaveOut('ROW', 'Rows are left out.', { where: 'list.txt line 3', count: 4 });
    for (const line of [1, 1, 2]) warn('NOTE', `list.txt line ${line}`, 'Odd lines.');
    warn('NOTE', 'list.txt line 4', 'Odd lines.', 7);
  });
  const { warnings, account } = await runImporter(importer, memoryTree(tree), fakeMedia());
  expect(account).toEqual({ seen: 11, used: 2, leftOut: 9 });
  expect(warnings).toEqual([
    { code: 'BLURRED', message: 'Blurred pictures are left out.', where: 'data/x0.jpg, data/x1.jpg, data/x2.jpg, data/x3.jpg, data/x4.jpg, …', count: 9 },
    { code: 'ROW', message: 'Rows are left out.', where: 'list.txt line 3', count: 4 },
    { code: 'NOTE', message: 'Odd lines.', where: 'list.txt line 1, list.txt line 2, list.txt line 4', count: 10 },
  ]);
});

test('strict refuses what is lost and names it; files that are no data, and what was asked for, are no loss', async () => {
  const harmless: Tree = { ...whole, 'README.md': '', '.DS_Store': byte };
  const chosen = toy(({ leaveOut }) => leaveOut('SHORT', 'Short tracklets are left out.', { where: 't', expected: true }));
  expect((await runImporter(chosen, memoryTree(harmless), fakeMedia(), { strict: true })).account).toEqual({ seen: 4, used: 2, leftOut: 2 });
  const rows = toy(({ leaveOut }) => leaveOut('ROW', 'Rows without a box are left out.', { where: 'list.txt line 3', count: 2 }));
  await expect(runImporter(rows, memoryTree({ ...harmless, 'data/2.jpg': byte }), fakeMedia(), { strict: true })).rejects.toMatchObject({
    code: 'IMPORT_INCOMPLETE',
    params: { count: 3 },
    message:
      'set cannot be imported whole: 3 things would be left out. Rows without a box are left out (2 times): list.txt line 3. Pictures where this layout expects none are left out: data/2.jpg.',
  });
});

test('an import that found nothing says what it could not follow', async () => {
  const importer = defineImporter({ ...toy(), read: (tree) => Promise.reject(new AppError('IMPORT_EMPTY', `${tree.label} holds nothing.`)) });
  const tree: Tree = { 'clip.mp4': { kind: 'link-outside', why: 'is a link that leads out of the folder set' }, 'README.md': '' };
  await expect(runImporter(importer, memoryTree(tree), fakeMedia())).rejects.toMatchObject({
    code: 'IMPORT_EMPTY',
    message: 'set holds nothing. Links that lead out of the folder are not followed: clip.mp4.',
  });
});

test('a folder that changes while it is read is refused', async () => {
  const tree: Tree = { ...whole };
  const importer = toy(() => void delete tree['data/1.jpg']);
  await expect(runImporter(importer, memoryTree({ ...tree }), fakeMedia())).resolves.toBeDefined();
  tree['data/0.jpg'] = byte;
  await expect(runImporter(importer, memoryTree(tree), fakeMedia())).rejects.toMatchObject({
    code: 'CONFLICT',
    message: 'set changed while it was read: 1 of its files are not there any more.',
    params: { folder: 'set' },
  });
  // Also one that is left out: of three two are gone.
  const left: Tree = { ...whole, 'data/2.jpg': byte, 'data/3.jpg': byte, 'data/4.jpg': byte };
  const leaving = toy(({ leaveOut }) => {
    leaveOut('ODD', 'Odd pictures are left out.', { files: ['data/2.jpg', 'data/3.jpg', 'data/4.jpg'] });
    delete left['data/2.jpg'];
    delete left['data/4.jpg'];
  });
  await expect(runImporter(leaving, memoryTree(left), fakeMedia())).rejects.toMatchObject({
    message: 'set changed while it was read: 2 of its files are not there any more.',
  });
});

test('files that commonly lie beside data are none, by name or ending; the rest is unknown', async () => {
  const beside =
    'a.txt a.MD a.rst a.pdf a.html a.csv a.json a.ini a.xml a.yaml a.mat a.npy a.sh a.py a.m a.db a.sha256 README readme-first LICENSE Licence.old COPYING AUTHORS CHANGELOG checksum checksums MD5SUM md5sums SHA1SUM sha256sums Makefile CITATION.cff';
  const unknown = 'a.xyz txt a.txtx a READMEFIRST xREADME licens copyin checksumsx shasum a.';
  const unread = 'a.gif b.HEIC c.mxf';
  const { warnings } = await runImporter(
    toy(),
    memoryTree({ ...whole, ...Object.fromEntries([beside, unknown, unread].flatMap((names) => names.split(' ').map((name) => [`x/${name}`, byte]))) }),
    fakeMedia(),
    { options: {} },
  );
  const counts = Object.fromEntries(warnings.map(({ code, count }) => [code, count]));
  // `list.txt` is used.
  expect(counts).toEqual({ FILE_OTHER: beside.split(' ').length, FILE_UNKNOWN: unknown.split(' ').length, KIND_NOT_READ: 3 });
});

test('each loss by its kind is refused by strict, also a single one; hidden files and companions never', async () => {
  const strict = (more: Tree): Promise<unknown> => runImporter(toy(), memoryTree({ ...whole, ...more }), fakeMedia(), { strict: true });
  const lost: Tree[] = [
    { 'x.jpg': byte },
    { 'x.mp4': byte },
    { 'x.gif': byte },
    { 'x.xyz': byte },
    { x: { kind: 'link-outside', why: '' } },
    { x: { kind: 'broken-link', why: '' } },
    { x: { kind: 'unusable-name', why: '' } },
    { x: { kind: 'other', why: '' } },
  ];
  for (const tree of lost)
    await expect(strict(tree)).rejects.toMatchObject({
      message: expect.stringContaining('1 thing would be left out.') as string,
      params: { count: 1, folder: 'set' },
    });
  await expect(strict({ '.x': byte, 'x.txt': byte })).resolves.toBeDefined();
});

test('a refusal lists four kinds of loss at most', async () => {
  const tree: Tree = { ...whole, 'a.jpg': byte, 'b.mp4': byte, 'c.gif': byte, 'd.xyz': byte, e: { kind: 'broken-link', why: '' } };
  const refused = await runImporter(toy(), memoryTree(tree), fakeMedia(), { strict: true }).catch((error: AppError) => error.message);
  expect(refused).toMatch(/^set cannot be imported whole: 5 things would be left out\. /);
  expect(String(refused).match(/ are left out/g)).toHaveLength(4);
});

test('one file under two names is told by which it is used, whichever the walk meets first', async () => {
  const tree: Tree = { ...whole, 'data/2.jpg': byte, 'z/other.jpg': byte };
  const linked = (links: Record<string, string>) => {
    const plain = memoryTree(tree);
    return {
      ...plain,
      list: async (folder: string) => (await plain.list(folder)).map((entry) => (links[entry.path] ? { ...entry, target: links[entry.path]! } : entry)),
    };
  };
  const codes = async (links: Record<string, string>) => {
    const { warnings, account } = await runImporter(toy(), linked(links), fakeMedia());
    expect(account).toEqual({ seen: 4, used: 2, leftOut: 2 });
    return warnings.map(({ code, where }) => `${code} ${where}`);
  };
  expect(await codes({})).toEqual(['PICTURE_UNUSED data/2.jpg, z/other.jpg']);
  // A link to a file that is used.
  expect(await codes({ 'z/other.jpg': 'data/1.jpg' })).toEqual(['PICTURE_UNUSED data/2.jpg', 'FILE_LINKED z/other.jpg']);
  // What is used is itself a link, to a file that comes later.
  expect(await codes({ 'data/1.jpg': 'z/other.jpg' })).toEqual(['PICTURE_UNUSED data/2.jpg', 'FILE_LINKED z/other.jpg']);
  // Two links to one file, of which one is used.
  expect(await codes({ 'data/1.jpg': 'far/3.jpg', 'data/2.jpg': 'far/3.jpg' })).toEqual(['PICTURE_UNUSED z/other.jpg', 'FILE_LINKED data/2.jpg']);
});

test('a video of the importer counts as used; what it left out and used all the same is used', async () => {
  const importer = toy(async ({ leaveOut }, sink) => {
    await sink.media({ key: 'v', kind: 'video', path: 'clip.mp4', width: 1, height: 1, frameCount: 1, fps: null });
    const frame = { frameIndex: Int32Array.of(0), boxes: Float32Array.of(0, 0, 1, 1), files: null, ignored: null, annotations: [] };
    await sink.tracklet({ key: 'u', pid: 1, camid: 0, split: 'none', mediaKey: 'v', ...frame });
    leaveOut('ODD', 'Odd pictures are left out.', { files: ['data/1.jpg', 'data/2.jpg'] });
  });
  const { account } = await runImporter(importer, memoryTree({ ...whole, 'clip.mp4': byte, 'data/2.jpg': byte }), fakeMedia());
  expect(account).toEqual({ seen: 4, used: 3, leftOut: 1 });
});

test('a link to a file that is used is told whatever its kind, and what is linked alone is told by its own', async () => {
  const plain = memoryTree({ ...whole, 'again.txt': '', 'other.txt': '' });
  const tree = {
    ...plain,
    list: async (folder: string) => (await plain.list(folder)).map((entry) => (entry.path === 'again.txt' ? { ...entry, target: 'list.txt' } : entry)),
  };
  expect((await runImporter(toy(), tree, fakeMedia())).warnings.map(({ code, where }) => `${code} ${where}`)).toEqual([
    'FILE_LINKED again.txt',
    'FILE_OTHER other.txt',
  ]);
});

test('a walk tells every entry in its order with the path it really has, and ends when it is cancelled', async () => {
  const plain = memoryTree({ 'b/2.txt': '', 'b/c/3.txt': '', 'a.txt': '', '.h': '' });
  const tree = {
    ...plain,
    list: async (folder: string) => (await plain.list(folder)).map((entry) => (entry.path === 'b' ? { ...entry, target: 'far/off' } : entry)),
  };
  const controller = new AbortController();
  const walked = async (folder?: string) => {
    const found: string[] = [];
    for await (const { path, real } of walkFiles(tree, controller.signal, folder)) found.push(`${path} ${real}`);
    return found;
  };
  expect(await walked()).toEqual(['.h .h', 'a.txt a.txt', 'b/2.txt far/off/2.txt', 'b/c/3.txt far/off/c/3.txt']);
  expect(await walked('b')).toEqual(['b/2.txt b/2.txt', 'b/c/3.txt b/c/3.txt']);
  controller.abort();
  await expect(walked()).rejects.toMatchObject({ code: 'CANCELLED' });
});

test('an import that found nothing looks at 10,000 entries for what to say; where they cannot be looked at, it says nothing more', async () => {
  const nothing = new AppError('IMPORT_EMPTY', 'Nothing.');
  const importer = defineImporter({ ...toy(), read: () => Promise.reject(nothing) });
  const told = (files: number): Promise<AppError> => {
    const tree: Tree = Object.fromEntries(Array.from({ length: files }, (_, index) => [`f${index}`, byte]));
    return runImporter(importer, memoryTree({ ...tree, z: { kind: 'broken-link', why: '' } }), fakeMedia()).then(
      () => nothing,
      (error: AppError) => error,
    );
  };
  expect((await told(9_999)).message).toBe('Nothing. Links that lead to nothing are left out: z.');
  expect(await told(10_000)).toBe(nothing);
  const tree = memoryTree({ a: { kind: 'broken-link', why: '' }, 'b/c': byte });
  const locked = { ...tree, list: (folder: string) => (folder === 'b' ? Promise.reject(new AppError('FILE_UNREADABLE', 'no')) : tree.list(folder)) };
  await expect(runImporter(importer, locked, fakeMedia())).rejects.toBe(nothing);
});

test('bytes and pieces that are read count as used, as text does', async () => {
  const importer = defineImporter({
    ...toy(),
    async read(tree, options, sink, context) {
      await tree.bytes('a.bin');
      for await (const piece of tree.chunks('b.bin')) expect(piece.length).toBe(1);
      return toy().read(tree, options, sink, context);
    },
  });
  expect((await runImporter(importer, memoryTree({ ...whole, 'a.bin': byte, 'b.bin': byte, 'c.bin': byte }), fakeMedia())).account).toEqual({
    seen: 5,
    used: 4,
    leftOut: 1,
  });
});

test('reasons are added to an import that found nothing or lacks its media, and to no other error', async () => {
  const failing = (error: unknown) => defineImporter({ ...toy(), read: () => Promise.reject(error as Error) });
  const tree: Tree = { 'a.jpg': byte, '.b': byte, 'c.jpg': { kind: 'broken-link', why: '' } };
  const told = (error: unknown, more: Tree = {}) =>
    runImporter(failing(error), memoryTree({ ...tree, ...more }), fakeMedia()).catch((thrown: unknown) => thrown);
  for (const code of ['IMPORT_EMPTY', 'MEDIA_MISSING'] as const) {
    const cause = new AppError(code, 'Nothing.', { folder: 'x' }, { remedy: 'Look again.' });
    expect(await told(cause)).toMatchObject({
      code,
      message: 'Nothing. Links that lead to nothing are left out: c.jpg.',
      params: { folder: 'x' },
      remedy: 'Look again.',
      cause,
    });
  }
  const other = new AppError('FILE_INVALID', 'Line 3.');
  expect(await told(other)).toBe(other);
  const fault = new TypeError('x');
  expect(await told(fault)).toBe(fault);
  const alone = new AppError('IMPORT_EMPTY', 'Nothing.');
  expect(await runImporter(failing(alone), memoryTree({ 'a.jpg': byte, '.b': byte }), fakeMedia()).catch((thrown: unknown) => thrown)).toBe(alone);
});
