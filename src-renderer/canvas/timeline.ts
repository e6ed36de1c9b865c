/**
 * Draws the timeline: film strip, ruler, lanes (base layer), and playhead, selection, painted range (overlay layer).
 * Bars say how a value came: judged and accepted solid with a cap line and a key diamond, entered solid, carried lighter, interpolated hatched,
 * imported outlined with a foot, computed dashed; no value draws nothing. The ribbon repeats it, because a 0 has no height. Only frames in
 * sight are drawn.
 */
import { HOWS, isByPerson, isWitnessed } from '../../src-shared/fields/how.ts';
import { hatch } from './hatch.ts';
import type { CanvasTheme } from './theme.ts';
import { barHeight, RIBBON, tickStep, xOf, type PlacedLane, type TimelineLayout } from './timelineLayout.ts';

/** Indices of the columns. */
const [, , ENTERED, CARRIED, INTERPOLATED, IMPORTED, COMPUTED] = HOWS.keys();
const BY_PERSON = HOWS.map(isByPerson);
const WITNESSED = HOWS.map(isWitnessed);

export interface Block {
  start: number;
  end: number;
  label: string;
  /** Index into HOWS. */
  how: number;
}

export interface TimelineScene {
  layout: TimelineLayout;
  theme: CanvasTheme;
  score: { value: Int8Array; how: Int8Array };
  doubt: { curve: Float32Array; marks: readonly { start: number; end: number; text: string }[] };
  /** Ranges of a blocks lane, by lane id. */
  blocks: ReadonlyMap<string, readonly Block[]>;
  /** Ranges of each line of a rows lane, by lane id. */
  rows: ReadonlyMap<string, readonly (readonly Block[])[]>;
  activeLane: string;
  position: number;
  selection: { start: number; end: number } | null;
  painted: { start: number; end: number; lane: string } | null;
  /** Range whose edge is being dragged or hovered, by its border. */
  edge: { lane: string; at: number } | null;
  hover: { lane: string; position: number; value: number } | null;
  /** Draws the crop of a strip cell; false when it is not there yet. */
  drawCrop(context: CanvasRenderingContext2D, position: number, x: number, y: number, width: number, height: number): boolean;
}

export function drawTimeline(context: CanvasRenderingContext2D, scene: TimelineScene): void {
  const { layout, theme } = scene;
  context.fillStyle = theme.bg1;
  context.fillRect(0, 0, layout.width, layout.height);
  context.font = `11px ${theme.font}`;
  context.textBaseline = 'alphabetic';
  const first = Math.max(0, Math.floor(layout.scroll / layout.frameWidth));
  const last = Math.min(layout.frames - 1, Math.ceil((layout.scroll + layout.width) / layout.frameWidth));
  drawStrip(context, scene, first, last);
  drawRuler(context, scene, first, last);
  for (const lane of layout.lanes) {
    line(context, theme.line1, 0, lane.top - 0.5, layout.width, lane.top - 0.5);
    if (lane.id === scene.activeLane) {
      context.globalAlpha = 0.55;
      context.fillStyle = theme.bg2;
      context.fillRect(0, lane.top, layout.width, lane.height - 1);
      context.globalAlpha = 1;
    }
    if (lane.kind === 'score') drawScore(context, scene, lane, first, last);
    else if (lane.kind === 'doubt') drawDoubt(context, scene, lane, first, last);
    else if (lane.kind === 'blocks') for (const block of scene.blocks.get(lane.id) ?? []) drawBlock(context, scene, lane, block, lane.top + 2, lane.height - 5);
    else drawRows(context, scene, lane);
  }
}

function drawStrip(context: CanvasRenderingContext2D, scene: TimelineScene, first: number, last: number): void {
  const { layout, theme } = scene;
  const { strip, frameWidth } = layout;
  context.fillStyle = theme.stage;
  context.fillRect(0, strip.top, layout.width, strip.height);
  const cell = strip.every * frameWidth;
  for (let position = first - (first % strip.every); position <= last; position += strip.every) {
    const x = xOf(layout, position) + (cell - strip.cropWidth) / 2;
    if (!scene.drawCrop(context, position, x + 0.5, strip.top + 2, strip.cropWidth - 1, strip.cropHeight)) {
      context.fillStyle = theme.stageHole;
      context.fillRect(x + 0.5, strip.top + 2, strip.cropWidth - 1, strip.cropHeight);
    }
  }
}

