/** The filters without a page: search after a pause, ranges while and after they are dragged, lists with their counts, and what goes into the address. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TrackletFilter } from '../../../src-shared/contract/tracklets.ts';
import { FilterForm, percentAt } from '../../../src-renderer/views/tracklets/filters.svelte.ts';
import { openBrowser, projectOf } from './trackletHost.ts';

let close: () => void = () => undefined;
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  close();
  vi.useRealTimers();
});

/** Lengths 10–80 in bins that begin at 10, 20, 40 and 81. */
const FACETS = {
  facets: {
    reviews: [{ value: 'started', label: 'started', count: 2, all: 5 }],
    datasetIds: [
      { value: 1, label: 'Zoo', count: 3, all: 4 },
      { value: 2, label: 'Gate', count: 0, all: 4 },
    ],
    cameraIds: [
      { value: 7, label: 'c1', count: 1, all: 2, datasetId: 1 },
      { value: 8, label: 'c1', count: 2, all: 3, datasetId: 2 },
    ],
  },
  terms: { occluder: [], hiddenParts: [{ value: 'torso', label: 'Torso', count: 1, all: 4 }], quality: [] },
  hiddenShare: [3, 0, 2],
  length: { edges: [10, 20, 40, 81], counts: [1, 2, 5] },
};

async function open(filter: TrackletFilter = {}, { facets = FACETS as object | null } = {}) {
  const host = openBrowser(projectOf(8));
  host.browser.show(filter, 'identity');
  await vi.advanceTimersByTimeAsync(0);
  host.browser.facets = facets as never;
  let isTyping = false;
  let form!: FilterForm;
  close = $effect.root(() => {
    form = new FilterForm(host.browser, () => isTyping);
  });
  flushSync();
  const addresses = () => host.navigate.mock.calls.map(([path, options]) => [path, options?.replace ?? false]);
  return { ...host, form, addresses, type: (is: boolean) => (isTyping = is) };
}

test('typing filters after a pause, once, without filling the history of the window; Enter does not wait', async () => {
  const { form, addresses } = await open({ splits: ['train'] });
  form.text = ' 1';
  form.typed();
  vi.advanceTimersByTime(100);
  form.text = ' 10 ';
  form.typed();
  vi.advanceTimersByTime(149);
  expect(addresses()).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(addresses()).toEqual([['/tracklets?split=train&text=10', true]]);
  form.text = '100';
  form.typed();
  form.search();
  vi.advanceTimersByTime(500);
  expect(addresses().slice(1)).toEqual([['/tracklets?split=train&text=100', true]]);
});

test('what the filter has already is not set again, and an emptied search is none', async () => {
  const { form, addresses } = await open({ text: '100' });
  expect(form.text).toBe('100');
  form.text = '100 ';
  form.search();
  expect(addresses()).toEqual([]);
  form.text = ' ';
  form.search();
  expect(addresses()).toEqual([['/tracklets', true]]);
});

test('the search follows the filter, but not while somebody types', async () => {
  const { form, browser, type } = await open({ text: '100' });
  browser.show({ text: '101' }, 'identity');
  flushSync();
  expect(form.text).toBe('101');
  type(true);
  form.text = '1019';
  browser.show({}, 'identity');
  flushSync();
  expect(form.text).toBe('1019');
});

test.each<[[number, number], string, string]>([
  [[0, 21], '0–100 %', '/tracklets'],
  [[0, 1], '0–0 %', '/tracklets?hidden=0-0'],
  [[1, 21], '0–100 %', '/tracklets?hidden=some-100'],
  [[2, 21], '5–100 %', '/tracklets?hidden=5-100'],
  [[3, 11], '10–50 %', '/tracklets?hidden=10-50'],
])('edges %j of the hidden share are said as %s and put into %s', async ([from, to], words, path) => {
  const { form, browser, addresses } = await open({});
  form.setShare(from, to, false);
  expect([form.share, form.shareText, addresses()], 'while it is dragged').toEqual([[from, to], words, []]);
  form.setShare(from, to, true);
  expect(addresses()).toEqual([[path, false]]);
  // The filter of that address shows the same edges.
  const { filterOf } = await import('../../../src-renderer/lib/trackletFilter.ts');
  browser.show(filterOf(Object.fromEntries(new URLSearchParams(path.split('?')[1] ?? ''))), 'identity');
  expect(form.share).toEqual([from, to]);
});

test('an edge stands for so many percent', () => {
  expect([0, 1, 2, 11, 21].map(percentAt)).toEqual([0, 0, 5, 50, 100]);
});

