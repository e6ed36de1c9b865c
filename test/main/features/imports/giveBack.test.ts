/** Where values go whose pictures left their tracklet: with them into another, aside and back again; and where they must not go. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isAside } from '../../../../src-main/features/imports/operations/setAside.table.ts';
import { changingSource, type ChangingSource } from '../../../support/changingSource.ts';
import type { Made } from '../../../support/madeSource.ts';
import { tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
let source: ChangingSource;
beforeEach(async () => (here = await tablesHere()));
afterEach(() => here[Symbol.dispose]());

const rows: TablesHere['rows'] = (...of) => here.rows(...of);

function give(key: string, field: string, start: number, end: number, value: unknown, how = 'judged', annotator = 'ann'): void {
  here.sql
    .prepare(`INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (?, 'shared', ?, ?, ?, ?, ?, ?, 11)`)
    .run(source.idOf(key), field, start, end, JSON.stringify(value), how, annotator);
}

/** "field start-end value how" */
const valuesOf = (key: string): string[] =>
  (
    rows('SELECT field, start, "end", value, how FROM annotation WHERE tracklet_id = ? ORDER BY field, start', source.idOf(key)) as [
      string,
      number,
      number,
      string,
      string,
    ][]
  ).map(([field, start, end, value, how]) => `${field} ${start}-${end} ${value} ${how}`);

/** "tracklet field start-end pictures"; ! for what no update will find again. */
const aside = (): string[] => {
  const all = here.sql.prepare('SELECT * FROM set_aside ORDER BY id').all() as Record<string, string | number | null>[];
  // What an update writes is what a project may hold.
  expect(all.filter((row) => !isAside(row))).toEqual([]);
  return all.map(({ tracklet_key: key, field, start, end, pictures, contents }) => {
    const known = contents === null ? [] : (JSON.parse(String(contents)) as unknown[]);
    return `${key} ${field} ${start}-${end} ${String(pictures)}${known.length > 0 && known.every((content) => content !== null) ? '' : '!'}`;
  });
};

async function start(...made: Made[]): Promise<void> {
  source = await changingSource(here, made);
}
const update = (...made: Made[]): ReturnType<ChangingSource['update']> => source.update(made);

