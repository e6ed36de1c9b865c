/** Steps as the program stores them are read and undone; those that somebody wrote into the file are left out with a sentence, and nothing else is changed. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writerOf, type Writer } from '../../../../src-main/db/handles.ts';
import { redo, undo } from '../../../../src-main/features/history/table.ts';
import { readStep } from '../../../../src-main/features/history/stored.ts';
import { isAside } from '../../../../src-main/features/imports/operations/setAside.table.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
let db: Writer;
beforeEach(async () => {
  here = await tablesHere();
  db = writerOf(here.sql);
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'none' },
    { id: 2, pid: 1, camid: 1, split: 'none' },
  ]);
});
afterEach(() => here[Symbol.dispose]());

const row = (change: object = {}) => ({
  tracklet_id: 1,
  layer: 'shared',
  field: 'visibility',
  start: 0,
  end: 1,
  value: '5',
  how: 'judged',
  annotator: 'A',
  updated_at: 1,
  ...change,
});
const clear = (...keys: unknown[]) => ({ op: 'clearAnnotations', keys });
const put = (...rows: unknown[]) => ({ op: 'putAnnotations', rows });
const key = { tracklet_id: 1, layer: 'shared', field: 'visibility', start: 0 };
const aside = { id: 1, dataset_id: 1, tracklet_key: 't', field: 'visibility', start: 0, end: 1, pictures: '["a"]', contents: null, reason: 'changed', at: 1 };

function store(call: string, patch: unknown, inverse: unknown): void {
  here.sql
    .prepare(`INSERT INTO history (at, label, call, tags, patch, inverse) VALUES (1, 'Step', ?, '[]', ?, ?)`)
    .run(call, JSON.stringify(patch), JSON.stringify(inverse));
}
const TABLES = ['annotation', 'dataset', 'tracklet', 'history', 'set_aside'];
const HISTORY = TABLES.indexOf('history');
const everything = (): unknown[][] => TABLES.map((table) => here.sql.prepare(`SELECT * FROM ${table}`).all());
const asking = { window: null, others: [] };

const annotations = 'annotations.apply';
test.each<[string, string, unknown, unknown, boolean]>([
  ['keys that are none', annotations, [clear(key), put()], [{ op: 'clearAnnotations', keys: null }, put()], false],
  ['a value beyond its field', annotations, [clear(key), put()], [clear(), put(row({ value: '99' }))], false],
  ['a value that came in no way', annotations, [clear(key), put()], [clear(), put(row({ how: 'dreamt' }))], false],
  ['a place before the first frame', annotations, [clear(key), put()], [clear(), put(row({ start: -5 }))], false],
  ['a place beyond the last frame', annotations, [clear(key), put()], [clear(), put(row({ end: 5000 }))], true],
  ['two values over one another', annotations, [clear(key), put()], [clear(), put(row(), row({ start: 1, end: 2, value: '7' }))], true],
  ['two values in one place', annotations, [clear(key), put()], [clear(), put(row(), row())], true],
  ['another call', annotations, [clear(key), put()], [{ op: 'remove', table: 'dataset', id: 1, at: 1 }], false],
  ['other rows', annotations, [clear(key), put()], [clear(), put(row({ tracklet_id: 2 }))], false],
  [
    'a column of the program’s own',
    'datasets.rename',
    [{ op: 'set', table: 'dataset', ids: [1], values: { name: 'a' } }],
    [{ op: 'set', table: 'dataset', ids: [1], values: { name: 'b', root: '/' } }],
    false,
  ],
])('a way back with %s is left out, nothing else is changed, and the step of other rows below is reached', (_what, call, patch, inverse, isPlace) => {
  store(annotations, [clear({ ...key, field: 'note' }), put()], [clear(), put(row({ field: 'note', value: '"x"' }))]);
  here.sql.exec("UPDATE history SET label = 'Below'");
  store(call, patch, inverse);
  const before = everything();
  const why = isPlace ? 'what it would put back has no place in what is there now' : 'it holds what no step of this program does';
  const leftOut = `"Step" cannot be undone: ${why}. The step is left out from now on; nothing else was changed.`;
  here.sql.exec('BEGIN');
  expect(undo(db, asking)).toEqual({ label: null, tags: [], trackletId: null, leftOut });
  here.sql.exec('COMMIT');
  expect(everything()).toEqual(before.map((rows, table) => (table === HISTORY ? rows.slice(0, 1) : rows)));
  expect(undo(db, asking)).toMatchObject({ label: 'Below', leftOut: null });
});

test('what stands below such a step on the same rows is left out with it: what is there now may be of the step', () => {
  store(annotations, [clear(key), put()], [clear(), put(row({ value: '3' }))]);
  store(annotations, [clear(key), put()], [clear(), put(row({ end: 5000 }))]);
  const told = undo(db, asking).leftOut;
  expect(told).toMatch(/The step and another on the same are left out from now on; nothing else was changed\.$/);
  expect(here.sql.prepare('SELECT count(*) FROM history').pluck().get()).toBe(0);
});

test('done again, such a step is left out too', () => {
  store(annotations, [put(row({ value: '99' }))], [clear(key)]);
  here.sql.exec('UPDATE history SET undone = 1');
  expect(redo(db, asking).leftOut).toMatch(/^"Step" cannot be done again: it holds what no step/);
  expect(redo(db, asking)).toEqual({ label: null, tags: [], trackletId: null, leftOut: null });
});

test('a name that another has by now is refused, since it may be free again', () => {
  putDataset(here.sql, 2, []);
  const set = (name: string) => [{ op: 'set', table: 'dataset', ids: [1], values: { name } }];
  store('datasets.rename', set('Set 1'), set('Set 2'));
  const before = everything();
  here.sql.exec('BEGIN');
  expect(() => undo(db, asking)).toThrow(
    expect.objectContaining({ code: 'CONFLICT', message: expect.stringContaining('does not fit what is there now') as unknown }),
  );
  here.sql.exec('ROLLBACK');
  expect(everything()).toEqual(before);
  here.sql.exec("UPDATE dataset SET name = 'Other' WHERE id = 2");
  expect(undo(db, asking).label).toBe('Step');
});

test('a whole step goes back', () => {
  store(annotations, [clear(key), put()], [clear(), put(row())]);
  expect(undo(db, asking).label).toBe('Step');
  expect(here.sql.prepare('SELECT * FROM annotation').all()).toEqual([row()]);
});

test('steps of each call are read as they were written', () => {
  const twoWays: [string, unknown[], unknown[]][] = [
    ['datasets.remove', [{ op: 'remove', table: 'dataset', id: 1, at: 1 }], [{ op: 'bringBack', table: 'dataset', id: 1 }]],
    ['trash.restore', [{ op: 'bringBack', table: 'run', id: 'r' }], [{ op: 'remove', table: 'run', id: 'r', at: 1 }]],
    [
      'tracklets.setSplit',
      [{ op: 'set', table: 'tracklet', ids: [1, 2], values: { split: 'train' } }],
      [
        { op: 'set', table: 'tracklet', ids: [2], values: { split: 'none' } },
        { op: 'set', table: 'tracklet', ids: [1], values: { split: 'query' } },
      ],
    ],
    [
      'datasets.putBack',
      [clear(), put(row()), { op: 'clearAside', ids: [1] }],
      [{ op: 'putAside', rows: [{ ...aside, annotation: JSON.stringify(row()) }] }, clear(key), put()],
    ],
  ];
  for (const [call, patch, inverse] of twoWays)
    expect(readStep({ call, patch: JSON.stringify(patch), inverse: JSON.stringify(inverse) })).toEqual({ patch, inverse });
});

test.each([
  [{}, true],
  [{ start: null, end: null }, true],
  [{ start: null }, false],
  [{ start: 2 }, false],
  [{ start: -5 }, false],
  [{ field: 'evil' }, false],
  [{ pictures: '[7,{"a":1}]' }, false],
  [{ pictures: '[' }, false],
  [{ contents: null }, true],
  [{ contents: '[null,"f0000000aAbCdEf+/0123"]' }, true],
  [{ contents: '["w0000000aAbCdEf+/0123"]' }, true],
  [{ contents: '["x0000000aAbCdEf+/0123"]' }, false],
  [{ contents: '["f0000000a"]' }, false],
  [{ contents: '[7]' }, false],
  [{ contents: '{}' }, false],
  [{ annotation: JSON.stringify(row({ value: '99' })) }, false],
  [{ annotation: JSON.stringify(row({ how: 'dreamt' })) }, false],
  [{ annotation: '{}' }, false],
])('a value set aside, but %j: %s', (change, isWhole) => {
  expect(isAside({ ...aside, annotation: JSON.stringify(row()), ...change })).toBe(isWhole);
});
