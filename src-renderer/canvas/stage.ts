/**
 * Draws the stage: the person large (whole box, widened to 1:2 by the video around it, never stretched), and the full frame with boxes,
 * names and path. Geometry is pure and tested by test/renderer/annotate/stage.test.ts. Pictures come decoded; a missing one is said, not guessed.
 */
import type { CanvasTheme } from './theme.ts';

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** The smallest 1:2 region around a box, same centre. */
export function portraitAround(box: Box): Box {
  const w = Math.max(box.w, box.h / 2, 1);
  const h = Math.max(box.h, box.w * 2, 2);
  return { x: box.x + box.w / 2 - w / 2, y: box.y + box.h / 2 - h / 2, w, h };
}

/** Share of `box` that `other` covers. */
export function coveredShare(box: Box, other: Box): number {
  const w = Math.min(box.x + box.w, other.x + other.w) - Math.max(box.x, other.x);
  const h = Math.min(box.y + box.h, other.y + other.h) - Math.max(box.y, other.y);
  return w <= 0 || h <= 0 || box.w * box.h <= 0 ? 0 : (w * h) / (box.w * box.h);
}

/** Who stands in front: the other box that covers most of ours and whose foot is lower in the picture. */
export function inFront(box: Box, others: readonly NamedBox[]): { name: string; share: number } | null {
  let best: { name: string; share: number } | null = null;
  for (const other of others) {
    const share = coveredShare(box, other.box);
    if (share >= 0.05 && other.box.y + other.box.h > box.y + box.h && share > (best?.share ?? 0)) best = { name: other.name, share };
  }
  return best;
}

export interface NamedBox {
  name: string;
  box: Box;
}

/** Where a picture of `size` lies inside a canvas, whole and centred. */
export function contain(size: { width: number; height: number }, into: { width: number; height: number }): { x: number; y: number; scale: number } {
  const scale = Math.min(into.width / size.width, into.height / size.height);
  return { x: (into.width - size.width * scale) / 2, y: (into.height - size.height * scale) / 2, scale };
}

export interface PersonScene {
  theme: CanvasTheme;
  width: number;
  height: number;
  picture: CanvasImageSource & { width: number; height: number };
  /** Box in the picture; null when the picture is the crop itself. */
  box: Box | null;
}

/** Returns the enlargement, as shown on the plate. */
export function drawPerson(context: CanvasRenderingContext2D, scene: PersonScene): number {
  const { picture, theme, width, height, box } = scene;
  context.fillStyle = theme.stageHole;
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = 'high';
  if (!box) {
    const place = contain(picture, { width, height });
    context.drawImage(picture, place.x, place.y, picture.width * place.scale, picture.height * place.scale);
    return place.scale;
  }
  const region = portraitAround(box);
  const scale = height / region.h;
  // Only the part inside the picture is drawn; beyond its edge the stage shows.
  const left = Math.max(0, region.x);
  const top = Math.max(0, region.y);
  const right = Math.min(picture.width, region.x + region.w);
  const bottom = Math.min(picture.height, region.y + region.h);
  if (right > left && bottom > top)
    context.drawImage(
      picture,
      left,
      top,
      right - left,
      bottom - top,
      (left - region.x) * scale,
      (top - region.y) * scale,
      (right - left) * scale,
      (bottom - top) * scale,
    );
  shadeOutside(context, { x: (box.x - region.x) * scale, y: (box.y - region.y) * scale, w: box.w * scale, h: box.h * scale }, width, height);
  return scale;
}

/** What was added to fill 1:2 is darker, so that the box stays the thing judged. */
function shadeOutside(context: CanvasRenderingContext2D, box: Box, width: number, height: number): void {
  if (box.w > width - 4 && box.h > height - 4) return;
  context.fillStyle = 'rgba(0, 0, 0, .38)';
  context.beginPath();
  context.rect(0, 0, width, height);
  context.rect(box.x, box.y, box.w, box.h);
  context.fill('evenodd');
}

export interface FrameScene {
  theme: CanvasTheme;
  width: number;
  height: number;
  picture: CanvasImageSource & { width: number; height: number };
  me: NamedBox;
  others: readonly NamedBox[];
  front: string | null;
  showBoxes: boolean;
  /** Foot points a position, [x, y] pairs; null = path off. */
  path: Float32Array | null;
  position: number;
  /** Value a position, −1 = none: hidden stretches of the path are ochre. */
  values: Int8Array;
  /** Shows the surroundings of the person instead of the whole frame. */
  isClose: boolean;
}

export function drawFrame(context: CanvasRenderingContext2D, scene: FrameScene): void {
  const { picture, theme, width, height } = scene;
  context.fillStyle = theme.stageHole;
  context.fillRect(0, 0, width, height);
  const view = scene.isClose ? closeView(scene.me.box, picture, { width, height }) : contain(picture, { width, height });
  context.save();
  context.beginPath();
  context.rect(Math.max(0, view.x), Math.max(0, view.y), Math.min(width, picture.width * view.scale), Math.min(height, picture.height * view.scale));
  context.clip();
  context.imageSmoothingQuality = scene.isClose ? 'high' : 'medium';
  context.drawImage(picture, view.x, view.y, picture.width * view.scale, picture.height * view.scale);
  const place = (box: Box): Box => ({ x: view.x + box.x * view.scale, y: view.y + box.y * view.scale, w: box.w * view.scale, h: box.h * view.scale });
  if (scene.path) drawPath(context, scene, scene.path, view);
  if (scene.showBoxes) {
    for (const other of scene.others) {
      const isFront = other.name === scene.front;
      outline(context, place(other.box), '#fff', isFront ? 1.5 : 1, isFront ? [5, 3] : []);
    }
    for (const other of scene.others) if (other.name !== scene.front) name(context, theme, place(other.box), other.name);
  }
  outline(context, place(scene.me.box), '#6fb1fb', 2, []);
  context.restore();
  if (scene.showBoxes) {
    const front = scene.others.find((other) => other.name === scene.front);
    if (front) {
      const box = place(front.box);
      plate(context, theme, box.x + box.w + 4, box.y + 4, `${front.name} in front`, 'rgba(0, 0, 0, .72)', width);
    }
    const mine = place(scene.me.box);
    plate(context, theme, mine.x, Math.max(0, mine.y - 20), scene.me.name, '#2d6fc4', width);
  }
}

