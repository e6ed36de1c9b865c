/**
 * Things that stand or drive between camera and person: posts, signs, columns, trees, hedges, planters, fences, cars and vans.
 * Sizes are in metres; a person of 1.75 m at the obstacle's row is `scale` pixels tall. Test: test/datasets/synthetic/generate.test.ts.
 */
import { box, ellipse, ink, limb, lit, polygon, shadow, type Canvas, type Light, type Point, type Rgb, type Shader } from './canvas.ts';
import { fractal, noise } from './noise.ts';

export type ObstacleKind = 'pole' | 'sign' | 'column' | 'tree' | 'hedge' | 'planter' | 'fence' | 'boards' | 'car' | 'van';

export interface Obstacle {
  kind: ObstacleKind;
  /** Middle of the base, in pixels. */
  x: number;
  y: number;
  scale: number;
  /** Metres; each kind has its own meaning of height. */
  length: number;
  height: number;
  colour: Rgb;
  seed: number;
  /** Direction of a vehicle: 1 to the right. */
  facing: number;
}

/** Default length and height in metres. */
export const SIZES: Record<ObstacleKind, { length: readonly [number, number]; height: readonly [number, number] }> = {
  pole: { length: [0.12, 0.2], height: [4.5, 5] },
  sign: { length: [0.8, 1.1], height: [1.9, 2.2] },
  column: { length: [0.6, 0.9], height: [5, 5] },
  tree: { length: [0.34, 0.56], height: [5, 5] },
  hedge: { length: [2.5, 5], height: [0.9, 1.35] },
  planter: { length: [1.2, 1.9], height: [0.9, 1.3] },
  fence: { length: [4, 8], height: [1.0, 1.25] },
  boards: { length: [3, 6], height: [1.0, 1.3] },
  car: { length: [4.0, 4.5], height: [1.42, 1.5] },
  van: { length: [4.8, 5.4], height: [1.95, 2.2] },
};

function matt(colour: Rgb, light: Light, grain: number, seed: number): Shader {
  return (u, v, nx, ny, nz) => lit(colour, light, nx, ny, nz, 1 + grain * noise(u * 9 + seed, v * 9 + seed));
}

function leaves(colour: Rgb, light: Light, seed: number, width: number, height: number): Shader {
  return (u, v) => {
    const leaf = fractal(u * width * 7 + seed, v * height * 7 + seed) + 0.4 * noise(u * width * 22 + seed, v * height * 22);
    lit(colour, light, 0.3 * leaf, -0.4 - 0.3 * v, 0.7, 1 + 0.42 * leaf - 0.16 * v);
  };
}

function foliage(canvas: Canvas, obstacle: Obstacle, light: Light, left: number, right: number, top: number, bottom: number): void {
  const metre = obstacle.scale / 1.75;
  const points: Point[] = [];
  const steps = Math.max(14, Math.round(((right - left) / metre) * 14));
  for (let step = 0; step <= steps; step++) {
    const x = left + ((right - left) * step) / steps;
    const rim = Math.min(1, Math.min(step, steps - step) / 3);
    points.push({ x, y: top + metre * (0.12 * (1 - rim) + 0.06 * fractal(step * 0.31 + obstacle.seed, 4) + 0.03 * noise(step * 1.7, obstacle.seed)) });
  }
  points.push({ x: right, y: bottom }, { x: left, y: bottom });
  polygon(canvas, points, leaves(obstacle.colour, light, obstacle.seed, (right - left) / metre / 2, (bottom - top) / metre / 2));
}