test('lengths are chosen by bins: from the first of one to the last of another', async () => {
  const { form, browser, addresses } = await open();
  expect([form.length, form.lengthText, form.lengthTicks.map(({ text }) => text)]).toEqual([[0, 3], '10–80', ['10', '20', '80']]);
  expect([form.lengthAt(1, 'from'), form.lengthAt(2, 'to')]).toEqual([20, 39]);
  form.setLength(1, 2, false);
  expect([form.length, form.lengthText, addresses()]).toEqual([[1, 2], '20–39', []]);
  form.setLength(1, 2, true);
  form.setLength(0, 3, true);
  expect(addresses()).toEqual([
    ['/tracklets?length=20-39', false],
    ['/tracklets', false],
  ]);
  browser.show({ length: { min: 21, max: 38 } }, 'identity');
  expect(form.length, 'the nearest edges').toEqual([1, 2]);
});

test('a value more or less changes its list alone; all are cleared at once', async () => {
  const { form, browser, addresses } = await open({ reviews: ['started'], splits: ['train'] });
  expect(form.inForce).toBe(2);
  form.toggle('reviews', 'none');
  form.toggle('splits', 'train');
  browser.show({ cameraIds: [7] }, 'lengthDesc');
  form.toggle('cameraIds', 8);
  form.clear();
  expect(addresses().map(([path]) => path)).toEqual([
    '/tracklets?split=train&review=started%2Cnone',
    '/tracklets?review=started',
    '/tracklets?camera=7%2C8&sort=lengthDesc',
    '/tracklets?sort=lengthDesc',
  ]);
});

test('values of a closed list stand in its order with their counts, also those that none has; before counts are read they have none', async () => {
  const titles = { none: 'Not started', started: 'In progress' };
  const { form } = await open();
  expect(form.listed('reviews', titles)).toEqual([
    { value: 'none', label: 'Not started', count: 0, all: 0 },
    { value: 'started', label: 'In progress', count: 2, all: 5 },
  ]);
  close();
  const early = await open({}, { facets: null });
  expect(early.form.listed('reviews', titles).map(({ count }) => count)).toEqual([null, null]);
  expect([early.form.shareCounts.length, early.form.lengthText, early.form.lengthTicks, early.form.cameraGroups]).toEqual([21, null, [], []]);
});

test('fields of which some tracklet has a value are there with all their values, and those that always are', async () => {
  const { form, addresses, browser } = await open();
  const shown = (of: FilterForm) => of.fields.map(({ id, isAlwaysShown }) => [id, isAlwaysShown]);
  expect(shown(form)).toEqual([
    ['occluder', true],
    ['hiddenParts', false],
  ]);
  expect(form.fields[0]).toMatchObject({
    title: 'Occluder',
    values: [{ label: 'Person', count: 0, all: 0 }, { label: 'Object' }, { label: 'Frame edge' }, { label: 'Self' }],
  });
  expect(form.fields[1]?.values.slice(0, 2)).toEqual([
    { value: 'head', label: 'Head', count: 0, all: 0 },
    { value: 'torso', label: 'Torso', count: 1, all: 4 },
  ]);
  form.toggleTerm('hiddenParts', 'torso');
  browser.show({ terms: { quality: ['dark'], occluder: ['person'] } }, 'identity');
  // One that is filtered by can be taken back.
  expect(shown(form).map(([id]) => id)).toEqual(['occluder', 'hiddenParts', 'quality']);
  expect(form.inForce).toBe(2);
  form.toggleTerm('quality', 'dark');
  form.toggleTerm('occluder', 'edge');
  expect(addresses().map(([path]) => path)).toEqual([
    '/tracklets?hiddenParts=torso',
    '/tracklets?occluder=person',
    '/tracklets?quality=dark&occluder=person%2Cedge',
  ]);
  close();
  const early = await open({}, { facets: null });
  expect(shown(early.form)).toEqual([['occluder', true]]);
  expect(early.form.fields[0]?.values.map(({ count }) => count)).toEqual([null, null, null, null]);
});

test('cameras stand under their data set where there are several', async () => {
  const { form } = await open();
  expect(form.cameraGroups.map(({ title, values }) => [title, values.map(({ value }) => value)])).toEqual([
    ['Zoo', [7]],
    ['Gate', [8]],
  ]);
  expect([form.cameras.length, form.datasets.map(({ label }) => label)]).toEqual([2, ['Zoo', 'Gate']]);
});

test('what the histogram of hidden shares cannot count is said, but not while the list is being read or it is what one filters by', async () => {
  const { form, browser } = await open();
  expect(form.leftOut).toMatch(/^Without 3 of 8/);
  browser.isQuerying = true;
  expect(form.leftOut).toBe(null);
  browser.isQuerying = false;
  browser.filter = { hiddenShare: { min: null, max: 0.5 } };
  expect(form.leftOut).toBe(null);
});
