/** Calls of domain `backups`. Tests: test/main/features/plainHandlers.test.ts, test/main/features/backups.test.ts. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../context.ts';

export function createBackupsHandlers({ backups, events, jobs, clock }: HostContext): Pick<Handlers, 'backups.list' | 'backups.make' | 'backups.restore'> {
  return {
    'backups.list': () => backups.list(),
    'backups.make': () => backups.make('By hand'),
    'backups.restore': async ({ id }) => {
      const generation = await jobs.whileIdle(() => backups.restore(id));
      // Every page reads all of it again.
      events.emit('restored', { id, at: clock(), generation });
      return {};
    },
  };
}
