/** The list of tracklets of this page. */
import { client } from '../../client.ts';
import { setQueue } from '../../lib/queue.svelte.ts';
import { remembered } from '../../lib/remembered.ts';
import { navigate } from '../../lib/router.svelte.ts';
import { isGridPlace, TrackletBrowser } from './browser.svelte.ts';

export const browser = new TrackletBrowser({ client, navigate, setQueue, kept: remembered('grid', isGridPlace) });
// It outlives its view, so it listens for as long: an import that ends while another view is shown must not leave an old list behind.
client.on('changed', ({ tags }) => browser.onChanged(tags));
