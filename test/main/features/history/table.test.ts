/** Steps of history one at a time, on rows made by hand: what is kept, joined, dropped, refused, and whose turn it is. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writerOf, type Writer } from '../../../../src-main/db/handles.ts';
import type { PatchOperation } from '../../../../src-main/features/history/operation.ts';
import { newestId, perform, redo, state, undo, type Step, type StepResult } from '../../../../src-main/features/history/table.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
let db: Writer;
beforeEach(async () => {
  here = await tablesHere();
  db = writerOf(here.sql);
  putDataset(
    here.sql,
    1,
    [1, 2, 3, 4].map((id) => ({ id, pid: 1, camid: 1, split: 'none' })),
  );
});
afterEach(() => here[Symbol.dispose]());

type Split = 'train' | 'query' | 'gallery' | 'none';
const set = (ids: number[], split: Split): PatchOperation => ({ op: 'set', table: 'tracklet', ids, values: { split } });
const splits = (): unknown[] => here.sql.prepare('SELECT split FROM tracklet ORDER BY id').pluck().all();
const labels = (): unknown[] => here.sql.prepare(`SELECT label || CASE undone WHEN 1 THEN ' (undone)' ELSE '' END FROM history ORDER BY id`).pluck().all();

/** A window moves tracklets from "none"; the step is named after all of it. */
function move(window: string | null, ids: number[], split: Split, more: Partial<Step> = {}): number {
  db.madeIn = window;
  return perform(db, {
    at: 5,
    label: `${window ?? 'script'}: ${ids.join()} ${split}`,
    call: 'tracklets.setSplit',
    trackletId: null,
    tags: ['Tracklets'],
    patch: [set(ids, split)],
    inverse: [set(ids, 'none')],
    join: null,
    ...more,
  });
}
const undoIn = (window: string | null, ...others: string[]): string | null => undo(db, { window, others }).label;
const redoIn = (window: string | null, ...others: string[]): string | null => redo(db, { window, others }).label;

describe('a step', () => {
  test('is made and kept whole, with its window', () => {
    const id = move('a', [1, 2], 'train', { trackletId: 2, join: 'j', at: 77 });
    expect(splits()).toEqual(['train', 'train', 'none', 'none']);
    expect(here.sql.prepare('SELECT * FROM history').all()).toEqual([
      {
        id,
        at: 77,
        label: 'a: 1,2 train',
        call: 'tracklets.setSplit',
        tracklet_id: 2,
        tags: '["Tracklets"]',
        patch: JSON.stringify([set([1, 2], 'train')]),
        inverse: JSON.stringify([set([1, 2], 'none')]),
        undone: 0,
        join_key: 'j',
        made_in: 'a',
      },
    ]);
  });

  test('tells what it was, where, and what to read again when it is undone and redone; nothing tells nothing', () => {
    const nothing: StepResult = { label: null, tags: [], trackletId: null, leftOut: null };
    expect([undo(db, { window: 'a', others: [] }), redo(db, { window: 'a', others: [] })]).toEqual([nothing, nothing]);
    move('a', [1], 'train', { trackletId: 1, tags: ['Tracklets', 'Tracklet:1'] });
    const told = { label: 'a: 1 train', tags: ['Tracklets', 'Tracklet:1'], trackletId: 1, leftOut: null };
    expect(undo(db, { window: 'a', others: [] })).toEqual(told);
    expect(splits()[0]).toBe('none');
    expect(redo(db, { window: 'a', others: [] })).toEqual(told);
    expect(splits()[0]).toBe('train');
  });

  test('the newest in force is told by its id', () => {
    expect(newestId(db)).toBe(0);
    const first = move('a', [1], 'train');
    expect(newestId(db)).toBe(first);
    expect(newestId(db)).not.toBe(move('b', [2], 'train'));
    undoIn('b', 'a');
    expect(newestId(db)).toBe(first);
  });
});

