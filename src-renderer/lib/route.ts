/** The part of the address after `#` and what it names; router.svelte.ts follows it. Test: test/renderer/compare/address.test.ts. */

export const VIEWS = ['tracklets', 'annotate', 'runs', 'compare', 'datasets', 'jobs'] as const;
export type ViewId = (typeof VIEWS)[number];

export interface Route {
  view: ViewId;
  id: string | null;
  params: Record<string, string>;
}

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const [view, id] = path.split('/');
  const params = Object.fromEntries(new URLSearchParams(search));
  return { view: VIEWS.find((known) => known === view) ?? 'tracklets', id: id ? decodeURIComponent(id) : null, params };
}

/** The text of a route, without `#`; parameters that are null or empty are left out. */
export function routePath(view: ViewId, id: string | number | null = null, params: Record<string, string | number | null | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value !== null && value !== undefined && value !== '') search.set(key, String(value));
  const text = search.toString();
  return `/${view}${id === null ? '' : `/${encodeURIComponent(String(id))}`}${text ? `?${text}` : ''}`;
}