function drawRuler(context: CanvasRenderingContext2D, scene: TimelineScene, first: number, last: number): void {
  const { layout, theme } = scene;
  const { ruler, frameWidth } = layout;
  const bottom = ruler.top + ruler.height;
  const step = tickStep(frameWidth);
  context.strokeStyle = theme.axis;
  context.fillStyle = theme.text3;
  context.lineWidth = 1;
  context.beginPath();
  for (let position = first; position <= last; position++) {
    const isLabelled = position === 0 || (position + 1) % step === 0;
    if (!isLabelled && frameWidth < 4) continue;
    const x = Math.round(xOf(layout, position) + frameWidth / 2) + 0.5;
    context.moveTo(x, bottom);
    context.lineTo(x, bottom - (isLabelled ? 5 : 2));
    if (!isLabelled) continue;
    context.textAlign = position === 0 && frameWidth < 20 ? 'left' : 'center';
    context.fillText(String(position + 1), position === 0 && frameWidth < 20 ? Math.max(1, x - 4) : x, ruler.top + 11);
  }
  context.stroke();
}

function drawScore(context: CanvasRenderingContext2D, scene: TimelineScene, lane: PlacedLane, first: number, last: number): void {
  const { layout, theme, score } = scene;
  const base = lane.top + lane.height - RIBBON;
  const gap = layout.frameWidth > 9 ? 0.75 : layout.frameWidth > 3 ? 0.5 : 0;
  for (const value of [5, 10])
    line(context, theme.line1, 0, Math.round(base - barHeight(lane, value)) + 0.5, layout.width, Math.round(base - barHeight(lane, value)) + 0.5);
  for (let position = first; position <= last; position++) {
    const value = score.value[position]!;
    if (value < 0) continue;
    drawBar(context, theme, score.how[position]!, value, xOf(layout, position) + gap, base, layout.frameWidth - 2 * gap, barHeight(lane, value));
  }
  line(context, theme.line1, 0, Math.round(base) + 0.5, layout.width, Math.round(base) + 0.5);
  drawRibbon(context, scene, base + 10);
  drawNumbers(context, scene, lane, base);
}

function drawBar(
  context: CanvasRenderingContext2D,
  theme: CanvasTheme,
  how: number,
  value: number,
  x: number,
  base: number,
  width: number,
  height: number,
): void {
  const colour = theme.hidden[value]!;
  const top = base - height;
  if (value === 0) {
    // A 0 is a value: a low base line in its own manner; nothing at all means no value.
    context.fillStyle = how === COMPUTED ? theme.ghost : theme.hidden[BY_PERSON[how] ? 4 : 2]!;
    if (how === CARRIED) context.fillRect(x, base - 1, width, 1);
    else if (BY_PERSON[how] || how === IMPORTED) context.fillRect(x, base - 2, width, 2);
    else for (let dash = 0; dash < width; dash += 4) context.fillRect(x + dash, base - 2, Math.min(2, width - dash), how === COMPUTED ? 1 : 2);
    return;
  }
  if (WITNESSED[how] || how === ENTERED) {
    context.fillStyle = colour;
    context.fillRect(x, top, width, height);
    if (how === ENTERED) return;
    context.fillStyle = theme.text1;
    context.fillRect(x, top, width, 2);
  } else if (how === CARRIED) {
    context.globalAlpha = 0.38;
    context.fillStyle = colour;
    context.fillRect(x, top, width, height);
    context.globalAlpha = 1;
    context.fillRect(x, top, width, 1);
  } else if (how === INTERPOLATED) {
    context.fillStyle = hatch(context, colour);
    context.fillRect(x, top, width, height);
    dashed(context, colour, [3, 2], () => {
      context.moveTo(x, top + 0.5);
      context.lineTo(x + width, top + 0.5);
    });
  } else if (how === IMPORTED) {
    // Two steps up the ramp: a one-pixel outline needs more contrast than an area.
    const outline = theme.hidden[Math.min(10, value + 3)]!;
    context.fillStyle = outline;
    context.fillRect(x, base - Math.min(4, height), width, Math.min(4, height));
    context.strokeStyle = outline;
    context.lineWidth = 1;
    if (width > 3) context.strokeRect(x + 0.5, top + 0.5, width - 1, height - 1);
  } else dashed(context, theme.ghost, [2.5, 2], () => context.rect(x + 0.5, top + 0.5, width - 1, height - 1));
}