describe('a stroke', () => {
  const join = 'stroke';

  test('grows by its parts: the newest label and time, all tags once, and back in the opposite order', () => {
    const first = move('a', [1], 'train', { join, tags: ['Tracklets', 'One'] });
    expect(move('a', [2], 'query', { join, tags: ['Tracklets', 'Two'], at: 9 })).toBe(first);
    expect(here.sql.prepare('SELECT at, label, tags, patch, inverse FROM history').all()).toEqual([
      {
        at: 9,
        label: 'a: 2 query',
        tags: '["Tracklets","One","Two"]',
        patch: JSON.stringify([set([1], 'train'), set([2], 'query')]),
        inverse: JSON.stringify([set([2], 'none'), set([1], 'none')]),
      },
    ]);
    undoIn('a');
    expect(splits()).toEqual(['none', 'none', 'none', 'none']);
  });

  test.each<[string, (() => void) | null, string | null, Partial<Step>]>([
    ['without a key', null, 'a', { join: null }],
    ['another key', null, 'a', { join: 'other' }],
    ['another call', null, 'a', { call: 'annotations.apply' }],
    ['another window', null, 'b', {}],
    ['a script', null, null, {}],
    ['after another step of the same window', () => void move('a', [4], 'train'), 'a', {}],
    ['across a change of the same by another window', () => void move('b', [2], 'train'), 'a', {}],
    [
      'after it was undone and done again',
      () => {
        undoIn('a');
        redoIn('a');
      },
      'a',
      {},
    ],
    ['after it was undone', () => void undoIn('a'), 'a', {}],
  ])('is over: %s', (_what, between, window, more) => {
    const first = move('a', [1], 'train', { join });
    between?.();
    expect(move(window, [2], 'query', { join, ...more })).not.toBe(first);
  });

  test('two steps without a key are two', () => {
    expect(move('a', [1], 'train')).not.toBe(move('a', [2], 'train'));
  });

  test('goes on while another window works elsewhere', () => {
    const first = move('a', [1], 'train', { join });
    move('b', [2], 'train');
    expect(move('a', [3], 'train', { join })).toBe(first);
    expect(labels()).toEqual(['a: 3 train', 'b: 2 train']);
  });
});

describe('what can no longer be done again', () => {
  test('a new step ends the redo of its window, and not that of another on other rows', () => {
    move('a', [1], 'train');
    move('b', [2], 'train');
    undoIn('a', 'b');
    undoIn('b', 'a');
    move('a', [3], 'train');
    expect(labels()).toEqual(['b: 2 train (undone)', 'a: 3 train']);
    expect(redoIn('b', 'a')).toBe('b: 2 train');
  });

  test('on the same rows it ends that of another window too, and what a dropped step stood on goes with it', () => {
    move('b', [1, 2], 'train');
    move('b', [2, 3], 'train');
    move('b', [4], 'train');
    for (let i = 0; i < 3; i++) undoIn('b', 'a');
    // 1 is taken; so 1,2 cannot come back, and 2,3 stands on 2.
    move('a', [1], 'query');
    expect(labels()).toEqual(['b: 4 train (undone)', 'a: 1 query']);
  });

  test('steps of nobody end with anybody’s', () => {
    move(null, [1], 'train');
    undoIn(null);
    move('a', [2], 'train');
    expect(labels()).toEqual(['a: 2 train']);
  });

  test('what is in force stays', () => {
    move('a', [1], 'train');
    move('a', [1], 'query');
    move('b', [1], 'train');
    expect(labels()).toHaveLength(3);
  });
});

describe('whose turn it is', () => {
  test('the own newest step, however many others there are', () => {
    move('a', [1], 'train');
    move('a', [2], 'train');
    move('b', [3], 'train');
    expect(state(db, { window: 'a', others: ['b'] })).toEqual({ undoLabel: 'a: 2 train', redoLabel: null, undoCount: 2, redoCount: 0 });
    expect([undoIn('a', 'b'), undoIn('a', 'b'), undoIn('a', 'b')]).toEqual(['a: 2 train', 'a: 1 train', null]);
    expect(state(db, { window: 'a', others: ['b'] })).toEqual({ undoLabel: null, redoLabel: 'a: 1 train', undoCount: 0, redoCount: 2 });
    expect([redoIn('a', 'b'), redoIn('a', 'b'), redoIn('a', 'b')]).toEqual(['a: 1 train', 'a: 2 train', null]);
    expect(splits()).toEqual(['train', 'train', 'train', 'none']);
  });

  test('without an own one the newest of nobody or of a window that is gone; from then on it is this window’s', () => {
    move('gone', [1], 'train');
    move(null, [2], 'train');
    move('there', [3], 'train');
    expect(state(db, { window: 'a', others: ['there'] })).toEqual({ undoLabel: 'script: 2 train', redoLabel: null, undoCount: 2, redoCount: 0 });
    expect([undoIn('a', 'there'), undoIn('a', 'there'), undoIn('a', 'there')]).toEqual(['script: 2 train', 'gone: 1 train', null]);
    expect(redoIn('b', 'a', 'there')).toBeNull();
    expect([redoIn('a', 'there'), redoIn('a', 'there')]).toEqual(['gone: 1 train', 'script: 2 train']);
    expect(here.sql.prepare('SELECT made_in, join_key FROM history ORDER BY id').raw().all()).toEqual([
      ['a', null],
      ['a', null],
      ['there', null],
    ]);
  });

  test('what nobody answers for any more and stands on the own step goes first, the newest of it', () => {
    move('a', [1], 'train');
    move('gone', [1], 'query');
    move('gone', [2], 'query');
    move(null, [1], 'gallery');
    const order = Array.from({ length: 4 }, () => undoIn('a'));
    expect(order).toEqual(['script: 1 gallery', 'gone: 1 query', 'a: 1 train', 'gone: 2 query']);
  });

  test('among them one of a window that is there, and the own step is what is refused', () => {
    move('a', [1], 'train');
    move('gone', [1], 'query');
    move('b', [1], 'gallery');
    expect(state(db, { window: 'a', others: ['b'] }).undoLabel).toBe('a: 1 train');
    expect(() => undoIn('a', 'b')).toThrow('another window has changed the same since ("b: 1 gallery")');
    expect(splits()[0]).toBe('gallery');
  });

  test('those of a window that is gone are done again only by one that has done nothing', () => {
    move('gone', [1], 'train');
    move('gone', [2], 'train');
    undoIn('gone');
    undoIn('gone');
    move('b', [3], 'train');
    expect(state(db, { window: 'b', others: [] })).toMatchObject({ redoLabel: null, redoCount: 2 });
    expect([redoIn('b'), redoIn('a', 'b'), redoIn('a', 'b')]).toEqual([null, 'gone: 1 train', null]);
    expect(redoIn('c', 'gone')).toBeNull();
    expect(redoIn('c')).toBe('gone: 2 train');
  });
});

