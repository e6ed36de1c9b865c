/**
 * Turns held keys and drags into strokes. A stroke begins with a key press, covers every frame passed until the release, and is one undo
 * step: its parts are sent at once, then at most every second, and joined by the host, so that a crash loses nothing already answered.
 *
 * A frame is judged when its picture is on the screen while the stroke stands on it. Frames that a jump, a fast pass, a drag or carrying
 * forward leaves out are carried. A stroke that begins on a frame without a picture waits for it and paints nothing before.
 * Tested by test/renderer/annotate/painter.test.ts.
 */
import type { How } from '../../../src-shared/fields/how.ts';
import type { Lane, LaneEdit } from './lanes.ts';
import { rangeAt, runAround } from '../../../src-shared/ranges.ts';
import { editsOf } from './lanes.ts';
import type { MoveListener } from './player.svelte.ts';

/** What the painter needs of the values, the player and the screen. */
export interface PaintSurface {
  laneBeforeStroke(field: string): Lane;
  setLive(field: string, edits: readonly LaneEdit[] | null): void;
  apply(label: string, field: string, edits: readonly LaneEdit[], options?: { join?: string }): Promise<boolean>;
}
export interface PaintPlayer {
  readonly position: number;
  readonly frames: number;
  onMove(listener: MoveListener): () => void;
}
/** On the screen now; decoded, so that it will be with the next drawing; not here yet; not to be had. */
export type PictureOnScreen = 'shown' | 'decoded' | 'awaited' | 'failed';
export interface PaintScreen {
  state(position: number): PictureOnScreen;
  /** Of one that failed: there is one, but not the one that was imported. */
  isChanged(position: number): boolean;
  /** The picture of a frame has just been drawn. */
  onShown(listener: (position: number) => void): () => void;
}

export interface Timer {
  after(ms: number, callback: () => void): () => void;
}
export const pageTimer: Timer = {
  after(ms, callback) {
    const handle = setTimeout(callback, ms);
    return () => clearTimeout(handle);
  },
};

/** What a stroke does to a frame, given what the frame had; null clears. */
export type Brush = (before: unknown) => unknown;

export interface StrokeKind {
  field: string;
  /** "visibility 7", "hide left arm"; the undo label adds tracklet and frames. */
  verb: string | ((values: unknown[]) => string);
  brush: Brush;
}

interface Painted {
  value: unknown;
  how: How;
}

interface Stroke extends StrokeKind {
  id: string;
  /** A drag of the pointer: nothing in it is judged. */
  isDrag: boolean;
  before: Lane;
  painted: Map<number, Painted>;
  unsent: Map<number, Painted>;
  last: number;
  /** Frames left out, since their picture cannot be had. */
  leftOut: Set<number>;
}

export interface StrokeShown {
  field: string;
  start: number;
  end: number;
}

export interface PainterOptions {
  surface: PaintSurface;
  player: PaintPlayer;
  screen: PaintScreen;
  /** Names the tracklet in labels, such as "0007 c2". */
  where: string;
  /** Told in a sentence why frames were not painted. */
  onNotPainted?: (sentence: string) => void;
  timer?: Timer;
  newId?: () => string;
}

const SAVE_EVERY_MS = 1000;

export class Painter {
  /** The stroke under way, as positions; null between strokes. */
  shown = $state.raw<StrokeShown | null>(null);
  /** Frames shown as painted that have not been sent yet. */
  hasUnsent = $state(false);
  /** On: a stroke goes on past its last frame to the next change of value. */
  carriesForward = $state(false);
  #options: PainterOptions;
  #stroke: Stroke | null = null;
  /** The stroke that ended on a frame whose picture was about to be drawn. */
  #settling: Stroke | null = null;
  #cancelTimer: (() => void) | null = null;
  #releases: (() => void)[];

  constructor(options: PainterOptions) {
    this.#options = options;
    this.#releases = [
      options.player.onMove((from, to, passes) => {
        this.#settling = null;
        const stroke = this.#stroke;
        if (!stroke || stroke.isDrag || stroke.last !== from) return;
        if (passes) this.#pass(stroke, from, to);
        else this.#land(stroke, to);
        this.#changed(stroke);
      }),
      options.screen.onShown((position) => this.#onShown(position)),
    ];
  }

