/**
 * One crop with its exact truth. The picture is drawn at twice the size (supersampled), masks are read there, then it is averaged down
 * and passed through the camera (cast, contrast, blur, grain). Truth: a body pixel is hidden when an occluder covers it or the crop does not
 * reach it (the frame's edge). A part is hidden when more than half of its own pixels are; what the person's own body or bag hides counts for nobody.
 * Test: test/datasets/synthetic/generate.test.ts counts the pixels independently.
 */
import { createCanvas, type Canvas } from './canvas.ts';
import { drawPerson, extentOf, type Stance } from './figure.ts';
import type { Occluder } from './manifest.ts';
import { drawObstacle, type Obstacle } from './obstacles.ts';
import { createRandom } from './random.ts';
import { SCENE_HEIGHT, SCENE_WIDTH, type CameraView } from './scenes.ts';
import type { Look } from './wardrobe.ts';

export interface Walker {
  look: Look;
  /** In pixels of the camera's view. */
  stance: Stance;
}

/** Everything in one frame, in pixels of the camera's view. */
export interface Shot {
  camera: CameraView;
  subject: Walker;
  others: readonly Walker[];
  obstacles: readonly Obstacle[];
  /** The detector's box, always 1:2 like the crop. */
  window: { left: number; top: number; width: number; height: number };
  exposure: number;
  grainSeed: string;
}

export interface Truth {
  body: number;
  hidden: number;
  occluder: Occluder | null;
  parts: number;
}

export interface CropSize {
  width: number;
  height: number;
  /** Canvas pixels per crop pixel. */
  supersample: number;
}

const PART_COUNT = 6;

interface Frame {
  canvas: Canvas;
  /** Where the window lies in the canvas. */
  left: number;
  top: number;
  width: number;
  height: number;
  /** View pixels → canvas pixels. */
  scale: number;
}

/** A canvas that holds the window and the whole body, even the part beyond the frame. */
function frameOf(shot: Shot, size: CropSize, isFlat: boolean): Frame {
  const width = size.width * size.supersample;
  const height = size.height * size.supersample;
  const scale = width / shot.window.width;
  const body = extentOf(shot.subject.look, shot.subject.stance);
  const margin = 4;
  const left = Math.max(0, Math.ceil((shot.window.left - body.left) * scale) + margin);
  const top = Math.max(0, Math.ceil((shot.window.top - body.top) * scale) + margin);
  const right = Math.max(0, Math.ceil((body.right - shot.window.left - shot.window.width) * scale) + margin);
  const bottom = Math.max(0, Math.ceil((body.bottom - shot.window.top - shot.window.height) * scale) + margin);
  return { canvas: createCanvas(left + width + right, top + height + bottom, isFlat), left, top, width, height, scale };
}

function toCanvas(shot: Shot, frame: Frame, x: number, y: number): { x: number; y: number } {
  return { x: (x - shot.window.left) * frame.scale + frame.left, y: (y - shot.window.top) * frame.scale + frame.top };
}

function placeWalker(shot: Shot, frame: Frame, walker: Walker): Stance {
  return { ...walker.stance, ...toCanvas(shot, frame, walker.stance.x, walker.stance.y), scale: walker.stance.scale * frame.scale };
}

/** Bilinear copy of the empty view into the window. */
function fillBackground(shot: Shot, frame: Frame, scene: Uint8Array): void {
  const { canvas } = frame;
  const step = 1 / frame.scale;
  for (let y = 0; y < frame.height; y++) {
    const sy = Math.min(SCENE_HEIGHT - 1.001, Math.max(0, shot.window.top + (y + 0.5) * step - 0.5));
    const y0 = Math.floor(sy);
    const fy = sy - y0;
    for (let x = 0; x < frame.width; x++) {
      const sx = Math.min(SCENE_WIDTH - 1.001, Math.max(0, shot.window.left + (x + 0.5) * step - 0.5));
      const x0 = Math.floor(sx);
      const fx = sx - x0;
      const a = (y0 * SCENE_WIDTH + x0) * 3;
      const b = a + SCENE_WIDTH * 3;
      const target = ((y + frame.top) * canvas.width + x + frame.left) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const upper = scene[a + channel]! + (scene[a + 3 + channel]! - scene[a + channel]!) * fx;
        const lower = scene[b + channel]! + (scene[b + 3 + channel]! - scene[b + channel]!) * fx;
        canvas.rgb[target + channel] = upper + (lower - upper) * fy;
      }
    }
  }
}

function drawShot(shot: Shot, frame: Frame): void {
  const { canvas } = frame;
  const subjectRow = shot.subject.stance.y;
  const items = [
    ...shot.others.map((walker) => ({
      row: walker.stance.y,
      draw: (isInFront: boolean) =>
        drawPerson(canvas, walker.look, placeWalker(shot, frame, walker), shot.camera.light, { subject: false, cover: isInFront ? 2 : 0 }),
    })),
    ...shot.obstacles.map((obstacle) => ({
      row: obstacle.y,
      draw: (isInFront: boolean) =>
        drawObstacle(
          canvas,
          { ...obstacle, ...toCanvas(shot, frame, obstacle.x, obstacle.y), scale: obstacle.scale * frame.scale },
          shot.camera.light,
          isInFront,
        ),
    })),
  ].sort((a, b) => a.row - b.row);
  for (const item of items) if (item.row < subjectRow) item.draw(false);
  drawPerson(canvas, shot.subject.look, placeWalker(shot, frame, shot.subject), shot.camera.light, { subject: true });
  for (const item of items) if (item.row >= subjectRow) item.draw(true);
}

