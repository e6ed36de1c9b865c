/** Columns that follow from values: of lists made by hand (what each must be is counted by eye), of any values, and kept in the row of a tracklet. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HOWS } from '../../../src-shared/fields/how.ts';
import { readerOf, writerOf } from '../../../src-main/db/handles.ts';
import { DERIVED_COLUMNS, deriveColumns, framesOf, gapsOf, refreshDerived, type DerivedSource } from '../../../src-main/features/annotations/derived.table.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

const NONE = { visibility: null, with_value: 0, hidden_frames: 0, hidden_max: null, terms: '', review: 'none', review_gaps: 0, note: '' };
const scores = (...values: number[]) => new Uint8Array(Int8Array.from(values).buffer);
const seen = (...fastest: number[]) => Uint8Array.from(fastest);

describe('of four frames', () => {
  test.each<[string, DerivedSource[], Uint8Array | null, object]>([
    ['without a value', [], null, {}],
    [
      'visibility on some, the end of a range with it',
      [['visibility', 1, 2, '7', 'imported']],
      null,
      { visibility: scores(-1, 7, 7, -1), with_value: 2, hidden_frames: 2, hidden_max: 7 },
    ],
    [
      'nothing hidden is a value, and the highest is told wherever it stands',
      [
        ['visibility', 0, 0, '0', 'imported'],
        ['visibility', 1, 1, '9', 'imported'],
        ['visibility', 2, 3, '1', 'imported'],
      ],
      null,
      { visibility: scores(0, 9, 1, 1), with_value: 4, hidden_frames: 3, hidden_max: 9 },
    ],
    ['0 alone', [['visibility', 0, 0, '0', 'imported']], null, { visibility: scores(0, -1, -1, -1), with_value: 1, hidden_max: 0 }],
    [
      'terms once each, by name, between commas',
      [
        ['occluder', 0, 1, '"person"', 'imported'],
        ['occluder', 2, 2, '"object"', 'imported'],
        ['occluder', 3, 3, '"person"', 'imported'],
      ],
      null,
      { terms: ',occluder=object,occluder=person,' },
    ],
    ['a note', [['note', 0, 3, '"look"', 'imported']], null, { note: 'look' }],
    [
      'terms of every field with a facet, of a set one for each of its values',
      [
        ['quality', 0, 3, '"blurred"', 'imported'],
        ['hiddenParts', 0, 0, '["torso","leftArm"]', 'imported'],
        ['hiddenParts', 1, 1, '[]', 'imported'],
        ['hiddenParts', 2, 3, '["head","torso"]', 'imported'],
        ['occluder', 0, 0, '"self"', 'imported'],
      ],
      null,
      { terms: ',hiddenParts=head,hiddenParts=leftArm,hiddenParts=torso,occluder=self,quality=blurred,' },
    ],
    ['an empty set is a value without terms', [['hiddenParts', 0, 3, '[]', 'imported']], null, {}],
    ['a field of a later version makes no column', [['later', 0, 3, '"x"', 'imported']], null, {}],
    ...(['judged', 'accepted', 'entered', 'carried'] as const).map((how): [string, DerivedSource[], null, object] => [
      `begun by a person: ${how}`,
      [['later', 0, 0, '"x"', how]],
      null,
      { review: 'started' },
    ]),
    ...(['imported', 'interpolated', 'computed'] as const).map((how): [string, DerivedSource[], null, object] => [
      `not begun: ${how}`,
      [['later', 0, 0, '"x"', how]],
      null,
      {},
    ]),
    ['disputed lacks nothing', [['reviewed', 0, 3, '"disputed"', 'judged']], null, { review: 'disputed' }],
    ['reviewed, nobody saw a frame', [['reviewed', 0, 3, '"reviewed"', 'judged']], null, { review: 'reviewed', review_gaps: 4 }],
    [
      'reviewed: frames without a value and frames that were not seen, each once',
      [
        ['reviewed', 0, 3, '"reviewed"', 'judged'],
        ['visibility', 0, 2, '0', 'judged'],
      ],
      seen(8, 0, 8, 0),
      { review: 'reviewed', review_gaps: 2, visibility: scores(0, 0, 0, -1), with_value: 3, hidden_max: 0 },
    ],
    [
      'whole',
      [
        ['reviewed', 0, 3, '"reviewed"', 'judged'],
        ['visibility', 0, 3, '0', 'judged'],
      ],
      seen(1, 8, 8, 255),
      { review: 'reviewed', visibility: scores(0, 0, 0, 0), with_value: 4, hidden_max: 0 },
    ],
    [
      'a review that came with the set says nothing of what was seen',
      [
        ['reviewed', 0, 3, '"reviewed"', 'imported'],
        ['visibility', 0, 2, '0', 'imported'],
      ],
      null,
      { review: 'reviewed', review_gaps: 1, visibility: scores(0, 0, 0, -1), with_value: 3, hidden_max: 0 },
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
    expect(deriveColumns(2, [['reviewed', 0, 1, '"reviewed"', 'judged']]).review_gaps).toBe(2);
  });
});

/** Every column counted frame by frame from what stands on each, with none of the rules shared. */
function countedByFrame(frames: number, values: readonly DerivedSource[], fastest: Uint8Array | null): object {
  const on = (field: string, at: number) => values.find(([name, start, end]) => name === field && start <= at && at <= end);
  const all = Array.from({ length: frames }, (_, at) => at);
  const score = (at: number): number => Number(on('visibility', at)?.[3] ?? -1);
  const valued = all.filter((at) => score(at) >= 0);
  const mark = on('reviewed', 0);
  const terms = new Set<string>();
  for (const at of all)
    for (const field of ['hiddenParts', 'occluder', 'quality'])
      for (const value of [JSON.parse(on(field, at)?.[3] ?? '[]') as string | string[]].flat()) terms.add(`${field}=${value}`);
  const lacking = all.filter((at) => score(at) < 0 || (mark?.[4] === 'judged' && !fastest?.[at])).length;
  const byPerson = values.some(([, , , , how]) => ['judged', 'accepted', 'entered', 'carried'].includes(how));
  return {
    visibility: valued.length === 0 ? null : scores(...all.map(score)),
    with_value: valued.length,
    hidden_frames: valued.filter((at) => score(at) > 0).length,
    hidden_max: valued.length === 0 ? null : Math.max(...valued.map(score)),
    terms: terms.size === 0 ? '' : `,${[...terms].sort().join(',')},`,
    review: mark ? JSON.parse(mark[3]) : byPerson ? 'started' : 'none',
    review_gaps: mark?.[3] === '"reviewed"' ? lacking : 0,
    note: JSON.parse(on('note', 0)?.[3] ?? '""'),
  };
}

