/**
 * Whether the project is open for looking only, and which calls are then refused: the contract says, which the page gets at build time. A command
 * names its call in src-shared/keys.json, a button by `call` (ui/Button.svelte), a group of controls by ui/Writes.svelte; nothing else lists
 * them. App.svelte fills the reason in. Test: test/e2e/lookingOnly.test.ts.
 */
import type { CallName } from '../../src-shared/contract/index.ts';

export const readOnly = $state({ reason: null as string | null, remedy: null as string | null });

const refused: ReadonlySet<string> = new Set(__PROJECT_CALLS__);

/** Why the call would be refused, as a sentence for a tooltip; null where it is taken. */
export function refusal(call: CallName | undefined): string | null {
  return readOnly.reason !== null && call !== undefined && refused.has(call) ? `Open for looking only, because ${readOnly.reason}` : null;
}
