/**
 * Rows of tracklets by id, read in pages and kept while the view lives; read again when the host says that tracklets changed.
 * Test: test/renderer/compare/rows.svelte.test.ts.
 */
import { SvelteMap } from 'svelte/reactivity';
import type { TrackletRow } from '../../../src-shared/contract/tracklets.ts';
import type { PageClient } from '../../client.ts';
import { isCancelled } from '../../lib/cancelled.ts';
import { touches } from '../../lib/tags.ts';

const PAGE = 500;

export interface RowStore {
  get(id: number): TrackletRow | undefined;
  need(ids: Iterable<number>): void;
}

export function createRowStore(client: Pick<PageClient, 'send' | 'on'>): RowStore {
  const rows = new SvelteMap<number, TrackletRow>();
  const asked = new Set<number>();
  const abort = new AbortController();

  async function read(ids: number[]): Promise<void> {
    for (let i = 0; i < ids.length; i += PAGE) {
      const page = ids.slice(i, i + PAGE);
      try {
        for (const row of await client.send('tracklets.rows', { ids: page }, { signal: abort.signal })) rows.set(row.id, row);
      } catch (error) {
        if (isCancelled(error)) return;
        for (const id of page) asked.delete(id);
        console.error('Tracklets could not be read', error);
      }
    }
  }
  const stop = client.on('changed', ({ tags }) => {
    const isShown = (tag: string): boolean => tag === 'TrackletPictures' || (tag.startsWith('TrackletPictures:') && asked.has(Number(tag.slice(17))));
    if (tags.some((tag) => isShown(tag) || ['Tracklets', 'TrackletRows'].some((own) => touches(tag, own)))) void read([...asked]);
  });
  $effect(() => () => {
    abort.abort();
    stop();
  });

  return {
    get: (id) => rows.get(id),
    need(ids) {
      const missing = [...new Set(ids)].filter((id) => !asked.has(id));
      if (missing.length === 0) return;
      for (const id of missing) asked.add(id);
      void read(missing);
    },
  };
}
