/**
 * Where everything on the timeline lies, in CSS pixels: film strip, ruler, lanes. Pure, so that drawing, pointer and tests agree.
 * One frame is at least 6 px wide; what does not fit scrolls. The strip shows every k-th frame so that a crop (1:2) is as wide as k frames.
 * Tested by test/renderer/annotate/timelineLayout.test.ts.
 */
export interface LaneSpec {
  id: string;
  kind: 'score' | 'doubt' | 'blocks' | 'rows';
  /** Lines of a `rows` lane. */
  rows: number;
}

export interface PlacedLane extends LaneSpec {
  top: number;
  height: number;
}

export interface TimelineLayout {
  width: number;
  height: number;
  frames: number;
  frameWidth: number;
  zoom: number;
  scroll: number;
  contentWidth: number;
  strip: { top: number; height: number; every: number; cropWidth: number; cropHeight: number };
  ruler: { top: number; height: number };
  lanes: PlacedLane[];
}

export const MIN_FRAME_WIDTH = 6;
const MAX_FRAME_WIDTH = 160;
const CROP_HEIGHT = { least: 58, most: 160 } as const;
const RULER = 18;
/** Under the bars: room for the ribbon that says how values came. */
export const RIBBON = 21;
/** Heights of lanes where there is little room, and what each may grow by where there is much. */
const HEIGHTS = { doubt: [23, 12], blocks: [22, 14], row: [12, 8], score: [160, 240] } as const;
/** From this height on lanes grow, and over so many pixels to their most. */
const ROOMY = { from: 460, over: 300 } as const;

export function layoutTimeline(options: {
  width: number;
  height: number;
  frames: number;
  zoom: number;
  scroll: number;
  lanes: readonly LaneSpec[];
}): TimelineLayout {
  const { width, frames } = options;
  const fit = Math.max(MIN_FRAME_WIDTH, width / frames);
  const zoom = Math.min(Math.max(1, options.zoom), Math.max(1, MAX_FRAME_WIDTH / fit));
  const frameWidth = fit * zoom;
  const contentWidth = frameWidth * frames;
  const scroll = Math.min(Math.max(0, options.scroll), Math.max(0, contentWidth - width));
  // A taller window gives a quarter of what it adds to the strip.
  const tallest = Math.min(CROP_HEIGHT.most, Math.max(CROP_HEIGHT.least, Math.round(CROP_HEIGHT.least + (options.height - 314) / 4)));
  // As many frames as fit under one crop: crops stand side by side without gaps until a single frame is wider than a crop.
  const every = Math.max(1, Math.floor(tallest / 2 / frameWidth));
  const cropHeight = Math.min(tallest, Math.round(every * frameWidth * 2));
  const strip = { top: 0, height: cropHeight + 4, every, cropWidth: cropHeight / 2, cropHeight };
  const ruler = { top: strip.height, height: RULER };
  const roomy = Math.min(1, Math.max(0, (options.height - ROOMY.from) / ROOMY.over));
  const fixed = options.lanes.reduce((sum, lane) => sum + heightOf(lane, 0, roomy), 0);
  const scoreHeight = Math.max(64 + RIBBON, Math.min(grown('score', roomy), options.height - ruler.top - RULER - fixed));
  let top = ruler.top + RULER;
  const lanes = options.lanes.map((lane) => {
    const placed = { ...lane, top, height: heightOf(lane, scoreHeight, roomy) };
    top += placed.height;
    return placed;
  });
  return { width, height: top, frames, frameWidth, zoom, scroll, contentWidth, strip, ruler, lanes };
}

function heightOf(lane: LaneSpec, score: number, roomy: number): number {
  if (lane.kind === 'score') return score;
  return lane.kind === 'rows' ? lane.rows * grown('row', roomy) + 3 : grown(lane.kind, roomy);
}

function grown(kind: keyof typeof HEIGHTS, roomy: number): number {
  const [least, more] = HEIGHTS[kind];
  return least + Math.round(more * roomy);
}

export function xOf(layout: TimelineLayout, position: number): number {
  return position * layout.frameWidth - layout.scroll;
}

/** The frame under a pointer; beyond the ends the first or last one. */
export function positionAt(layout: TimelineLayout, x: number): number {
  return Math.min(layout.frames - 1, Math.max(0, Math.floor((x + layout.scroll) / layout.frameWidth)));
}

/** The border between two frames nearest to a pointer: 0..frames. */
export function edgeAt(layout: TimelineLayout, x: number): number {
  return Math.min(layout.frames, Math.max(0, Math.round((x + layout.scroll) / layout.frameWidth)));
}

export function laneAt(layout: TimelineLayout, y: number): PlacedLane | null {
  return layout.lanes.find((lane) => y >= lane.top && y < lane.top + lane.height) ?? null;
}

/** Height of a bar of value 0..10 in a score lane; 0 keeps a base line. */
export function barHeight(lane: PlacedLane, value: number): number {
  return value === 0 ? 1 : (value / 10) * (lane.height - RIBBON - 10);
}

/** The value whose bar would end at a pointer's height, 0..10. */
export function valueAtHeight(lane: PlacedLane, y: number): number {
  const base = lane.top + lane.height - RIBBON;
  return Math.min(10, Math.max(0, Math.round(((base - y) / (lane.height - RIBBON - 10)) * 10)));
}

/** Zoom by a factor with the frame under the pointer staying there. */
export function zoomAt(layout: TimelineLayout, x: number, factor: number): { zoom: number; scroll: number } {
  const fit = layout.frameWidth / layout.zoom;
  const zoom = Math.min(Math.max(1, layout.zoom * factor), Math.max(1, MAX_FRAME_WIDTH / fit));
  return { zoom, scroll: ((x + layout.scroll) / layout.frameWidth) * fit * zoom - x };
}

/** Scroll that brings a position into sight, with a margin; as it is when already there. */
export function scrollTo(layout: TimelineLayout, position: number): number {
  const x = xOf(layout, position);
  const margin = Math.min(layout.width / 4, layout.frameWidth * 4);
  if (x < margin) return Math.max(0, layout.scroll + x - margin);
  if (x + layout.frameWidth > layout.width - margin)
    return Math.min(Math.max(0, layout.contentWidth - layout.width), layout.scroll + x + layout.frameWidth - layout.width + margin);
  return layout.scroll;
}

/** Frames between labelled ticks so that labels do not touch: 1, 2, 5, 10, … */
export function tickStep(frameWidth: number): number {
  for (let power = 1; ; power *= 10) for (const step of [1, 2, 5]) if (step * power * frameWidth >= 56) return step * power;
}
