// A session on a fake host: what keys and pointer do to the values, as an analyst would work.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { TrackletDetail } from '../../../src-shared/contract/tracklets.ts';
import { layoutTimeline, RIBBON, xOf } from '../../../src-renderer/canvas/timelineLayout.ts';
import { connection } from '../../../src-renderer/lib/connection.svelte.ts';
import { LANES } from '../../../src-renderer/views/annotate/fields.ts';
import { rangeAt } from '../../../src-shared/ranges.ts';
import { columnsOf } from '../../../src-renderer/views/annotate/lanes.ts';
import { HOWS } from '../../../src-shared/fields/how.ts';
import { gapsSentence } from '../../../src-shared/fields/review.ts';
import { AnnotateSession } from '../../../src-renderer/views/annotate/session.svelte.ts';
import { TimelinePointer } from '../../../src-renderer/views/annotate/timelinePointer.svelte.ts';
import { fakeHost, settle } from './fakeHost.ts';

const FRAMES = 20;
const open: AnnotateSession[] = [];
afterEach(() => open.splice(0).forEach((session) => session.close()));

/** `isPrompt`: each frame is drawn at once, as on a fast screen; else when the test looks. */
function start(frameIndex = Int32Array.from({ length: FRAMES }, (_, i) => 100 + i), { isPrompt = true, missing = [] as number[] } = {}) {
  const host = fakeHost(FRAMES);
  const row = { id: 1, datasetId: 1, frames: FRAMES, identity: '0003', camera: 'c1', stamp: 's' } as TrackletDetail['row'];
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
  const load = (url: string) => {
    loaded.push(url);
    if (missing.some((position) => url.includes(`/${frameIndex[position]}.jpg`))) return Promise.reject(new Error('gone'));
    return Promise.resolve({ width: 4, height: 4, close: () => undefined } as ImageBitmap);
  };
  const look = () => {
    const { position } = session.player;
    session.drawn(session.pictures.get(position) ? position : null);
  };
  const session = new AnnotateSession({ client: host, detail, annotator: () => 'a.r.', load });
  open.push(session);
  if (isPrompt) session.player.onMove(look);
  session.activeLane = 'visibility';
  session.stepMode = 1;
  session.painter.carriesForward = false;
  const column = () => [...columnsOf(session.values.lane('visibility'), FRAMES).value];
  const hows = () => [...columnsOf(session.values.lane('visibility'), FRAMES).how].map((how) => HOWS[how] ?? '-');
  /** Pictures have come and the first is on the screen. */
  const ready = async () => {
    await settle();
    await settle();
    if (isPrompt) look();
  };
  return { host, session, loaded, column, hows, look, ready };
}
const labels = (host: ReturnType<typeof fakeHost>) => host.steps.map((step) => step.label);

// The part of the addresses of pictures that each start of the host makes.
connection.pictures = 'secret';

