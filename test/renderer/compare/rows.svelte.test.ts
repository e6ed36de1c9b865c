/** Rows of tracklets: each is asked for once, in pages, and again when the host says that it changed. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createRowStore } from '../../../src-renderer/views/compare/rows.svelte.ts';
import { client, host, reset } from './compareHost.svelte.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
let close: () => void = () => undefined;

function open() {
  let rows!: ReturnType<typeof createRowStore>;
  close = $effect.root(() => {
    rows = createRowStore(client as never);
  });
  return rows;
}
const pages = () => (host.inputs('tracklets.rows') as { ids: number[] }[]).map(({ ids }) => ids);

beforeEach(reset);
afterEach(() => {
  close();
  vi.restoreAllMocks();
});

test('each is asked for once, five hundred in a page', async () => {
  const rows = open();
  rows.need([7, 7, 8]);
  rows.need([8]);
  rows.need(Array.from({ length: 700 }, (_, i) => i + 1));
  for (let i = 0; i < 4; i++) await settle();
  expect(pages().map(({ length }) => length)).toEqual([2, 500, 198]);
  expect([rows.get(7)?.identity, rows.get(700)?.identity, rows.get(701)]).toEqual(['person 7', 'person 700', undefined]);
});

test('what could not be read may be asked for again', async () => {
  vi.spyOn(console, 'error').mockReturnValue();
  const rows = open();
  host.broken = 'tracklets.rows';
  rows.need([7]);
  await settle();
  expect(rows.get(7)).toBeUndefined();
  host.broken = null;
  rows.need([7]);
  await settle();
  expect([rows.get(7)?.id, pages()]).toEqual([7, [[7], [7]]]);
});

test('all are read again when rows or their own pictures changed, and not for others', async () => {
  const rows = open();
  rows.need([7, 8]);
  await settle();
  for (const tag of ['Runs', 'TrackletPictures:9', 'Evaluations']) host.change(tag);
  expect(pages()).toHaveLength(1);
  for (const tag of ['Tracklets', 'TrackletRows', 'TrackletPictures', 'TrackletPictures:8']) host.change(tag);
  await settle();
  expect(pages()).toEqual(Array.from({ length: 5 }, () => [7, 8]));
});