function drawRibbon(context: CanvasRenderingContext2D, scene: TimelineScene, y: number): void {
  const { layout, theme, score } = scene;
  eachRun(score.how, (how, start, end) => {
    if (how < 0) return;
    const from = xOf(layout, start) + 1;
    const to = xOf(layout, end + 1) - 1;
    if (to < 0 || from > layout.width) return;
    if (how === IMPORTED) {
      line(context, theme.text3, from, y - 1.5, to, y - 1.5);
      line(context, theme.text3, from, y + 1.5, to, y + 1.5);
    } else if (WITNESSED[how]) line(context, theme.text1, from, y, to, y, 3);
    else if (how === ENTERED) line(context, theme.text2, from, y, to, y, 2);
    else if (how === CARRIED) line(context, theme.text3, from, y, to, y, 1);
    else if (how === INTERPOLATED) dashed(context, theme.text2, [3, 2], () => (context.moveTo(from, y), context.lineTo(to, y)), 2);
    else dashed(context, theme.ghost, [1, 4], () => (context.moveTo(from, y), context.lineTo(to, y)), 1.5);
  });
  eachRun(keyed(score), (key, start) => {
    if (key < 0) return;
    const x = xOf(layout, start) + layout.frameWidth / 2;
    if (x < -6 || x > layout.width + 6) return;
    context.beginPath();
    context.moveTo(x, y - 4.5);
    context.lineTo(x + 4.5, y);
    context.lineTo(x, y + 4.5);
    context.lineTo(x - 4.5, y);
    context.closePath();
    context.fillStyle = theme.text1;
    context.fill();
    context.strokeStyle = theme.bg1;
    context.lineWidth = 1;
    context.stroke();
  });
}

/** Value where a person judged or accepted it, else −1: a key stands at the first frame of each run. */
function keyed(score: TimelineScene['score']): Int8Array {
  return score.value.map((value, i) => (WITNESSED[score.how[i]!] ? value : -1));
}

function drawNumbers(context: CanvasRenderingContext2D, scene: TimelineScene, lane: PlacedLane, base: number): void {
  const { layout, theme, score } = scene;
  let free = -Infinity;
  context.font = `600 11px ${theme.font}`;
  context.textAlign = 'center';
  context.lineJoin = 'round';
  eachRun(score.value, (value, start, end) => {
    if (value <= 0 || xOf(layout, end + 1) < 8) return;
    const width = value === 10 ? 14 : 8;
    const x = Math.min(Math.max(xOf(layout, start) + layout.frameWidth / 2, width / 2 + 1), Math.max(width / 2 + 1, xOf(layout, end + 1) - width / 2));
    if (x - width / 2 < free || x < -10 || x > layout.width + 10) return;
    free = x + width / 2 + 2;
    const y = Math.max(lane.top + 9, base - barHeight(lane, value) - 4);
    context.strokeStyle = theme.bg2;
    context.lineWidth = 3;
    context.strokeText(String(value), x, y);
    context.fillStyle = WITNESSED[score.how[start]!] ? theme.text1 : theme.text3;
    context.fillText(String(value), x, y);
  });
  context.font = `11px ${theme.font}`;
}

function drawDoubt(context: CanvasRenderingContext2D, scene: TimelineScene, lane: PlacedLane, first: number, last: number): void {
  const { layout, theme, doubt } = scene;
  const floor = lane.top + lane.height - 4;
  const shape = new Path2D();
  for (let position = Math.max(0, first - 1); position <= Math.min(layout.frames - 1, last + 1); position++) {
    const x = xOf(layout, position) + layout.frameWidth / 2;
    const y = floor - doubt.curve[position]! * (lane.height - 9);
    if (position === Math.max(0, first - 1)) shape.moveTo(x, y);
    else shape.lineTo(x, y);
  }
  const area = new Path2D(shape);
  area.lineTo(xOf(layout, Math.min(layout.frames - 1, last + 1)) + layout.frameWidth / 2, floor);
  area.lineTo(xOf(layout, Math.max(0, first - 1)) + layout.frameWidth / 2, floor);
  context.globalAlpha = 0.18;
  context.fillStyle = theme.text3;
  context.fill(area);
  context.globalAlpha = 1;
  context.strokeStyle = theme.text2;
  context.lineWidth = 1;
  context.stroke(shape);
  let free = -Infinity;
  context.textAlign = 'left';
  context.lineJoin = 'round';
  for (const mark of doubt.marks) {
    const x = (xOf(layout, mark.start) + xOf(layout, mark.end + 1)) / 2;
    if (x < free || x < 0 || x > layout.width) continue;
    context.beginPath();
    context.moveTo(x - 4, lane.top + 3);
    context.lineTo(x + 4, lane.top + 3);
    context.lineTo(x, lane.top + 8);
    context.fillStyle = theme.warn;
    context.fill();
    const width = context.measureText(mark.text).width;
    const at = x + 8 + width > layout.width ? x - 8 - width : x + 8;
    context.strokeStyle = theme.bg1;
    context.lineWidth = 4;
    context.strokeText(mark.text, at, lane.top + 11);
    context.fillText(mark.text, at, lane.top + 11);
    free = x + 16 + width;
  }
}

