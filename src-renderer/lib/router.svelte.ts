/**
 * Where the window is: the part of the address after `#`. `#/compare?e=1,2&q=7` is { view: 'compare', id: null, params: {e: '1,2', q: '7'} }.
 */
import './windowAddress.ts'; // takes the token out of the address first

export const VIEWS = ['tracklets', 'annotate', 'runs', 'compare', 'datasets', 'jobs'] as const;
export type ViewId = (typeof VIEWS)[number];

export interface Route {
  view: ViewId;
  id: string | null;
  params: Record<string, string>;
}

export function parseRoute(hash: string): Route {
  const [path = '', search = ''] = hash.replace(/^#\/?/, '').split('?', 2);
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

export const route: Route = $state(parseRoute(location.hash));

function follow(): void {
  Object.assign(route, parseRoute(location.hash));
}
addEventListener('hashchange', follow);

/** `navigate('/annotate/12?at=3')`; with `replace` the step does not stay in the window's history. */
export function navigate(path: string, options: { replace?: boolean } = {}): void {
  const hash = `#${path.startsWith('/') ? path : `/${path}`}`;
  if (hash === location.hash) return;
  if (options.replace) {
    history.replaceState(null, '', hash);
    follow();
  } else {
    location.hash = hash;
    follow(); // the event comes later; whoever navigates may read the route at once
  }
}
