/** A view is found again as it was left: by its tab, by its key, and after a reload. */
import { beforeEach, expect, it, vi } from 'vitest';
import { fakeWindow } from './support/fakeWindow.ts';

let page: ReturnType<typeof fakeWindow>;
const load = async (): Promise<typeof import('../../src-renderer/lib/router.svelte.ts')> => {
  vi.resetModules();
  return await import('../../src-renderer/lib/router.svelte.ts');
};
beforeEach(() => {
  page = fakeWindow();
});

it('leads back to the filter, the run and the evaluations that were shown, also after a reload', async () => {
  const router = await load();
  router.navigate('/tracklets?split=query&hidden=5-100&sort=hiddenDesc');
  router.navigate('/runs/plain-s1');
  page.click('#/compare?e=2%2C1&q=7&hidden=2'); // a link, not navigate()
  page.click('#/jobs');
  const expected = ['/tracklets?split=query&hidden=5-100&sort=hiddenDesc', '/runs/plain-s1', '/compare?e=2%2C1&q=7&hidden=2'];
  expect([router.placeOf('tracklets'), router.placeOf('runs'), router.placeOf('compare')]).toEqual(expected);
  const again = await load();
  expect([again.placeOf('tracklets'), again.placeOf('runs'), again.placeOf('compare')]).toEqual(expected);
  expect(again.placeOf('datasets')).toBe('/datasets');
});

it('keeps what the address said last, not what it said on the way', async () => {
  const router = await load();
  router.navigate('/datasets/3?locate=1');
  router.navigate('/datasets/3', { replace: true });
  router.navigate('/tracklets?text=a');
  router.navigate('/tracklets?text=ab', { replace: true });
  router.navigate('/runs');
  expect([router.placeOf('datasets'), router.placeOf('tracklets')]).toEqual(['/datasets/3', '/tracklets?text=ab']);
});

it('stays where it is at the tab of the view that is shown, and leaves Annotate to find its tracklet', async () => {
  const router = await load();
  router.navigate('/annotate/12?at=3');
  expect(router.placeOf('annotate')).toBe('/annotate/12?at=3');
  router.navigate('/tracklets?split=train');
  expect(router.placeOf('tracklets')).toBe('/tracklets?split=train');
  expect(router.placeOf('annotate')).toBe('/annotate');
});

it('what a view says of its place does not take back where someone has gone meanwhile', async () => {
  for (const late of ['noteAddress', 'replace'] as const) {
    const router = await load();
    router.navigate('/annotate/1');
    router.noteAddress('/annotate/1?at=4');
    expect([page.location.hash, router.route.id, router.route.params]).toEqual(['#/annotate/1?at=4', '1', {}]);
    const event = page.clickUnheard('#/annotate/2');
    if (late === 'replace') router.navigate('/annotate/1?at=5', { replace: true });
    else router.noteAddress('/annotate/1?at=5');
    expect(page.location.hash).toBe('#/annotate/2');
    event();
    expect(router.route).toMatchObject({ view: 'annotate', id: '2', params: {} });
    router.noteAddress('/annotate/2?at=1');
    router.navigate('/annotate/2?at=6', { replace: true });
    expect([page.location.hash, router.route.params['at']]).toEqual(['#/annotate/2?at=6', '6']);
    page.location.hash = '';
  }
});
