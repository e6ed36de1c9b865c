/**
 * Where the window is: the part of the address after `#`. `#/compare?e=1,2&q=7` is { view: 'compare', id: null, params: {e: '1,2', q: '7'} }.
 * And where each view was when it was left, for coming back by its tab or key. Test: test/renderer/router.svelte.test.ts.
 */
import './windowAddress.ts'; // takes the token out of the address first
import { isRecord, remembered } from './remembered.ts';

import { parseRoute, routePath, type Route, type ViewId } from './route.ts';
export { routePath, VIEWS, type ViewId } from './route.ts';

export const route: Route = $state(parseRoute(location.hash));
/** The address that `route` was read from, or that stands for it. */
let followed = location.hash;

const kept = remembered('views', isRecord);
const places: Record<string, unknown> = $state(kept.read() ?? {});

/** Where the tab of a view leads: to what it showed when it was left. Annotate knows its own place, since a tracklet can be gone meanwhile. */
export function placeOf(view: ViewId): string {
  if (view === route.view) return routePath(view, route.id, route.params);
  const place = view === 'annotate' ? undefined : places[view];
  return typeof place === 'string' && parseRoute(place).view === view ? place : routePath(view);
}

function follow(before: string): void {
  const left = parseRoute(before);
  const next = parseRoute(location.hash);
  followed = location.hash;
  if (left.view !== next.view) {
    places[left.view] = routePath(left.view, left.id, left.params);
    kept.write(places);
  }
  Object.assign(route, next);
}
addEventListener('hashchange', (event) => follow(new URL(event.oldURL).hash));

/** The event comes after the address: until then someone has gone elsewhere, and what a view still says about its place must not take that back. */
function isLeaving(): boolean {
  return location.hash !== followed;
}

/** What the address says from now on for the place that is shown, which stays as it is. */
export function noteAddress(path: string): void {
  if (isLeaving()) return;
  history.replaceState(null, '', `#${path}`);
  followed = location.hash;
}

/** `navigate('/annotate/12?at=3')`; with `replace` the step does not stay in the window's history. */
export function navigate(path: string, options: { replace?: boolean } = {}): void {
  const hash = `#${path.startsWith('/') ? path : `/${path}`}`;
  const before = location.hash;
  if (hash === before) return;
  if (options.replace) {
    if (isLeaving()) return;
    history.replaceState(null, '', hash);
    follow(before);
  } else {
    location.hash = hash;
    follow(before); // the event comes later; whoever navigates may read the route at once
  }
}
