/** The filter as part of an address. */
import { expect, test } from 'vitest';
import { trackletFilter } from '../../src-shared/contract/tracklets.ts';
import {
  camerasByDataset,
  fieldOf,
  leftOutOfShare,
  filterOf,
  paramsOf,
  parts,
  shareWords,
  sortOf,
  toggled,
  without,
  withTerms,
} from '../../src-renderer/lib/trackletFilter.ts';

test('a filter survives the address', () => {
  const filter = {
    datasetIds: [1, 2],
    cameraIds: [3],
    identityIds: [9],
    splits: ['query' as const],
    reviews: ['none' as const, 'started' as const],
    terms: { occluder: ['person', 'edge'], hiddenParts: ['leftArm'], quality: ['dark'] },
    hiddenShare: { min: 0.05, max: 1 },
    hiddenMax: { min: 3, max: 10 },
    length: { min: 30, max: 122 },
    text: 'V00 & 1',
  };
  expect(filterOf(paramsOf(filter))).toEqual(filter);
  expect(trackletFilter.parse(filterOf(paramsOf(filter)))).toEqual(filter);
  expect(paramsOf(filter, 'hiddenDesc')).toMatchObject({
    hidden: '5-100',
    sort: 'hiddenDesc',
    split: 'query',
    occluder: 'person,edge',
    hiddenParts: 'leftArm',
  });
});

test.each([
  ['0-0', { min: null, max: 0 }, '0–0 %'],
  ['0-50', { min: null, max: 0.5 }, '0–50 %'],
  ['some-50', { min: 0, max: 0.5 }, 'more than 0–50 %'],
  ['50-100', { min: 0.5, max: 1 }, '50–100 %'],
])('the hidden share %s begins with none, or leaves its lower end out', (hidden, hiddenShare, words) => {
  expect(filterOf({ hidden })).toEqual({ hiddenShare });
  expect(trackletFilter.parse({ hiddenShare })).toEqual({ hiddenShare });
  expect(paramsOf({ hiddenShare })).toEqual({ hidden });
  expect(shareWords(hiddenShare)).toBe(words);
});

test('a range of shares that holds none is no filter, and refused where it is asked for', () => {
  for (const hidden of ['50-50', '60-50', 'some-0', 'some', 'some-', 'somewhat-5']) expect(filterOf({ hidden })).toEqual({});
  expect(trackletFilter.safeParse({ hiddenShare: { min: 0, max: 0 } }).success).toBe(false);
});

test('a link of before still filters, and a field without a facet is no filter', () => {
  expect(filterOf({ occluder: 'person' })).toEqual({ terms: { occluder: ['person'] } });
  expect(filterOf({ note: 'x', visibility: '3' })).toEqual({});
});

test('values of one field are a part of their own', () => {
  const filter = { splits: ['train' as const], terms: { occluder: ['person'], quality: ['dark'] } };
  expect(parts(filter)).toEqual(['splits', 'terms.occluder', 'terms.quality']);
  expect(parts(filter).map(fieldOf)).toEqual([null, 'occluder', 'quality']);
  expect(without(filter, 'terms.quality')).toEqual({ splits: ['train'], terms: { occluder: ['person'] } });
  expect(without(without(filter, 'terms.quality'), 'terms.occluder')).toEqual({ splits: ['train'] });
  expect(without(filter, 'splits')).toEqual({ terms: filter.terms });
  expect(withTerms({}, 'occluder', ['self'])).toEqual({ terms: { occluder: ['self'] } });
  expect(withTerms(filter, 'occluder', undefined)).toEqual(without(filter, 'terms.occluder'));
});

test('what does not fit in an address is left out', () => {
  expect(filterOf({ dataset: 'x', split: 'train,nonsense', hidden: 'much', length: '5' })).toEqual({ splits: ['train'] });
  expect(sortOf({ sort: 'upside-down' })).toBe('identity');
});

test('the last value taken from a list takes the list', () => {
  expect(toggled(['a'], 'a')).toBeUndefined();
  expect(toggled(undefined, 'a')).toEqual(['a']);
  expect(toggled(['a', 'b'], 'a')).toEqual(['b']);
  expect(parts(without({ text: 'x', splits: ['train'] }, 'splits'))).toEqual(['text']);
});

test('says how many tracklets the histogram of hidden shares leaves out, and nothing when it has all', () => {
  expect(leftOutOfShare(96, [50, 30, 4])).toBe('Without 12 of 96: too few frames have a value');
  expect(leftOutOfShare(84, [50, 30, 4])).toBeNull();
  // Facets of a moment before, with more than are shown now.
  expect(leftOutOfShare(80, [50, 30, 4])).toBeNull();
});

test('cameras stand under their data set where several are shown, else alone', () => {
  const camera = (value: number, datasetId: number) => ({ value, datasetId, label: 'c1' });
  const cameras = [camera(1, 1), camera(2, 1), camera(3, 2), camera(4, 2)];
  const datasets = [
    { value: 1, label: 'Street' },
    { value: 2, label: 'Hall' },
  ];
  const of = (filter: Parameters<typeof camerasByDataset>[2], sets = datasets, all = cameras) =>
    camerasByDataset(all, sets, filter).map(({ title, values }) => [title, values.map(({ value }) => value)]);
  expect(of({})).toEqual([
    ['Street', [1, 2]],
    ['Hall', [3, 4]],
  ]);
  expect(of({ datasetIds: [1, 2] })).toEqual(of({}));
  expect(of({ datasetIds: [2] })).toEqual([[null, [3, 4]]]);
  // One that is filtered by can be taken back.
  expect(of({ datasetIds: [2], cameraIds: [1] })).toEqual([
    ['Street', [1]],
    ['Hall', [3, 4]],
  ]);
  expect(of({}, datasets.slice(0, 1), cameras.slice(0, 2))).toEqual([[null, [1, 2]]]);
  // Of one that is made of others, the cameras of its sources.
  const made = [...datasets, { value: 5, label: 'Both', madeOf: [1, 2] }, { value: 6, label: 'Asks', madeOf: [2] }];
  expect(of({ datasetIds: [5] }, made)).toEqual(of({}));
  expect(of({ datasetIds: [6] }, made)).toEqual([[null, [3, 4]]]);
  expect(of({}, datasets, cameras.slice(0, 2))).toEqual([['Street', [1, 2]]]);
});
