/** What the page knows about its connection to the host. Only client.ts writes it. */

export const connection = $state({
  state: 'connecting' as 'connecting' | 'open' | 'lost',
  version: null as string | null,
  contract: null as string | null,
  session: null as string | null,
  /** Why the host cannot keep changes just now; they wait here. */
  held: null as string | null,
  clientId: null as string | null,
  /** Counts connections made; a reader that sees it grow has missed events in between. */
  opened: 0,
});
