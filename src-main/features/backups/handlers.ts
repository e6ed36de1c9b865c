/** Calls of domain `backups`. Test: test/main/features/backups.test.ts. */
import type { Handlers } from '../../../src-shared/contract.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { HostContext } from '../../host/context.ts';

export function createBackupsHandlers({ backups, events, jobs, clock }: HostContext): Pick<Handlers, 'backups.list' | 'backups.make' | 'backups.restore'> {
  return {
    'backups.list': () => backups.list(),
    'backups.make': () => backups.make('By hand'),
    'backups.restore': async ({ id }) => {
      const busy = (await jobs.list()).find((job) => job.state === 'running');
      if (busy)
        throw new AppError(
          'CONFLICT',
          `"${busy.title}" is under way; what it writes belongs to the project as it is now.`,
          { job: busy.id },
          { remedy: 'Stop it first, or wait for its end.' },
        );
      await backups.restore(id);
      // Every page reads all of it again.
      events.emit('restored', { id, at: clock() });
      return {};
    },
  };
}