describe('what is refused', () => {
  test('undoing below a step of another window that stands on it, until that is undone', () => {
    move('a', [1, 2], 'train');
    move('b', [2, 3], 'query');
    move('b', [4], 'query');
    expect(() => undo(db, { window: 'a', others: ['b'] })).toThrow(
      expect.objectContaining({
        code: 'CONFLICT',
        message: '"a: 1,2 train" cannot be undone here: another window has changed the same since ("b: 2,3 query").',
        params: { step: 'a: 1,2 train', other: 'b: 2,3 query' },
        remedy: 'Undo that in the other window first.',
      }),
    );
    expect([undoIn('b', 'a'), undoIn('b', 'a'), undoIn('a', 'b')]).toEqual(['b: 4 query', 'b: 2,3 query', 'a: 1,2 train']);
  });

  test('doing again above one of another window that is undone, until that is done again', () => {
    move('a', [4], 'train');
    move('a', [1, 2], 'train');
    move('b', [2, 3], 'query');
    undoIn('b', 'a');
    undoIn('a', 'b');
    undoIn('a', 'b');
    expect(() => redo(db, { window: 'b', others: ['a'] })).toThrow(
      expect.objectContaining({
        code: 'CONFLICT',
        message: '"b: 2,3 query" cannot be done again here: another window has undone what it stands on ("a: 1,2 train").',
        params: { step: 'b: 2,3 query', other: 'a: 1,2 train' },
        remedy: 'Do that again in the other window first.',
      }),
    );
    expect(splits()).toEqual(['none', 'none', 'none', 'none']);
    expect([redoIn('a', 'b'), redoIn('a', 'b'), redoIn('b', 'a')]).toEqual(['a: 4 train', 'a: 1,2 train', 'b: 2,3 query']);
  });
});

describe('what a step is called', () => {
  test('holds the data set where another one has a person of that name by now, as long as that is there', () => {
    move('a', [1], 'train', { trackletId: 1, label: 'move 0001 c1 to train' });
    move('a', [2, 3], 'train', { label: 'move 2 tracklets to train' });
    const { name } = here.sql.prepare('SELECT name FROM dataset WHERE id = 1').get() as { name: string };
    const told = (): unknown => state(db, { window: 'a', others: [] });
    expect(told()).toMatchObject({ undoLabel: 'move 2 tracklets to train' });
    undoIn('a');
    expect(told()).toMatchObject({ undoLabel: 'move 0001 c1 to train', redoLabel: 'move 2 tracklets to train' });
    putDataset(here.sql, 2, [{ id: 50, pid: 1, camid: 1, split: 'none' }]);
    expect(told()).toMatchObject({ undoLabel: `move 0001 c1 to train (${name})`, redoLabel: 'move 2 tracklets to train' });
    expect(undoIn('a')).toBe(`move 0001 c1 to train (${name})`);
    here.sql.prepare('UPDATE dataset SET removed_at = 1 WHERE id = 2').run();
    expect(redoIn('a')).toBe('move 0001 c1 to train');
  });
});
