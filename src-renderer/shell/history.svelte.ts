/** Undo and redo from anywhere: what they would do in this window, and the line in the status bar that says what was done; a refusal is a notice. */
import { client } from '../client.ts';
import { isCancelled } from '../lib/cancelled.ts';
import { toErrorShape } from '../../src-shared/errors.ts';
import type { HistoryState } from '../../src-shared/contract/history.ts';
import type { CommandHandler } from '../lib/commands.svelte.ts';
import { notify, settle } from '../lib/notices.svelte.ts';
import { useQuery, type QueryState } from '../lib/query.svelte.ts';
import { isOwnWindow, windowId } from '../lib/windowId.ts';
import { route } from '../lib/router.svelte.ts';
import { say } from '../lib/stepDone.svelte.ts';

let isBusy = false;
let isSure = $state(false);
void isOwnWindow.then(() => (isSure = true));

/** What undo and redo would do in this window; call it while a component starts. */
export function useHistory(): QueryState<HistoryState> {
  return useQuery('history.state', () => (isSure ? { window: windowId() } : null));
}

/** The commands, named after their step. Their keys are taken even when nothing is known to undo: the newest step may be on its way. */
export function historyCommands(history: QueryState<HistoryState>): Record<'app.undo' | 'app.redo', CommandHandler> {
  const command = (direction: 'undo' | 'redo', verb: string, label: () => string | null | undefined): CommandHandler => ({
    press: () => void stepHistory(direction),
    title: () => (label() ? `${verb}: ${label()}` : verb),
    why: () => (label() ? null : `Nothing to ${direction} in this window`),
  });
  return { 'app.undo': command('undo', 'Undo', () => history.data?.undoLabel), 'app.redo': command('redo', 'Redo', () => history.data?.redoLabel) };
}

async function stepHistory(direction: 'undo' | 'redo'): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  try {
    const { label, trackletId, leftOut } = await client.call(direction === 'undo' ? 'history.undo' : 'history.redo', {});
    settle('history');
    if (leftOut !== null) {
      const remedy = `${direction === 'undo' ? 'Undo' : 'Redo'} once more for the step that comes next.`;
      return notify({ message: leftOut, remedy }, { about: 'history' });
    }
    const isElsewhere = trackletId !== null && !(route.view === 'annotate' && route.id === String(trackletId));
    say(label === null ? `Nothing to ${direction}` : `${direction === 'undo' ? 'Undone' : 'Redone'}: ${label}`, isElsewhere ? trackletId : null);
  } catch (error) {
    // Why not takes more words than the status bar has room for.
    if (!isCancelled(error)) notify(toErrorShape(error), { about: 'history' });
  } finally {
    isBusy = false;
  }
}
