/**
 * Turns held keys and drags into strokes. A stroke begins with a key press, covers every frame passed until the release, and is one undo
 * step: its parts are sent at once, then at most every second, and joined by the host, so that a crash loses nothing already answered.
 * Tested by test/renderer/annotate/painter.test.ts.
 */
import type { Lane, LaneEdit } from './lanes.ts';
import { editsOf, rangeAt, runAround } from './lanes.ts';
import type { MoveListener } from './player.svelte.ts';

/** What the painter needs of the values and the player. */
export interface PaintSurface {
  laneBeforeStroke(field: string): Lane;
  setLive(field: string, edits: readonly LaneEdit[] | null): void;
  apply(label: string, field: string, edits: readonly LaneEdit[], join?: string): Promise<boolean>;
}
export interface PaintPlayer {
  readonly position: number;
  readonly frames: number;
  onMove(listener: MoveListener): () => void;
}

export interface Timer {
  after(ms: number, callback: () => void): () => void;
}
const pageTimer: Timer = {
  after(ms, callback) {
    const handle = setTimeout(callback, ms);
    return () => clearTimeout(handle);
  },
};

/** What a stroke does to a frame, given what the frame had; null clears. */
export type Brush = (before: unknown) => unknown;

export interface StrokeKind {
  field: string;
  /** "paint 7", "hide left arm"; the undo label adds the frames. */
  verb: string | ((values: unknown[]) => string);
  brush: Brush;
}

interface Stroke extends StrokeKind {
  id: string;
  before: Lane;
  values: Map<number, unknown>;
  unsent: Map<number, unknown>;
  last: number;
}

export interface StrokeShown {
  field: string;
  start: number;
  end: number;
}

const SAVE_EVERY_MS = 1000;

export class Painter {
  /** The stroke under way, as positions; null between strokes. */
  shown = $state.raw<StrokeShown | null>(null);
  /** Frames shown as painted that have not been sent yet. */
  hasUnsent = $state(false);
  /** On: a stroke goes on past its last frame to the next change of value. */
  carriesForward = $state(false);
  #surface: PaintSurface;
  #player: PaintPlayer;
  #timer: Timer;
  #newId: () => string;
  #stroke: Stroke | null = null;
  #cancelTimer: (() => void) | null = null;
  #release: () => void;

  constructor(surface: PaintSurface, player: PaintPlayer, timer: Timer = pageTimer, newId: () => string = () => crypto.randomUUID()) {
    this.#surface = surface;
    this.#player = player;
    this.#timer = timer;
    this.#newId = newId;
    this.#release = player.onMove((from, to, passes) => {
      const stroke = this.#stroke;
      if (!stroke || stroke.last !== from) return;
      if (passes) this.#cover(from, to);
      else this.#cover(to, to);
    });
  }

  /** Begins a stroke on the current frame, ending one under way. */
  begin(kind: StrokeKind, position: number = this.#player.position, id: string = this.#newId()): void {
    this.end();
    this.#stroke = { ...kind, id, before: this.#surface.laneBeforeStroke(kind.field), values: new Map(), unsent: new Map(), last: position };
    this.#cover(position, position);
    this.#send();
  }

  /** A drag gives each frame its own value; frames the pointer jumped over take values between. */
  touch(position: number, brush: (fraction: number) => unknown): void {
    const stroke = this.#stroke;
    if (!stroke) return;
    const from = stroke.last;
    const span = Math.abs(position - from);
    for (let i = span === 0 ? 0 : 1; i <= span; i++) this.#put(stroke, from + Math.sign(position - from) * i, brush(span === 0 ? 1 : i / span));
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
    this.#surface.setLive(stroke.field, null);
    this.shown = null;
  }

  close(): void {
    this.end();
    this.#release();
  }

  #cover(from: number, to: number): void {
    const stroke = this.#stroke!;
    for (let position = Math.min(from, to); position <= Math.max(from, to); position++)
      if (!stroke.values.has(position)) this.#put(stroke, position, stroke.brush(rangeAt(stroke.before, position)?.value));
    stroke.last = to;
    this.#changed(stroke);
  }

  #put(stroke: Stroke, position: number, value: unknown): void {
    stroke.values.set(position, value);
    stroke.unsent.set(position, value);
  }

  #changed(stroke: Stroke): void {
    const positions = [...stroke.values.keys()];
    this.shown = { field: stroke.field, start: Math.min(...positions), end: Math.max(...positions) };
    this.hasUnsent = stroke.unsent.size > 0;
    this.#surface.setLive(stroke.field, editsOf(stroke.unsent, 'human'));
    if (this.#cancelTimer === null && stroke.unsent.size > 0) {
      this.#cancelTimer = this.#timer.after(SAVE_EVERY_MS, () => {
        this.#cancelTimer = null;
        this.#send();
      });
    }
  }

  #send(): void {
    const stroke = this.#stroke;
    if (!stroke || stroke.unsent.size === 0) return;
    this.#stopTimer();
    const edits = editsOf(stroke.unsent, 'human');
    stroke.unsent = new Map();
    this.hasUnsent = false;
    const sent = this.#surface.apply(strokeLabel(stroke), stroke.field, edits, stroke.id);
    this.#surface.setLive(stroke.field, null);
    void sent.then((accepted) => {
      if (accepted || this.#stroke !== stroke) return;
      // The host refuses this stroke: painting on would show values that are not kept.
      this.#stroke = null;
      this.hasUnsent = false;
      this.#stopTimer();
      this.#surface.setLive(stroke.field, null);
      this.shown = null;
    });
  }

  #carry(stroke: Stroke): void {
    const last = Math.max(...stroke.values.keys());
    const value = stroke.values.get(last);
    const run = runAround(stroke.before, last, this.#player.frames);
    for (let position = last + 1; position <= run.end; position++) this.#put(stroke, position, value);
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }
}

function strokeLabel(stroke: Stroke): string {
  const positions = [...stroke.values.keys()];
  const verb = typeof stroke.verb === 'string' ? stroke.verb : stroke.verb([...stroke.values.values()]);
  return `${verb} on ${framesText(Math.min(...positions), Math.max(...positions))}`;
}

/** Positions as the user counts them: from 1. */
export function framesText(start: number, end: number): string {
  return start === end ? String(start + 1) : `${start + 1}–${end + 1}`;
}
