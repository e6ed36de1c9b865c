/** Calls of domain `history`. */
import type { Handlers } from '../../../src-shared/contract.ts';
import type { HostContext } from '../../host/context.ts';

export function createHistoryHandlers({ db, events }: HostContext): Pick<Handlers, 'history.state' | 'history.undo' | 'history.redo'> {
  return {
    'history.state': () => db.read('history', 'state', null),
    'history.undo': async (_input, { origin, key }) => {
      const step = await db.write('history', 'undo', null, { key });
      events.changed(step.tags, origin);
      return step;
    },
    'history.redo': async (_input, { origin, key }) => {
      const step = await db.write('history', 'redo', null, { key });
      events.changed(step.tags, origin);
      return step;
    },
  };
}
