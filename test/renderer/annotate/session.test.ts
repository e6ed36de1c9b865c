// A session on a fake host: what keys and pointer do to the values, as an analyst would work.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TrackletDetail } from '../../../src-shared/entities.ts';
import { layoutTimeline, RIBBON, xOf } from '../../../src-renderer/canvas/timelineLayout.ts';
import { connection } from '../../../src-renderer/lib/connection.svelte.ts';
import { LANES } from '../../../src-renderer/views/annotate/fields.ts';
import { columnsOf, ORIGINS, rangeAt } from '../../../src-renderer/views/annotate/lanes.ts';
import { AnnotateSession } from '../../../src-renderer/views/annotate/session.svelte.ts';
import { TimelinePointer } from '../../../src-renderer/views/annotate/timelinePointer.svelte.ts';
import { fakeHost, settle } from './fakeHost.ts';

const FRAMES = 20;
const open: AnnotateSession[] = [];
afterEach(() => open.splice(0).forEach((session) => session.close()));

function start(frameIndex = Int32Array.from({ length: FRAMES }, (_, i) => 100 + i)) {
  const host = fakeHost(FRAMES);
  const row = { id: 1, datasetId: 1, frames: FRAMES, identity: '0003', stamp: 's' } as TrackletDetail['row'];
  const detail: TrackletDetail = {
    row,
    mediaId: 7,
    mediaKind: 'video',
    mediaWidth: 768,
    mediaHeight: 576,
    fps: 7,
    frameIndex,
    boxes: new Float32Array(FRAMES * 4),
    ignored: null,
    siblings: [],
  };
  const loaded: string[] = [];
  const load = (url: string) => (loaded.push(url), Promise.resolve({ width: 4, height: 4, close: () => undefined } as ImageBitmap));
  const session = new AnnotateSession({ client: host, detail, annotator: () => 'a.r.', load });
  open.push(session);
  session.activeLane = 'visibility';
  session.stepMode = 1;
  session.painter.carriesForward = false;
  const column = () => [...columnsOf(session.values.lane('visibility'), FRAMES).value];
  const origins = () => [...columnsOf(session.values.lane('visibility'), FRAMES).origin].map((origin) => ORIGINS[origin] ?? '-');
  return { host, session, loaded, column, origins };
}
const labels = (host: ReturnType<typeof fakeHost>) => host.steps.map((step) => step.label);

// The part of the addresses of pictures that each start of the host makes.
connection.pictures = 'secret';

describe('a session', () => {
  it('asks for the picture of the frame by its number in the video', async () => {
    const { session, loaded } = start();
    await settle();
    expect(session.hasFrames).toBe(true);
    expect(loaded[0]).toBe('media/secret/frame/7/100.jpg?stamp=s');
    session.player.seek(9);
    expect(session.pictureUrl(9)).toBe('media/secret/frame/7/109.jpg?stamp=s');
  });

  it('a tap paints one frame, a digit on a range the range, and the range is forgotten at the next move', async () => {
    const { host, session, column } = start();
    await settle();
    session.digit(4);
    session.endStroke();
    session.player.seek(5);
    session.rangeIn();
    session.player.seek(8);
    session.rangeOut();
    session.digit(10);
    session.endStroke();
    session.digit(9);
    session.endStroke();
    await settle();
    expect(column().slice(0, 10)).toEqual([4, -1, -1, -1, -1, 9, 9, 9, 9, -1]);
    session.step(1);
    expect(session.selection).toBeNull();
    expect(labels(host)).toEqual(['paint 4 on 1', 'paint 10 on 6–9', 'paint 9 on 6–9']);
  });

  it('digits follow the active lane: choices by number, parts by their key', async () => {
    const { host, session } = start();
    await settle();
    session.moveLane(1);
    session.digit(2);
    session.endStroke();
    session.moveLane(1);
    session.digit(5);
    session.endStroke();
    session.digit(5);
    session.endStroke();
    session.digit(9);
    await settle();
    expect(rangeAt(session.values.lane('occluder'), 0)?.value).toBe('person');
    expect(rangeAt(session.values.lane('hiddenParts'), 0)?.value).toEqual([]);
    expect(labels(host)).toEqual(['occluder person on 1', 'hide torso on 1', 'show torso on 1']);
    expect(session.hint).toContain('5 torso');
  });

  it('X repeats the last value and goes on', async () => {
    const { session, column } = start();
    await settle();
    session.digit(6);
    session.endStroke();
    session.step(1);
    session.repeatLast();
    session.repeatLast();
    await settle();
    expect(column().slice(0, 4)).toEqual([6, 6, 6, -1]);
    expect(session.player.position).toBe(3);
  });

  it('fills between human values and marks what it filled, but not across a gap of the video', async () => {
    const frameIndex = Int32Array.from({ length: FRAMES }, (_, i) => (i < 10 ? i : i + 50));
    const { session, column, origins } = start(frameIndex);
    await settle();
    for (const [position, value] of [
      [0, 0],
      [4, 8],
      [8, 8],
      [12, 0],
    ] as const) {
      session.player.seek(position);
      session.digit(value);
      session.endStroke();
    }
    session.select(0, 19);
    session.interpolate('linear');
    await settle();
    expect(column().slice(0, 13)).toEqual([0, 2, 4, 6, 8, 8, 8, 8, 8, -1, -1, -1, 0]);
    expect(origins().slice(0, 6)).toEqual(['human', 'interpolated', 'interpolated', 'interpolated', 'human', 'interpolated']);
  });

  it('confirming makes interpolated values human, clearing removes the value', async () => {
    const { host, session, column } = start();
    await settle();
    await session.values.apply('model', 'visibility', [{ start: 3, end: 6, value: 5, origin: 'model' }]);
    session.player.seek(4);
    session.confirm(true);
    expect(session.values.lane('visibility')).toMatchObject([{ start: 3, end: 6, origin: 'human' }]);
    session.clear();
    await settle();
    expect(column().slice(3, 7)).toEqual([5, -1, 5, 5]);
    expect(labels(host).slice(1)).toEqual(['confirm visibility on 4–7', 'clear visibility on 5']);
  });

  it('walks the doubts and counts frames without a value', async () => {
    const { session } = start();
    await settle();
    await session.values.apply('x', 'visibility', [
      { start: 0, end: 9, value: 1, origin: 'imported' },
      { start: 10, end: 14, value: 9, origin: 'imported' },
    ]);
    expect(session.withoutValue).toBe(5);
    session.toDoubt();
    expect(session.player.position).toBe(10);
    session.toDoubt();
    expect(session.player.position).toBe(15);
  });

  it('a review and a note cover the tracklet and can be taken back', async () => {
    const { host, session } = start();
    await settle();
    session.toggleReviewed();
    expect(session.review).toBe('reviewed');
    session.toggleReviewed();
    session.setNote('  leaves the frame ');
    await settle();
    expect(session.note).toBe('leaves the frame');
    session.setNote('leaves the frame');
    await settle();
    expect(labels(host)).toEqual(['mark reviewed', 'not reviewed', 'write a note']);
  });
});