describe('pictures that come back', () => {
  const stays: Made = { key: 'stays', contents: [90] };

  test.each<[string, Made[], Made]>([
    ['under the same names', [{ key: 'a', contents: [1, 4] }], { key: 'a', contents: [1, 2, 3, 4] }],
    ['under other names, in another order', [{ key: 'a', contents: [1, 4] }], { key: 'a', first: 7, contents: [4, 3, 2, 1] }],
    ['in a tracklet that is new', [{ key: 'a', contents: [1, 4] }], { key: 'b', contents: [2, 3] }],
    ['after other pictures stood in their places', [{ key: 'a', contents: [1, 22, 33, 4] }], { key: 'a', contents: [1, 2, 3, 4] }],
    [
      'after several updates, and their tracklet had other names',
      [
        { key: 'a', contents: [1, 4] },
        { key: 'b', contents: [1, 4] },
        { key: 'c', contents: [5, 1, 4] },
        { key: 'd', contents: [4, 5] },
      ],
      { key: 'd', contents: [4, 3, 2] },
    ],
    ['after their tracklet was gone', [stays, { key: 'stays', contents: [90, 91] }], { key: 'e', contents: [3, 8, 2] }],
  ])('%s have their values again', async (_what, between, back) => {
    await start(stays, { key: 'a', contents: [1, 2, 3, 4] });
    give('a', 'visibility', 1, 1, 5);
    give('a', 'visibility', 2, 2, 6, 'carried');
    give('a', 'occluder', 1, 2, 'object');
    for (const one of between) await update(...(one.key === 'stays' ? [] : [stays]), one);
    expect(rows(`SELECT value FROM annotation`)).toEqual([]);
    const result = await update(stays, back);
    expect(result).toMatchObject({ setAside: 0, moved: 0, putBack: 3 });
    const [two, three] = [back.contents.indexOf(2), back.contents.indexOf(3)];
    const occluded =
      Math.abs(two - three) === 1
        ? [`occluder ${Math.min(two, three)}-${Math.max(two, three)} "object" judged`]
        : [two, three].sort().map((at) => `occluder ${at}-${at} "object" judged`);
    const visible = [`visibility ${two}-${two} 5 judged`, `visibility ${three}-${three} 6 carried`].sort();
    expect(valuesOf(back.key)).toEqual([...occluded, ...visible]);
    expect(aside()).toEqual([]);
    expect(rows('SELECT with_value, hidden_max FROM tracklet WHERE id = ?', source.idOf(back.key))).toEqual([[2, 6]]);
  });

  test('one by one leave the rest aside', async () => {
    await start({ key: 'a', contents: [1, 2, 3, 4, 5] });
    give('a', 'visibility', 0, 4, 5);
    expect(await update({ key: 'a', contents: [1, 22, 33, 44, 5] })).toMatchObject({ setAside: 1, putBack: 0 });
    expect(aside()).toEqual(['a visibility 1-3 ["a/2","a/3","a/4"]']);
    expect(await update({ key: 'a', contents: [1, 22, 3, 44, 5] })).toMatchObject({ setAside: 0, putBack: 1 });
    expect(aside()).toEqual(['a visibility 1-1 ["a/2"]', 'a visibility 3-3 ["a/4"]']);
    expect(valuesOf('a')).toEqual(['visibility 0-0 5 judged', 'visibility 2-2 5 judged', 'visibility 4-4 5 judged']);
    expect(await update({ key: 'a', contents: [1, 2, 3, 4, 5] })).toMatchObject({ setAside: 0, putBack: 2 });
    // One stretch again, as it was given.
    expect([valuesOf('a'), aside()]).toEqual([['visibility 0-4 5 judged'], []]);
  });

  test('as a whole tracklet have its note, its review and what was shown, too', async () => {
    await start(stays, { key: 'a', contents: [1, 2] });
    give('a', 'visibility', 0, 1, 5);
    give('a', 'note', 0, 1, 'limps');
    give('a', 'reviewed', 0, 1, 'reviewed');
    here.sql
      .prepare(`INSERT INTO seen (tracklet_id, annotator, shown_ms, slowest, fastest, updated_at) VALUES (?, 'ann', ?, x'0102', x'0809', 4)`)
      .run(source.idOf('a'), Buffer.from(Uint32Array.of(1000, 70_000).buffer));
    const before = valuesOf('a');
    expect(await update(stays)).toMatchObject({ setAside: 3, putBack: 0 });
    // Most of it is no whole: what was said of all of it waits.
    expect(await update(stays, { key: 'b', contents: [2] })).toMatchObject({ setAside: 0, putBack: 1 });
    expect(valuesOf('b')).toEqual(['visibility 0-0 5 judged']);
    expect(aside()).toEqual(['a note null-null []', 'a reviewed null-null []', 'a visibility null-null ["a/1"]']);
    expect(await update(stays, { key: 'c', contents: [1, 2] })).toMatchObject({ setAside: 0, putBack: 3 });
    expect([valuesOf('c'), aside()]).toEqual([before, []]);
    expect(rows('SELECT annotator, hex(shown_ms), hex(slowest), hex(fastest) FROM seen')).toEqual([['ann', 'E803000070110100', '0102', '0809']]);
    expect(rows('SELECT count(*) FROM seen_aside')).toEqual([[0]]);
    // Seen and valued: a whole review.
    expect(rows('SELECT review, review_gaps, note FROM tracklet WHERE id = ?', source.idOf('c'))).toEqual([['reviewed', 0, 'limps']]);
  });

  test('have a review again once the tracklet is what was reviewed', async () => {
    await start({ key: 'a', contents: [1, 2] });
    give('a', 'reviewed', 0, 1, 'reviewed');
    await update({ key: 'a', contents: [1, 2, 3] });
    expect([valuesOf('a'), aside()]).toEqual([[], ['a reviewed 0-2 []']]);
    expect(await update({ key: 'a', contents: [1, 2] })).toMatchObject({ putBack: 1 });
    expect([valuesOf('a'), aside()]).toEqual([['reviewed 0-1 "reviewed" judged'], []]);
  });

  test('keep what a person gave them since, and what lay aside stays there for good', async () => {
    await start(stays, { key: 'a', contents: [1, 2] });
    give('a', 'visibility', 0, 1, 5);
    await update(stays);
    // As after undo of a put back by hand: the pictures are there, and the values aside.
    const kept = here.sql.prepare('SELECT * FROM set_aside').get() as Record<string, unknown>;
    await update(stays, { key: 'b', contents: [1, 2, 3] });
    here.sql.exec('DELETE FROM annotation');
    const columns = Object.keys(kept);
    here.sql.prepare(`INSERT INTO set_aside (${columns.map((name) => `"${name}"`).join()}) VALUES (${columns.map(() => '?').join()})`).run(Object.values(kept));
    give('b', 'visibility', 1, 1, 9, 'entered');
    expect(await update(stays, { key: 'b', contents: [1, 2] })).toMatchObject({ putBack: 1 });
    expect([valuesOf('b'), aside()]).toEqual([['visibility 0-0 5 judged', 'visibility 1-1 9 entered'], ['a visibility null-null ["a/2"]!']]);
    here.sql.exec('DELETE FROM annotation');
    expect(await update(stays, { key: 'b', contents: [1, 2, 7] })).toMatchObject({ putBack: 0 });
    expect(valuesOf('b')).toEqual([]);
  });

  test('have the value of a person where the source says something, too', async () => {
    const all: Made = { key: 'a', contents: [1, 2, 3], values: [['visibility', 0, 2, 1]] };
    await start(all);
    here.sql.exec('DELETE FROM annotation');
    give('a', 'visibility', 1, 1, 5);
    await update({ key: 'a', contents: [1, 3], values: [['visibility', 0, 1, 1]] });
    expect(await update(all)).toMatchObject({ putBack: 1 });
    expect(valuesOf('a')).toEqual(['visibility 0-0 1 imported', 'visibility 1-1 5 judged', 'visibility 2-2 1 imported']);
  });

  test('have nothing again that was set aside before contents were kept, or that was forgotten', async () => {
    await start(stays, { key: 'a', contents: [1, 2] });
    give('a', 'visibility', 0, 1, 5);
    await update(stays);
    here.sql.exec('UPDATE set_aside SET contents = NULL');
    expect(await update(stays, { key: 'a', contents: [1, 2] })).toMatchObject({ putBack: 0 });
    expect([valuesOf('a'), aside()]).toEqual([[], ['a visibility null-null ["a/1","a/2"]!']]);
    give('a', 'visibility', 0, 1, 6);
    await update(stays);
    await here.db.write('setAside', 'dropAside', { datasetId: source.datasetId });
    expect(rows('SELECT count(*) FROM set_aside UNION ALL SELECT count(*) FROM seen_aside')).toEqual([[0], [0]]);
    expect(await update(stays, { key: 'a', contents: [1, 2] })).toMatchObject({ putBack: 0 });
  });
});

