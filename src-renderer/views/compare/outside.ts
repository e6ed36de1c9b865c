/** What reaches outside of Compare: the page gives it, tests give their own. */
import type { PageClient } from '../../client.ts';
import type { useQuery } from '../../lib/query.svelte.ts';
import type { Route } from '../../lib/route.ts';

export interface CompareOutside {
  client: Pick<PageClient, 'call' | 'send' | 'on'>;
  query: typeof useQuery;
  route: Route;
  navigate(path: string, options?: { replace?: boolean }): void;
}
