/** Columns that follow from values: of lists made by hand, and kept in the row of a tracklet. What each must be is counted by eye. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readerOf, writerOf } from '../../../src-main/db/handles.ts';
import {
  deriveColumns,
  framesOf,
  gapsOf,
  refreshDerived,
  type DerivedColumns,
  type DerivedSource,
} from '../../../src-main/features/annotations/derived.table.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

const NONE: DerivedColumns = { visibility: null, withValue: 0, hiddenFrames: 0, hiddenMax: null, occluders: '', review: 'none', reviewGaps: 0, note: '' };
const seen = (...fastest: number[]) => Uint8Array.from(fastest);

describe('of four frames', () => {
  test.each<[string, DerivedSource[], Uint8Array | null, Partial<DerivedColumns>]>([
    ['without a value', [], null, {}],
    [
      'visibility on some, the end of a range with it',
      [['visibility', 1, 2, '7', 'imported']],
      null,
      { visibility: Int8Array.of(-1, 7, 7, -1), withValue: 2, hiddenFrames: 2, hiddenMax: 7 },
    ],
    [
      'nothing hidden is a value, and the highest is told wherever it stands',
      [
        ['visibility', 0, 0, '0', 'imported'],
        ['visibility', 1, 1, '9', 'imported'],
        ['visibility', 2, 3, '1', 'imported'],
      ],
      null,
      { visibility: Int8Array.of(0, 9, 1, 1), withValue: 4, hiddenFrames: 3, hiddenMax: 9 },
    ],
    ['0 alone', [['visibility', 0, 0, '0', 'imported']], null, { visibility: Int8Array.of(0, -1, -1, -1), withValue: 1, hiddenMax: 0 }],
    [
      'occluders once each, by name, between commas',
      [
        ['occluder', 0, 1, '"person"', 'imported'],
        ['occluder', 2, 2, '"object"', 'imported'],
        ['occluder', 3, 3, '"person"', 'imported'],
      ],
      null,
      { occluders: ',object,person,' },
    ],
    ['a note', [['note', 0, 3, '"look"', 'imported']], null, { note: 'look' }],
    ['a field that makes no column', [['quality', 0, 3, '"blurred"', 'imported']], null, {}],
    ...(['judged', 'accepted', 'entered', 'carried'] as const).map((how): [string, DerivedSource[], null, Partial<DerivedColumns>] => [
      `begun by a person: ${how}`,
      [['quality', 0, 0, '"blurred"', how]],
      null,
      { review: 'started' },
    ]),
    ...(['imported', 'interpolated', 'computed'] as const).map((how): [string, DerivedSource[], null, Partial<DerivedColumns>] => [
      `not begun: ${how}`,
      [['quality', 0, 0, '"blurred"', how]],
      null,
      {},
    ]),
    ['disputed lacks nothing', [['reviewed', 0, 3, '"disputed"', 'judged']], null, { review: 'disputed' }],
    ['reviewed, nobody saw a frame', [['reviewed', 0, 3, '"reviewed"', 'judged']], null, { review: 'reviewed', reviewGaps: 4 }],
    [
      'reviewed: frames without a value and frames that were not seen, each once',
      [
        ['reviewed', 0, 3, '"reviewed"', 'judged'],
        ['visibility', 0, 2, '0', 'judged'],
      ],
      seen(8, 0, 8, 0),
      { review: 'reviewed', reviewGaps: 2, visibility: Int8Array.of(0, 0, 0, -1), withValue: 3, hiddenMax: 0 },
    ],
    [
      'whole',
      [
        ['reviewed', 0, 3, '"reviewed"', 'judged'],
        ['visibility', 0, 3, '0', 'judged'],
      ],
      seen(1, 8, 8, 255),
      { review: 'reviewed', visibility: Int8Array.of(0, 0, 0, 0), withValue: 4, hiddenMax: 0 },
    ],
    [
      'a review that came with the set says nothing of what was seen',
      [
        ['reviewed', 0, 3, '"reviewed"', 'imported'],
        ['visibility', 0, 2, '0', 'imported'],
      ],
      null,
      { review: 'reviewed', reviewGaps: 1, visibility: Int8Array.of(0, 0, 0, -1), withValue: 3, hiddenMax: 0 },
    ],
  ])('%s', (_name, values, fastest, expected) => {
    expect(deriveColumns(4, values, () => fastest)).toEqual({ ...NONE, ...expected });
  });

  test('what was seen is asked for a review alone, and counts as nothing where nobody can be asked', () => {
    const never = (): never => {
      throw new Error('asked');
    };
    deriveColumns(4, [['visibility', 0, 3, '2', 'judged']], never);
    deriveColumns(4, [['reviewed', 0, 3, '"disputed"', 'judged']], never);
    deriveColumns(4, [['reviewed', 0, 3, '"reviewed"', 'imported']], never);
    expect(() => deriveColumns(4, [['reviewed', 0, 3, '"reviewed"', 'judged']], never)).toThrow('asked');
    expect(deriveColumns(2, [['reviewed', 0, 1, '"reviewed"', 'judged']]).reviewGaps).toBe(2);
  });
});

describe('in the row', () => {
  let here: TablesHere;
  beforeEach(async () => {
    here = await tablesHere();
    putDataset(here.sql, 1, [
      { id: 1, pid: 1, camid: 1, split: 'none', frameIndex: [0, 1, 2, 3] },
      { id: 2, pid: 1, camid: 1, split: 'none' },
    ]);
    const put = here.sql.prepare(
      `INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at) VALUES (?, 'shared', ?, ?, ?, ?, ?, ?, 5)`,
    );
    put.run(1, 'visibility', 0, 1, '3', 'judged', 'A');
    put.run(1, 'occluder', 0, 0, '"edge"', 'judged', 'A');
    put.run(1, 'note', 0, 3, '"n"', 'judged', 'A');
    put.run(1, 'reviewed', 0, 3, '"reviewed"', 'judged', 'A');
    put.run(2, 'visibility', 0, 0, '9', 'judged', 'A');
  });
  afterEach(() => here[Symbol.dispose]());
  const show = (who: string, ...fastest: number[]) =>
    here.sql
      .prepare('INSERT INTO seen (tracklet_id, annotator, shown_ms, slowest, fastest, updated_at) VALUES (1, ?, ?, ?, ?, 1)')
      .run(who, Buffer.alloc(16), Buffer.alloc(4), Buffer.from(fastest));
  const rowOf = (id: number) =>
    here.sql.prepare('SELECT visibility, with_value, hidden_frames, hidden_max, occluders, review, review_gaps, note FROM tracklet WHERE id = ?').get(id);

  test('every column is written, of this tracklet alone', () => {
    const other = rowOf(2);
    refreshDerived(writerOf(here.sql), 1);
    expect(rowOf(1)).toEqual({
      visibility: Buffer.of(3, 3, 255, 255),
      with_value: 2,
      hidden_frames: 2,
      hidden_max: 3,
      occluders: ',edge,',
      review: 'reviewed',
      review_gaps: 4,
      note: 'n',
    });
    expect(rowOf(2)).toEqual(other);
    here.sql.exec('DELETE FROM annotation');
    refreshDerived(writerOf(here.sql), 1);
    expect(rowOf(1)).toEqual({ visibility: null, with_value: 0, hidden_frames: 0, hidden_max: null, occluders: '', review: 'none', review_gaps: 0, note: '' });
    refreshDerived(writerOf(here.sql), 99);
  });

  test('a frame was seen when anyone saw it', () => {
    show('A', 8, 0, 8, 0);
    show('B', 0, 0, 16, 8);
    refreshDerived(writerOf(here.sql), 1);
    // 1 was not seen, 2 and 3 have no value.
    expect(rowOf(1)).toMatchObject({ review_gaps: 3 });
    expect(gapsOf(readerOf(here.sql), 1)).toEqual({ frames: 4, withoutValue: 2, notSeen: 1, either: 3 });
    expect(gapsOf(readerOf(here.sql), 2)).toEqual({ frames: 3, withoutValue: 3, notSeen: 3, either: 3 });
    expect(gapsOf(readerOf(here.sql), 99)).toEqual({ frames: 0, withoutValue: 0, notSeen: 0, either: 0 });
  });

  test.each([
    ['is being imported', `UPDATE dataset SET state = 'importing'`],
    ['was removed', 'UPDATE dataset SET removed_at = 5'],
  ])('a tracklet has frames unless its set %s', (_name, sql) => {
    expect([framesOf(readerOf(here.sql), 1), framesOf(readerOf(here.sql), 2), framesOf(readerOf(here.sql), 99)]).toEqual([4, 3, undefined]);
    here.sql.exec(sql);
    expect(framesOf(readerOf(here.sql), 1)).toBe(undefined);
  });
});
