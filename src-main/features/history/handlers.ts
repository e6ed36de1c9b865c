/** Calls of domain `history`.Test: test/main/features/plainHandlers.test.ts. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import { windowOf } from '../../../src-shared/rpc.ts';
import type { HostContext } from '../context.ts';

export function createHistoryHandlers({ db, events, jobs, windows }: HostContext): Pick<Handlers, 'history.state' | 'history.undo' | 'history.redo'> {
  async function announce(tags: string[], origin: string): Promise<void> {
    events.changed(tags, origin);
    // Jobs that wait for a run come and go with it.
    if (tags.includes('Jobs')) await jobs.lookAgain();
  }

  function asking(key: string | null): { window: string | null; others: string[] } {
    const window = windowOf(key);
    return { window, others: windows.others(window) };
  }

  return {
    'history.state': ({ window = null }, { origin }) => {
      windows.note(origin, window);
      return db.read('history', 'state', { window, others: windows.others(window) });
    },
    'history.undo': async (_input, { origin, key }) => {
      const step = await db.write('history', 'undo', asking(key), { key });
      await announce(step.tags, origin);
      return step;
    },
    'history.redo': async (_input, { origin, key }) => {
      const step = await db.write('history', 'redo', asking(key), { key });
      await announce(step.tags, origin);
      return step;
    },
  };
}
