/** A project of a few tracklets, as the host answers about it, and the list of a page that asks it. */
import { vi } from 'vitest';
import type { TrackletFilter } from '../../../src-shared/contract/tracklets.ts';
import { rememberIn } from '../../../src-renderer/lib/remembered.ts';
import { isGridPlace, TrackletBrowser } from '../../../src-renderer/views/tracklets/browser.svelte.ts';
import { fakeCalls } from '../support/fakeCalls.ts';
import { fakeStorage } from '../support/fakeStorage.ts';

interface Row {
  id: number;
  identityId: number;
  split: string;
  frames: number;
  /** Frames without a value. */
  gaps: number;
}

/** Ids 1 to n, two an identity; the odd ones are to train on, and one in four has gaps. */
export function projectOf(n: number): Row[] {
  return Array.from({ length: n }, (_, i) => ({
    id: i + 1,
    identityId: 100 + Math.floor(i / 2),
    split: i % 2 === 0 ? 'train' : 'query',
    frames: 10 * (i + 1),
    gaps: i % 4 === 3 ? 2 : 0,
  }));
}

export function openBrowser(rows: Row[], storage = fakeStorage()) {
  const found = (filter: TrackletFilter): Row[] =>
    rows.filter(
      (row) =>
        (filter.splits?.includes(row.split as never) ?? true) &&
        (filter.identityIds?.includes(row.identityId) ?? true) &&
        (filter.trackletIds?.includes(row.id) ?? true) &&
        (filter.text === undefined || filter.text === String(row.identityId)),
    );
  const calls = fakeCalls({
    'tracklets.query': ({ filter, sort }: { filter: TrackletFilter; sort: string }) => {
      const all = found(filter);
      if (sort === 'lengthDesc') all.reverse();
      // Data set 9 is made of the others.
      const sidesOf = filter.datasetIds?.length === 1 && filter.datasetIds[0] === 9 ? 9 : null;
      const frames = all.reduce((sum, { frames: own }) => sum + own, 0);
      return { ids: Int32Array.from(all, ({ id }) => id), of: rows.length, frames, sidesOf, tookMs: 1.6 };
    },
    'tracklets.facets': ({ filter }: { filter: TrackletFilter }) => ({
      facets: {},
      hiddenShare: [found(filter).length],
      length: { edges: [1, 2], counts: [0] },
    }),
    'tracklets.rows': ({ ids }: { ids: number[] }) =>
      ids.map((id) => ({ id, identity: `P${id}`, camera: 'c1', name: `t${id}`, frames: 10 * id, datasetId: id <= 4 ? 1 : 2 })),
    'annotations.gaps': ({ trackletIds }: { trackletIds: number[] }) => {
      const gaps = trackletIds.map((id) => rows.find((row) => row.id === id)!.gaps);
      return { trackletId: trackletIds, withoutValue: gaps, notSeen: gaps.map((n) => n / 2), either: gaps };
    },
    'annotations.apply': () => ({}),
    'tracklets.setSplit': () => ({}),
  });
  const navigate = vi.fn<(path: string, options?: { replace?: boolean }) => void>();
  const setQueue = vi.fn<(ids: Int32Array, label: string) => void>();
  const browser = new TrackletBrowser({ client: calls.client, navigate, setQueue, kept: rememberIn(storage, 'grid', isGridPlace) });
  return { browser, calls, navigate, setQueue, storage, rows };
}
export type OpenBrowser = ReturnType<typeof openBrowser>;

export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
