/** The timeline without a page: what of it is drawn again and when, which sheets of its strip are fetched, wheel, zoom and the words for a frame. */
import { flushSync } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import type { TrackletDetail } from '../../../src-shared/contract/tracklets.ts';
import type { Surface } from '../../../src-renderer/canvas/surface.ts';
import type { TimelineScene } from '../../../src-renderer/canvas/timeline.ts';
import { AnnotateSession } from '../../../src-renderer/views/annotate/session.svelte.ts';
import { ShownTimeline } from '../../../src-renderer/views/annotate/timeline.svelte.ts';
import { fakeHost, settle } from './fakeHost.ts';

const FRAMES = 400;
let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

/** 800 px for 400 frames: six pixels a frame, so that it scrolls; a crop of 24 px stands for four frames. */
async function open({ frames = FRAMES, width = 800 } = {}) {
  const host = fakeHost(frames);
  const row = { id: 1, datasetId: 1, frames, identity: '0003', camera: 'c1', name: 't', stamp: 's' } as TrackletDetail['row'];
  const detail = {
    row,
    mediaId: 7,
    mediaKind: 'crops',
    mediaWidth: 0,
    mediaHeight: 0,
    fps: 7,
    frameIndex: Int32Array.from({ length: frames }, (_, i) => i),
    boxes: null,
    ignored: null,
    siblings: [],
  } as unknown as TrackletDetail;
  const session = new AnnotateSession({ client: host, detail, annotator: () => 'a.r.', load: () => new Promise(() => undefined) });
  session.activeLane = 'visibility';
  session.zoom = 1;
  const fetched: { url: string; signal: AbortSignal; come(): void }[] = [];
  const drawn = { base: [] as TimelineScene[], overlay: [] as TimelineScene[] };
  let draw: () => void = () => undefined;
  let isAsked = false;
  let theme = $state.raw({ name: 'dark' });
  let size = '';
  const surface = (): Surface => ({ context: {} as never, width: 0, height: 0, resize: (w, h) => size !== (size = `${w} ${h}`) });
  let timeline!: ShownTimeline;
  const close = $effect.root(() => {
    timeline = new ShownTimeline(session, {
      theme: () => theme as never,
      load: (url, signal) =>
        new Promise((resolve) => {
          fetched.push({ url, signal, come: () => resolve({ width: 48 * 48, height: 96, close: () => undefined } as ImageBitmap) });
        }),
      scale: () => 1,
      schedule: (work) => {
        draw = work;
        return { request: () => void (isAsked = true), cancel: () => void (isAsked = false) };
      },
      draw: { base: (_, scene) => void drawn.base.push(scene), overlay: (_, scene) => void drawn.overlay.push(scene) },
    });
    timeline.width = width;
    timeline.height = 314;
    timeline.base = surface();
    timeline.overlay = { ...surface(), resize: () => false };
  });
  closing.push(close, () => session.close());
  /** What the next displayed frame draws again. */
  const next = async (): Promise<string> => {
    flushSync();
    await settle();
    flushSync();
    const before = [drawn.base.length, drawn.overlay.length];
    if (isAsked) {
      isAsked = false;
      draw();
    }
    return [drawn.base.length > before[0]! ? 'base' : '', drawn.overlay.length > before[1]! ? 'overlay' : ''].filter(Boolean).join(' ');
  };
  await next();
  return { host, session, timeline, fetched, drawn, next, close, setTheme: (name: string) => (theme = { name }), isAsked: () => isAsked };
}
const rangesOf = (fetched: { url: string }[]) => fetched.map(({ url }) => /sheet\/1\/(\d+-\d+)\.jpg/.exec(url)?.[1]);

test('a step of the playhead draws the upper layer alone, until it comes to another block', async () => {
  const { session, next } = await open();
  session.activeLane = 'occluder';
  await next();
  void session.values.apply('occluder person', 'occluder', [{ start: 2, end: 5, value: 'person', how: 'entered' }]);
  expect(await next()).toBe('base overlay');
  session.player.seek(1);
  expect(await next()).toBe('overlay');
  session.player.seek(3);
  expect(await next()).toBe('base overlay');
  session.player.seek(4);
  expect(await next()).toBe('overlay');
  expect(await next(), 'nothing changed').toBe('');
});

test('another theme, lane or size draws everything again; a range only the upper layer', async () => {
  const { session, timeline, next, setTheme, drawn } = await open();
  setTheme('light');
  expect(await next()).toBe('base overlay');
  session.moveLane(1);
  expect(await next()).toBe('base overlay');
  timeline.width = 900;
  expect(await next()).toBe('base overlay');
  session.rangeIn();
  expect(await next()).toBe('overlay');
  expect(drawn.overlay.at(-1)).toMatchObject({ theme: { name: 'light' }, selection: { start: 0, end: 0 } });
  timeline.width = 40;
  expect(await next(), 'the box has no place').toBe('');
});

