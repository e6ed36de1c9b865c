// Hold-to-paint: frames passed while a key is down, one undo step a hold, saved in parts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnsOf, rangeAt } from '../../../src-renderer/views/annotate/lanes.ts';
import { Painter, type StrokeKind, type Timer } from '../../../src-renderer/views/annotate/painter.svelte.ts';
import { Player } from '../../../src-renderer/views/annotate/player.svelte.ts';
import { TrackletValues } from '../../../src-renderer/views/annotate/values.svelte.ts';
import { fakeHost, settle } from './fakeHost.ts';

const FRAMES = 30;
const paint = (value: number): StrokeKind => ({ field: 'visibility', verb: `paint ${value}`, brush: () => value });

function open() {
  const host = fakeHost(FRAMES);
  const values = new TrackletValues({ client: host, trackletId: 1, annotator: () => 'a.r.' });
  const player = new Player({ frames: FRAMES, fps: 10 });
  const timers: (() => void)[] = [];
  const timer: Timer = { after: (_ms, callback) => (timers.push(callback), () => timers.splice(timers.indexOf(callback), 1)) };
  let ids = 0;
  const painter = new Painter(values, player, timer, () => `stroke ${ids++}`);
  const column = () => [...columnsOf(values.lane('visibility'), FRAMES).value];
  return { host, values, player, painter, column, passSecond: () => timers.splice(0).forEach((callback) => callback()) };
}

describe('painting', () => {
  it('covers the frames passed between press and release, as one undo step', async () => {
    const { host, player, painter, column } = open();
    await settle();
    player.seek(4);
    painter.begin(paint(7));
    for (let i = 0; i < 5; i++) player.step(1);
    expect(painter.shown).toEqual({ field: 'visibility', start: 4, end: 9 });
    expect(
      column()
        .map((value, i) => (value === 7 ? i : -1))
        .filter((i) => i >= 0),
    ).toEqual([4, 5, 6, 7, 8, 9]);
    painter.end();
    expect(painter.shown).toBeNull();
    player.step(1);
    await settle();
    expect(host.steps.map((step) => step.label)).toEqual(['paint 7 on 5–10']);
    expect(column()[10]).toBe(-1);
  });

  it('sends the first frame at the press, then at most once a second, joined', async () => {
    const { host, player, painter, passSecond } = open();
    await settle();
    painter.begin(paint(3));
    await settle();
    expect([...host.cells.keys()]).toEqual(['visibility 0']);
    player.seek(6);
    await settle();
    expect(host.cells.size).toBe(1);
    passSecond();
    await settle();
    expect(host.cells.size).toBe(7);
    player.seek(9);
    painter.end();
    await settle();
    expect(host.steps).toHaveLength(1);
    expect(host.steps[0]!.joined).toBe(2);
    expect(host.cells.size).toBe(10);
  });

  it('lets a second key take over on the frame where it goes down', async () => {
    const { host, player, painter, column } = open();
    await settle();
    painter.begin(paint(2));
    player.seek(3);
    painter.begin(paint(8));
    player.seek(5);
    painter.end();
    await settle();
    expect(column().slice(0, 7)).toEqual([2, 2, 2, 8, 8, 8, -1]);
    expect(host.steps.map((step) => step.label)).toEqual(['paint 2 on 1–4', 'paint 8 on 4–6']);
  });

  it('jumping leaves the frames between alone', async () => {
    const { player, painter, column } = open();
    await settle();
    painter.begin(paint(1));
    player.seek(20, false);
    painter.end();
    expect(column().filter((value) => value === 1)).toHaveLength(2);
  });

  it('carries forward to the next change only when asked', async () => {
    const { host, values, player, painter, column } = open();
    await settle();
    await values.apply('paint 5 on 11–30', 'visibility', [{ start: 10, end: 29, value: 5, origin: 'human' }]);
    painter.carriesForward = true;
    player.seek(2);
    painter.begin(paint(6));
    painter.end();
    await settle();
    expect(column().slice(0, 12)).toEqual([-1, -1, 6, 6, 6, 6, 6, 6, 6, 6, 5, 5]);
    expect(host.steps.at(-1)!.label).toBe('paint 6 on 3–10');
  });

  it('toggles a part frame by frame without touching the others', async () => {
    const { values, player, painter } = open();
    await settle();
    await values.apply('hide head', 'hiddenParts', [{ start: 3, end: 4, value: ['head'], origin: 'human' }]);
    player.seek(2);
    painter.begin({ field: 'hiddenParts', verb: 'hide torso', brush: (before) => [...((before as string[] | undefined) ?? []), 'torso'] });
    player.seek(4);
    painter.end();
    await settle();
    expect([1, 2, 3, 4].map((i) => rangeAt(values.lane('hiddenParts'), i)?.value ?? null)).toEqual([null, ['torso'], ['head', 'torso'], ['head', 'torso']]);
  });

  it('stops and takes back what the host refuses', async () => {
    const { host, player, painter, column } = open();
    await settle();
    host.refuse = true;
    painter.begin(paint(7));
    player.seek(3);
    await settle();
    expect(painter.shown).toBeNull();
    expect(column().every((value) => value === -1)).toBe(true);
  });

  it('any walk under a held key leaves exactly the frames walked over', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: -6, max: 6 }), { maxLength: 20 }), fc.integer({ min: 0, max: FRAMES - 1 }), async (walk, start) => {
        const { host, player, painter, passSecond } = open();
        await settle();
        player.seek(start);
        const passed = new Set([start]);
        painter.begin(paint(4));
        for (const delta of walk) {
          const from = player.position;
          player.step(delta);
          for (let i = Math.min(from, player.position); i <= Math.max(from, player.position); i++) passed.add(i);
          if (delta === 3) passSecond();
        }
        painter.end();
        await settle();
        expect(new Set([...host.cells.keys()].map((key) => Number(key.split(' ')[1])))).toEqual(passed);
        expect(host.steps).toHaveLength(1);
      }),
      { numRuns: 40 },
    );
  });
});
