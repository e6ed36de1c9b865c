/** Which queries stand in the list, in what order, and which one is chosen, without a page. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RowStore } from '../../../src-renderer/views/compare/rows.svelte.ts';
import { client, host, reset } from './compareHost.svelte.ts';

vi.mock('../../../src-renderer/client.ts', () => import('./compareHost.svelte.ts'));

const { useQuery } = await import('../../../src-renderer/lib/query.svelte.ts');
const { EvaluationChoice } = await import('../../../src-renderer/views/compare/evaluationChoice.svelte.ts');
const { QueryQueue } = await import('../../../src-renderer/views/compare/queryQueue.svelte.ts');
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
let close: () => void = () => undefined;
const needed: number[][] = [];

beforeEach(() => {
  reset();
  needed.length = 0;
});
afterEach(() => close());

async function open(first: Record<string, string>) {
  let params = $state.raw(first);
  let queue!: InstanceType<typeof QueryQueue>;
  const rows = {
    get: (id: number) => ({ id, identity: `person ${id}`, camera: 'c', name: 't' }),
    need: (ids: number[]) => void (ids.length > 0 && needed.push(ids)),
  } as unknown as RowStore;
  close = $effect.root(() => {
    const read = (): Record<string, string> => params;
    queue = new QueryQueue(read, new EvaluationChoice({ client: client as never, query: useQuery }, read), rows);
  });
  const go = async (next: Record<string, string>): Promise<void> => {
    params = next;
    for (let i = 0; i < 2; i++) {
      flushSync();
      await settle();
    }
    flushSync();
  };
  await go(first);
  return { queue, go };
}
const ids = (queries: readonly { trackletId: number }[]): number[] => queries.map(({ trackletId }) => trackletId);

test('queries stand in the order of the address, those without a match last, and the first is chosen where the address names none', async () => {
  const { queue, go } = await open({ e: '1,2' });
  expect(ids(queue.queries)).toEqual([12, 11, 13, 14]);
  expect([queue.selectedId, queue.place, queue.nextId]).toEqual([12, 0, 11]);
  await go({ e: '1,2', order: 'loss', q: '11' });
  expect(ids(queue.queries)).toEqual([13, 11, 12, 14]);
  expect([queue.selectedId, queue.selected?.identityId, queue.place, queue.nextId]).toEqual([11, 1, 1, 12]);
});

test('a chosen query that the filter leaves out stays chosen, has no place, and a step goes to the first', async () => {
  const { queue, go } = await open({ e: '1,2', q: '12', hidden: '9', cell: 'onlyA' });
  expect(ids(queue.queries)).toEqual([11, 13]);
  expect([queue.selectedId, queue.place, queue.idAt(1), queue.idAt(-5)]).toEqual([12, -1, 11, 11]);
  await go({ e: '1,2', q: '11', cell: 'onlyA' });
  expect([queue.idAt(1), queue.idAt(-1), queue.idAt(99)]).toEqual([13, 11, 13]);
  await go({ e: '1,2', q: '77', text: 'nobody' });
  expect([queue.queries, queue.idAt(1), queue.selectedId]).toEqual([[], null, 11]);
});

test('another query in the address sorts nothing anew', async () => {
  const { queue, go } = await open({ e: '1,2', q: '11' });
  const before = queue.queries;
  await go({ e: '1,2', q: '13' });
  expect([queue.selectedId, queue.queries === before]).toEqual([13, true]);
});

test('the column of comparison is one that is there', async () => {
  const { queue, go } = await open({ e: '1,2', with: '1' });
  expect(queue.pair).toEqual({ a: 0, b: 1 });
  await go({ e: '1', with: '1' });
  expect(queue.pair).toEqual({ a: 0, b: 0 });
});

test('a filter without its text is asked of rows no more', async () => {
  const { queue } = await open({ e: '1,2', text: 'person 13' });
  expect(ids(queue.kept)).toEqual([13]);
  expect(ids(queue.passing({ ...queue.filter, text: '' }))).toEqual([11, 12, 13, 14]);
});

test('rows of a few queries are read at once, of many where text or names decide', async () => {
  const { go } = await open({ e: '1,2' });
  expect(needed).toEqual([[11, 12, 13, 14]]);
  const one = host.queries.get(11)!;
  host.queries = new Map(Array.from({ length: 2001 }, (_, i) => [i + 1, one]));
  needed.length = 0;
  await go({ e: '2,1' });
  expect(needed).toEqual([]);
  await go({ e: '2,1', order: 'identity' });
  expect(needed.map(({ length }) => length)).toEqual([2001]);
  await go({ e: '2,1' });
  await go({ e: '2,1', text: ' ' });
  expect(needed).toHaveLength(1);
  await go({ e: '2,1', text: 'x' });
  expect(needed.at(-1)).toHaveLength(2001);
});
