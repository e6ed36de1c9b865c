/** The queue of Annotate outlives a reload exactly, in any order and at any length that a window's storage holds. */
import { beforeEach, expect, it, vi } from 'vitest';
import { fakeWindow } from './support/fakeWindow.ts';

const load = async (): Promise<typeof import('../../src-renderer/lib/queue.svelte.ts')> => {
  vi.resetModules();
  return await import('../../src-renderer/lib/queue.svelte.ts');
};
beforeEach(() => void fakeWindow());

it.each([
  ['none', []],
  ['one', [7]],
  ['out of order', [40, 3, 2_000_000_000, 1, 39]],
  ['many', Array.from({ length: 100_000 }, (_, i) => 1 + ((i * 7919) % 100_003))],
])('%s', async (_name, ids) => {
  (await load()).setQueue(Int32Array.from(ids), '3 filtered tracklets');
  const queue = await load();
  expect(queue.queueLabel()).toBe('3 filtered tracklets');
  expect(Array.from(queue.queueIds())).toEqual(ids);
  expect(ids.filter((id) => !queue.isInQueue(id))).toEqual([]);
  expect(queue.isInQueue(4_000_000)).toBe(false);
  expect(sessionStorage.getItem('place.queue')!.length).toBeLessThan(1_000_000);
});

it('is empty where the kept text is none of ours', async () => {
  sessionStorage.setItem('place.queue', '{"label":"x","steps":"1 ; 2"}');
  expect((await load()).queueIds()).toHaveLength(0);
});
