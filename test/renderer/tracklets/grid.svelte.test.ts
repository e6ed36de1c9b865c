/** The grid of tracklets without a page: cells' size, keys and pointer, what is read ahead, playing, what commands do and what is told of a failure. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import type { CommandHandler } from '../../../src-renderer/lib/commands.svelte.ts';
import type { Route } from '../../../src-renderer/lib/route.ts';
import { TrackletGrid } from '../../../src-renderer/views/tracklets/grid.svelte.ts';
import { openBrowser, projectOf, settled, type OpenBrowser } from './trackletHost.ts';

/** Three columns, two rows a screen. */
function boxOf(grid: TrackletGrid) {
  return {
    columns: () => grid.columns,
    rowsPerPage: () => 2,
    firstInView: () => 0,
    lastInView: () => 5,
    scrollToIndex: vi.fn<(index: number, place?: string) => void>(),
    focus: vi.fn<() => void>(),
  };
}

const told = { notify: vi.fn<(error: { message: string }, options: { about: string }) => void>(), settle: vi.fn<(about: string) => void>() };
let close: () => void = () => undefined;

beforeEach(() => vi.resetAllMocks());
afterEach(() => {
  close();
  vi.useRealTimers();
});

async function open(n = 8, more: { sameNames?: boolean; params?: Record<string, string>; host?: OpenBrowser } = {}) {
  const host = more.host ?? openBrowser(projectOf(n));
  const route: Route = $state({ view: 'tracklets', id: null, params: more.params ?? {} });
  const connection = $state({ opened: 1 });
  let grid!: TrackletGrid;
  let hasFocus = true;
  close = $effect.root(() => {
    grid = new TrackletGrid({
      browser: host.browser,
      route,
      connection,
      sameNames: { areThere: more.sameNames ?? false, datasetOf: () => null },
      ...told,
    });
    grid.width = 860;
  });
  const box = boxOf(grid);
  grid.api = box;
  flushSync();
  await settled();
  flushSync();
  const commands = grid.commands(() => hasFocus) as Record<string, CommandHandler | (() => void)>;
  const handler = (id: string): CommandHandler => {
    const entry = commands[`tracklets.${id}`]!;
    return typeof entry === 'function' ? { press: entry } : entry;
  };
  const press = async (id: string, event?: object): Promise<void> => {
    handler(id).press(event as KeyboardEvent);
    flushSync();
    await settled();
  };
  const key = (name: string, shiftKey = false): void => handler('move').press({ key: name, shiftKey } as KeyboardEvent);
  return { ...host, grid, box, route, connection, press, key, handler, unfocus: () => (hasFocus = false), isEnabled: (id: string) => handler(id).enabled!() };
}

test('cells fill the width: as many as fit, eight crops each, and a line more where names stand for several people', async () => {
  const { grid, browser } = await open();
  expect([grid.columns, grid.cropWidth, grid.cellWidth, grid.cellHeight]).toEqual([3, 33, 277, 111]);
  browser.size = 'S';
  expect([grid.columns, grid.cropWidth]).toEqual([4, 24]);
  browser.size = 'L';
  expect(grid.columns).toBe(2);
  grid.width = 100;
  expect([grid.columns, grid.cropWidth], 'never less than a crop can be seen at').toEqual([1, 12]);
  close();
  const same = await open(8, { sameNames: true });
  expect([same.grid.hasDatasets, same.grid.cellHeight]).toEqual([true, 124]);
  same.route.params = { dataset: '1' };
  flushSync();
  await settled();
  expect(same.grid.hasDatasets).toBe(false);
});

test('the list follows the address while the view is shown, and not once the address names another one', async () => {
  const { route, browser } = await open(8, { params: { split: 'train', sort: 'lengthDesc' } });
  expect([...browser.ids]).toEqual([7, 5, 3, 1]);
  Object.assign(route, { view: 'annotate', params: {} });
  flushSync();
  await settled();
  expect(browser.ids).toHaveLength(4);
});

