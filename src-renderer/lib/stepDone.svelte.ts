/** The line in the status bar that says what was done and offers to go there. Stays for some seconds; no toast, because the result is visible where it happened. */
export const stepDone = $state({ text: '', trackletId: null as number | null });
const SHOWN_MS = 6000;
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string, trackletId: number | null): void {
  stepDone.text = text;
  stepDone.trackletId = trackletId;
  clearTimeout(timer);
  timer = setTimeout(() => {
    stepDone.text = '';
    stepDone.trackletId = null;
  }, SHOWN_MS);
}
