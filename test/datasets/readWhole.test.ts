/** Every file below the folder is used or counted with its reason, warnings keep count and first places, and `strict` refuses losses. */
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineImporter, type ImportContext, type RecordSink } from '../../datasets/importer.ts';
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
  });
  const { warnings, account } = await runImporter(importer, memoryTree(tree), fakeMedia());
  expect(account).toEqual({ seen: 11, used: 2, leftOut: 9 });
  expect(warnings).toEqual([
    { code: 'BLURRED', message: 'Blurred pictures are left out.', where: 'data/x0.jpg, data/x1.jpg, data/x2.jpg, data/x3.jpg, data/x4.jpg, …', count: 9 },
    { code: 'ROW', message: 'Rows are left out.', where: 'list.txt line 3', count: 4 },
    { code: 'NOTE', message: 'Odd lines.', where: 'list.txt line 1, list.txt line 2', count: 3 },
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
  });
});