test('after the host was reached again the list is read again', async () => {
  const { connection, calls } = await open();
  connection.opened = 2;
  flushSync();
  await settled();
  expect(calls.inputs('tracklets.query')).toHaveLength(2);
});

test('arrows go through rows and columns; up and down stop at the edge, and down reaches a shorter last row', async () => {
  const { browser, key, box } = await open();
  const after = (...keys: string[]): number => {
    for (const one of keys) key(one);
    return browser.current;
  };
  expect(after('ArrowRight', 'ArrowRight')).toBe(2);
  expect(after('ArrowDown')).toBe(5);
  expect(after('ArrowDown'), 'the last row has two cells').toBe(7);
  expect(after('ArrowDown')).toBe(7);
  expect(after('Home', 'ArrowUp', 'ArrowLeft')).toBe(0);
  expect(after('End', 'ArrowRight')).toBe(7);
  expect(after('PageUp')).toBe(1);
  expect(after('PageUp'), 'a page up keeps the column').toBe(1);
  expect(after('PageDown')).toBe(7);
  expect([box.scrollToIndex.mock.lastCall, box.focus.mock.calls.length > 0]).toEqual([[7], true]);
});

test('Shift extends, a click is the current cell, Ctrl takes one more or less', async () => {
  const { browser, key, grid } = await open();
  const plain = { ctrlKey: false, metaKey: false, shiftKey: false };
  grid.press(plain, 1);
  key('ArrowDown', true);
  expect([...browser.selection]).toEqual([2, 3, 4, 5]);
  grid.press({ ...plain, shiftKey: true }, 2);
  expect([...browser.selection]).toEqual([2, 3]);
  grid.press({ ...plain, metaKey: true }, 6);
  grid.press({ ...plain, ctrlKey: true }, 1);
  expect([[...browser.selection], browser.current]).toEqual([[3, 7], 1]);
  grid.press(plain, 0);
  expect([[...browser.selection], browser.current]).toEqual([[3, 7], 0]);
});

test('a new list is shown from its current cell; the first one stays where the box stood', async () => {
  const { route, box } = await open();
  expect(box.scrollToIndex).not.toHaveBeenCalled();
  route.params = { split: 'query' };
  flushSync();
  await settled();
  flushSync();
  expect(box.scrollToIndex.mock.calls).toEqual([[0]]);
});

test('rows are asked for a screen ahead and behind, once for all that passed, and not while they fly by', async () => {
  const { grid, calls, browser } = await open(40);
  vi.useFakeTimers();
  grid.viewed(0, 5, 0, true);
  vi.advanceTimersByTime(100);
  expect(calls.inputs('tracklets.rows')).toEqual([]);
  grid.viewed(6, 8, 240, false);
  grid.viewed(12, 14, 480, false);
  vi.advanceTimersByTime(100);
  expect(calls.inputs('tracklets.rows')).toEqual([{ ids: [13, 14, 15, 16, 17, 18, 10, 11, 12] }]);
  expect(browser.offset).toBe(480);
  grid.viewed(15, 17, 600, false);
  close();
  vi.advanceTimersByTime(100);
  expect(calls.inputs('tracklets.rows'), 'not after the view has gone').toHaveLength(1);
});

test('the current cell is named while it is in view, and its data set from its row', async () => {
  const { grid, browser } = await open();
  grid.viewed(3, 7, 0, false);
  expect([grid.isCurrentThere, grid.currentDataset]).toEqual([false, null]);
  browser.moveTo(5);
  browser.rows.want([6]);
  await settled();
  expect([grid.isCurrentThere, grid.currentDataset]).toEqual([true, 2]);
});

test('a strip plays in at most 64 steps, round and round, until it is pressed again or the cell is left', async () => {
  const { grid, browser, press, key } = await open(12);
  browser.moveTo(11);
  browser.rows.want([12]);
  await settled();
  vi.useFakeTimers();
  const run = (id: string): void => void press(id);
  run('play');
  vi.advanceTimersByTime(66 * 3);
  expect(browser.playing).toEqual({ id: 12, position: 6 });
  vi.advanceTimersByTime(66 * 57);
  expect(browser.playing).toEqual({ id: 12, position: 0 });
  run('play');
  expect(browser.playing).toBe(null);
  run('play');
  key('ArrowLeft');
  expect(browser.playing).toBe(null);
  expect(grid.browser).toBe(browser);
});

