/**
 * What the pointer does on the timeline: scrub on strip and ruler, paint bars, drag borders, select ranges, seek to doubts.
 * Coordinates are CSS pixels of the canvas. Tested by test/renderer/annotate/session.test.ts.
 */
import { edgeAt, laneAt, positionAt, RIBBON, valueAtHeight, xOf, type PlacedLane, type TimelineLayout } from '../../canvas/timelineLayout.ts';
import { fieldById } from '../../lib/fields.ts';
import { DOUBT_LANE } from './fields.ts';
import { runAround } from '../../../src-shared/ranges.ts';
import { stepLabel } from './painter.svelte.ts';
import type { AnnotateSession } from './session.svelte.ts';

export interface PointerAt {
  x: number;
  y: number;
  shift: boolean;
  timeStamp: number;
}

type Drag =
  | { kind: 'scrub' }
  | { kind: 'paint'; lane: PlacedLane; value: number; from: PointerAt; position: number; isBegun: boolean }
  | { kind: 'select'; anchor: number; lane: string; moved: boolean }
  | { kind: 'edge'; field: string; part: string | null; edge: number; to: number };

const EDGE_REACH = 5;
/** A press that moves less is a click: it moves the playhead and writes nothing. */
const DRAG_FROM = 6;

export class TimelinePointer {
  /** The border under the pointer or being dragged. */
  edge = $state.raw<{ lane: string; at: number } | null>(null);
  hover = $state.raw<{ lane: string; position: number; value: number } | null>(null);
  cursor = $state('default');
  #session: AnnotateSession;
  #layout: () => TimelineLayout;
  #drag: Drag | null = null;

  constructor(session: AnnotateSession, layout: () => TimelineLayout) {
    this.#session = session;
    this.#layout = layout;
  }

  get isDragging(): boolean {
    return this.#drag !== null;
  }

  down(at: PointerAt): void {
    const session = this.#session;
    const layout = this.#layout();
    const position = positionAt(layout, at.x);
    const lane = laneAt(layout, at.y);
    this.hover = null;
    if (!lane) {
      session.player.pause();
      this.#drag = { kind: 'scrub' };
      this.#seek(position, at);
      return;
    }
    if (lane.id === DOUBT_LANE) {
      const doubt = session.doubts.find((entry) => entry.start <= position && position <= entry.end);
      session.player.pause();
      session.player.seek(doubt?.kind === 'jump' ? doubt.start : position, false);
      return;
    }
    session.activeLane = lane.id;
    const edge = this.#edgeUnder(lane, at);
    if (edge) {
      this.#drag = { kind: 'edge', field: lane.id, ...edge, to: edge.edge };
      this.edge = { lane: lane.id, at: edge.edge };
    } else if (lane.kind === 'score' && !at.shift && session.resting === null && at.y < lane.top + lane.height - RIBBON + 2) {
      this.#drag = { kind: 'paint', lane, value: valueAtHeight(lane, at.y), from: at, position, isBegun: false };
      session.clearSelection();
      session.player.pause();
      this.#seek(position, at);
    } else this.#drag = { kind: 'select', anchor: position, lane: lane.id, moved: false };
  }