describe('the pointer', () => {
  function hand() {
    const made = start();
    const layout = layoutTimeline({ width: 400, height: 314, frames: FRAMES, zoom: 1, scroll: 0, lanes: LANES });
    const pointer = new TimelinePointer(made.session, () => layout);
    const lane = (id: string) => layout.lanes.find((placed) => placed.id === id)!;
    const at = (position: number, y: number) => ({ x: xOf(layout, position) + layout.frameWidth / 2, y, shift: false, timeStamp: 0 });
    return { ...made, layout, pointer, lane, at };
  }

  it('seeks on the ruler and scrubs while down', async () => {
    const { session, layout, pointer, at } = hand();
    await settle();
    pointer.down(at(7, layout.ruler.top + 4));
    expect(session.player.position).toBe(7);
    pointer.move(at(12, 300));
    expect(session.player.position).toBe(12);
    pointer.up(at(12, 300));
    pointer.move(at(3, layout.ruler.top + 4));
    expect(session.player.position).toBe(12);
  });

  it('paints bars by height, fills frames it jumped over, as one step', async () => {
    const { host, session, pointer, lane, at, column } = hand();
    await settle();
    const score = lane('visibility');
    const base = score.top + score.height - RIBBON;
    pointer.down(at(2, base - 1));
    pointer.move(at(6, base - (score.height - RIBBON - 10) * 0.8));
    pointer.up(at(6, base));
    await settle();
    expect(column().slice(1, 8)).toEqual([-1, 0, 2, 4, 6, 8, -1]);
    expect(labels(host)).toEqual(['paint 0–8 on 3–7']);
    expect(session.painter.shown).toBeNull();
  });

  it('drags the border of a range, shows it at once and saves it once', async () => {
    const { host, session, pointer, layout, lane } = hand();
    await settle();
    await session.values.apply('x', 'occluder', [{ start: 4, end: 9, value: 'person', origin: 'human' }]);
    const y = lane('occluder').top + 8;
    pointer.down({ x: xOf(layout, 10) - 2, y, shift: false, timeStamp: 0 });
    pointer.move({ x: xOf(layout, 14), y, shift: false, timeStamp: 0 });
    expect(session.values.lane('occluder')).toMatchObject([{ start: 4, end: 13 }]);
    expect(host.steps).toHaveLength(1);
    pointer.up({ x: xOf(layout, 14), y, shift: false, timeStamp: 0 });
    await settle();
    expect(session.values.lane('occluder')).toMatchObject([{ start: 4, end: 13 }]);
    expect(host.steps).toHaveLength(2);
  });

  it('drags one part of a body without the others', async () => {
    const { session, pointer, layout, lane } = hand();
    await settle();
    await session.values.apply('x', 'hiddenParts', [{ start: 4, end: 9, value: ['head', 'torso'], origin: 'human' }]);
    const rows = lane('hiddenParts');
    const y = rows.top + 1 + 1.5 * ((rows.height - 3) / rows.rows);
    pointer.down({ x: xOf(layout, 4), y, shift: false, timeStamp: 0 });
    pointer.up({ x: xOf(layout, 4), y, shift: false, timeStamp: 0 });
    pointer.down({ x: xOf(layout, 4), y, shift: false, timeStamp: 0 });
    pointer.move({ x: xOf(layout, 6), y, shift: false, timeStamp: 0 });
    pointer.up({ x: xOf(layout, 6), y, shift: false, timeStamp: 0 });
    await settle();
    expect([3, 4, 5, 6].map((position) => rangeAt(session.values.lane('hiddenParts'), position)?.value ?? null)).toEqual([
      null,
      ['head'],
      ['head'],
      ['head', 'torso'],
    ]);
  });

  it('selects a range by dragging a lane, a click only seeks', async () => {
    const { session, pointer, lane, at } = hand();
    await settle();
    const y = lane('quality').top + 8;
    pointer.down(at(3, y));
    pointer.move(at(8, y));
    pointer.up(at(8, y));
    expect(session.selection).toEqual({ start: 3, end: 8 });
    expect(session.activeLane).toBe('quality');
    pointer.down(at(15, y));
    pointer.up(at(15, y));
    expect(session.selection).toBeNull();
    expect(session.player.position).toBe(15);
  });
});

vi.stubGlobal('requestAnimationFrame', () => 0);
vi.stubGlobal('cancelAnimationFrame', () => undefined);