/** Counts the masks. */
function truthOf(frame: Frame): Truth {
  const { canvas } = frame;
  const bodyOf = new Int32Array(PART_COUNT + 1);
  const hiddenOf = new Int32Array(PART_COUNT + 1);
  let byObject = 0;
  let byPerson = 0;
  let byEdge = 0;
  for (let y = 0; y < canvas.height; y++) {
    const isRowInside = y >= frame.top && y < frame.top + frame.height;
    for (let x = 0; x < canvas.width; x++) {
      const index = y * canvas.width + x;
      const part = canvas.part[index]!;
      if (part === 0) continue;
      bodyOf[part] = bodyOf[part]! + 1;
      const cover = canvas.cover[index]!;
      if (!isRowInside || x < frame.left || x >= frame.left + frame.width) byEdge++;
      else if (cover === 1) byObject++;
      else if (cover === 2) byPerson++;
      else continue;
      hiddenOf[part] = hiddenOf[part]! + 1;
    }
  }
  let body = 0;
  let parts = 0;
  for (let part = 1; part <= PART_COUNT; part++) {
    body += bodyOf[part]!;
    if (bodyOf[part]! > 0 && hiddenOf[part]! * 2 > bodyOf[part]!) parts |= 1 << (part - 1);
  }
  const hidden = byObject + byPerson + byEdge;
  const most = Math.max(byObject, byPerson, byEdge);
  const occluder: Occluder | null = hidden === 0 ? null : most === byObject ? 'object' : most === byPerson ? 'person' : 'edge';
  return { body, hidden, occluder, parts };
}

/** Truth alone, for planning: no background, any resolution. */
export function measureShot(shot: Shot, size: CropSize): Truth {
  const frame = frameOf(shot, size, true);
  drawShot(shot, frame);
  return truthOf(frame);
}

/** The canvas window as it is, 0..255 at canvas resolution; `flat` draws subject magenta and occluders green for independent counting. */
export function renderRaw(shot: Shot, size: CropSize, scene: Uint8Array | null, isFlat: boolean): { canvas: Canvas; truth: Truth } {
  const frame = frameOf(shot, size, isFlat);
  if (scene !== null) fillBackground(shot, frame, scene);
  drawShot(shot, frame);
  return { canvas: frame.canvas, truth: truthOf(frame) };
}

/** Box filter, then the camera. */
function develop(shot: Shot, frame: Frame, size: CropSize): Uint8Array {
  const { camera } = shot;
  const { width, height, supersample } = size;
  const small = new Float32Array(width * height * 3);
  const weight = shot.exposure / (supersample * supersample);
  for (let y = 0; y < height; y++) {
    for (let sub = 0; sub < supersample; sub++) {
      let source = ((y * supersample + sub + frame.top) * frame.canvas.width + frame.left) * 3;
      for (let x = 0; x < width; x++) {
        const target = (y * width + x) * 3;
        for (let across = 0; across < supersample; across++) {
          small[target] = small[target]! + frame.canvas.rgb[source]! * weight;
          small[target + 1] = small[target + 1]! + frame.canvas.rgb[source + 1]! * weight;
          small[target + 2] = small[target + 2]! + frame.canvas.rgb[source + 2]! * weight;
          source += 3;
        }
      }
    }
  }
  const random = createRandom(shot.grainSeed);
  const out = new Uint8Array(width * height * 3);
  const side = camera.blur * 0.25;
  const centre = 1 - 4 * side * 0.5;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const here = (y * width + x) * 3;
      const west = x > 0 ? here - 3 : here;
      const east = x < width - 1 ? here + 3 : here;
      const north = y > 0 ? here - width * 3 : here;
      const south = y < height - 1 ? here + width * 3 : here;
      const pixel = [0, 0, 0];
      for (let channel = 0; channel < 3; channel++) {
        const blurred =
          small[here + channel]! * centre + (small[west + channel]! + small[east + channel]! + small[north + channel]! + small[south + channel]!) * side * 0.5;
        pixel[channel] = (blurred * camera.cast[channel]! - 118) * camera.contrast + 118;
      }
      const luma = pixel[0]! * 0.3 + pixel[1]! * 0.59 + pixel[2]! * 0.11;
      const shared = (random.next() + random.next() - 1) * camera.grain * 2;
      const chroma = (random.next() - 0.5) * camera.grain * 1.2;
      for (let channel = 0; channel < 3; channel++) {
        const value = luma + (pixel[channel]! - luma) * camera.saturation + shared + (channel === 0 ? chroma : channel === 2 ? -chroma : 0);
        out[here + channel] = value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value);
      }
    }
  }
  return out;
}

/** The finished crop, RGB bytes, and what is hidden in it. */
export function renderCrop(shot: Shot, size: CropSize, scene: Uint8Array): { rgb: Uint8Array; truth: Truth } {
  const frame = frameOf(shot, size, false);
  fillBackground(shot, frame, scene);
  drawShot(shot, frame);
  return { rgb: develop(shot, frame, size), truth: truthOf(frame) };
}
