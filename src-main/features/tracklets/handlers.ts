/** Calls of domain `tracklets`. Test: test/main/features/trackletCalls.test.ts. */
import { calls, tagsOf, type Handlers } from '../../../src-shared/contract/index.ts';
import type { TrackletRow } from '../../../src-shared/contract/tracklets.ts';
import type { HostContext } from '../context.ts';
import { createMediaPresence } from '../../media/presence.ts';
import type { StoredRow } from './table.ts';

export function createTrackletsHandlers(
  context: HostContext,
): Pick<Handlers, 'tracklets.query' | 'tracklets.facets' | 'tracklets.rows' | 'tracklets.get' | 'tracklets.setSplit'> {
  const { db, clock } = context;
  const presence = createMediaPresence(context);

  async function complete(rows: StoredRow[]): Promise<TrackletRow[]> {
    const missing = await presence.missing(rows.map((row) => row.mediaId));
    return rows.map(({ mediaId, ...row }) => ({
      ...row,
      mediaMissing: missing.has(mediaId),
      changedPictures: context.changedPictures.ofTracklet(row, row.id),
      missingPictures: context.missingPictures.ofTracklet(row, row.id),
    }));
  }

  return {
    'tracklets.query': async ({ filter, sort }) => {
      const startedAt = performance.now();
      const result = await db.read('tracklets', 'query', { filter, sort });
      return { ...result, tookMs: performance.now() - startedAt };
    },
    'tracklets.facets': ({ filter }) => db.read('tracklets', 'facets', { filter }),
    'tracklets.rows': async ({ ids, sidesOf }) => complete(await db.read('tracklets', 'rows', { ids, sidesOf })),
    'tracklets.get': async ({ id }) => {
      const { row: stored, ...detail } = await db.read('tracklets', 'detail', { id });
      const [row] = await complete([stored]);
      return { ...detail, row: row as TrackletRow, mediaId: stored.mediaId };
    },
    'tracklets.setSplit': async (input, { key }) => {
      await db.write('tracklets', 'setSplit', { ...input, at: clock(), tags: tagsOf(calls['tracklets.setSplit'], 'invalidates', input) }, { key });
      return {};
    },
  };
}
