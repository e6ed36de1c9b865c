/** Calls of domain `history`. */
import type { Handlers } from '../../../src-shared/contract.ts';
import type { HostContext } from '../../host/context.ts';

export function createHistoryHandlers({ db, events, jobs }: HostContext): Pick<Handlers, 'history.state' | 'history.undo' | 'history.redo'> {
  async function announce(tags: string[], origin: string): Promise<void> {
    events.changed(tags, origin);
    // Jobs that wait for a run come and go with it.
    if (tags.includes('Jobs')) await jobs.lookAgain();
  }

  return {
    'history.state': () => db.read('history', 'state', null),
    'history.undo': async (_input, { origin, key }) => {
      const step = await db.write('history', 'undo', null, { key });
      await announce(step.tags, origin);
      return step;
    },
    'history.redo': async (_input, { origin, key }) => {
      const step = await db.write('history', 'redo', null, { key });
      await announce(step.tags, origin);
      return step;
    },
  };
}