describe('frames that go into another tracklet', () => {
  test.each<[string, Made[], Made[], Record<string, string[]>]>([
    [
      'a folder that is split in two new ones',
      [{ key: 'a', contents: [1, 2, 3, 4] }],
      [
        { key: 'x', contents: [1, 2] },
        { key: 'y', contents: [4, 3] },
      ],
      { x: ['visibility 0-0 0 judged', 'visibility 1-1 1 judged'], y: ['visibility 0-0 3 judged', 'visibility 1-1 2 judged'] },
    ],
    [
      'a folder that is split and stays',
      [{ key: 'a', contents: [1, 2, 3] }],
      [
        { key: 'a', contents: [1] },
        { key: 'y', contents: [2, 3] },
      ],
      { a: ['visibility 0-0 0 judged'], y: ['visibility 0-0 1 judged', 'visibility 1-1 2 judged'] },
    ],
    [
      'two folders that become one',
      [
        { key: 'a', contents: [1, 2] },
        { key: 'b', contents: [3, 4] },
      ],
      [{ key: 'z', contents: [3, 1, 4, 2] }],
      { z: ['visibility 0-0 0 judged', 'visibility 1-1 0 judged', 'visibility 2-2 1 judged', 'visibility 3-3 1 judged'] },
    ],
    [
      'frames that change places, with a new one under an old name',
      [
        { key: 'a', contents: [1, 2, 3] },
        { key: 'b', contents: [4, 5, 6] },
      ],
      [
        { key: 'a', contents: [1, 4, 3] },
        { key: 'b', contents: [2, 5, 6, 7] },
      ],
      {
        a: ['visibility 0-0 0 judged', 'visibility 1-1 0 judged', 'visibility 2-2 2 judged'],
        b: ['visibility 0-0 1 judged', 'visibility 1-1 1 judged', 'visibility 2-2 2 judged'],
      },
    ],
  ])('carry their values: %s', async (_what, before, now, values) => {
    await start(...before);
    // The value is the place.
    for (const { key, contents } of before) for (const at of contents.keys()) give(key, 'visibility', at, at, at, 'judged', key);
    const result = await update(...now);
    expect(result).toMatchObject({ setAside: 0, putBack: 0 });
    expect(result.moved).toBeGreaterThan(0);
    for (const [key, wanted] of Object.entries(values)) expect([key, valuesOf(key)]).toEqual([key, wanted]);
    expect(aside()).toEqual([]);
  });

  test('of a video go by its fingerprint, number and box, as where two people had been confused', async () => {
    const box = (x: number, frames: number): number[] => Array.from({ length: frames }, () => [x, 1, 5, 5]).flat();
    await start({ key: 'a', contents: [1, 2, 3], boxes: box(1, 3), video: 'V' }, { key: 'b', contents: [1, 2, 3], boxes: box(9, 3), video: 'V' });
    give('a', 'visibility', 0, 2, 3);
    give('b', 'visibility', 0, 2, 8);
    // From frame 2 on each is the other.
    const now = (video: string): Made[] => [
      { key: 'a', contents: [1, 2, 3], boxes: [1, 1, 5, 5, ...box(9, 2)], video },
      { key: 'b', contents: [1, 2, 3], boxes: [9, 1, 5, 5, ...box(1, 2)], video },
    ];
    expect(await update(...now('V'))).toMatchObject({ moved: 2, setAside: 0 });
    expect([valuesOf('a'), valuesOf('b')]).toEqual([
      ['visibility 0-0 3 judged', 'visibility 1-2 8 judged'],
      ['visibility 0-0 8 judged', 'visibility 1-2 3 judged'],
    ]);
    expect(await update(...now('other'))).toMatchObject({ moved: 0, setAside: 4 });
    expect(await update(...now('V'))).toMatchObject({ putBack: 4, setAside: 0 });
    expect(valuesOf('a')).toEqual(['visibility 0-0 3 judged', 'visibility 1-2 8 judged']);
  });

  test('leave what was said of the whole: it goes with the larger part of its tracklet, or aside', async () => {
    const before: Made[] = [
      { key: 'a', contents: [1, 2, 3, 4, 5] },
      { key: 'b', contents: [6, 7] },
    ];
    await start(...before);
    for (const { key } of before) give(key, 'note', 0, key === 'a' ? 4 : 1, key);
    give('b', 'visibility', 0, 1, 4);
    const id = source.idOf('a');
    const result = await update({ key: 'z', contents: [1, 2, 6, 3, 7, 4] });
    expect(result).toMatchObject({ moved: 1, setAside: 1, change: { tracklets: { renamed: 1, removed: 1 }, pictures: { added: 2, removed: 3 } } });
    expect(source.idOf('z')).toBe(id);
    expect(valuesOf('z')).toEqual(['note 0-5 "a" judged', 'visibility 2-2 4 judged', 'visibility 4-4 4 judged']);
    expect(aside()).toEqual(['b note null-null []']);
  });

  test('leave nothing by content where of some frames it was not known what they show', async () => {
    const before: Made[] = [
      { key: 'a', contents: [1, 2] },
      { key: 'b', contents: [3] },
    ];
    await start(...before);
    give('a', 'visibility', 0, 1, 5);
    here.sql.exec(`DELETE FROM tracklet_source WHERE tracklet_id = ${source.idOf('b')}`);
    expect(await update({ key: 'a', contents: [1] }, { key: 'b', contents: [3, 2] })).toMatchObject({ moved: 0, setAside: 1 });
    expect([valuesOf('b'), aside()]).toEqual([[], ['a visibility null-null ["a/2"]!']]);
    // From now on it is.
    give('b', 'visibility', 0, 0, 7);
    expect(await update({ key: 'a', contents: [1, 3] }, { key: 'b', contents: [2] })).toMatchObject({ moved: 1, setAside: 0 });
  });
});

