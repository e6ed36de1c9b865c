/** What the page knows about its connection to the host. Only client.ts writes it. */

export const connection = $state({
  /** `refused`: the host is there but does not know this window, or the window has no token to show. */
  state: 'connecting' as 'connecting' | 'open' | 'lost' | 'refused',
  /** Tries in a row that found nobody. */
  failures: 0,
  /** The window has, or had, a token. */
  hasToken: false,
  /** Of the project; known after the first connection. */
  project: null as string | null,
  /** Part of the addresses of pictures. */
  pictures: '',
  version: null as string | null,
  contract: null as string | null,
  session: null as string | null,
  /** Why the host cannot keep changes just now; they wait here. */
  held: null as { message: string; remedy: string } | null,
  /** The project is not in its place, as the host says; null while it is. */
  moved: null as { message: string; remedy: string } | null,
  clientId: null as string | null,
  /** Counts connections made; a reader that sees it grow has missed events in between. */
  opened: 0,
});
