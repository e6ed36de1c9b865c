/**
 * A small software rasteriser: anti-aliased limbs, lofted trunks, ellipses, boxes and polygons with per-pixel shaders.
 * Besides colour it keeps two masks, the heart of the exact truth: `part` (which body part of the subject a pixel shows, as if nothing were in
 * front) and `cover` (what lies in front). A pixel belongs to a shape when at least half of it is covered. Test: test/datasets/synthetic/generate.test.ts.
 */

export type Rgb = readonly [number, number, number];

/** What the next shapes are: scenery, a part 1..6 of the subject, something carried, or an occluder (1 object, 2 person). */
export type Layer = { kind: 'scene' } | { kind: 'subject'; part: number } | { kind: 'occluder'; cover: number };

export interface Canvas {
  width: number;
  height: number;
  /** RGB, 0..255, not clamped. */
  rgb: Float32Array;
  part: Uint8Array;
  cover: Uint8Array;
  layer: Layer;
  /** Flat: no shading, no soft edges; subject magenta, occluders green. Lets a test count pixels in the picture itself. */
  flat: boolean;
}

/** Colour of a surface point: the shader writes here. Alpha under 1 shows what is behind. */
export const ink = { r: 0, g: 0, b: 0, a: 1 };

/** `u` across −1..1, `v` along 0..1 (ellipse, box: −1..1), n = surface normal to the viewer (y down). */
export type Shader = (u: number, v: number, nx: number, ny: number, nz: number) => void;

export const SCENE: Layer = { kind: 'scene' };

export function createCanvas(width: number, height: number, flat = false): Canvas {
  return {
    width,
    height,
    rgb: new Float32Array(width * height * 3),
    part: new Uint8Array(width * height),
    cover: new Uint8Array(width * height),
    layer: SCENE,
    flat,
  };
}

/** Blends `ink` into a pixel with the coverage and keeps the masks. */
function put(canvas: Canvas, index: number, coverage: number): void {
  const { layer, rgb } = canvas;
  let alpha = coverage * ink.a;
  const solid = alpha >= 0.5;
  if (layer.kind === 'subject') {
    if (solid) canvas.part[index] = layer.part;
  } else if (layer.kind === 'occluder') {
    if (solid) canvas.cover[index] = layer.cover;
  }
  const offset = index * 3;
  if (canvas.flat && layer.kind !== 'scene') {
    if (!solid) return;
    rgb[offset] = layer.kind === 'subject' ? 255 : 0;
    rgb[offset + 1] = layer.kind === 'subject' ? 0 : 255;
    rgb[offset + 2] = layer.kind === 'subject' ? 255 : 0;
    return;
  }
  if (alpha > 1) alpha = 1;
  rgb[offset] = rgb[offset]! + (ink.r - rgb[offset]!) * alpha;
  rgb[offset + 1] = rgb[offset + 1]! + (ink.g - rgb[offset + 1]!) * alpha;
  rgb[offset + 2] = rgb[offset + 2]! + (ink.b - rgb[offset + 2]!) * alpha;
}

function clampLow(value: number): number {
  return value < 0 ? 0 : Math.floor(value);
}

function clampHigh(value: number, size: number): number {
  return value >= size ? size - 1 : Math.ceil(value);
}

/** A tapered round limb from one joint to the next; `bulge` thickens the middle (calf, sleeve). */
export function limb(canvas: Canvas, x0: number, y0: number, r0: number, x1: number, y1: number, r1: number, bulge: number, shade: Shader): void {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const lengthSquared = dx * dx + dy * dy + 1e-6;
  const length = Math.sqrt(lengthSquared);
  const tx = dx / length;
  const ty = dy / length;
  const reach = Math.max(r0, r1) + Math.abs(bulge) + 1;
  const left = clampLow(Math.min(x0, x1) - reach);
  const right = clampHigh(Math.max(x0, x1) + reach, canvas.width);
  const top = clampLow(Math.min(y0, y1) - reach);
  const bottom = clampHigh(Math.max(y0, y1) + reach, canvas.height);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - x0;
      const py = y + 0.5 - y0;
      let v = (px * dx + py * dy) / lengthSquared;
      if (v < 0) v = 0;
      else if (v > 1) v = 1;
      const radius = r0 + (r1 - r0) * v + bulge * 4 * v * (1 - v);
      const ox = px - dx * v;
      const oy = py - dy * v;
      const distance = Math.sqrt(ox * ox + oy * oy);
      const coverage = radius - distance + 0.5;
      if (coverage <= 0) continue;
      // Side of the axis. The normal ignores the round ends, so that two limbs meet in a joint without looking like sausages.
      let u = (px * ty - py * tx) / radius;
      u = u < -1 ? -1 : u > 1 ? 1 : u;
      shade(u, v, u * ty, -u * tx, Math.sqrt(1 - u * u));
      put(canvas, y * canvas.width + x, coverage > 1 ? 1 : coverage);
    }
  }
}