/** At least three box heights of surroundings, inside the picture. */
function closeView(box: Box, picture: { width: number; height: number }, into: { width: number; height: number }): { x: number; y: number; scale: number } {
  const whole = contain(picture, into);
  const scale = Math.max(whole.scale, Math.min(into.height / (box.h * 2.2), whole.scale * 6));
  const clamp = (offset: number, size: number, room: number): number => (size <= room ? (room - size) / 2 : Math.min(0, Math.max(room - size, offset)));
  return {
    x: clamp(into.width / 2 - (box.x + box.w / 2) * scale, picture.width * scale, into.width),
    y: clamp(into.height / 2 - (box.y + box.h / 2) * scale, picture.height * scale, into.height),
    scale,
  };
}

function outline(context: CanvasRenderingContext2D, box: Box, colour: string, width: number, dash: number[]): void {
  context.strokeStyle = 'rgba(0, 0, 0, .55)';
  context.lineWidth = width + 2;
  context.strokeRect(box.x, box.y, box.w, box.h);
  context.setLineDash(dash);
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(box.x, box.y, box.w, box.h);
  context.setLineDash([]);
}

function name(context: CanvasRenderingContext2D, theme: CanvasTheme, box: Box, text: string): void {
  context.font = `500 11px ${theme.font}`;
  context.textAlign = 'left';
  context.lineJoin = 'round';
  context.strokeStyle = 'rgba(0, 0, 0, .7)';
  context.lineWidth = 3;
  context.strokeText(text, box.x, box.y - 4);
  context.fillStyle = '#fff';
  context.fillText(text, box.x, box.y - 4);
}

function plate(context: CanvasRenderingContext2D, theme: CanvasTheme, x: number, y: number, text: string, ground: string, width: number): void {
  context.font = `550 11px ${theme.font}`;
  const w = context.measureText(text).width + 12;
  const left = Math.min(Math.max(0, x), width - w);
  context.beginPath();
  context.roundRect(left, y, w, 17, 3);
  context.fillStyle = ground;
  context.fill();
  context.fillStyle = '#fff';
  context.textAlign = 'left';
  context.fillText(text, left + 6, y + 12.5);
}

/** Where the person walked: solid so far, dotted ahead, ochre where hidden. */
function drawPath(context: CanvasRenderingContext2D, scene: FrameScene, path: Float32Array, view: { x: number; y: number; scale: number }): void {
  const point = (position: number): [number, number] => [view.x + path[position * 2]! * view.scale, view.y + path[position * 2 + 1]! * view.scale];
  const frames = path.length / 2;
  const stroke = (from: number, to: number, colour: string, width: number, dash: number[]): void => {
    context.beginPath();
    context.moveTo(...point(from));
    for (let position = from + 1; position <= to; position++) context.lineTo(...point(position));
    context.setLineDash(dash);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
    context.setLineDash([]);
  };
  context.lineJoin = 'round';
  stroke(0, frames - 1, 'rgba(0, 0, 0, .4)', 4, []);
  let start = 0;
  const isHidden = (position: number): boolean => (scene.values[position] ?? -1) > 0;
  for (let position = 1; position < frames; position++) {
    const isPast = position <= scene.position;
    if (position < frames - 1 && isHidden(position + 1) === isHidden(position) && position !== scene.position) continue;
    stroke(start, position, isHidden(position) ? '#f2c66d' : '#fff', isPast ? 2 : 1.5, isPast ? [] : [2, 4]);
    start = position;
  }
}

export interface NeighboursScene {
  theme: CanvasTheme;
  width: number;
  height: number;
  /** Of one crop. */
  mostWidth: number;
  /** Side by side; null leaves a hole. */
  pictures: readonly ((CanvasImageSource & { width: number; height: number }) | null | undefined)[];
}

/** Crops of the frames before and after. */
export function drawNeighbours(context: CanvasRenderingContext2D, { theme, width, height, mostWidth, pictures }: NeighboursScene): void {
  const cell = width / pictures.length;
  const cropWidth = Math.min(cell - 12, mostWidth);
  const top = (height - cropWidth * 2) / 2;
  context.fillStyle = theme.stage;
  context.fillRect(0, 0, width, height);
  pictures.forEach((picture, i) => {
    const x = i * cell + (cell - cropWidth) / 2;
    drawHole(context, { theme, x, y: top, width: cropWidth, height: cropWidth * 2 });
    if (!picture) return;
    const place = contain(picture, { width: cropWidth, height: cropWidth * 2 });
    context.drawImage(picture, x + place.x, top + place.y, picture.width * place.scale, picture.height * place.scale);
  });
}

/** Where no picture is. */
export function drawHole(
  context: CanvasRenderingContext2D,
  { theme, x = 0, y = 0, width, height }: { theme: CanvasTheme; x?: number; y?: number; width: number; height: number },
): void {
  context.fillStyle = theme.stageHole;
  context.fillRect(x, y, width, height);
}