function drawBlock(context: CanvasRenderingContext2D, scene: TimelineScene, lane: PlacedLane, block: Block, top: number, height: number): void {
  const { layout, theme } = scene;
  const x = xOf(layout, block.start) + 0.5;
  const width = (block.end - block.start + 1) * layout.frameWidth - 1;
  if (x + width < 0 || x > layout.width) return;
  const isCurrent = lane.id === scene.activeLane && block.start <= scene.position && scene.position <= block.end;
  context.beginPath();
  context.roundRect(x + 0.5, top + 0.5, Math.max(1, width - 1), height - 1, 2);
  if (block.how === COMPUTED) dashed(context, theme.ghost, [3, 2], () => context.roundRect(x + 0.5, top + 0.5, Math.max(1, width - 1), height - 1, 2));
  else {
    // Carried over a stretch: as light as its bars.
    if (block.how === CARRIED && !isCurrent) context.globalAlpha = 0.45;
    context.fillStyle = isCurrent ? theme.accentSoft : block.how === IMPORTED ? theme.bg2 : theme.bg4;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = isCurrent ? theme.accent : theme.lineCtl;
    context.lineWidth = 1;
    context.stroke();
    if (block.how === IMPORTED && height > 12) {
      context.fillStyle = theme.lineCtl;
      context.fillRect(x + 1, top + height - 4, Math.max(0, width - 2), 3);
    }
  }
  if (isCurrent && width > 14) {
    line(context, theme.accent, x + 3.5, top + 4, x + 3.5, top + height - 4, 1.5);
    line(context, theme.accent, x + width - 3.5, top + 4, x + width - 3.5, top + height - 4, 1.5);
  }
  if (block.label === '' || width < 20) return;
  context.save();
  context.beginPath();
  context.rect(x + 4, top, width - 8, height);
  context.clip();
  context.fillStyle = block.how === COMPUTED ? theme.text3 : theme.text1;
  context.textAlign = 'left';
  // A long block keeps its name in sight while the lane scrolls.
  context.fillText(block.label, Math.max(x + 9, Math.min(6, x + width - 40)), top + height / 2 + 4);
  context.restore();
}

function drawRows(context: CanvasRenderingContext2D, scene: TimelineScene, lane: PlacedLane): void {
  const { layout, theme } = scene;
  const rows = scene.rows.get(lane.id) ?? [];
  const pitch = (lane.height - 3) / lane.rows;
  rows.forEach((blocks, row) => {
    const top = lane.top + 1 + row * pitch;
    if (row > 0) dashed(context, theme.line1, [1, 3], () => (context.moveTo(0, Math.round(top) + 0.5), context.lineTo(layout.width, Math.round(top) + 0.5)));
    for (const block of blocks) {
      const x = xOf(layout, block.start) + 0.5;
      const width = (block.end - block.start + 1) * layout.frameWidth - 1;
      if (x + width < 0 || x > layout.width) continue;
      const shape = (): void => context.roundRect(x, top + 2.5, Math.max(1, width), pitch - 5, 1.5);
      if (BY_PERSON[block.how]) {
        context.beginPath();
        shape();
        if (block.how === CARRIED) context.globalAlpha = 0.45;
        context.fillStyle = theme.text3;
        context.fill();
        context.globalAlpha = 1;
      } else if (block.how === IMPORTED) {
        context.beginPath();
        context.roundRect(x + 0.5, top + 3, Math.max(1, width - 1), pitch - 6, 1.5);
        context.strokeStyle = theme.text3;
        context.lineWidth = 1;
        context.stroke();
        context.fillStyle = theme.text3;
        context.fillRect(x + 0.5, top + pitch - 5, Math.max(1, width - 1), 2);
      } else if (block.how === INTERPOLATED) {
        context.beginPath();
        shape();
        context.fillStyle = hatch(context, theme.text3);
        context.fill();
      } else dashed(context, theme.ghost, [3, 2], shape);
    }
  });
}