test('of any values the columns are those counted frame by frame', () => {
  const how = fc.constantFrom(...HOWS);
  const values: Record<string, fc.Arbitrary<string>> = {
    visibility: fc.integer({ min: 0, max: 10 }).map(String),
    occluder: fc.constantFrom('"object"', '"person"', '"edge"', '"self"'),
    quality: fc.constantFrom('"good"', '"blurred"', '"dark"', '"unsure"'),
    hiddenParts: fc.subarray(['head', 'torso', 'leftArm', 'rightArm', 'leftLeg', 'rightLeg']).map((parts) => JSON.stringify(parts)),
    later: fc.constant('7'),
  };
  const whole: Record<string, fc.Arbitrary<string>> = { reviewed: fc.constantFrom('"reviewed"', '"disputed"'), note: fc.constantFrom('"a"', '"b, c=d"') };
  /** Cuts of a lane, every second stretch or so without a value. */
  const lane = (frames: number, field: string, value: fc.Arbitrary<string>) =>
    fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.boolean(), value, how), { maxLength: 6 }).map((stretches) => {
      const ranges: DerivedSource[] = [];
      let at = 0;
      for (const [length, isThere, text, by] of stretches) {
        const end = Math.min(frames, at + length) - 1;
        if (isThere && end >= at) ranges.push([field, at, end, text, by]);
        at = end + 1;
      }
      return ranges;
    });
  const tracklet = fc
    .integer({ min: 1, max: 12 })
    .chain((frames) =>
      fc.tuple(
        fc.constant(frames),
        fc.tuple(
          ...Object.entries(values).map(([field, value]) => lane(frames, field, value)),
          ...Object.entries(whole).map(([field, value]) =>
            fc.option(fc.tuple(value, how), { nil: null }).map((one): DerivedSource[] => (one ? [[field, 0, frames - 1, ...one]] : [])),
          ),
        ),
        fc.option(fc.uint8Array({ minLength: frames, maxLength: frames, max: 2 }), { nil: null }),
      ),
    );
  fc.assert(
    fc.property(tracklet, ([frames, lanes, fastest]) => {
      const sources = lanes.flat();
      expect(deriveColumns(frames, sources, () => fastest)).toEqual(countedByFrame(frames, sources, fastest));
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('every column is one of the table, and each is written', async () => {
  using here = await tablesHere();
  const columns = here.sql.prepare('SELECT name FROM pragma_table_info(?)').pluck().all('tracklet');
  expect(columns).toEqual(expect.arrayContaining([...DERIVED_COLUMNS]));
  expect(Object.keys(deriveColumns(1, [])).sort()).toEqual([...DERIVED_COLUMNS].sort());
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
    here.sql.prepare('SELECT visibility, with_value, hidden_frames, hidden_max, terms, review, review_gaps, note FROM tracklet WHERE id = ?').get(id);

  test('every column is written, of this tracklet alone', () => {
    const other = rowOf(2);
    refreshDerived(writerOf(here.sql), 1);
    expect(rowOf(1)).toEqual({
      visibility: Buffer.of(3, 3, 255, 255),
      with_value: 2,
      hidden_frames: 2,
      hidden_max: 3,
      terms: ',occluder=edge,',
      review: 'reviewed',
      review_gaps: 4,
      note: 'n',
    });
    expect(rowOf(2)).toEqual(other);
    here.sql.exec('DELETE FROM annotation');
    refreshDerived(writerOf(here.sql), 1);
    expect(rowOf(1)).toEqual({ visibility: null, with_value: 0, hidden_frames: 0, hidden_max: null, terms: '', review: 'none', review_gaps: 0, note: '' });
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
