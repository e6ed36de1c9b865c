/** Undo and redo from anywhere, and the line in the status bar that says what was done and offers to go there. */
import { client, isCancelled } from '../client.ts';
import { toErrorShape } from '../../src-shared/errors.ts';
import { route } from '../lib/router.svelte.ts';

/** Stays for some seconds; no toast, because the result is visible where it happened. */
export const stepDone = $state({ text: '', trackletId: null as number | null });
const SHOWN_MS = 6000;
let timer: ReturnType<typeof setTimeout> | undefined;
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

function say(text: string, trackletId: number | null): void {
  stepDone.text = text;
  stepDone.trackletId = trackletId;
  clearTimeout(timer);
  timer = setTimeout(() => {
    stepDone.text = '';
    stepDone.trackletId = null;
  }, SHOWN_MS);
}