/** Playhead, selection, painted range, hover: what changes with every frame. */
export function drawTimelineOverlay(context: CanvasRenderingContext2D, scene: TimelineScene): void {
  const { layout, theme, position, selection, painted } = scene;
  const { strip, ruler, frameWidth } = layout;
  context.clearRect(0, 0, layout.width, layout.height);
  context.font = `600 11px ${theme.font}`;
  const lanesTop = ruler.top + ruler.height;
  if (selection) {
    const from = xOf(layout, selection.start);
    const to = xOf(layout, selection.end + 1);
    context.fillStyle = theme.accent;
    context.globalAlpha = 0.12;
    context.fillRect(from, ruler.top, to - from, layout.height - ruler.top);
    context.globalAlpha = 1;
    line(context, theme.accent, from + 0.5, ruler.top, from + 0.5, layout.height);
    line(context, theme.accent, to - 0.5, ruler.top, to - 0.5, layout.height);
    context.fillStyle = theme.accent;
    context.fillRect(from, lanesTop - 3, to - from, 3);
  }
  if (painted) {
    const lane = layout.lanes.find((placed) => placed.id === painted.lane);
    if (lane) {
      const from = xOf(layout, painted.start);
      const to = xOf(layout, painted.end + 1);
      context.fillStyle = theme.accent;
      context.globalAlpha = 0.14;
      context.fillRect(from, lane.top + 1, to - from, lane.height - 2);
      context.globalAlpha = 1;
      dashed(
        context,
        theme.accent,
        [2, 2],
        () => (
          context.moveTo(from + 0.5, lane.top),
          context.lineTo(from + 0.5, lane.top + lane.height),
          context.moveTo(to - 0.5, lane.top),
          context.lineTo(to - 0.5, lane.top + lane.height)
        ),
      );
    }
  }
  if (scene.edge) {
    const lane = layout.lanes.find((placed) => placed.id === scene.edge?.lane);
    if (lane) line(context, theme.accent, xOf(layout, scene.edge.at), lane.top + 2, xOf(layout, scene.edge.at), lane.top + lane.height - 2, 2);
  }
  if (scene.hover) drawHover(context, scene, scene.hover);
  const cell = strip.every * frameWidth;
  const cropX = xOf(layout, position - (position % strip.every)) + (cell - strip.cropWidth) / 2;
  context.lineWidth = 2;
  context.strokeStyle = '#fff';
  context.strokeRect(cropX + 1, strip.top + 2, strip.cropWidth - 2, strip.height - 4);
  context.lineWidth = 1;
  context.strokeStyle = 'rgba(0, 0, 0, .5)';
  context.strokeRect(cropX - 0.5, strip.top + 0.5, strip.cropWidth + 1, strip.height - 1);
  const x = xOf(layout, position) + frameWidth / 2;
  line(context, theme.accent, x, ruler.top + 14, x, layout.height, 1.5);
  const label = String(position + 1);
  const width = Math.max(26, label.length * 7 + 10);
  const left = Math.min(Math.max(0, x - width / 2), Math.max(0, layout.width - width));
  context.beginPath();
  context.roundRect(left, ruler.top + 1, width, 16, 3);
  context.fillStyle = theme.accentFill;
  context.fill();
  context.fillStyle = '#fff';
  context.textAlign = 'center';
  context.fillText(label, left + width / 2, ruler.top + 13);
}

/** Where a drag would paint: a thin line at the value's height, with the number. */
function drawHover(context: CanvasRenderingContext2D, scene: TimelineScene, hover: { lane: string; position: number; value: number }): void {
  const { layout, theme } = scene;
  const lane = layout.lanes.find((placed) => placed.id === hover.lane);
  if (!lane) return;
  const y = Math.round(lane.top + lane.height - RIBBON - barHeight(lane, hover.value)) + 0.5;
  const x = xOf(layout, hover.position);
  line(context, theme.accent, x, y, x + layout.frameWidth, y, 2);
  context.fillStyle = theme.accent;
  context.strokeStyle = theme.bg1;
  context.lineWidth = 3;
  context.textAlign = 'left';
  context.strokeText(String(hover.value), x + layout.frameWidth + 3, y + 4);
  context.fillText(String(hover.value), x + layout.frameWidth + 3, y + 4);
}

function line(context: CanvasRenderingContext2D, colour: string, x1: number, y1: number, x2: number, y2: number, width = 1): void {
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
}

function dashed(context: CanvasRenderingContext2D, colour: string, dash: number[], shape: () => void, width = 1): void {
  context.beginPath();
  shape();
  context.setLineDash(dash);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke();
  context.setLineDash([]);
}

/** Runs of equal entries, in order. */
function eachRun(column: Int8Array, visit: (value: number, start: number, end: number) => void): void {
  let start = 0;
  for (let i = 1; i <= column.length; i++) {
    if (i < column.length && column[i] === column[start]) continue;
    if (start < column.length) visit(column[start]!, start, i - 1);
    start = i;
  }
}
