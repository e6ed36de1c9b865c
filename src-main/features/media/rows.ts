/** The rows that media/ asks for, out of the project's database. Tests: test/main/features/tables.test.ts, test/main/media/routes.test.ts. */
import type { MediaRows } from '../../media/context.ts';
import type { ProjectDatabase } from '../database.ts';

export function mediaRows(db: ProjectDatabase): MediaRows {
  return {
    source: (id) => db.read('media', 'source', { id }),
    sources: (ids) => db.read('media', 'sources', { ids }),
    trackletPixels: (id) => db.read('media', 'trackletPixels', { id }),
    frameFile: (mediaId, index) => db.read('media', 'frameFile', { mediaId, index }),
    cached: () => db.read('media', 'cached', null),
  };
}
