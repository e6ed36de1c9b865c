// Hold-to-paint: what is judged, what is carried, what is left out; one undo step a hold, saved in parts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeAt } from '../../../src-shared/ranges.ts';
import { columnsOf } from '../../../src-renderer/views/annotate/lanes.ts';
import { Painter, type PictureOnScreen, type StrokeKind, type Timer } from '../../../src-renderer/views/annotate/painter.svelte.ts';
import { Player } from '../../../src-renderer/views/annotate/player.svelte.ts';
import { TrackletValues } from '../../../src-renderer/views/annotate/values.svelte.ts';
import { HOWS } from '../../../src-shared/fields/how.ts';
import { fakeHost, settle } from './fakeHost.ts';

const FRAMES = 30;
const paint = (value: number): StrokeKind => ({ field: 'visibility', verb: `visibility ${value}`, brush: () => value });

/** A screen that shows a frame when the test looks at it, or (`isPrompt`) at once. */
function open({ isPrompt = true, pictures = {} as Record<number, 'failed' | 'awaited'>, changed = new Set<number>() } = {}) {
  const host = fakeHost(FRAMES);
  const values = new TrackletValues({ client: host, trackletId: 1, annotator: () => 'a.r.' });
  const player = new Player({ frames: FRAMES, fps: 10 });
  const timers: (() => void)[] = [];
  const timer: Timer = { after: (_ms, callback) => (timers.push(callback), () => timers.splice(timers.indexOf(callback), 1)) };
  let ids = 0;
  let onScreen: number | null = null;
  let listener: (position: number) => void = () => undefined;
  const state = (position: number): PictureOnScreen => pictures[position] ?? (position === onScreen ? 'shown' : 'decoded');
  const said: string[] = [];
  const painter = new Painter({
    surface: values,
    player,
    screen: { state, isChanged: (position) => changed.has(position), onShown: (wanted) => ((listener = wanted), () => undefined) },
    where: '0007 c2',
    onNotPainted: (sentence) => said.push(sentence),
    timer,
    newId: () => `stroke ${ids++}`,
  });
  function look(): void {
    if (pictures[player.position]) return;
    onScreen = player.position;
    listener(player.position);
  }
  if (isPrompt) {
    look();
    player.onMove(() => look());
  }
  const column = () => [...columnsOf(values.lane('visibility'), FRAMES).value];
  /** 'J', 'c', '.': judged, carried, none. */
  const hows = () =>
    [...columnsOf(values.lane('visibility'), FRAMES).how].map((how) => (how < 0 ? '.' : HOWS[how] === 'judged' ? 'J' : HOWS[how]![0])).join('');
  return { host, values, player, painter, column, hows, look, said, pictures, passSecond: () => timers.splice(0).forEach((callback) => callback()) };
}