  move(at: PointerAt): void {
    const session = this.#session;
    const layout = this.#layout();
    const position = positionAt(layout, at.x);
    const drag = this.#drag;
    if (!drag) return this.#look(at);
    if (drag.kind === 'scrub') this.#seek(position, at);
    else if (drag.kind === 'paint') {
      if (!drag.isBegun && !this.#begin(drag, at)) return;
      const from = drag.value;
      const to = valueAtHeight(drag.lane, at.y);
      session.timings.paintAsked(at.timeStamp);
      session.painter.touch(position, (fraction) => Math.round(from + (to - from) * fraction));
      drag.value = to;
      session.player.seek(position, false);
    } else if (drag.kind === 'select') {
      if (position === drag.anchor && !drag.moved) return;
      drag.moved = true;
      session.select(drag.anchor, position);
    } else {
      drag.to = edgeAt(layout, at.x);
      this.edge = { lane: drag.field, at: drag.to };
      session.values.setLive(drag.field, session.edgeEdits(drag.field, drag.part, drag.edge, drag.to));
    }
  }

  up(at: PointerAt): void {
    const session = this.#session;
    const drag = this.#drag;
    this.#drag = null;
    this.edge = null;
    if (!drag) return;
    if (drag.kind === 'paint') {
      if (drag.isBegun) session.endStroke();
    } else if (drag.kind === 'select' && !drag.moved) {
      session.clearSelection();
      session.player.pause();
      session.player.seek(positionAt(this.#layout(), at.x), false);
    } else if (drag.kind === 'edge') {
      session.values.setLive(drag.field, null);
      const edits = session.edgeEdits(drag.field, drag.part, drag.edge, drag.to);
      if (edits.length > 0)
        void session.values.apply(stepLabel(`move a border of ${fieldById(drag.field).title.toLowerCase()}`, session.where, edits[0]!), drag.field, edits);
    }
  }

  /** Gives the drag up: nothing it showed is kept, but for strokes, which are already sent. */
  cancel(): void {
    const drag = this.#drag;
    this.#drag = null;
    this.edge = null;
    if (drag?.kind === 'edge') this.#session.values.setLive(drag.field, null);
    if (drag?.kind === 'paint' && drag.isBegun) this.#session.endStroke();
  }

  leave(): void {
    this.hover = null;
    if (!this.#drag) this.edge = null;
  }

  /** A double click selects the whole run under the pointer. */
  selectRun(at: PointerAt): void {
    const layout = this.#layout();
    const lane = laneAt(layout, at.y);
    if (!lane || lane.id === DOUBT_LANE) return;
    const run = runAround(this.#session.values.lane(lane.id), positionAt(layout, at.x), layout.frames);
    this.#session.select(run.start, run.end);
  }

  /** The drag is meant once it has left the place of the press. */
  #begin(drag: Extract<Drag, { kind: 'paint' }>, at: PointerAt): boolean {
    if (Math.hypot(at.x - drag.from.x, at.y - drag.from.y) < DRAG_FROM) return false;
    const { value, lane, position } = drag;
    drag.isBegun = true;
    this.#session.timings.paintAsked(at.timeStamp);
    this.#session.painter.beginDrag({ field: lane.id, verb: (values) => paintVerb(fieldById(lane.id).title, values), brush: () => value }, position);
    return true;
  }

  #seek(position: number, at: PointerAt): void {
    const { player, timings } = this.#session;
    if (player.position === position) return;
    player.seek(position, false);
    timings.stepAsked(position, at.timeStamp);
  }

  #look(at: PointerAt): void {
    const layout = this.#layout();
    const lane = laneAt(layout, at.y);
    const edge = lane ? this.#edgeUnder(lane, at) : null;
    this.edge = edge && lane ? { lane: lane.id, at: edge.edge } : null;
    const isBars = this.#session.resting === null && lane?.kind === 'score' && at.y < lane.top + lane.height - RIBBON + 2;
    this.hover = isBars && !edge ? { lane: lane.id, position: positionAt(layout, at.x), value: valueAtHeight(lane, at.y) } : null;
    this.cursor = edge ? 'ew-resize' : !lane ? 'pointer' : isBars ? 'crosshair' : lane.id === DOUBT_LANE ? 'pointer' : 'text';
  }

  /** A border between two runs within reach of the pointer. On bars it is grabbed at the ribbon, so that painting stays free. */
  #edgeUnder(lane: PlacedLane, at: PointerAt): { edge: number; part: string | null } | null {
    if (this.#session.resting !== null) return null;
    const layout = this.#layout();
    if (lane.id === DOUBT_LANE || (lane.kind === 'score' && at.y < lane.top + lane.height - RIBBON + 2)) return null;
    const edge = edgeAt(layout, at.x);
    if (Math.abs(xOf(layout, edge) - at.x) > EDGE_REACH) return null;
    if (lane.kind !== 'rows') {
      const runs = this.#session.values.lane(lane.id);
      return runs.some((run) => run.start === edge || run.end + 1 === edge) && this.#differs(lane.id, edge) ? { edge, part: null } : null;
    }
    const field = fieldById(lane.id);
    const part = field.choices[Math.floor(((at.y - lane.top - 1) / (lane.height - 3)) * lane.rows)]?.value;
    if (part === undefined) return null;
    const has = (position: number): boolean => this.#partsAt(lane.id, position).includes(part);
    return has(edge - 1) !== has(edge) ? { edge, part } : null;
  }

  #differs(field: string, edge: number): boolean {
    const { frames } = this.#session;
    if (edge <= 0 || edge >= frames) return edge > 0 || this.#session.values.lane(field).length > 0;
    return runAround(this.#session.values.lane(field), edge, frames).start === edge;
  }

  #partsAt(field: string, position: number): readonly string[] {
    const lane = this.#session.values.lane(field);
    return (lane.find((run) => run.start <= position && position <= run.end)?.value as string[] | undefined) ?? [];
  }
}

/** "visibility 7", or "visibility 3–8" when a drag gave several values. */
function paintVerb(title: string, values: unknown[]): string {
  const numbers = values.filter((value) => typeof value === 'number');
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  return `${title.toLowerCase()} ${low === high ? low : `${low}–${high}`}`;
}
