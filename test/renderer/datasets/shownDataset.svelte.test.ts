/** What the pane of a data set takes from what is read: its own alone, why tables are missing, protocols by count, options in a word. */
import { afterEach, expect, test } from 'vitest';
import { protocolNames, protocols } from '../../../src-shared/protocols/index.ts';
import { ShownDataset } from '../../../src-renderer/views/datasets/shownDataset.svelte.ts';

let close: () => void = () => undefined;
afterEach(() => close());

function open() {
  const host = $state({
    id: 2,
    'datasets.get': { data: { id: 2, frames: 40, validQueries: {} as Record<string, number>, options: {} as Record<string, unknown> } as object | undefined },
    'datasets.statistics': { data: undefined as object | undefined, error: null as object | null },
  });
  const asked: unknown[] = [];
  let shown!: ShownDataset;
  close = $effect.root(() => {
    shown = new ShownDataset(() => host.id, ((name: 'datasets.get' | 'datasets.statistics', input: () => unknown) => {
      asked.push([name, input()]);
      return {
        get data() {
          return host[name].data;
        },
        get error() {
          return name === 'datasets.statistics' ? host[name].error : null;
        },
      };
    }) as never);
  });
  return { shown, host, asked };
}

test('what is still that of another data set is not shown for it', () => {
  const { shown, host, asked } = open();
  expect(asked).toEqual([
    ['datasets.get', { id: 2 }],
    ['datasets.statistics', { id: 2 }],
  ]);
  host['datasets.statistics'].data = { datasetId: 1, frames: 9 };
  expect([shown.detail?.id, shown.stats]).toEqual([2, undefined]);
  host.id = 1;
  expect([shown.detail, shown.stats?.frames]).toEqual([undefined, 9]);
});

test('tables are missing for a reason: an error, or no row where there are frames', () => {
  const { shown, host } = open();
  expect(shown.unread).toBe(null);
  host['datasets.statistics'].data = { datasetId: 2, frames: 0 };
  expect(shown.unread).toMatch(/answers with no tracklet/);
  host['datasets.statistics'].data = { datasetId: 2, frames: 40 };
  expect(shown.unread).toBe(null);
  host['datasets.statistics'].error = { message: 'The disk cannot be read.', remedy: 'Check it.' };
  expect(shown.unread).toBe('The values cannot be read. The disk cannot be read. Check it.');
});

test('protocols that have as many queries share a line', () => {
  const { shown, host } = open();
  expect(shown.validQueries).toHaveLength(1);
  const [first, ...rest] = protocolNames;
  host['datasets.get'].data = { id: 2, validQueries: { [first!]: 5, ...Object.fromEntries(rest.map((name) => [name, 3])) } };
  expect(shown.validQueries).toEqual([
    { n: 5, names: protocols[first!].short },
    { n: 3, names: rest.map((name) => protocols[name].short).join(', ') },
  ]);
});

test('options that are nothing, or more than a word, are left out', () => {
  const { shown, host } = open();
  host['datasets.get'].data = { id: 2, options: { stride: 2, strict: false, name: '', map: { a: 1 }, none: null, layout: 'mars' } };
  expect(shown.options).toEqual([
    ['stride', 2],
    ['strict', false],
    ['layout', 'mars'],
  ]);
});