describe('painting', () => {
  it('judges the frames shown between press and release, as one undo step', async () => {
    const { host, player, painter, column, hows } = open();
    await settle();
    player.seek(4);
    painter.begin(paint(7));
    for (let i = 0; i < 5; i++) player.step(1);
    expect(painter.shown).toEqual({ field: 'visibility', start: 4, end: 9 });
    expect(column().map((value, i) => (value === 7 ? i : -1))).toEqual(Array.from({ length: FRAMES }, (_, i) => (i >= 4 && i <= 9 ? i : -1)));
    painter.end();
    expect(painter.shown).toBeNull();
    player.step(1);
    await settle();
    expect(hows()).toBe('....JJJJJJ....................');
    expect(host.steps.map((step) => step.label)).toEqual(['visibility 7 on 0007 c2, frames 5–10']);
  });

  it('End under a held 0 carries: judged are only the frame it began on and the last, once that is drawn', async () => {
    const { host, player, painter, hows, look } = open({ isPrompt: false });
    await settle();
    look();
    painter.begin(paint(0));
    player.seek(FRAMES - 1);
    expect(hows()).toBe('Jccccccccccccccccccccccccccccc');
    look();
    expect(hows()).toBe('JccccccccccccccccccccccccccccJ');
    painter.end();
    await settle();
    expect(hows()).toBe('JccccccccccccccccccccccccccccJ');
    expect(host.steps.map((step) => step.label)).toEqual(['visibility 0 on 0007 c2, frames 1–30, 28 carried']);
  });

  it('frames that pass faster than the screen shows them are carried', async () => {
    const { player, painter, hows, look } = open({ isPrompt: false });
    await settle();
    look();
    painter.begin(paint(2));
    for (const to of [3, 6, 9]) {
      player.seek(to);
      look();
    }
    painter.end();
    await settle();
    expect(hows().slice(0, 11)).toBe('JccJccJccJ.');
  });

  it('a frame that was decoded but not drawn at the release is judged when it is drawn right after, and only then', async () => {
    const one = open({ isPrompt: false });
    await settle();
    one.look();
    one.player.seek(5);
    one.painter.begin(paint(3));
    one.painter.end();
    expect(one.hows()[5]).toBe('c');
    one.look();
    await settle();
    expect(one.hows()[5]).toBe('J');
    expect(one.host.steps).toHaveLength(1);
    expect(one.host.steps[0]!.label).toBe('visibility 3 on 0007 c2, frame 6');
    // Another one moves on before it is drawn.
    one.player.seek(8);
    one.painter.begin(paint(3));
    one.painter.end();
    one.player.seek(9);
    one.look();
    await settle();
    expect(one.hows().slice(5, 11)).toBe('J..c..');
    // Or its value is changed before.
    one.player.seek(12);
    one.painter.begin(paint(3));
    one.painter.end();
    await one.values.apply('clear', 'visibility', [{ start: 12, end: 12, value: null, how: 'entered' }]);
    one.look();
    await settle();
    expect(one.hows()[12]).toBe('.');
  });

  it('a frame whose picture is not there is not painted and says why; it is when the picture comes under the held key', async () => {
    const { host, player, painter, hows, look, said, pictures } = open({ isPrompt: false, pictures: { 4: 'awaited', 6: 'failed' } });
    await settle();
    player.seek(4);
    expect(painter.begin(paint(9))).toBe(false);
    expect(said).toEqual(['The picture of frame 5 is not on the screen yet: nothing was set']);
    painter.end();
    await settle();
    expect(host.steps).toHaveLength(0);
    painter.begin(paint(9));
    delete pictures[4];
    look();
    expect(hows()[4]).toBe('J');
    for (const to of [5, 6, 7]) {
      player.seek(to);
      look();
    }
    painter.end();
    await settle();
    expect(hows().slice(3, 9)).toBe('.JJ.J.');
    expect(said.at(-1)).toBe('Left out, since they have no picture: frame 7');
    player.seek(6);
    expect(painter.begin(paint(1))).toBe(false);
    expect(said.at(-1)).toBe('Frame 7 has no picture: nothing was set');
    painter.end();
  });

  it('sets nothing on a frame whose picture was changed since the import, and tells it from a missing one', async () => {
    const pictures: Record<number, 'failed'> = { 2: 'failed', 4: 'failed', 5: 'failed' };
    const { host, player, painter, hows, said } = open({ pictures, changed: new Set([4, 5]) });
    await settle();
    player.seek(4);
    expect(painter.begin(paint(9))).toBe(false);
    painter.end();
    expect(said.at(-1)).toBe('The picture of frame 5 was changed since the import: nothing was set');
    await settle();
    expect(host.steps).toHaveLength(0);
    player.seek(1);
    painter.begin(paint(3));
    for (let i = 0; i < 5; i++) player.step(1);
    painter.end();
    await settle();
    expect(hows().slice(0, 8)).toBe('.J.J..J.');
    expect(said.at(-1)).toBe('Left out, since they have no picture: frame 3. Left out, since their picture was changed since the import: frames 5, 6');
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
    expect(host.steps.map((step) => step.label)).toEqual(['visibility 2 on 0007 c2, frames 1–4, 2 carried', 'visibility 8 on 0007 c2, frames 4–6, 1 carried']);
  });

  it('jumping leaves the frames between alone', async () => {
    const { player, painter, hows } = open();
    await settle();
    painter.begin(paint(1));
    player.seek(20, false);
    painter.end();
    expect(hows()).toBe('J...................J.........');
  });

  it('a drag carries, and draws nothing as judged', async () => {
    const { player, painter, column, hows } = open();
    await settle();
    painter.beginDrag(paint(2), 3);
    player.seek(6, false);
    painter.touch(6, (fraction) => 2 + Math.round(3 * fraction));
    painter.end();
    await settle();
    expect(column().slice(2, 8)).toEqual([-1, 2, 3, 4, 5, -1]);
    expect(hows().slice(2, 8)).toBe('.cccc.');
  });

  it('carries forward to the next change only when asked, and says so of each frame', async () => {
    const { host, values, player, painter, column, hows } = open();
    await settle();
    await values.apply('x', 'visibility', [{ start: 10, end: 29, value: 5, how: 'judged' }]);
    painter.carriesForward = true;
    player.seek(2);
    painter.begin(paint(6));
    painter.end();
    await settle();
    expect(column().slice(0, 12)).toEqual([-1, -1, 6, 6, 6, 6, 6, 6, 6, 6, 5, 5]);
    expect(hows().slice(0, 12)).toBe('..JcccccccJJ');
    expect(host.steps.at(-1)!.label).toBe('visibility 6 on 0007 c2, frames 3–10, 7 carried');
  });

  it('toggles a part frame by frame without touching the others', async () => {
    const { values, player, painter } = open();
    await settle();
    await values.apply('hide head', 'hiddenParts', [{ start: 3, end: 4, value: ['head'], how: 'judged' }]);
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

  it('any walk under a held key: judged are exactly the frames drawn under it, carried the others passed, none those without a picture', async () => {
    const leg = fc.record({ delta: fc.integer({ min: -6, max: 6 }), isDrawn: fc.boolean(), isSecondOver: fc.boolean() });
    const run = fc.record({
      walk: fc.array(leg, { maxLength: 20 }),
      start: fc.integer({ min: 0, max: FRAMES - 1 }),
      failed: fc.uniqueArray(fc.integer({ min: 0, max: FRAMES - 1 }), { maxLength: 8 }),
      isDrawnAtPress: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(run, async ({ walk, start, failed, isDrawnAtPress }) => {
        const pictures = Object.fromEntries(failed.map((position) => [position, 'failed' as const]));
        const { host, player, painter, hows, look, passSecond } = open({ isPrompt: false, pictures });
        await settle();
        player.seek(start);
        if (isDrawnAtPress) look();
        const cells = Array<'J' | 'c' | '.'>(FRAMES).fill('.');
        const has = (position: number): boolean => !failed.includes(position);
        const carry = (position: number): void => {
          if (has(position) && cells[position] === '.') cells[position] = 'c';
        };
        if (has(start)) cells[start] = isDrawnAtPress ? 'J' : 'c';
        painter.begin(paint(4));
        for (const { delta, isDrawn, isSecondOver } of walk) {
          const from = player.position;
          player.step(delta);
          const to = player.position;
          const isBegun = cells.some((cell) => cell !== '.');
          if (isBegun) for (let i = Math.min(from, to); i <= Math.max(from, to); i++) if (i !== from) carry(i);
          if (to !== from) carry(to);
          if (isDrawn) look();
          if (isDrawn && has(to)) cells[to] = 'J';
          if (isSecondOver) passSecond();
        }
        painter.end();
        await settle();
        expect(hows()).toBe(cells.join(''));
        expect(host.steps).toHaveLength(cells.some((cell) => cell !== '.') ? 1 : 0);
      }),
      { numRuns: 200 },
    );
  });
});