/** Cross-section of a loft at height y: centre and half width. */
export interface Section {
  x: number;
  y: number;
  half: number;
}

/** Sections smoothed by a monotone step between neighbours; drawn row by row from top to bottom. */
export function loft(canvas: Canvas, sections: readonly Section[], shade: Shader): void {
  const first = sections[0];
  const last = sections[sections.length - 1];
  if (first === undefined || last === undefined) return;
  const top = clampLow(first.y - 1);
  const bottom = clampHigh(last.y + 1, canvas.height);
  const span = Math.max(1e-6, last.y - first.y);
  let segment = 0;
  for (let y = top; y <= bottom; y++) {
    const cy = y + 0.5;
    const rowCoverage = Math.min(1, cy - first.y + 0.5, last.y - cy + 0.5);
    if (rowCoverage <= 0) continue;
    while (segment < sections.length - 2 && cy > sections[segment + 1]!.y) segment++;
    const a = sections[segment]!;
    const b = sections[segment + 1] ?? a;
    let t = (cy - a.y) / Math.max(1e-6, b.y - a.y);
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    const eased = t * t * (3 - 2 * t) * 0.6 + t * 0.4;
    const centre = a.x + (b.x - a.x) * t;
    const half = a.half + (b.half - a.half) * eased;
    const slope = (b.half - a.half) / Math.max(1, b.y - a.y);
    const left = clampLow(centre - half - 1);
    const right = clampHigh(centre + half + 1, canvas.width);
    const v = (cy - first.y) / span;
    for (let x = left; x <= right; x++) {
      const dx = x + 0.5 - centre;
      let coverage = half - (dx < 0 ? -dx : dx) + 0.5;
      if (coverage <= 0) continue;
      if (coverage > 1) coverage = 1;
      let u = dx / Math.max(0.5, half);
      u = u < -1 ? -1 : u > 1 ? 1 : u;
      const nz = Math.sqrt(1 - u * u * 0.98);
      shade(u, v < 0 ? 0 : v > 1 ? 1 : v, u, -slope * 0.6, nz);
      put(canvas, y * canvas.width + x, coverage * rowCoverage);
    }
  }
}

export function ellipse(canvas: Canvas, cx: number, cy: number, rx: number, ry: number, angle: number, shade: Shader): void {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const reach = Math.max(rx, ry) + 1;
  const left = clampLow(cx - reach);
  const right = clampHigh(cx + reach, canvas.width);
  const top = clampLow(cy - reach);
  const bottom = clampHigh(cy + reach, canvas.height);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - cx;
      const py = y + 0.5 - cy;
      const u = (px * cos + py * sin) / rx;
      const v = (-px * sin + py * cos) / ry;
      const radius = Math.sqrt(u * u + v * v);
      // Distance to the rim, first order: good to a tenth of a pixel for the flat ellipses used here.
      const gradient = radius < 1e-6 ? 1 : Math.sqrt((u / rx) * (u / rx) + (v / ry) * (v / ry)) / radius;
      const coverage = (1 - radius) / gradient + 0.5;
      if (coverage <= 0) continue;
      const flat = radius * radius;
      shade(u, v, u * cos - v * sin, u * sin + v * cos, flat >= 1 ? 0 : Math.sqrt(1 - flat));
      put(canvas, y * canvas.width + x, coverage > 1 ? 1 : coverage);
    }
  }
}

/** A box with rounded corners; u and v run −1..1 across and down. */
export function box(canvas: Canvas, cx: number, cy: number, halfWidth: number, halfHeight: number, radius: number, angle: number, shade: Shader): void {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const reachX = Math.abs(halfWidth * cos) + Math.abs(halfHeight * sin) + 1;
  const reachY = Math.abs(halfWidth * sin) + Math.abs(halfHeight * cos) + 1;
  const r = Math.min(radius, halfWidth, halfHeight);
  const left = clampLow(cx - reachX);
  const right = clampHigh(cx + reachX, canvas.width);
  const top = clampLow(cy - reachY);
  const bottom = clampHigh(cy + reachY, canvas.height);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - cx;
      const py = y + 0.5 - cy;
      const bx = px * cos + py * sin;
      const by = -px * sin + py * cos;
      const qx = Math.abs(bx) - halfWidth + r;
      const qy = Math.abs(by) - halfHeight + r;
      const outside = Math.sqrt(Math.max(qx, 0) * Math.max(qx, 0) + Math.max(qy, 0) * Math.max(qy, 0)) + Math.min(Math.max(qx, qy), 0) - r;
      const coverage = 0.5 - outside;
      if (coverage <= 0) continue;
      const u = bx / halfWidth;
      const v = by / halfHeight;
      shade(u, v, u * 0.7, v * 0.5, 0.75);
      put(canvas, y * canvas.width + x, coverage > 1 ? 1 : coverage);
    }
  }
}

