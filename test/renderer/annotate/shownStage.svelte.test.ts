/** The pictures without a page: their sizes, which frame is really drawn, what stays until a picture has come, what is said where there is none. */
import { flushSync } from 'svelte';
import { afterEach, expect, test } from 'vitest';
import type { TrackletDetail } from '../../../src-shared/contract/tracklets.ts';
import type { Surface } from '../../../src-renderer/canvas/surface.ts';
import { AnnotateSession } from '../../../src-renderer/views/annotate/session.svelte.ts';
import { ShownStage } from '../../../src-renderer/views/annotate/stage.svelte.ts';
import { fakeHost, settle } from './fakeHost.ts';

const FRAMES = 20;
let closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing) close();
  closing = [];
});

/** A person 20 × 80 that walks to the right, one pixel a frame; in frame 3 another one stands in front. */
async function open({ isVideo = true } = {}) {
  const detail = {
    row: { id: 1, datasetId: 1, frames: FRAMES, identity: '0003', camera: 'c1', name: 't', stamp: 's' },
    mediaId: 7,
    mediaKind: isVideo ? 'video' : 'crops',
    mediaWidth: isVideo ? 800 : 0,
    mediaHeight: isVideo ? 400 : 0,
    fps: 7,
    frameIndex: Int32Array.from({ length: FRAMES }, (_, i) => 100 + i),
    boxes: isVideo ? Float32Array.from({ length: FRAMES * 4 }, (_, i) => [100 + Math.floor(i / 4), 100, 20, 80][i % 4]!) : null,
    ignored: null,
    siblings: [],
  } as unknown as TrackletDetail;
  const pictures = new Map<string, PromiseWithResolvers<ImageBitmap>>();
  const session = new AnnotateSession({
    client: fakeHost(FRAMES),
    detail,
    annotator: () => 'a.r.',
    load(url) {
      const known = pictures.get(url) ?? Promise.withResolvers<ImageBitmap>();
      pictures.set(url, known);
      return known.promise;
    },
  });
  const asked: unknown[] = [];
  const drawn: { what: string; scene: Record<string, unknown> }[] = [];
  const draw = (what: string) => (_: unknown, scene: object) => {
    drawn.push({ what, scene: scene as Record<string, unknown> });
    return 2;
  };
  const view = $state({ boxes: true, path: false, close: false });
  const fronts: unknown[] = [];
  let work: () => void = () => undefined;
  let isAsked = false;
  const surface = (): Surface => {
    let size = '';
    return { context: {} as never, width: 5, height: 6, resize: (w, h) => size !== (size = `${w} ${h}`) };
  };
  let stage!: ShownStage;
  const close = $effect.root(() => {
    stage = new ShownStage(session, {
      theme: () => ({}) as never,
      query: ((name: string, input: () => unknown) => {
        asked.push([name, input()]);
        return {
          data: {
            frame: Int32Array.of(103, 103),
            trackletId: Int32Array.of(1, 2),
            box: Float32Array.of(0, 0, 9, 9, 110, 120, 20, 80),
            names: { '2': '0007' },
          },
        };
      }) as never,
      schedule(next) {
        work = next;
        return { request: () => void (isAsked = true), cancel: () => void (isAsked = false) };
      },
      draw: { person: draw('person') as never, frame: draw('frame') as never, neighbours: draw('neighbours') as never, hole: draw('hole') as never },
      view,
      onfront: (front) => void fronts.push(front),
    });
    stage.width = 780;
    stage.height = 412;
    stage.person = surface();
    stage.around = surface();
  });
  closing.push(close, () => session.close());
  /** What the next displayed frame draws. */
  const next = async (): Promise<string> => {
    flushSync();
    await settle();
    flushSync();
    const before = drawn.length;
    if (isAsked) {
      isAsked = false;
      work();
    }
    return drawn
      .slice(before)
      .map(({ what }) => what)
      .join(' ');
  };
  const of = (position: number) => pictures.get(session.pictureUrl(position))!;
  const come = (position: number) => of(position).resolve({ width: 800, height: 400, close: () => undefined } as ImageBitmap);
  return { session, stage, view, fronts, drawn, asked, next, come, of, last: (what: string) => drawn.findLast((one) => one.what === what)!.scene };
}

