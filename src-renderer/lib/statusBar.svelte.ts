/**
 * What a view adds to the status bar: a fact at the left (such as "Row 1–6 of 116") and one at the right (such as "Filtered in 38 ms").
 *   showStatus({ left: () => `Row ${row}`, right: () => null });
 */
import { onDestroy } from 'svelte';

interface StatusFacts {
  left?(): string | null;
  right?(): string | null;
}

let shown = $state.raw<StatusFacts>({});

export function shownStatus(): StatusFacts {
  return shown;
}

export function showStatus(facts: StatusFacts): void {
  shown = facts;
  onDestroy(() => {
    if (shown === facts) shown = {};
  });
}
