/** Steps as the program stores them are read and undone; those that somebody wrote into the file are refused, and nothing is changed. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writerOf, type Writer } from '../../../../src-main/db/handles.ts';
import { undo } from '../../../../src-main/features/history/table.ts';
import { isAside, readStep } from '../../../../src-main/features/history/stored.ts';
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
const key = { tracklet_id: 1, field: 'visibility', start: 0 };
const aside = { id: 1, dataset_id: 1, tracklet_key: 't', field: 'visibility', start: 0, end: 1, pictures: '["a"]', contents: null, reason: 'changed', at: 1 };

function store(call: string, patch: unknown, inverse: unknown): void {
  here.sql
    .prepare(`INSERT INTO history (at, label, call, tags, patch, inverse) VALUES (1, 'Step', ?, '[]', ?, ?)`)
    .run(call, JSON.stringify(patch), JSON.stringify(inverse));
}
const everything = (): unknown =>
  ['annotation', 'dataset', 'tracklet', 'history', 'set_aside'].map((table) => here.sql.prepare(`SELECT * FROM ${table}`).all());
const asking = { window: null, others: [] };

const annotations = 'annotations.apply';
test.each<[string, string, unknown, unknown, string]>([
  ['keys that are none', annotations, [clear(key), put()], [{ op: 'clearAnnotations', keys: null }, put()], 'PROJECT_DAMAGED'],
  ['a value beyond its field', annotations, [clear(key), put()], [clear(), put(row({ value: '99' }))], 'PROJECT_DAMAGED'],
  ['a value that came in no way', annotations, [clear(key), put()], [clear(), put(row({ how: 'dreamt' }))], 'PROJECT_DAMAGED'],
  ['a place before the first frame', annotations, [clear(key), put()], [clear(), put(row({ start: -5 }))], 'PROJECT_DAMAGED'],
  ['a place beyond the last frame', annotations, [clear(key), put()], [clear(), put(row({ end: 5000 }))], 'CONFLICT'],
  ['two values over one another', annotations, [clear(key), put()], [clear(), put(row(), row({ start: 1, end: 2, value: '7' }))], 'CONFLICT'],
  ['two values in one place', annotations, [clear(key), put()], [clear(), put(row(), row())], 'CONFLICT'],
  ['another call', annotations, [clear(key), put()], [{ op: 'remove', table: 'dataset', id: 1, at: 1 }], 'PROJECT_DAMAGED'],
  ['other rows', annotations, [clear(key), put()], [clear(), put(row({ tracklet_id: 2 }))], 'PROJECT_DAMAGED'],
  [
    'a column of the program’s own',
    'datasets.rename',
    [{ op: 'set', table: 'dataset', ids: [1], values: { name: 'a' } }],
    [{ op: 'set', table: 'dataset', ids: [1], values: { name: 'b', root: '/' } }],
    'PROJECT_DAMAGED',
  ],
])('a way back with %s is refused, and nothing is changed', (_what, call, patch, inverse, code) => {
  store(call, patch, inverse);
  const before = everything();
  here.sql.exec('BEGIN');
  expect(() => undo(db, asking)).toThrow(expect.objectContaining({ code, message: expect.stringContaining('"Step"') as unknown }));
  here.sql.exec('ROLLBACK');
  expect(everything()).toEqual(before);
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