export interface Point {
  x: number;
  y: number;
}

/** Even-odd polygon; four sub-rows with exact horizontal coverage. The shader gets u, v in the bounding box, −1..1. */
export function polygon(canvas: Canvas, points: readonly Point[], shade: Shader): void {
  let minX = Infinity;
  let maxX = -Infinity;
  let minY = Infinity;
  let maxY = -Infinity;
  for (const point of points) {
    minX = Math.min(minX, point.x);
    maxX = Math.max(maxX, point.x);
    minY = Math.min(minY, point.y);
    maxY = Math.max(maxY, point.y);
  }
  const left = clampLow(minX);
  const right = clampHigh(maxX, canvas.width);
  const top = clampLow(minY);
  const bottom = clampHigh(maxY, canvas.height);
  if (right < left || bottom < top) return;
  const accumulated = new Float32Array(right - left + 2);
  const crossings: number[] = [];
  for (let y = top; y <= bottom; y++) {
    accumulated.fill(0);
    for (let sub = 0; sub < 4; sub++) {
      const sy = y + 0.125 + sub * 0.25;
      crossings.length = 0;
      for (let index = 0; index < points.length; index++) {
        const a = points[index]!;
        const b = points[(index + 1) % points.length]!;
        if (a.y <= sy === b.y <= sy) continue;
        crossings.push(a.x + ((sy - a.y) / (b.y - a.y)) * (b.x - a.x));
      }
      crossings.sort((a, b) => a - b);
      for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
        const from = Math.max(crossings[pair]!, left);
        const to = Math.min(crossings[pair + 1]!, right + 1);
        if (to <= from) continue;
        const firstPixel = Math.floor(from);
        const lastPixel = Math.min(right, Math.floor(to));
        for (let x = firstPixel; x <= lastPixel; x++) accumulated[x - left] = accumulated[x - left]! + 0.25 * (Math.min(to, x + 1) - Math.max(from, x));
      }
    }
    for (let x = left; x <= right; x++) {
      const coverage = accumulated[x - left]!;
      if (coverage <= 0.003) continue;
      const u = maxX > minX ? ((x + 0.5 - minX) / (maxX - minX)) * 2 - 1 : 0;
      const v = maxY > minY ? ((y + 0.5 - minY) / (maxY - minY)) * 2 - 1 : 0;
      shade(u, v, 0, 0, 1);
      put(canvas, y * canvas.width + x, coverage > 1 ? 1 : coverage);
    }
  }
}

/** A soft dark patch on the ground; never touches the masks. */
export function shadow(canvas: Canvas, cx: number, cy: number, rx: number, ry: number, angle: number, strength: number): void {
  if (canvas.flat) return;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const reach = Math.max(rx, ry);
  const left = clampLow(cx - reach);
  const right = clampHigh(cx + reach, canvas.width);
  const top = clampLow(cy - reach);
  const bottom = clampHigh(cy + reach, canvas.height);
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - cx;
      const py = y + 0.5 - cy;
      const u = (px * cos + py * sin) / rx;
      const v = (-px * sin + py * cos) / ry;
      const squared = u * u + v * v;
      if (squared >= 1) continue;
      const fall = 1 - squared;
      const keep = 1 - strength * fall * fall;
      const offset = (y * canvas.width + x) * 3;
      canvas.rgb[offset] = canvas.rgb[offset]! * keep;
      canvas.rgb[offset + 1] = canvas.rgb[offset + 1]! * keep;
      canvas.rgb[offset + 2] = canvas.rgb[offset + 2]! * (keep + (1 - keep) * 0.08);
    }
  }
}

/** Light of a camera, from the viewer's side: x right, y down, z to the viewer. */
export interface Light {
  x: number;
  y: number;
  z: number;
  ambient: number;
  diffuse: number;
}

/** Writes a lit colour to `ink`. `gain` carries folds and patterns. */
export function lit(colour: Rgb, light: Light, nx: number, ny: number, nz: number, gain: number): void {
  const facing = nx * light.x + ny * light.y + nz * light.z;
  const wrapped = facing * 0.75 + 0.25;
  const strength = (light.ambient * (0.72 + 0.28 * nz - 0.12 * ny) + light.diffuse * (wrapped > 0 ? wrapped : 0)) * gain;
  ink.r = colour[0] * strength;
  ink.g = colour[1] * strength;
  ink.b = colour[2] * strength;
  ink.a = 1;
}
