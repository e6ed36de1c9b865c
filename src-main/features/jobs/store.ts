/** The queue's rows in the project database. Test: test/main/features/jobsTable.test.ts. */
import type { ProjectDatabase } from '../database.ts';
import type { JobStore } from '../../jobs/queue.ts';

export function createJobStore(db: ProjectDatabase): JobStore {
  return {
    all: () => db.read('jobs', 'all', null),
    get: (id) => db.read('jobs', 'one', { id }),
    insert: (row) => db.write('jobs', 'insert', row),
    update: async (changes) => {
      if (changes.length > 0) await db.write('jobs', 'update', changes);
    },
    remove: (ids) => db.write('jobs', 'remove', ids),
  };
}