describe('a content in two places gives no value to a picture that nobody judged', () => {
  const other: Made = { key: 'other', contents: [80] };
  const [a, b, c] = ['a', 'b', 'c'].map((key) => (contents: number[]): Made => ({ key, contents })) as [
    (contents: number[]) => Made,
    (contents: number[]) => Made,
    (contents: number[]) => Made,
  ];

  test.each<[string, Made[], Made[][], string[]]>([
    ['before: the judged one went, the other moved', [a([1, 2]), b([2, 3])], [[a([1]), b([3]), c([2])]], ['a visibility null-null ["a/2"]!']],
    ['before: the judged one went, the other stays', [a([1, 2]), b([2, 3])], [[a([1]), b([2, 3])]], ['a visibility null-null ["a/2"]!']],
    [
      'before, and it comes back once later',
      [a([1, 2]), b([2, 3])],
      [
        [a([1]), b([3])],
        [a([1, 2]), b([3])],
      ],
      ['a visibility null-null ["a/2"]!'],
    ],
    ['now: it went into two', [a([1, 2]), b([3])], [[a([1]), b([2, 3]), c([2])]], ['a visibility null-null ["a/2"]!']],
    ['now: twice in one', [a([1, 2]), b([3])], [[a([1]), b([2, 3, 2])]], ['a visibility null-null ["a/2"]!']],
    [
      'when it comes back, of which one goes later',
      [a([1, 2])],
      [[a([1])], [a([1]), b([2]), c([2])], [a([1]), b([2])], [a([1]), c([2, 4])]],
      ['a visibility null-null ["a/2"]!'],
    ],
  ])('%s', async (_what, before, states, left) => {
    await start(other, ...before);
    give('a', 'visibility', 1, 1, 5);
    for (const state of states) expect(await update(other, ...state)).toMatchObject({ moved: 0, putBack: 0 });
    expect([rows('SELECT value FROM annotation'), aside()]).toEqual([[], left]);
  });

  test('but in its own tracklet it is itself, whatever is copied from it', async () => {
    await start(a([1, 2]));
    give('a', 'visibility', 0, 1, 5);
    expect(await update(a([1, 2]), b([2, 1]))).toMatchObject({ moved: 0, setAside: 0 });
    expect([valuesOf('a'), valuesOf('b')]).toEqual([['visibility 0-1 5 judged'], []]);
    // The first goes: what is left is the copy, which nobody judged.
    expect(await update(b([2, 1]))).toMatchObject({ moved: 0, setAside: 1 });
    expect([valuesOf('b'), aside()]).toEqual([[], ['a visibility null-null ["a/1","a/2"]!']]);
  });

  test('nor a note or a review to a tracklet', async () => {
    await start(other, a([1, 2]), b([1, 2]));
    give('a', 'note', 0, 1, 'limps');
    give('a', 'reviewed', 0, 1, 'reviewed');
    await update(other, b([1, 2]));
    await update(other, c([1, 2]));
    expect([rows('SELECT value FROM annotation'), aside()]).toEqual([[], ['a note null-null []!', 'a reviewed null-null []!']]);
  });

  test('nor what was shown', async () => {
    await start(other, a([1, 2]), b([2]));
    here.sql
      .prepare(`INSERT INTO seen (tracklet_id, annotator, shown_ms, slowest, fastest, updated_at) VALUES (?, 'ann', ?, x'0101', x'0101', 4)`)
      .run(source.idOf('a'), Buffer.from(Uint32Array.of(5, 6).buffer));
    await update(other, c([2, 1, 9]));
    expect(rows('SELECT tracklet_id, hex(shown_ms) FROM seen')).toEqual([[source.idOf('c'), '000000000500000000000000']]);
    expect(rows('SELECT count(*) FROM seen_aside')).toEqual([[0]]);
  });
});