test('nothing is drawn after it has gone', async () => {
  const { session, close, isAsked } = await open();
  session.player.seek(3);
  flushSync();
  close();
  expect(isAsked()).toBe(false);
});

test('the sheets in sight are fetched, each of 48 crops, and others once they are of other crops', async () => {
  const { session, timeline, fetched, next } = await open();
  const { every } = timeline.layout.strip;
  expect(every).toBe(4);
  expect(rangesOf(fetched)).toEqual(['0-188']);
  expect(fetched[0]!.url).toContain('every=4&h=48&stamp=s');
  session.scroll = 1000;
  await next();
  expect(rangesOf(fetched).slice(1)).toEqual(['192-380']);
  timeline.zoom(1);
  await next();
  const [other] = fetched.slice(-1);
  expect(other!.url).not.toContain('every=4');
  expect(fetched[0]!.signal.aborted, 'nobody waits for those of before').toBe(true);
});

test('a sheet that came is drawn crop by crop; a cell without one is left', async () => {
  const { timeline, fetched, next, drawn } = await open();
  const { drawCrop } = drawn.base.at(-1)!;
  const context = { drawImage: vi.fn<(...args: unknown[]) => void>() };
  expect(drawCrop(context as never, 8, 10, 2, 24, 48)).toBe(false);
  fetched[0]!.come();
  expect(await next()).toBe('base overlay');
  expect(drawCrop(context as never, 8, 10, 2, 24, 48)).toBe(true);
  expect(context.drawImage.mock.calls[0]!.slice(1)).toEqual([2 * 48, 0, 48, 96, 10, 2, 24, 48]);
  expect(drawCrop(context as never, 192, 10, 2, 24, 48), 'of the next sheet').toBe(false);
  expect(timeline.strip.changed).toBe(1);
});

test('the playhead stays in sight', async () => {
  const { session, timeline, next } = await open();
  session.player.seek(300);
  await next();
  const { scroll, frameWidth, width } = timeline.layout;
  expect(300 * frameWidth - scroll).toBeGreaterThan(0);
  expect(301 * frameWidth - scroll).toBeLessThan(width);
});

test('the wheel zooms at the pointer, scrolls with Shift or sideways, and never beyond the ends', async () => {
  const { session, timeline, next } = await open();
  const plain = { x: 300, deltaX: 0, deltaY: 0, shiftKey: false, ctrlKey: false };
  const under = () => (timeline.layout.scroll + plain.x) / timeline.layout.frameWidth;
  timeline.wheel({ ...plain, deltaX: 500, deltaY: 10 });
  expect(session.scroll).toBe(500);
  timeline.wheel({ ...plain, deltaY: 100, shiftKey: true });
  expect(session.scroll).toBe(600);
  timeline.wheel({ ...plain, deltaX: -9999 });
  expect(session.scroll).toBe(0);
  timeline.wheel({ ...plain, deltaX: 99_999 });
  expect(session.scroll).toBe(timeline.layout.contentWidth - timeline.layout.width);
  session.scroll = 600;
  const before = under();
  timeline.wheel({ ...plain, deltaY: -100 });
  expect(session.zoom).toBeCloseTo(Math.exp(0.18), 10);
  expect(under()).toBeCloseTo(before, 8);
  timeline.wheel({ ...plain, deltaY: 10, ctrlKey: true });
  expect(session.zoom, 'a pinch').toBeCloseTo(Math.exp(0.18 - 0.1), 10);
  await next();
});

test('keys zoom around the playhead, and back to all of it', async () => {
  const { session, timeline } = await open({ frames: 40 });
  session.player.seek(20);
  flushSync();
  const middle = () => 20.5 * timeline.layout.frameWidth - timeline.layout.scroll;
  const before = middle();
  timeline.zoom(1);
  expect([session.zoom, Math.round(middle())]).toEqual([1.5, Math.round(before)]);
  timeline.zoom(-1);
  expect(session.zoom).toBeCloseTo(1, 10);
  timeline.zoom(1);
  timeline.zoom(0);
  expect([session.zoom, session.scroll]).toEqual([1, 0]);
});

test('the frame is said with its value and how that came, and only that it plays while it does', async () => {
  const { session, timeline } = await open();
  expect(timeline.spoken).toBe('Visibility, frame 1 of 400, no value');
  void session.values.apply('visibility 4', 'visibility', [{ start: 0, end: 3, value: 4, how: 'carried' }]);
  session.player.seek(2);
  expect(timeline.spoken).toMatch(/^Visibility, frame 3 of 400, 30–40 % of the person hidden, carried/);
  session.player.playing = true;
  expect(timeline.spoken).toBe('Playing');
  session.player.playing = false;
});