describe('a session', () => {
  it('asks for the picture of the frame by its number in the video', async () => {
    const { session, loaded, ready } = start();
    await ready();
    expect(session.hasFrames).toBe(true);
    expect(loaded[0]).toBe('media/secret/frame/7/100.jpg?stamp=s');
    session.player.seek(9);
    expect(session.pictureUrl(9)).toBe('media/secret/frame/7/109.jpg?stamp=s');
  });

  it('a tap paints one frame, a digit on a range the range, and the range is forgotten at the next move', async () => {
    const { host, session, column, ready } = start();
    await ready();
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
    expect(labels(host)).toEqual([
      'visibility 4 on 0003 c1, frame 1',
      'visibility 10 on 0003 c1, frames 6–9, 3 carried',
      'visibility 9 on 0003 c1, frames 6–9, 3 carried',
    ]);
  });

  it('digits follow the active lane: choices by number, parts by their key', async () => {
    const { host, session, ready } = start();
    await ready();
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
    expect(labels(host)).toEqual(['occluder person on 0003 c1, frame 1', 'hide torso on 0003 c1, frame 1', 'show torso on 0003 c1, frame 1']);
    expect(session.hint).toContain('5 torso');
  });

  it('X repeats the last value and goes on', async () => {
    const { session, column, ready } = start();
    await ready();
    session.digit(6);
    session.endStroke();
    session.step(1);
    session.repeatLast();
    session.repeatLast();
    await settle();
    expect(column().slice(0, 4)).toEqual([6, 6, 6, -1]);
    expect(session.player.position).toBe(3);
  });

  it('fills between the values of a person and marks what it filled, but not across a gap of the video', async () => {
    const frameIndex = Int32Array.from({ length: FRAMES }, (_, i) => (i < 10 ? i : i + 50));
    const { session, column, hows, ready } = start(frameIndex);
    await ready();
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
    expect(hows().slice(0, 6)).toEqual(['judged', 'interpolated', 'interpolated', 'interpolated', 'judged', 'interpolated']);
  });

  it('fills not across the border of two occluders, and across one that goes on or ends', async () => {
    const { session, column, ready } = start();
    await ready();
    const edit = (start: number, end: number, value: string) => ({ start, end, value, how: 'judged' as const });
    void session.values.apply('hide', 'occluder', [edit(0, 5, 'person'), edit(6, 10, 'object'), edit(13, 16, 'object')]);
    for (const [position, value] of [
      [3, 0],
      [7, 4],
      [9, 4],
      [12, 7],
      [15, 7],
    ] as const) {
      session.player.seek(position);
      session.digit(value);
      session.endStroke();
    }
    session.select(0, 19);
    session.interpolate('linear');
    await settle();
    expect(column().slice(2, 17)).toEqual([-1, 0, -1, -1, -1, 4, 4, 4, 5, 6, 7, 7, 7, 7, -1]);
  });

  it('fills the gap that the last value closes, with the playhead still on it', async () => {
    const { session, column, hows, ready } = start();
    await ready();
    for (const [position, value] of [
      [2, 0],
      [6, 8],
    ] as const) {
      session.player.seek(position);
      session.digit(value);
      session.endStroke();
    }
    session.interpolate('linear');
    await settle();
    expect(column().slice(1, 9)).toEqual([-1, 0, 2, 4, 6, 8, -1, -1]);
    // A held stroke is one stretch, also where some of it was carried: the gap is before it.
    session.player.seek(12);
    session.digit(0);
    session.player.seek(14);
    session.endStroke();
    expect(hows().slice(12, 15)).toEqual(['judged', 'carried', 'judged']);
    session.interpolate('step');
    await settle();
    expect(column().slice(6, 16)).toEqual([8, 8, 8, 8, 8, 8, 0, 0, 0, -1]);
    // On the first value of all, the gap after it; between two values, that gap.
    session.player.seek(18);
    session.digit(4);
    session.endStroke();
    session.player.seek(16);
    session.interpolate('step');
    await settle();
    expect(column().slice(14)).toEqual([0, 0, 0, 0, 4, -1]);
  });

  it('accepting makes a value a person’s own where the frame was shown, and leaves the others as they are', async () => {
    const { host, session, column, hows, ready } = start();
    await ready();
    await session.values.apply('model', 'visibility', [{ start: 3, end: 6, value: 5, how: 'computed' }]);
    session.player.seek(4);
    session.player.seek(5);
    session.confirm(true);
    expect(hows().slice(3, 7)).toEqual(['computed', 'accepted', 'accepted', 'computed']);
    expect(session.hint).toBe('2 frames were never shown and stay as they are: look at them first');
    session.player.seek(3);
    session.player.seek(6);
    session.confirm(true);
    expect(hows().slice(3, 7)).toEqual(['accepted', 'accepted', 'accepted', 'accepted']);
    session.confirm(false);
    expect(session.hint).toBe('A person judged this value already');
    session.clear();
    await settle();
    expect(column().slice(3, 7)).toEqual([5, 5, 5, -1]);
    expect(labels(host).slice(1)).toEqual([
      'accept visibility on 0003 c1, frames 5–6',
      'accept visibility on 0003 c1, frames 4–7',
      'clear visibility on 0003 c1, frame 7',
    ]);
  });

  it('a digit on a frame without a picture sets nothing and says why; X does not go on either', async () => {
    const { host, session, look, ready } = start(undefined, { isPrompt: false, missing: [3] });
    await ready();
    look();
    session.player.seek(3);
    await settle();
    await settle();
    look();
    session.digit(7);
    session.endStroke();
    expect(session.hint).toBe('Frame 4 has no picture: nothing was set');
    session.lastStroke = { field: 'visibility', verb: 'visibility 2', brush: () => 2 };
    session.repeatLast();
    expect(session.player.position).toBe(3);
    await settle();
    expect(host.steps).toHaveLength(0);
    session.select(2, 4);
    session.digit(6);
    await settle();
    expect([...host.cells.keys()]).toEqual(['visibility 2', 'visibility 4']);
  });

  it('a held arrow key waits until the frame is on the screen', async () => {
    const { session, look, ready } = start(undefined, { isPrompt: false });
    await ready();
    look();
    const held = { repeat: true, timeStamp: 0 } as KeyboardEvent;
    session.step(1, held);
    session.step(1, held);
    expect(session.player.position).toBe(1);
    look();
    session.step(1, held);
    expect(session.player.position).toBe(2);
  });

  it('walks the doubts and counts frames without a value', async () => {
    const { session, ready } = start();
    await ready();
    await session.values.apply('x', 'visibility', [
      { start: 0, end: 9, value: 1, how: 'imported' },
      { start: 10, end: 14, value: 9, how: 'imported' },
    ]);
    expect(session.withoutValue).toBe(5);
    session.toDoubt();
    expect(session.player.position).toBe(10);
    session.toDoubt();
    expect(session.player.position).toBe(15);
  });

  it('a review says what is missing and is marked only when asked for anyway; without gaps at once', async () => {
    const { host, session, ready } = start();
    await ready();
    for (let position = 0; position < 12; position++) session.player.seek(position);
    await session.values.apply('x', 'visibility', [{ start: 0, end: 14, value: 1, how: 'judged' }]);
    session.toggleReviewed();
    await settle();
    expect(session.asking).toEqual({ frames: 20, withoutValue: 5, notSeen: 8, either: 8 });
    expect(gapsSentence(session.gaps)).toBe('5 of 20 frames have no value, 8 were not seen');
    expect(session.review).toBe('started');
    session.toggleReviewed('reviewed', true);
    await settle();
    expect(session.review).toBe('gaps');
    expect(host.steps.at(-1)).toMatchObject({ label: 'mark reviewed with gaps on 0003 c1', anyway: true });
    // What was shown is with the host before it counts the gaps.
    expect(host.calls.lastIndexOf('annotations.addSeen')).toBeLessThan(host.calls.lastIndexOf('annotations.apply'));
    session.toggleReviewed();
    await settle();
    expect(session.review).toBe('started');
    await session.values.apply('y', 'visibility', [{ start: 15, end: 19, value: 0, how: 'judged' }]);
    for (let position = 12; position < 20; position++) session.player.seek(position);
    session.toggleReviewed();
    await settle();
    expect(session.asking).toBeNull();
    expect(session.review).toBe('reviewed');
    expect(host.steps.at(-1)).not.toHaveProperty('anyway');
  });

  it('a note covers the tracklet and is written once', async () => {
    const { host, session, ready } = start();
    await ready();
    session.setNote('  leaves the frame ');
    await settle();
    expect(session.note).toBe('leaves the frame');
    session.setNote('leaves the frame');
    await settle();
    expect(labels(host)).toEqual(['write a note on 0003 c1']);
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
    const { session, layout, pointer, at, ready } = hand();
    await ready();
    pointer.down(at(7, layout.ruler.top + 4));
    expect(session.player.position).toBe(7);
    pointer.move(at(12, 300));
    expect(session.player.position).toBe(12);
    pointer.up(at(12, 300));
    pointer.move(at(3, layout.ruler.top + 4));
    expect(session.player.position).toBe(12);
  });

  it('a click on the bars moves the playhead and writes nothing; a drag paints by height, fills frames it jumped over, as one carried step', async () => {
    const { host, session, pointer, lane, at, column, hows, ready } = hand();
    await ready();
    const score = lane('visibility');
    const base = score.top + score.height - RIBBON;
    const press = at(9, base - 20);
    pointer.down(press);
    pointer.move({ ...press, x: press.x + 3, y: press.y - 4 });
    pointer.up({ ...press, x: press.x + 3, y: press.y - 4 });
    await settle();
    expect(session.player.position).toBe(9);
    expect(host.steps).toHaveLength(0);
    pointer.down(at(2, base - 1));
    pointer.move(at(6, base - (score.height - RIBBON - 10) * 0.8));
    pointer.up(at(6, base));
    await settle();
    expect(column().slice(1, 8)).toEqual([-1, 0, 2, 4, 6, 8, -1]);
    expect(new Set(hows().slice(2, 7))).toEqual(new Set(['carried']));
    expect(labels(host)).toEqual(['visibility 0–8 on 0003 c1, frames 3–7, 5 carried']);
    expect(session.painter.shown).toBeNull();
  });

  it('drags the border of a range, shows it at once and saves it once', async () => {
    const { host, session, pointer, layout, lane, ready } = hand();
    await ready();
    await session.values.apply('x', 'occluder', [{ start: 4, end: 9, value: 'person', how: 'judged' }]);
    const y = lane('occluder').top + 8;
    pointer.down({ x: xOf(layout, 10) - 2, y, shift: false, timeStamp: 0 });
    pointer.move({ x: xOf(layout, 14), y, shift: false, timeStamp: 0 });
    const moved = [
      { start: 4, end: 9, how: 'judged' },
      { start: 10, end: 13, how: 'carried' },
    ];
    expect(session.values.lane('occluder')).toMatchObject(moved);
    expect(host.steps).toHaveLength(1);
    pointer.up({ x: xOf(layout, 14), y, shift: false, timeStamp: 0 });
    await settle();
    expect(session.values.lane('occluder')).toMatchObject(moved);
    expect(host.steps).toHaveLength(2);
  });

  it('drags one part of a body without the others', async () => {
    const { session, pointer, layout, lane, ready } = hand();
    await ready();
    await session.values.apply('x', 'hiddenParts', [{ start: 4, end: 9, value: ['head', 'torso'], how: 'judged' }]);
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
    const { session, pointer, lane, at, ready } = hand();
    await ready();
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
