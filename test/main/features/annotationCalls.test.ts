/** What the calls of `annotations` check before anything is written, and what they pass on; the tables are real. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FACET_FIELDS, FIELDS } from '../../../src-main/features/annotations/fields.ts';
import { createAnnotationsHandlers } from '../../../src-main/features/annotations/handlers.ts';
import { noted, putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
let calls: ReturnType<typeof createAnnotationsHandlers>;
let written: unknown[];
let told: unknown[];
let time: number;

beforeEach(async () => {
  here = await tablesHere();
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'none' },
    { id: 2, pid: 1, camid: 1, split: 'none' },
  ]);
  [told, time] = [[], 100];
  const calling = noted(here);
  written = calling.written;
  calls = createAnnotationsHandlers({
    db: calling.db,
    settings: { annotator: () => 'Ann' },
    clock: () => time++,
    events: { changed: (tags: string[], origin: string | null) => told.push([tags, origin]) },
  } as never);
});
afterEach(() => here[Symbol.dispose]());

const CALL = { origin: 'page', key: 'k' } as never;
const apply = (edits: object[], more: object = {}) => calls['annotations.apply']({ label: 'L', edits, ...more } as never, CALL);
const edit = { trackletId: 1, field: 'visibility', start: 0, end: 1, value: 3 };

test('the fields are there, each by its name, and those to filter by in the order of their lanes', () => {
  expect([...FIELDS.keys()].sort()).toEqual(['hiddenParts', 'note', 'occluder', 'quality', 'reviewed', 'visibility']);
  expect(FACET_FIELDS.map(({ id }) => id)).toEqual(['occluder', 'hiddenParts', 'quality']);
});

describe('apply', () => {
  test('passes on checked values as JSON, by whom and when, and answers the time after the commit', async () => {
    const answer = await apply([edit, { ...edit, trackletId: 2, value: null, how: 'carried' }, { ...edit, field: 'hiddenParts', value: ['torso', 'head'] }]);
    expect(answer).toEqual({ historyId: 1, durableAt: 101 });
    expect(written).toEqual([
      {
        table: 'annotations',
        fn: 'apply',
        input: {
          label: 'L',
          edits: [
            { trackletId: 1, field: 'visibility', whole: false, start: 0, end: 1, value: '3', how: 'entered' },
            { trackletId: 2, field: 'visibility', whole: false, start: 0, end: 1, value: null, how: 'carried' },
            { trackletId: 1, field: 'hiddenParts', whole: false, start: 0, end: 1, value: '["head","torso"]', how: 'entered' },
          ],
          episodes: { put: [], clear: [] },
          annotator: 'Ann',
          at: 100,
          tags: ['Tracklet:1', 'Tracklet:2', 'TrackletRows', 'Annotations', 'History'],
          join: null,
          anyway: false,
          of: [],
        },
        options: { key: 'k' },
      },
    ]);
    expect(await calls['annotations.get']({ trackletId: 1 }, CALL)).toHaveLength(2);
  });

  test('a mark of review is judged whatever is said, and of the whole tracklet; join and anyway are passed on', async () => {
    await apply([{ ...edit, field: 'reviewed', value: 'reviewed', how: 'imported' }], { join: 'stroke', anyway: true });
    expect(written).toMatchObject([
      { input: { edits: [{ field: 'reviewed', whole: true, value: '"reviewed"', how: 'judged' }], join: 'stroke', anyway: true } },
    ]);
    await expect(apply([{ ...edit, trackletId: 2, field: 'reviewed', value: 'reviewed' }])).rejects.toMatchObject({ code: 'REVIEW_INCOMPLETE' });
  });

  test('of what the tracklet is no longer changes nothing, and says what it is now', async () => {
    const { name, frames } = here.sql.prepare('SELECT key AS name, frames FROM tracklet WHERE id = 1').get() as { name: string; frames: number };
    expect(frames).toBe(3);
    for (const [of, words] of [
      [{ id: 1, name, frames: 4 }, `The change was made of tracklet "${name}" with 4 frames, and it has 3 frames now; nothing was changed.`],
      [
        { id: 1, name: 'other', frames },
        `The change was made of tracklet "other" with 3 frames, and its number 1 means tracklet "${name}" now; nothing was changed.`,
      ],
      [{ id: 9, name: 'gone', frames }, 'The change was made of tracklet "gone" with 3 frames, and the project has no such tracklet now; nothing was changed.'],
    ] as const)
      await expect(apply([edit], { of: [of] })).rejects.toMatchObject({ code: 'CONFLICT', message: words });
    expect(await calls['annotations.get']({ trackletId: 1 }, CALL)).toEqual([]);
    await apply([edit], { of: [{ id: 1, name, frames }] });
    expect(await calls['annotations.get']({ trackletId: 1 }, CALL)).toHaveLength(1);
  });

  test.each<[string, object[], string, string]>([
    [
      'a field that is not known',
      [edit, { ...edit, field: 'colour' }],
      'edits.1.field',
      'annotations.apply: "edits.1.field": there is no field "colour"; known are ',
    ],
    ['no value at all', [{ ...edit, value: undefined }], 'edits.0.value', 'annotations.apply: "edits.0.value": a value is missing (null clears).'],
    [
      'a value that the field does not take',
      [{ ...edit, value: 'x'.repeat(200) }],
      'edits.0.value',
      `annotations.apply: "edits.0.value": "${'x'.repeat(99)} is no value of the field "visibility".`,
    ],
  ])('refuses %s by its place, and writes nothing', async (_name, edits, key, words) => {
    await expect(apply(edits)).rejects.toMatchObject({ code: 'BAD_INPUT', params: { key }, message: expect.stringContaining(words) as string });
    expect(written).toEqual([]);
  });
});

describe('what was shown', () => {
  const add = (start: number, ms: number[], more: object = {}) =>
    calls['annotations.addSeen'](
      { trackletId: 1, start, shownMs: Uint32Array.from(ms), slowest: new Uint8Array(ms.length).fill(8), fastest: new Uint8Array(ms.length).fill(8), ...more },
      CALL,
    );

  test('is added for the one who annotates', async () => {
    expect(await calls['annotations.seen']({ trackletId: 1 }, CALL)).toEqual({ seen: null });
    expect(await add(1, [5])).toEqual({});
    expect(written).toMatchObject([{ table: 'seen', fn: 'add', input: { trackletId: 1, start: 1, annotator: 'Ann', at: 100 }, options: { key: 'k' } }]);
    expect(await calls['annotations.seen']({ trackletId: 1 }, CALL)).toMatchObject({ seen: { shownMs: Uint32Array.of(0, 5, 0) } });
    expect(told).toEqual([]);
  });

  test('tells the grid of a review that has fewer gaps, and the page that showed it not', async () => {
    await apply(
      [
        { ...edit, field: 'reviewed', value: 'reviewed' },
        { ...edit, end: 2 },
      ],
      { anyway: true },
    );
    await add(0, [5]);
    expect(told).toEqual([[['Tracklet:1', 'TrackletRows', 'Annotations'], 'page']]);
    expect(await calls['annotations.gaps']({ trackletIds: [1] }, CALL)).toEqual({
      trackletId: Int32Array.of(1),
      withoutValue: Int32Array.of(0),
      notSeen: Int32Array.of(2),
      either: Int32Array.of(2),
    });
  });

  test.each(['slowest', 'fastest'])('in columns of unequal length is refused: %s', async (column) => {
    await expect(add(0, [5], { [column]: Uint8Array.of(8, 8) })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: 'annotations.addSeen: the columns "shownMs", "slowest" and "fastest" differ in length.',
      params: { key: 'shownMs' },
    });
    expect(written).toEqual([]);
  });
});