test('keys that could belong to another control ask where the focus is; commands rest without what they need', async () => {
  const { handler, unfocus, isEnabled, browser } = await open();
  expect([handler('move').hasFocus!(), handler('play').hasFocus!()]).toEqual([true, true]);
  unfocus();
  expect([handler('move').hasFocus!(), handler('play').hasFocus!()]).toEqual([false, false]);
  expect(['select', 'clearSelection', 'toTrain', 'clearFilters', 'search'].map(isEnabled)).toEqual([true, false, false, false, false]);
  browser.toggle(0);
  expect(['clearSelection', 'toTrain'].map(isEnabled)).toEqual([true, true]);
  close();
  const empty = await open(0);
  expect(['move', 'play', 'select', 'annotate', 'goTo', 'selectAll', 'reviewed'].map(empty.isEnabled)).toEqual(new Array(7).fill(false));
  expect([empty.grid.isEmptyProject, empty.grid.nothingFound, empty.grid.status.left()]).toEqual([true, false, null]);
});

test('filters are cleared by a key, and a list of none says that the filters left none', async () => {
  const { grid, press, navigate, isEnabled } = await open(8, { params: { text: 'nobody' } });
  expect([grid.isEmptyProject, grid.nothingFound, isEnabled('clearFilters')]).toEqual([false, true, true]);
  await press('clearFilters');
  expect(navigate.mock.calls).toEqual([['/tracklets', {}]]);
});

test('the status bar says which rows are seen and how long filtering took', async () => {
  const { grid } = await open(7);
  expect(grid.status.left()).toBe(null);
  grid.viewed(0, 6, 0, false);
  expect([grid.status.left(), grid.status.right()]).toEqual(['Row 1–2 of 3', 'Filtered in 2 ms']);
});

test('marking asks where tracklets are not whole, and marks what is answered', async () => {
  const { grid, press, browser, calls } = await open();
  browser.select([3, 4]);
  await press('reviewed');
  expect([grid.question?.withGaps, calls.inputs('annotations.apply')]).toEqual([[4], []]);
  await grid.answer([3], false);
  expect(grid.question).toBe(null);
  expect(calls.inputs('annotations.apply')).toMatchObject([{ edits: [{ trackletId: 3 }] }]);
});

test('what failed is told once it has failed, and settled once it is done', async () => {
  const { press, browser, calls } = await open();
  browser.select([1]);
  calls.broken.set('tracklets.setSplit', new AppError('PROJECT_READ_ONLY', 'The project is open for looking only.'));
  await press('toQuery');
  expect(told.notify.mock.calls).toMatchObject([[{ message: 'The project is open for looking only.' }, { about: 'selection' }]]);
  expect(told.settle).not.toHaveBeenCalled();
  calls.broken.clear();
  await press('toQuery');
  expect(told.settle.mock.calls).toEqual([['selection']]);
});

test('places come from elsewhere: a jump puts its row at the top, and so does an identity gone to', async () => {
  const { grid, browser, box, navigate, press } = await open();
  grid.jumpTo(6);
  expect([browser.current, box.scrollToIndex.mock.lastCall]).toEqual([6, [6, 'start']]);
  await press('goTo');
  expect(grid.isGoingTo).toBe(true);
  browser.moveTo(3);
  await grid.wentTo();
  expect(box.scrollToIndex.mock.lastCall).toEqual([3, 'start']);
  grid.open(4);
  expect(navigate.mock.lastCall).toEqual(['/annotate/5']);
});

test('the place is kept when the view goes', async () => {
  const { storage, browser } = await open();
  browser.moveTo(2);
  flushSync();
  close();
  expect(storage.getItem('place.grid')).toBe('{"id":3,"offset":0,"size":"M"}');
});