test('the person is as high as there is room, half as wide, and the video frame takes the rest whole', async () => {
  const { stage, asked } = await open();
  expect([stage.personHeight, stage.personWidth, stage.frameSize]).toEqual([388, 194, { width: 520, height: 260 }]);
  stage.width = 200;
  expect(stage.frameSize.width).toBe(0);
  stage.height = 10;
  expect(stage.personHeight).toBe(0);
  expect(asked).toEqual([['media.boxes', { mediaId: 7, from: 100, to: 119 }]]);
});

test('a frame is said to be drawn once its picture is; until then the one before stays and is named', async () => {
  const { session, stage, next, come } = await open();
  expect(await next()).toBe('');
  expect([stage.drawn, stage.isLate]).toEqual([null, true]);
  come(0);
  expect(await next()).toBe('person frame');
  expect([stage.drawn, stage.isLate, stage.enlargement]).toEqual([0, false, 2]);
  session.player.seek(2);
  expect(await next()).toBe('');
  expect([stage.drawn, stage.isLate]).toEqual([0, true]);
  come(2);
  await next();
  expect([stage.drawn, stage.isLate]).toEqual([2, false]);
});

test('another size draws the picture again that is on screen, though the playhead is ahead', async () => {
  const { session, stage, next, come, last } = await open();
  come(0);
  await next();
  session.player.seek(5);
  await next();
  stage.height = 312;
  expect(await next()).toBe('person frame');
  expect([last('frame')['position'], stage.drawn]).toEqual([0, 0]);
});

test('a picture that cannot be had leaves a hole and its reason, and is not late', async () => {
  const { stage, next, of } = await open();
  of(0).reject(new Error('The file is gone.'));
  expect(await next()).toBe('hole hole');
  expect([stage.failure?.reason, stage.drawn, stage.isLate]).toEqual(['The file is gone.', null, false]);
});

test('who stands in front is told for the playhead and drawn for the frame on screen; its own box is none of the others', async () => {
  const { session, fronts, next, come, last } = await open();
  come(0);
  await next();
  session.player.seek(3);
  await next();
  expect(fronts).toMatchObject([null, { name: '0007' }]);
  expect(last('frame')).toMatchObject({ others: [], front: null, me: { name: '0003', box: { x: 100, y: 100, w: 20, h: 80 } } });
  come(3);
  await next();
  expect(last('frame')).toMatchObject({ others: [{ name: '0007', box: { x: 110, y: 120, w: 20, h: 80 } }], front: '0007' });
});

test('boxes, path and close up are drawn as they are switched', async () => {
  const { view, next, come, last } = await open();
  come(0);
  await next();
  expect(last('frame')).toMatchObject({ showBoxes: true, path: null, isClose: false });
  Object.assign(view, { boxes: false, path: true, close: true });
  expect(await next()).toBe('person frame');
  const scene = last('frame');
  expect(scene).toMatchObject({ showBoxes: false, isClose: true });
  expect([...(scene['path'] as Float32Array).subarray(0, 4)], 'where the feet are').toEqual([110, 180, 111, 180]);
});

test('crops have two frames before and two after instead, as far as there are any, and ask for no boxes', async () => {
  const { session, stage, next, come, drawn, last, asked } = await open({ isVideo: false });
  expect([asked, stage.frameSize]).toEqual([[['media.boxes', null]], { width: 520, height: 388 }]);
  expect(stage.neighbours).toEqual([-4, -2, 2, 4]);
  come(0);
  come(2);
  await next();
  expect((last('neighbours')['pictures'] as unknown[]).map((one) => one !== null && one !== undefined)).toEqual([false, false, true, false]);
  expect(drawn.some(({ what }) => what === 'frame')).toBe(false);
  session.player.seek(10);
  expect(stage.neighbours).toEqual([6, 8, 12, 14]);
});
