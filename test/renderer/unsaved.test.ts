/** Changes without an answer: kept by one window, found by the next one of the same project, carried to another port. */
import { describe, expect, test } from 'vitest';
import { createUnsavedStore, describeUnsaved, packUnsaved, saveEach, unpackUnsaved, type UnsavedCall } from '../../src-renderer/lib/unsaved.ts';
import { fakeStorage } from './support/fakeStorage.ts';

const call = (n: number): UnsavedCall => ({ key: `key-${n}`, name: 'annotations.apply', input: { label: `é ${n}`, edits: [n] } });
const clock = (): (() => number) => {
  let at = 0;
  return () => ++at;
};

describe('kept changes', () => {
  test('are found by a later window of the same project only, oldest first, and once forgotten gone', () => {
    const storage = fakeStorage();
    const now = clock();
    createUnsavedStore(storage, 'b', now).keep('P', [call(1), call(2)]);
    createUnsavedStore(storage, 'a', now).keep('P', [call(3)]);
    createUnsavedStore(storage, 'c', now).keep('Q', [call(9)]);
    const later = createUnsavedStore(storage, 'd', now);
    expect(later.left('P')).toEqual([call(1), call(2), call(3)]);
    later.forget('P');
    expect(later.left('P')).toEqual([]);
    expect(later.left('Q')).toEqual([call(9)]);
  });

  test('are not offered to the window that still holds them, and go when they are answered', () => {
    const storage = fakeStorage();
    const own = createUnsavedStore(storage, 'a', clock());
    own.keep('P', [call(1)]);
    expect(own.left('P')).toEqual([]);
    own.keep('P', []);
    expect(storage.length).toBe(0);
  });

  test('keep columns of numbers as they are; records stand apart from changes, and old ones are not found', () => {
    const storage = fakeStorage();
    const seen = { key: 'k', name: 'annotations.addSeen', input: { start: 3, shownMs: Uint32Array.of(5, 4_000_000_000), slowest: Uint8Array.of(1, 255) } };
    createUnsavedStore(storage, 'a', () => 100, 'records').keep('P', [seen]);
    const later = createUnsavedStore(storage, 'b', () => 200, 'records');
    expect(later.left('P')).toEqual([seen]);
    expect(later.left('P', 100)).toEqual([seen]);
    expect(later.left('P', 101)).toEqual([]);
    expect(createUnsavedStore(storage, 'b', () => 200).left('P')).toEqual([]);
    createUnsavedStore(storage, 'b', () => 200).forget('P');
    expect(later.left('P')).toEqual([seen]);
  });

  test('that find no room are said to be held by the window alone', () => {
    expect(createUnsavedStore(fakeStorage(10), 'a', clock()).keep('P', [call(1)])).toBe(false);
    expect(createUnsavedStore(null, 'a', clock()).keep('P', [call(1)])).toBe(false);
  });

  test('that something else wrote are passed over', () => {
    const storage = fakeStorage();
    for (const [index, text] of ['', 'null', '{', '{"project":"P"}', '{"project":"P","at":1,"calls":[null,{"key":1},{"key":"k","name":"n"}]}'].entries())
      storage.setItem(`unsaved:${index}`, text);
    expect(createUnsavedStore(storage, 'a', clock()).left('P')).toEqual([{ key: 'k', name: 'n' }]);
  });
});

describe('in an address', () => {
  test('they survive, for their project only', () => {
    const packed = packUnsaved('P', [call(1), call(2)], 1) ?? '';
    expect(packed).toMatch(/^[\w-]+$/);
    expect(unpackUnsaved(packed, 'P')).toEqual([call(1), call(2)]);
    expect(unpackUnsaved(packed, 'Q')).toEqual([]);
    expect(unpackUnsaved('%%%', 'P')).toEqual([]);
  });

  test('too many are refused, not cut', () => {
    expect(packUnsaved('P', [{ key: 'k', name: 'n', input: 'x'.repeat(1_000_001) }], 1)).toBeNull();
  });
});

describe('saving what was left', () => {
  test('one that is refused keeps no other from being saved, stays, and says why', async () => {
    const sent: string[] = [];
    const { refused, error } = await saveEach([call(1), call(2), call(3)], async ({ key }) => {
      sent.push(key);
      await Promise.resolve();
      if (key === 'key-2') throw new Error('another tracklet');
    });
    expect([sent, refused, String(error)]).toEqual([['key-1', 'key-2', 'key-3'], [call(2)], 'Error: another tracklet']);
    expect(await saveEach([call(1)], () => Promise.resolve())).toEqual({ refused: [], error: undefined });
  });

  test('each is named as well as it tells', () => {
    const named = (name: string, input: unknown): string => describeUnsaved({ key: 'k', name, input });
    expect(named('annotations.apply', { label: 'write a note 0007 c2', edits: [] })).toBe('write a note 0007 c2');
    expect(named('tracklets.setSplit', { ids: [1, 2], split: 'query' })).toBe('move 2 tracklets to query');
    expect(named('datasets.rename', { id: 1, name: 'X' })).toBe('rename a data set to "X"');
    expect(named('runs.rename', { id: 'r', name: 'X' })).toBe('rename a run to "X"');
    expect(named('datasets.remove', { id: 1 })).toBe('remove a data set');
    expect(named('datasets.putBack', { id: 1 })).toBe('put back values that were set aside');
    for (const input of [null, 'x', {}]) expect(named('trash.restore', input)).toBe('another change');
  });
});
