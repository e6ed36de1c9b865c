/**
 * The timeline of one session: where strip, ruler and lanes lie, what is drawn on them and when, wheel and zoom, and what is said of the frame.
 * The pointer is timelinePointer.svelte.ts, the drawing src-renderer/canvas. It knows no document. Test: test/renderer/annotate/timeline.svelte.test.ts.
 */
import { HOW_WORDS } from '../../../src-shared/fields/how.ts';
import { rangeAt } from '../../../src-shared/ranges.ts';
import type { frameScheduler, Surface } from '../../canvas/surface.ts';
import type { CanvasTheme } from '../../canvas/theme.ts';
import type { drawTimeline, drawTimelineOverlay, TimelineScene } from '../../canvas/timeline.ts';
import { layoutTimeline, scrollTo, zoomAt } from '../../canvas/timelineLayout.ts';
import { fieldById } from '../../lib/fields.ts';
import { LANES } from './fields.ts';
import { FilmStrip, type StripOutside } from './filmStrip.svelte.ts';
import { blocksOf, partBlocks } from './laneBlocks.ts';
import type { AnnotateSession } from './session.svelte.ts';
import { TimelinePointer } from './timelinePointer.svelte.ts';

export interface TimelineOutside extends StripOutside {
  theme(): CanvasTheme;
  schedule: typeof frameScheduler;
  draw: { base: typeof drawTimeline; overlay: typeof drawTimelineOverlay };
}

export interface WheelTurn {
  /** From the left of the canvas. */
  x: number;
  deltaX: number;
  deltaY: number;
  shiftKey: boolean;
  ctrlKey: boolean;
}

/** Narrower than this nothing is drawn: the box has no place yet. */
const LEAST_WIDTH = 60;
const ZOOM_STEP = 1.5;
/** Of a wheel's delta; a pinch arrives as a wheel with Ctrl and small steps. */
const ZOOM_SPEED = { wheel: 0.0018, pinch: 0.01 } as const;

export class ShownTimeline {
  readonly #session: AnnotateSession;
  readonly #outside: TimelineOutside;
  /** Of the box that shows it. */
  width = $state(0);
  height = $state(0);
  /** Strip, ruler and lanes below; playhead, selection and what is being painted above. */
  base = $state.raw<Surface | null>(null);
  overlay = $state.raw<Surface | null>(null);
  #isBaseStale = true;
  readonly strip: FilmStrip;
  readonly pointer: TimelinePointer;

  readonly layout = $derived.by(() => {
    const { frames, zoom, scroll } = this.#session;
    return layoutTimeline({ width: Math.max(LEAST_WIDTH, this.width), height: this.height, frames, zoom, scroll, lanes: LANES });
  });
  readonly #blocks = $derived.by(() => {
    const { values } = this.#session;
    return new Map(LANES.filter(({ kind }) => kind === 'blocks').map(({ id }) => [id, blocksOf(values.lane(id), (value) => fieldById(id).describe(value))]));
  });
  readonly #rows = $derived.by(() => {
    const { values } = this.#session;
    return new Map(
      LANES.filter(({ kind }) => kind === 'rows').map(({ id }) => [id, fieldById(id).choices.map((choice) => partBlocks(values.lane(id), choice.value))]),
    );
  });
  readonly #marks = $derived.by(() => this.#session.doubts.map(({ start, end, text }) => ({ start, end, text })));
  /** The block under the playhead is drawn as the current one: the base depends on which it is, not on every frame. */
  readonly #currentBlock = $derived.by(() => {
    const { activeLane, player } = this.#session;
    return this.#blocks.get(activeLane)?.findIndex((block) => block.start <= player.position && player.position <= block.end) ?? -1;
  });
  /** Of the frame, for those who do not see it. */
  readonly spoken = $derived.by(() => {
    const { activeLane, player, values, frames } = this.#session;
    if (player.playing) return 'Playing';
    const field = fieldById(activeLane);
    const range = rangeAt(values.lane(field.id), player.position);
    return `${field.title}, frame ${player.position + 1} of ${frames}, ${range ? `${field.describe(range.value)}, ${HOW_WORDS[range.how].title.toLowerCase()}` : 'no value'}`;
  });

  /** Call it while a component starts. */
  constructor(session: AnnotateSession, outside: TimelineOutside) {
    this.#session = session;
    this.#outside = outside;
    this.strip = new FilmStrip(session, () => this.layout, outside);
    this.pointer = new TimelinePointer(session, () => this.layout);
    const scheduler = outside.schedule(() => this.#draw());
    const { pointer, strip } = this;
    $effect(() => {
      void [this.layout, outside.theme(), session.visibility, session.doubtCurve, this.#marks, this.#blocks, this.#rows, session.activeLane];
      void [strip.changed, strip.sheets, this.base, this.overlay, this.#currentBlock];
      this.#isBaseStale = true;
      scheduler.request();
    });
    $effect(() => {
      void [session.player.position, session.selection, session.painter.shown, pointer.edge, pointer.hover, this.layout];
      scheduler.request();
    });
    $effect(() => () => scheduler.cancel());
    // The playhead stays in sight.
    $effect(() => {
      const { position } = session.player;
      if (pointer.isDragging) return;
      const scroll = scrollTo(this.layout, position);
      if (scroll !== this.layout.scroll) session.scroll = scroll;
    });
  }

  #scene(): TimelineScene {
    const { layout, pointer } = this;
    const { visibility, doubtCurve, activeLane, player, selection, painter } = this.#session;
    return {
      layout,
      theme: this.#outside.theme(),
      score: visibility,
      doubt: { curve: doubtCurve, marks: this.#marks },
      blocks: this.#blocks,
      rows: this.#rows,
      activeLane,
      position: player.position,
      selection,
      painted: painter.shown ? { ...painter.shown, lane: painter.shown.field } : null,
      edge: pointer.edge,
      hover: pointer.hover,
      drawCrop: this.strip.drawCrop,
    };
  }
  #draw(): void {
    const { base, overlay, layout } = this;
    if (!base || !overlay || this.width < LEAST_WIDTH) return;
    const scene = this.#scene();
    if (base.resize(layout.width, layout.height) || this.#isBaseStale) {
      this.#outside.draw.base(base.context, scene);
      this.#isBaseStale = false;
      this.#session.timings.lanesDrawn();
    }
    overlay.resize(layout.width, layout.height);
    this.#outside.draw.overlay(overlay.context, scene);
  }

  /** Scrolls sideways or with Shift; zooms at the pointer otherwise. */
  wheel({ x, deltaX, deltaY, shiftKey, ctrlKey }: WheelTurn): void {
    const { layout } = this;
    const isSideways = Math.abs(deltaX) > Math.abs(deltaY);
    if (shiftKey || isSideways) {
      const most = Math.max(0, layout.contentWidth - layout.width);
      this.#session.scroll = Math.min(Math.max(0, layout.scroll + (isSideways ? deltaX : deltaY)), most);
    } else Object.assign(this.#session, zoomAt(layout, x, Math.exp(-deltaY * (ctrlKey ? ZOOM_SPEED.pinch : ZOOM_SPEED.wheel))));
  }
  /** By a button or key: around the playhead; 0 shows all. */
  zoom(direction: 1 | -1 | 0): void {
    const { layout } = this;
    const session = this.#session;
    if (direction === 0) Object.assign(session, { zoom: 1, scroll: 0 });
    else {
      const x = (session.player.position + 0.5) * layout.frameWidth - layout.scroll;
      Object.assign(session, zoomAt(layout, x, direction === 1 ? ZOOM_STEP : 1 / ZOOM_STEP));
    }
  }
}