describe('steps of undo', () => {
  function step(label: string, patch: unknown, undone = 0): void {
    here.sql
      .prepare(`INSERT INTO history (at, label, call, tags, patch, inverse, undone) VALUES (1, ?, 'x', '[]', ?, '[]', ?)`)
      .run(label, JSON.stringify(patch), undone);
  }
  const left = (): unknown[] => rows('SELECT label FROM history ORDER BY id').flat();
  const put = (key: string): unknown => ({ op: 'putAnnotations', rows: [{ tracklet_id: source.idOf(key), field: 'f' }] });

  test('end where a value came to stand, too, though its tracklet is as it was', async () => {
    await start({ key: 'a', contents: [1, 2] }, { key: 'b', contents: [3] }, { key: 'c', contents: [4] });
    give('a', 'visibility', 1, 1, 5);
    await update({ key: 'a', contents: [1] }, { key: 'b', contents: [3] }, { key: 'c', contents: [4] });
    // The picture is there and its value aside, as after undo of a put back by hand.
    const contents = here.sql.prepare('SELECT contents FROM set_aside').pluck().get() as string;
    here.sql.exec('UPDATE set_aside SET contents = NULL');
    await update({ key: 'a', contents: [1] }, { key: 'b', contents: [3, 2] }, { key: 'c', contents: [4] });
    here.sql.prepare('UPDATE set_aside SET contents = ?').run(contents);
    for (const key of ['a', 'b', 'c']) step(key, [put(key)]);
    expect(await update({ key: 'a', contents: [1, 7] }, { key: 'b', contents: [3, 2] }, { key: 'c', contents: [4] })).toMatchObject({
      putBack: 1,
      stepsEnded: 2,
    });
    expect([left(), valuesOf('b')]).toEqual([['c'], ['visibility 1-1 5 judged']]);
  });

  test('that would put a value back once more end', async () => {
    await start({ key: 'a', contents: [1, 2] }, { key: 'b', contents: [3] });
    give('a', 'visibility', 0, 1, 5);
    give('b', 'visibility', 0, 0, 6);
    await update({ key: 'a', contents: [11, 12] }, { key: 'c', contents: [9] });
    const [first = 0, second = 0] = rows('SELECT id FROM set_aside ORDER BY tracklet_key DESC').flat() as number[];
    step('of b, undone', [put('c'), { op: 'clearAside', ids: [first] }], 1);
    step('of a, undone', [{ op: 'clearAside', ids: [second] }], 1);
    step('of b, done', [{ op: 'clearAside', ids: [first] }]);
    expect(await update({ key: 'a', contents: [11, 12] }, { key: 'c', contents: [9] }, { key: 'd', contents: [3] })).toMatchObject({
      putBack: 1,
      stepsEnded: 1,
    });
    expect(left()).toEqual(['of a, undone', 'of b, done']);
  });
});