function vehicle(canvas: Canvas, obstacle: Obstacle, light: Light): void {
  const metre = obstacle.scale / 1.75;
  const { x, y, length, height, facing, colour } = obstacle;
  const at = (along: number, up: number): Point => ({ x: x + facing * along * length * metre, y: y - up * height * metre });
  const paint: Shader = (u, v) => {
    const sky = Math.max(0, -v) * 0.22 + 0.1 * Math.max(0, noise(u * 4 + obstacle.seed, v * 3));
    lit(colour, light, 0, -0.35 * v, 0.8, 1 + sky - (v > 0.72 ? 0.3 : 0));
  };
  const glass: Shader = (u, v) => {
    const shine = 58 + 46 * Math.max(0, noise(u * 1.6 + obstacle.seed, v)) - 16 * v;
    ink.r = shine * 0.9;
    ink.g = shine;
    ink.b = shine * 1.1;
    ink.a = 1;
  };
  const dark: Shader = (_u, _v) => {
    ink.r = 26;
    ink.g = 26;
    ink.b = 28;
    ink.a = 1;
  };
  shadow(canvas, x, y - 0.02 * metre, length * 0.56 * metre, 0.2 * metre, 0, 0.6);
  if (obstacle.kind === 'car') {
    const body: Point[] = [
      at(-0.5, 0.2),
      at(-0.5, 0.52),
      at(-0.46, 0.6),
      at(-0.36, 0.64),
      at(-0.24, 0.95),
      at(-0.16, 1),
      at(0.1, 1),
      at(0.18, 0.95),
      at(0.29, 0.65),
      at(0.44, 0.58),
      at(0.5, 0.48),
      at(0.5, 0.2),
    ];
    polygon(canvas, body, paint);
    polygon(canvas, [at(-0.31, 0.66), at(-0.215, 0.91), at(-0.02, 0.93), at(-0.02, 0.66)], glass);
    polygon(canvas, [at(0.01, 0.66), at(0.01, 0.93), at(0.13, 0.91), at(0.235, 0.66)], glass);
  } else {
    const body: Point[] = [
      at(-0.5, 0.16),
      at(-0.5, 0.97),
      at(-0.47, 1),
      at(0.2, 1),
      at(0.26, 0.97),
      at(0.37, 0.62),
      at(0.48, 0.52),
      at(0.5, 0.44),
      at(0.5, 0.16),
    ];
    polygon(canvas, body, paint);
    polygon(canvas, [at(0.13, 0.6), at(0.13, 0.9), at(0.235, 0.9), at(0.33, 0.6)], glass);
    polygon(canvas, [at(-0.14, 0.16), at(-0.14, 0.95), at(-0.135, 0.95), at(-0.135, 0.16)], dark);
  }
  for (const wheel of [-0.31, 0.31]) {
    const hub = at(wheel, 0);
    const radius = 0.33 * metre;
    ellipse(canvas, hub.x, hub.y - radius * 0.95, radius * 1.12, radius * 1.12, 0, dark);
    ellipse(canvas, hub.x, hub.y - radius * 0.95, radius * 0.62, radius * 0.62, 0, (u, v) => {
      const spoke = 120 + 40 * Math.cos(Math.atan2(v, u) * 5) - 20 * v;
      ink.r = spoke;
      ink.g = spoke;
      ink.b = spoke + 3;
      ink.a = 1;
    });
  }
}

