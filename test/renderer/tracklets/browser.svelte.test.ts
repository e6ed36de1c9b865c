/** The list of tracklets: what is asked of the host, filters into the address, place and selection, and that no late answer is shown. */
import { afterEach, expect, test, vi } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import { fakeStorage } from '../support/fakeStorage.ts';
import { openBrowser, projectOf, settled } from './trackletHost.ts';

afterEach(() => {
  vi.useRealTimers();
});

async function shown(n = 8) {
  const open = openBrowser(projectOf(n));
  open.browser.show({}, 'identity');
  await settled();
  return open;
}

test('a list is read once for its filter and order, with its counts after it', async () => {
  const { browser, calls } = await shown();
  expect([...browser.ids]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(browser.facets?.hiddenShare).toEqual([8]);
  browser.show({}, 'identity');
  await settled();
  expect(calls.asked.map(({ name }) => name)).toEqual(['tracklets.query', 'tracklets.facets']);
  browser.show({ splits: ['train'] }, 'lengthDesc');
  await settled();
  expect([[...browser.ids], browser.current]).toEqual([[7, 5, 3, 1], 3]);
});

test('filter and order go into the address, each with the other', async () => {
  const { browser, navigate } = await shown();
  browser.show({ splits: ['query'] }, 'lengthDesc');
  browser.setFilter({ text: 'P 3', splits: ['query'] }, { replace: true });
  browser.setSort('identity');
  expect(navigate.mock.calls).toEqual([['/tracklets?split=query&text=P+3&sort=lengthDesc', { replace: true }], ['/tracklets?split=query']]);
});

test('a list that comes after the next one was asked for is dropped, and so are its failure and its counts', async () => {
  const { browser, calls } = await shown();
  calls.hold('tracklets.query');
  calls.hold('tracklets.facets');
  browser.show({ splits: ['train'] }, 'identity');
  browser.show({ splits: ['query'] }, 'identity');
  const [late, now] = calls.waiting;
  expect([late!.signal?.aborted, now!.signal?.aborted]).toEqual([true, false]);
  now!.answer();
  await settled();
  late!.answer();
  await settled();
  expect([...browser.ids]).toEqual([2, 4, 6, 8]);
  browser.show({ splits: ['train'] }, 'identity');
  browser.show({}, 'identity');
  calls.waiting.at(-1)!.answer();
  await settled();
  calls.waiting.at(-3)!.fail(new AppError('INTERNAL', 'broken'));
  await settled();
  expect([browser.error, browser.ids.length, browser.isQuerying]).toEqual([null, 8, false]);
  const facets = calls.waiting.filter(({ name }) => name === 'tracklets.facets');
  expect(facets).toHaveLength(2);
  facets[1]!.answer();
  facets[0]!.answer();
  await settled();
  expect(browser.facets?.hiddenShare).toEqual([8]);
});

test('a list that cannot be read leaves what was shown, with the error', async () => {
  const { browser, calls } = await shown();
  calls.broken.set('tracklets.query', new AppError('INTERNAL', 'broken'));
  browser.show({ splits: ['train'] }, 'identity');
  await settled();
  expect([browser.error?.message, browser.ids.length, browser.isQuerying]).toEqual(['broken', 8, false]);
  calls.broken.clear();
  await browser.run({ keepPlace: true });
  expect([browser.error, [...browser.ids]]).toEqual([null, [1, 3, 5, 7]]);
});

test('the cell stays the current one while the list has it; another list starts at its top, or goes on where it stood', async () => {
  const { browser } = await shown();
  browser.moveTo(6);
  browser.show({ splits: ['train'] }, 'identity');
  await settled();
  expect([browser.currentId, browser.current]).toEqual([7, 3]);
  browser.show({ splits: ['query'] }, 'identity');
  await settled();
  expect(browser.current).toBe(0);
});

test('a cell that became the current one while the list was read is that of the new list too', async () => {
  const { browser, calls } = await shown();
  browser.moveTo(2);
  calls.hold('tracklets.query');
  browser.show({ splits: ['train'] }, 'identity');
  browser.moveTo(6);
  calls.letGo('tracklets.query');
  await settled();
  expect([browser.currentId, browser.current]).toEqual([7, 3]);
});

test('after a reload the list stands at the tracklet, place and size of before', async () => {
  const storage = fakeStorage();
  const first = openBrowser(projectOf(8), storage);
  first.browser.keepPlace();
  expect(storage.length).toBe(0);
  first.browser.show({}, 'identity');
  await settled();
  first.browser.moveTo(4);
  first.browser.offset = 320;
  first.browser.size = 'L';
  first.browser.keepPlace();
  const { browser } = openBrowser(projectOf(8), storage);
  expect([browser.offset, browser.size]).toEqual([320, 'L']);
  browser.show({}, 'lengthDesc');
  await settled();
  expect([browser.currentId, browser.current]).toEqual([5, 3]);
});

test('what is selected is what is between, one more or less, or all; a filter leaves of it what it shows', async () => {
  const { browser } = await shown();
  browser.moveTo(2);
  browser.moveTo(4, { extend: true });
  expect([...browser.selection]).toEqual([3, 4, 5]);
  browser.moveTo(1, { extend: true });
  expect([...browser.selection]).toEqual([2, 3]);
  browser.toggle(6);
  browser.toggle(1);
  expect([...browser.selection]).toEqual([3, 7]);
  browser.moveTo(7, { extend: true });
  expect([...browser.selection], 'from the cell toggled last').toEqual([2, 3, 4, 5, 6, 7, 8]);
  browser.show({ splits: ['train'] }, 'identity');
  await settled();
  expect([...browser.selection]).toEqual([3, 5, 7]);
  expect(browser.chosen).toEqual([3, 5, 7]);
  browser.select([]);
  expect(browser.chosen).toEqual([browser.currentId]);
  browser.selectAll();
  expect([browser.selection.size, browser.selectedFrames]).toEqual([4, 160]);
});

test('frames of a selection are counted from the rows that are there, else by the host, and no late count stands', async () => {
  const { browser, calls } = await shown();
  browser.rows.want([1, 2, 3]);
  await settled();
  browser.select([2, 3]);
  expect(browser.selectedFrames).toBe(50);
  calls.hold('tracklets.query');
  browser.select([7, 8]);
  expect(browser.selectedFrames).toBe(null);
  browser.select([1, 2]);
  calls.letGo('tracklets.query');
  await settled();
  expect(browser.selectedFrames).toBe(30);
  browser.select([7, 8]);
  await settled();
  expect(browser.selectedFrames).toBe(150);
});

test('the queue of Annotate is the selection, else all that is shown, from the first of them in the order shown', async () => {
  const { browser, navigate, setQueue } = await shown();
  browser.moveTo(3);
  browser.annotate();
  browser.select([6, 5]);
  browser.annotate();
  browser.select([5]);
  browser.show({ splits: ['train'] }, 'lengthDesc');
  await settled();
  browser.annotate();
  expect(setQueue.mock.calls.map(([ids, label]) => [[...ids], label])).toEqual([
    [[1, 2, 3, 4, 5, 6, 7, 8], 'All tracklets'],
    [[5, 6], '2 selected tracklets'],
    [[7, 5, 3, 1], '4 filtered tracklets'],
  ]);
  expect(navigate.mock.calls.map(([path]) => path)).toEqual(['/annotate/4', '/annotate/5', '/annotate/5']);
});

test('whole tracklets are marked at once; where one is not, nothing is and the question says what is missing', async () => {
  const { browser, calls } = await shown();
  browser.select([1, 2]);
  expect(await browser.markReviewed()).toBe(null);
  browser.select([3, 4]);
  expect(await browser.markReviewed()).toEqual({ whole: [3], withGaps: [4], withoutValue: 2, notSeen: 1 });
  expect(calls.inputs('annotations.apply')).toMatchObject([
    { label: 'mark 2 tracklets reviewed', edits: [1, 2].map((trackletId) => ({ trackletId, field: 'reviewed', start: 0, end: 0, value: 'reviewed' })), of: [] },
  ]);
  browser.rows.want([4]);
  await settled();
  await browser.setReviewed([4], true);
  expect(calls.inputs('annotations.apply').at(-1)).toMatchObject({
    label: 'mark P4 c1 reviewed with gaps',
    anyway: true,
    of: [{ id: 4, name: 't4', frames: 40 }],
  });
});

test('a split is given to what is chosen, and to nothing where nothing is', async () => {
  const { browser, calls } = await shown();
  await browser.moveToSplit('gallery');
  browser.select([2, 3]);
  await browser.moveToSplit('none');
  const empty = openBrowser([]);
  await empty.browser.moveToSplit('train');
  expect(calls.inputs('tracklets.setSplit')).toEqual([
    { ids: [1], split: 'gallery' },
    { ids: [2, 3], split: 'none' },
  ]);
  expect(empty.calls.asked).toEqual([]);
});

test('an identity is gone to where the filter leaves one of it', async () => {
  const { browser } = await shown();
  browser.show({ splits: ['query'] }, 'identity');
  await settled();
  expect([await browser.goToIdentity(102), browser.currentId]).toEqual([true, 6]);
  expect([await browser.goToIdentity(999), browser.currentId]).toEqual([false, 6]);
});

test('rows do not leave because a value changed: the person is told, and only where the filter or order could tell', async () => {
  const { browser, calls } = await shown();
  vi.useFakeTimers();
  const changed = async (...tags: string[]): Promise<string[]> => {
    const before = calls.asked.length;
    browser.onChanged(tags);
    await vi.advanceTimersByTimeAsync(500);
    return calls.asked.slice(before).map(({ name }) => name);
  };
  expect(await changed('Tracklet:3', 'TrackletRows')).toEqual(['tracklets.facets']);
  expect(browser.isOutdated).toBe(false);
  browser.show({}, 'hiddenDesc');
  await vi.advanceTimersByTimeAsync(0);
  expect(await changed('Tracklet:3')).toEqual([]);
  expect(browser.isOutdated).toBe(false);
  expect(await changed('Tracklet:3', 'Annotations')).toEqual(['tracklets.facets']);
  expect(browser.isOutdated).toBe(true);
  expect(await changed('Tracklets')).toEqual(['tracklets.query', 'tracklets.facets']);
  expect(browser.isOutdated).toBe(false);
  const fresh = openBrowser(projectOf(2));
  fresh.browser.onChanged(['Tracklets']);
  expect(fresh.calls.asked, 'nothing was read that could be old').toEqual([]);
});

test('rows are read for what is in view; one that changed is read again and stays meanwhile', async () => {
  const { browser, calls } = await shown();
  browser.rows.want([1, 2]);
  await settled();
  browser.rows.want([2, 3]);
  await settled();
  expect(calls.inputs('tracklets.rows')).toEqual([{ ids: [1, 2] }, { ids: [3] }]);
  calls.hold('tracklets.rows');
  browser.onChanged(['Tracklet:2']);
  browser.onChanged(['Tracklet:1']);
  expect([browser.rows.get(2)?.name, browser.rows.get(1)]).toEqual(['t2', undefined]);
  expect(calls.inputs('tracklets.rows').at(-1)).toEqual({ ids: [2] });
  browser.onChanged(['Tracklet:2']);
  calls.waiting.shift()!.answer();
  await settled();
  expect(
    calls.waiting.map(({ input }) => input),
    'it changed while it was read',
  ).toEqual([{ ids: [2] }]);
});

test('of a data set that is made of others the sides are its own: rows are read again by them, and moved in its set', async () => {
  const { browser, calls } = await shown();
  browser.rows.want([1, 2]);
  await settled();
  calls.asked.length = 0;
  browser.show({ datasetIds: [9] }, 'identity');
  await settled();
  const rowsAsked = () => calls.asked.filter(({ name }) => name === 'tracklets.rows').map(({ input }) => input);
  expect(rowsAsked()).toEqual([{ ids: [1, 2], sidesOf: 9 }]);
  browser.select([2]);
  await browser.moveToSplit('train');
  expect(calls.asked.find(({ name }) => name === 'tracklets.setSplit')?.input).toEqual({ ids: [2], split: 'train', datasetId: 9 });
  calls.asked.length = 0;
  browser.show({}, 'identity');
  await settled();
  expect(rowsAsked()).toEqual([{ ids: [1, 2] }]);
  await browser.moveToSplit('query');
  expect(calls.asked.find(({ name }) => name === 'tracklets.setSplit')?.input).toEqual({ ids: [2], split: 'query' });
});

test('rows that are under way while other sides come to be shown are read again', async () => {
  const { browser, calls } = await shown();
  calls.hold('tracklets.rows');
  browser.rows.want([1]);
  browser.rows.showSidesOf(9);
  const late = calls.waiting.at(-1)!;
  late.answer();
  await settled();
  expect(calls.waiting.filter(({ name }) => name === 'tracklets.rows').map(({ input }) => input)).toEqual([{ ids: [1] }, { ids: [1], sidesOf: 9 }]);
});
