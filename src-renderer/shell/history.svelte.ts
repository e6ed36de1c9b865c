/** Undo and redo from anywhere; the line in the status bar says what was done. */
import { client, isCancelled } from '../client.ts';
import { toErrorShape } from '../../src-shared/errors.ts';
import { route } from '../lib/router.svelte.ts';
import { say } from '../lib/stepDone.svelte.ts';

let isBusy = false;

export async function stepHistory(direction: 'undo' | 'redo'): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  try {
    const { label, trackletId } = await client.call(direction === 'undo' ? 'history.undo' : 'history.redo', {});
    const isElsewhere = trackletId !== null && !(route.view === 'annotate' && route.id === String(trackletId));
    say(label === null ? `Nothing to ${direction}` : `${direction === 'undo' ? 'Undone' : 'Redone'}: ${label}`, isElsewhere ? trackletId : null);
  } catch (error) {
    if (!isCancelled(error)) say(toErrorShape(error).message, null);
  } finally {
    isBusy = false;
  }
}