test('a split that the user chose follows a tracklet to its other name, and is counted; what the source says anew counts more', async () => {
  const of = (key: string, contents: number[], split: Made['split'] = 'train'): Made => ({ key, contents, split: split ?? 'train' });
  await start(of('a', [1, 2]), of('b', [3, 4, 5]), of('c', [6]), of('d', [7]), of('e', [8]));
  const chosen = here.sql.prepare(`SELECT id FROM tracklet WHERE key <> 'e'`).pluck().all() as number[];
  await here.db.write('tracklets', 'setSplit', { ids: chosen, split: 'gallery', at: 1, tags: [] });
  const result = await update(of('a2', [1, 2]), of('b2', [3, 4, 9]), of('c2', [6], 'query'), of('d', [7, 10]), of('e2', [8]));
  expect(result).toMatchObject({ splitsKept: 2, change: { tracklets: { renamed: 4 } } });
  expect(rows('SELECT key, split FROM tracklet ORDER BY key')).toEqual([
    ['a2', 'gallery'],
    ['b2', 'gallery'],
    ['c2', 'query'],
    ['d', 'gallery'],
    ['e2', 'train'],
  ]);
});

test('what stands aside for other pictures follows them to another name, and stands nowhere once they are gone', async () => {
  const stays: Made = { key: 'stays', contents: [90] };
  await start(stays, { key: 'a', contents: [1, 2, 3] });
  give('a', 'visibility', 1, 1, 5);
  give('a', 'reviewed', 0, 2, 'reviewed');
  await update(stays, { key: 'a', contents: [1, 22, 3] });
  const [first] = rows(`SELECT id FROM set_aside WHERE field = 'visibility'`);
  await update(stays, { key: 'b', first: 5, contents: [1, 22, 3] });
  expect(aside().sort()).toEqual(['b reviewed 0-2 []', 'b visibility 1-1 ["a/2"]']);
  expect(rows(`SELECT id FROM set_aside WHERE field = 'visibility'`)).toEqual([first]);
  await update(stays);
  // Another tracklet has its name: nothing stands there for it.
  await update(stays, { key: 'b', contents: [7, 8, 9] });
  expect(aside().sort()).toEqual(['b reviewed null-null []', 'b visibility null-null ["a/2"]']);
  expect(rows('SELECT DISTINCT reason FROM set_aside')).toEqual([['removed']]);
});
