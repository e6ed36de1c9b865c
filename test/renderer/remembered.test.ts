/** What a window keeps over a reload: of one project, of the right form, and lost rather than in the way when the storage is full. */
import { expect, it } from 'vitest';
import { fakeStorage } from './support/fakeStorage.ts';
import { fakeWindow } from './support/fakeWindow.ts';

fakeWindow();
const { belongTo, isRecord, rememberIn } = await import('../../src-renderer/lib/remembered.ts');

const isPlace = (value: unknown): value is { at: number } => isRecord(value) && Number.isInteger(value['at']);

it('is read by the next page of the window', () => {
  const storage = fakeStorage();
  rememberIn(storage, 'grid', isPlace).write({ at: 7 });
  expect(rememberIn(storage, 'grid', isPlace).read()).toEqual({ at: 7 });
  expect(rememberIn(storage, 'runs', isPlace).read()).toBeNull();
});

it('is nothing where it has another form, as after an update, or no JSON', () => {
  const storage = fakeStorage();
  for (const text of ['{"at":"7"}', '[7]', '7', 'null', '{at', '']) {
    storage.setItem('place.grid', text);
    expect(rememberIn(storage, 'grid', isPlace).read(), text).toBeNull();
  }
});

it('leaves no older place behind when the new one does not fit', () => {
  const storage = fakeStorage();
  const place = rememberIn(storage, 'grid', isPlace);
  place.write({ at: 7 });
  storage.most = 5;
  place.write({ at: 8 });
  expect(place.read()).toBeNull();
});

it('goes when the window shows another project, and only then; what is not a place stays', () => {
  const storage = fakeStorage();
  const place = rememberIn(storage, 'grid', isPlace);
  storage.setItem('token', 'secret');
  place.write({ at: 7 });
  expect(belongTo(storage, '/data/one')).toBe(false);
  expect(belongTo(storage, '/data/one')).toBe(false);
  expect(place.read()).toEqual({ at: 7 });
  expect(belongTo(storage, '/data/two')).toBe(true);
  expect(place.read()).toBeNull();
  expect(storage.getItem('token')).toBe('secret');
  expect(belongTo(storage, '/data/two')).toBe(false);
});

it('does without a storage', () => {
  const place = rememberIn(null, 'grid', isPlace);
  place.write({ at: 7 });
  expect(place.read()).toBeNull();
  expect(belongTo(null, '/data/one')).toBe(false);
});