  /** Begins a stroke on the current frame, ending one under way. False when the frame has no picture on the screen, so that nothing is painted yet. */
  begin(kind: StrokeKind, position: number = this.#options.player.position, id: string = this.#newId()): boolean {
    const stroke = this.#open(kind, position, id, false);
    const picture = this.#options.screen.state(position);
    if (picture === 'shown') this.#put(stroke, position, 'judged');
    else if (picture === 'decoded') this.#put(stroke, position, 'carried');
    else {
      if (picture === 'failed') stroke.leftOut.add(position);
      this.#options.onNotPainted?.(
        picture === 'failed'
          ? this.#options.screen.isChanged(position)
            ? `The picture of frame ${position + 1} was changed since the import: nothing was set`
            : `Frame ${position + 1} has no picture: nothing was set`
          : `The picture of frame ${position + 1} is not on the screen yet: nothing was set`,
      );
    }
    this.#changed(stroke);
    this.#send();
    return stroke.painted.size > 0;
  }

  /** Begins a drag: values are carried, one for each frame the pointer touches. */
  beginDrag(kind: StrokeKind, position: number): void {
    const stroke = this.#open(kind, position, this.#newId(), true);
    this.#put(stroke, position, 'carried');
    this.#changed(stroke);
    this.#send();
  }

  /** A drag gives each frame its own value; frames the pointer jumped over take values between. */
  touch(position: number, brush: (fraction: number) => unknown): void {
    const stroke = this.#stroke;
    if (!stroke) return;
    const from = stroke.last;
    const span = Math.abs(position - from);
    for (let i = span === 0 ? 0 : 1; i <= span; i++) this.#put(stroke, from + Math.sign(position - from) * i, 'carried', brush(span === 0 ? 1 : i / span));
    stroke.last = position;
    this.#changed(stroke);
  }

  end(): void {
    const stroke = this.#stroke;
    if (!stroke) return;
    if (this.carriesForward) this.#carry(stroke);
    this.#send();
    this.#stroke = null;
    this.#stopTimer();
    this.#options.surface.setLive(stroke.field, null);
    this.shown = null;
    const isLastUnseen = stroke.painted.get(stroke.last)?.how === 'carried' && !stroke.isDrag;
    if (isLastUnseen && this.#options.screen.state(stroke.last) === 'decoded') this.#settling = stroke;
    if (stroke.leftOut.size > 0 && stroke.painted.size > 0) this.#sayLeftOut(stroke.leftOut);
  }

  #sayLeftOut(positions: ReadonlySet<number>): void {
    const changed = new Set([...positions].filter((position) => this.#options.screen.isChanged(position)));
    const missing = new Set([...positions].filter((position) => !changed.has(position)));
    const parts = [
      missing.size > 0 ? leftOut(missing, 'they have no picture') : '',
      changed.size > 0 ? leftOut(changed, 'their picture was changed since the import') : '',
    ];
    this.#options.onNotPainted?.(parts.filter((part) => part !== '').join('. '));
  }

  close(): void {
    this.end();
    this.#settling = null;
    for (const release of this.#releases) release();
  }

  #open(kind: StrokeKind, position: number, id: string, isDrag: boolean): Stroke {
    this.end();
    this.#settling = null;
    const before = this.#options.surface.laneBeforeStroke(kind.field);
    this.#stroke = { ...kind, id, isDrag, before, painted: new Map(), unsent: new Map(), last: position, leftOut: new Set() };
    return this.#stroke;
  }

  /** Frames passed on the way are carried from what was judged; the one arrived at is judged once it is drawn. */
  #pass(stroke: Stroke, from: number, to: number): void {
    const step = Math.sign(to - from);
    // A stroke that has painted nothing yet has nothing to carry.
    if (stroke.painted.size > 0)
      for (let position = from + step; position !== to; position += step) if (!stroke.painted.has(position)) this.#put(stroke, position, 'carried');
    this.#land(stroke, to);
  }

  #land(stroke: Stroke, position: number): void {
    stroke.last = position;
    const picture = this.#options.screen.state(position);
    if (picture === 'shown') this.#put(stroke, position, 'judged');
    else if (!stroke.painted.has(position) && (picture === 'decoded' || stroke.painted.size > 0)) this.#put(stroke, position, 'carried');
  }

  #onShown(position: number): void {
    if (position !== this.#options.player.position) return;
    const stroke = this.#stroke;
    if (stroke) {
      if (stroke.isDrag || stroke.last !== position || stroke.painted.get(position)?.how === 'judged') return;
      this.#put(stroke, position, 'judged');
      this.#changed(stroke);
      return;
    }
    const settling = this.#settling;
    this.#settling = null;
    const painted = settling?.painted.get(position);
    if (!settling || !painted || settling.last !== position) return;
    // Only while it stands as the stroke left it.
    const now = rangeAt(this.#options.surface.laneBeforeStroke(settling.field), position);
    if ((now?.value ?? null) !== painted.value || (now !== null && now.how !== 'carried')) return;
    settling.painted.set(position, { ...painted, how: 'judged' });
    if (painted.value === null) return;
    void this.#options.surface.apply(this.#labelOf(settling), settling.field, [{ start: position, end: position, value: painted.value, how: 'judged' }], {
      join: settling.id,
    });
  }

  #put(stroke: Stroke, position: number, how: How, value: unknown = stroke.brush(rangeAt(stroke.before, position)?.value)): void {
    if (this.#options.screen.state(position) === 'failed') return void stroke.leftOut.add(position);
    const known = stroke.painted.get(position);
    const painted = { value: known && !stroke.isDrag ? known.value : value, how };
    stroke.painted.set(position, painted);
    stroke.unsent.set(position, painted);
  }

  #changed(stroke: Stroke): void {
    const positions = [...stroke.painted.keys()];
    this.shown = positions.length === 0 ? null : { field: stroke.field, start: Math.min(...positions), end: Math.max(...positions) };
    this.hasUnsent = stroke.unsent.size > 0;
    this.#options.surface.setLive(stroke.field, paintedEdits(stroke.unsent));
    if (this.#cancelTimer === null && stroke.unsent.size > 0) {
      this.#cancelTimer = (this.#options.timer ?? pageTimer).after(SAVE_EVERY_MS, () => {
        this.#cancelTimer = null;
        this.#send();
      });
    }
  }

  #send(): void {
    const stroke = this.#stroke;
    if (!stroke || stroke.unsent.size === 0) return;
    this.#stopTimer();
    const edits = paintedEdits(stroke.unsent);
    stroke.unsent = new Map();
    this.hasUnsent = false;
    const sent = this.#options.surface.apply(this.#labelOf(stroke), stroke.field, edits, { join: stroke.id });
    this.#options.surface.setLive(stroke.field, null);
    void sent.then((accepted) => {
      if (accepted || this.#stroke !== stroke) return;
      // The host refuses this stroke: painting on would show values that are not kept.
      this.#stroke = null;
      this.hasUnsent = false;
      this.#stopTimer();
      this.#options.surface.setLive(stroke.field, null);
      this.shown = null;
    });
  }

  #carry(stroke: Stroke): void {
    if (stroke.painted.size === 0) return;
    const last = Math.max(...stroke.painted.keys());
    const value = stroke.painted.get(last)?.value;
    const run = runAround(stroke.before, last, this.#options.player.frames);
    for (let position = last + 1; position <= run.end; position++) this.#put(stroke, position, 'carried', value);
  }

  #labelOf(stroke: Stroke): string {
    const positions = [...stroke.painted.keys()];
    const painted = [...stroke.painted.values()];
    const verb = typeof stroke.verb === 'string' ? stroke.verb : stroke.verb(painted.map(({ value }) => value));
    const carried = painted.filter(({ how }) => how === 'carried').length;
    return stepLabel(verb, this.#options.where, { start: Math.min(...positions), end: Math.max(...positions) }, carried);
  }

  #newId(): string {
    return (this.#options.newId ?? (() => crypto.randomUUID()))();
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}

function paintedEdits(painted: ReadonlyMap<number, Painted>): LaneEdit[] {
  return editsOf(new Map([...painted].map(([position, { value }]) => [position, value])), (position) => painted.get(position)?.how ?? 'carried');
}

/** "visibility 3 on 0007 c2, frames 4–9, 2 carried": what a step is called wherever it can be undone. */
export function stepLabel(verb: string, where: string, range: { start: number; end: number } | null, carried = 0): string {
  const frames = range === null ? '' : `, ${range.start === range.end ? 'frame' : 'frames'} ${framesText(range.start, range.end)}`;
  return `${verb} on ${where}${frames}${carried > 0 ? `, ${carried} carried` : ''}`;
}

function leftOut(positions: ReadonlySet<number>, why: string): string {
  const sorted = [...positions].sort((a, b) => a - b);
  const named = sorted.slice(0, 6).map((position) => position + 1);
  const rest = sorted.length - named.length;
  return `Left out, since ${why}: ${sorted.length === 1 ? 'frame' : 'frames'} ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** Positions as the user counts them: from 1. */
export function framesText(start: number, end: number): string {
  return start === end ? String(start + 1) : `${start + 1}–${end + 1}`;
}