/** Draws on top of what is there; `isInFront` makes it an occluder, else scenery. */
export function drawObstacle(canvas: Canvas, obstacle: Obstacle, light: Light, isInFront: boolean): void {
  const metre = obstacle.scale / 1.75;
  const { x, y, seed, colour, kind } = obstacle;
  const half = (obstacle.length * metre) / 2;
  const top = y - obstacle.height * metre;
  canvas.layer = isInFront ? { kind: 'occluder', cover: 1 } : { kind: 'scene' };
  switch (kind) {
    case 'pole':
      shadow(canvas, x, y, 0.24 * metre, 0.09 * metre, 0, 0.45);
      limb(canvas, x, y, half, x, top, half * 0.8, 0, matt(colour, light, 0.06, seed));
      limb(canvas, x, y, half * 1.5, x, y - 0.35 * metre, half * 1.4, 0, matt(colour, light, 0.06, seed));
      break;
    case 'column':
      shadow(canvas, x, y, half * 1.4, half * 0.5, 0, 0.5);
      polygon(
        canvas,
        [
          { x: x - half, y },
          { x: x - half, y: top },
          { x: x + half, y: top },
          { x: x + half, y },
        ],
        (u, v) => {
          lit(
            colour,
            light,
            u * 0.95,
            0,
            Math.sqrt(1 - u * u * 0.9),
            1 + 0.05 * fractal(u * 2 + seed, v * 20) - (Math.abs(Math.sin(v * 9 + seed)) < 0.03 ? 0.2 : 0),
          );
        },
      );
      break;
    case 'tree':
      shadow(canvas, x, y, half * 2.6, half * 0.9, 0, 0.5);
      limb(canvas, x, y, half, x + 0.1 * metre * noise(seed, 1), top, half * 0.72, 0, (u, v, nx, ny, nz) =>
        lit(colour, light, nx, ny, nz, 1 + 0.36 * noise(u * 3 + seed, v * 46) + 0.2 * noise(u * 9, v * 18 + seed)),
      );
      limb(canvas, x - half * 0.7, y, half * 0.55, x, y - 0.3 * metre, half * 0.8, 0, matt(colour, light, 0.3, seed));
      limb(canvas, x + half * 0.7, y, half * 0.5, x, y - 0.26 * metre, half * 0.8, 0, matt(colour, light, 0.3, seed));
      break;
    case 'sign':
      shadow(canvas, x, y, half * 1.3, 0.1 * metre, 0, 0.4);
      for (const side of [-0.8, 0.8])
        limb(canvas, x + side * half, y, 0.03 * metre, x + side * half, top, 0.03 * metre, 0, matt([90, 92, 96], light, 0.05, seed));
      box(canvas, x, top + 0.62 * metre, half, 0.62 * metre, 0.04 * metre, 0, (u, v) => {
        const isFrame = Math.abs(u) > 0.93 || Math.abs(v) > 0.95;
        const picture = v < -0.55 ? 1.25 : 0.9 + 0.35 * noise(u * 2 + seed, v * 2.4) + (Math.abs(Math.sin(v * 16)) > 0.9 && v > 0.35 ? 0.25 : 0);
        lit(isFrame ? [78, 80, 84] : colour, light, 0, 0, 1, isFrame ? 1 : picture);
      });
      break;
    case 'hedge':
      shadow(canvas, x, y, half * 1.05, 0.2 * metre, 0, 0.5);
      foliage(canvas, obstacle, light, x - half, x + half, top, y);
      break;
    case 'planter':
      shadow(canvas, x, y, half * 1.1, 0.16 * metre, 0, 0.5);
      foliage(canvas, obstacle, light, x - half * 0.96, x + half * 0.96, top, y - 0.4 * metre);
      box(canvas, x, y - 0.24 * metre, half, 0.24 * metre, 0.03 * metre, 0, matt([142, 138, 130], light, 0.08, seed));
      break;
    case 'fence': {
      const metal = matt(colour, light, 0.04, seed);
      const bars = Math.round(obstacle.length / 0.15);
      for (let bar = 0; bar <= bars; bar++) {
        const bx = x - half + (bar / bars) * half * 2;
        limb(canvas, bx, y - 0.06 * metre, 0.016 * metre, bx, top, 0.016 * metre, 0, metal);
      }
      for (const up of [0.12, obstacle.height - 0.06]) limb(canvas, x - half, y - up * metre, 0.026 * metre, x + half, y - up * metre, 0.026 * metre, 0, metal);
      break;
    }
    case 'boards': {
      shadow(canvas, x, y, half * 1.02, 0.1 * metre, 0, 0.4);
      const boards = Math.round(obstacle.length / 0.16);
      for (let board = 0; board < boards; board++) {
        const bx = x - half + ((board + 0.5) / boards) * half * 2;
        const shade = 1 + 0.12 * noise(board * 3.7, seed);
        box(canvas, bx, (y + top) / 2 - 0.03 * metre, 0.067 * metre, (y - top) / 2, 0.012 * metre, 0, (u, v) =>
          lit(colour, light, u * 0.2, 0, 0.95, shade * (1 + 0.14 * noise(u + board, v * 12 + seed) - (Math.abs(v + 0.7) < 0.03 ? 0.2 : 0))),
        );
      }
      break;
    }
    case 'car':
    case 'van':
      vehicle(canvas, obstacle, light);
      break;
  }
  canvas.layer = { kind: 'scene' };
}
