/**
 * The cameras' views: a street, a hall, a park and a square, painted once per camera with its own perspective, light and colour cast.
 * Ground points are related by one rule: a person standing at row y is `personHeight(camera, y)` pixels tall. Test: test/datasets/synthetic/generate.test.ts.
 */
import { createCanvas, ellipse, ink, limb, polygon, shadow, SCENE, type Canvas, type Light, type Rgb, type Shader } from './canvas.ts';
import { fractal, noise } from './noise.ts';
import { createRandom, type Random } from './random.ts';

export const SCENE_WIDTH = 1280;
export const SCENE_HEIGHT = 720;

export type SceneKind = 'street' | 'hall' | 'park' | 'square';
const SCENE_KINDS: readonly SceneKind[] = ['street', 'hall', 'park', 'square'];

export interface CameraView {
  camid: number;
  name: string;
  kind: SceneKind;
  seed: string;
  /** Row of the horizon; above the picture for a camera that looks down. */
  horizon: number;
  /** Pixels of a 1.75 m person per row under the horizon. */
  gain: number;
  tilt: number;
  /** Rows on which people walk. */
  nearRow: number;
  farRow: number;
  light: Light;
  /** Colour cast, contrast around mid grey, saturation. */
  cast: Rgb;
  contrast: number;
  saturation: number;
  /** Standard deviation of the sensor noise, 0..255, and blur in crop pixels. */
  grain: number;
  blur: number;
  quality: number;
  /** Weights of headings: across, towards, away, slanted. */
  headings: readonly [number, number, number, number];
}

export function personHeight(camera: CameraView, row: number): number {
  return (row - camera.horizon) * camera.gain;
}

const BASE: Record<SceneKind, Omit<CameraView, 'camid' | 'name' | 'seed'>> = {
  street: {
    kind: 'street',
    horizon: 205,
    gain: 0.74,
    tilt: 0.16,
    nearRow: 560,
    farRow: 465,
    light: { x: -0.52, y: -0.6, z: 0.61, ambient: 0.56, diffuse: 0.56 },
    cast: [1.05, 1.0, 0.92],
    contrast: 1.06,
    saturation: 1.0,
    grain: 4,
    blur: 0.25,
    quality: 86,
    headings: [6, 1, 1, 2],
  },
  hall: {
    kind: 'hall',
    horizon: 120,
    gain: 0.55,
    tilt: 0.24,
    nearRow: 590,
    farRow: 490,
    light: { x: 0.15, y: -0.86, z: 0.49, ambient: 0.66, diffuse: 0.36 },
    cast: [1.08, 0.98, 0.82],
    contrast: 0.94,
    saturation: 0.86,
    grain: 7,
    blur: 0.5,
    quality: 80,
    headings: [2, 4, 1, 3],
  },
  park: {
    kind: 'park',
    horizon: 60,
    gain: 0.47,
    tilt: 0.28,
    nearRow: 620,
    farRow: 500,
    light: { x: 0.42, y: -0.66, z: 0.62, ambient: 0.6, diffuse: 0.46 },
    cast: [0.93, 1.03, 0.9],
    contrast: 1.02,
    saturation: 0.95,
    grain: 5,
    blur: 0.35,
    quality: 84,
    headings: [3, 2, 4, 3],
  },
  square: {
    kind: 'square',
    horizon: -60,
    gain: 0.37,
    tilt: 0.4,
    nearRow: 640,
    farRow: 500,
    light: { x: -0.2, y: -0.72, z: 0.66, ambient: 0.64, diffuse: 0.36 },
    cast: [0.88, 0.97, 1.12],
    contrast: 0.9,
    saturation: 0.8,
    grain: 6,
    blur: 0.6,
    quality: 82,
    headings: [3, 2, 2, 4],
  },
};

export function createCameras(count: number, seed: number): CameraView[] {
  return Array.from({ length: count }, (_, camid) => {
    const kind = SCENE_KINDS[camid % SCENE_KINDS.length] ?? 'street';
    const base = BASE[kind];
    const round = Math.floor(camid / SCENE_KINDS.length);
    const random = createRandom(`${seed}/camera/${camid}`);
    const vary = round === 0 ? 0.015 : 0.07;
    return {
      ...base,
      camid,
      name: `${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)}${round === 0 ? '' : ` ${round + 1}`}`,
      seed: `${seed}/scene/${camid}`,
      cast: [base.cast[0] * (1 + random.range(-vary, vary)), base.cast[1] * (1 + random.range(-vary, vary)), base.cast[2] * (1 + random.range(-vary, vary))],
      light: { ...base.light, x: base.light.x * (round % 2 === 0 ? 1 : -1) },
    };
  });
}

function flat(r: number, g: number, b: number, depth = 0, frequency = 20): Shader {
  return (u, v) => {
    const gain = depth === 0 ? 1 : 1 + depth * noise(u * frequency + r, v * frequency + b);
    ink.r = r * gain;
    ink.g = g * gain;
    ink.b = b * gain;
    ink.a = 1;
  };
}

function rect(canvas: Canvas, x: number, y: number, width: number, height: number, shade: Shader): void {
  polygon(
    canvas,
    [
      { x, y },
      { x: x + width, y },
      { x: x + width, y: y + height },
      { x, y: y + height },
    ],
    shade,
  );
}

/** Paints every pixel under `fromRow` from its place on the ground: metres to the right and away. */
function ground(canvas: Canvas, camera: CameraView, fromRow: number, shade: (x: number, z: number, row: number) => void): void {
  for (let y = Math.max(0, Math.floor(fromRow)); y < canvas.height; y++) {
    const metre = Math.max(2, personHeight(camera, y)) / 1.75;
    const z = 900 / metre;
    for (let x = 0; x < canvas.width; x++) {
      shade((x - canvas.width / 2) / metre, z, y);
      const offset = (y * canvas.width + x) * 3;
      canvas.rgb[offset] = ink.r;
      canvas.rgb[offset + 1] = ink.g;
      canvas.rgb[offset + 2] = ink.b;
    }
  }
}

function grey(value: number, warm: number): void {
  ink.r = value + warm;
  ink.g = value;
  ink.b = value - warm;
  ink.a = 1;
}

function wall(canvas: Canvas, toRow: number, shade: (x: number, y: number) => void): void {
  for (let y = 0; y < Math.min(canvas.height, toRow); y++) {
    for (let x = 0; x < canvas.width; x++) {
      shade(x, y);
      const offset = (y * canvas.width + x) * 3;
      canvas.rgb[offset] = ink.r;
      canvas.rgb[offset + 1] = ink.g;
      canvas.rgb[offset + 2] = ink.b;
    }
  }
}

function paintStreet(canvas: Canvas, camera: CameraView, random: Random): void {
  const base = 400;
  // A row of houses, each with its plaster, windows and shop.
  wall(canvas, base, (x, y) => grey(150 + 14 * fractal(x * 0.02, y * 0.02), 6));
  let x = -40;
  while (x < SCENE_WIDTH) {
    const width = random.range(190, 300);
    const plaster = random.pick<Rgb>([
      [168, 150, 128],
      [150, 110, 92],
      [176, 170, 158],
      [128, 126, 124],
      [160, 138, 100],
    ]);
    rect(canvas, x, 0, width, base, (u, v) => {
      const gain = 1 + 0.07 * fractal(u * 8 + x, v * 14) + 0.05 * v;
      ink.r = plaster[0] * gain;
      ink.g = plaster[1] * gain;
      ink.b = plaster[2] * gain;
      ink.a = 1;
    });
    const columns = Math.max(2, Math.round(width / 84));
    for (let column = 0; column < columns; column++) {
      const wx = x + ((column + 0.5) / columns) * width - 19;
      for (const wy of [-10, 96]) {
        rect(canvas, wx - 4, wy - 4, 46, 76, flat(206, 200, 190));
        rect(canvas, wx, wy, 38, 68, (u, v) => grey(64 + 26 * noise(u * 1.4 + wx, v * 1.2) + 14 * v, -5));
        rect(canvas, wx + 17, wy, 4, 68, flat(196, 192, 184));
      }
    }
    // Shop front.
    rect(canvas, x + 12, 206, width - 24, 26, flat(random.range(40, 150), random.range(40, 110), random.range(40, 120), 0.05));
    rect(canvas, x + 16, 234, width - 32, base - 246, (u, v) => grey(70 + 42 * Math.max(0, noise(u * 3 + x, v * 2.2)) + 22 * (v + 1), 4));
    const doorX = x + 24 + random.range(0, width * 0.5);
    rect(canvas, doorX, 246, 50, base - 246, flat(54, 48, 44, 0.1));
    rect(canvas, doorX + 7, 254, 36, base - 270, (u, v) => grey(92 + 18 * noise(u * 2 + x, v * 2), -3));
    rect(canvas, x + width - 3, 0, 3, base, flat(70, 62, 56));
    x += width;
  }
  ground(canvas, camera, base, (gx, gz, row) => {
    const slab = Math.abs(gx * 1.1 - Math.round(gx * 1.1)) < 0.02 || Math.abs(gz * 3.2 - Math.round(gz * 3.2)) < 0.05;
    if (row < 610) grey(156 + 10 * fractal(gx * 3, gz * 14) + 6 * noise(Math.round(gx * 1.1) * 3.3, Math.round(gz * 3.2) * 7.7) - (slab ? 26 : 0), 5);
    else if (row < 622) grey(176 + 12 * noise(gx * 6, gz), 3);
    else grey(84 + 10 * fractal(gx * 6, gz * 30) + 8 * noise(gx * 0.6, gz * 2), 0);
  });
  for (let row = 0; row < 10; row++) shadow(canvas, SCENE_WIDTH / 2, base + 8, SCENE_WIDTH, 30, 0, 0.05);
}

function paintHall(canvas: Canvas, camera: CameraView, random: Random): void {
  const base = 372;
  wall(canvas, base, (x, y) => {
    const panel = x % 160 < 3 || y === 150 || y === 151;
    grey(178 + 6 * noise(x * 0.03, y * 0.03) - (panel ? 36 : 0) - 20 * (y > base - 22 ? 1 : 0), 12);
  });
  for (let index = 0; index < 5; index++) {
    const x = 70 + index * 250 + random.range(-20, 20);
    if (index % 2 === 0) {
      // Lit display.
      rect(canvas, x, 176, 118, 150, flat(60, 58, 56));
      const tint = random.pick<Rgb>([
        [96, 150, 190],
        [196, 120, 96],
        [120, 164, 110],
      ]);
      rect(canvas, x + 6, 182, 106, 138, (u, v) => {
        const picture = 1 + 0.35 * noise(u * 2 + x, v * 2.5) - 0.12 * v;
        ink.r = tint[0] * picture;
        ink.g = tint[1] * picture;
        ink.b = tint[2] * picture;
        ink.a = 1;
      });
    } else {
      rect(canvas, x, 130, 130, base - 130, flat(92, 88, 84));
      rect(canvas, x + 6, 138, 56, base - 142, (u, v) => grey(118 + 40 * noise(u + x, v * 1.5), -6));
      rect(canvas, x + 68, 138, 56, base - 142, (u, v) => grey(122 + 40 * noise(u + x + 9, v * 1.5), -6));
    }
  }
  ground(canvas, camera, base, (gx, gz, row) => {
    const tx = Math.round(gx * 0.9);
    const tz = Math.round(gz * 2.4);
    const joint = Math.abs(gx * 0.9 - tx - 0.5 * Math.sign(gx * 0.9 - tx)) < 0.012 || Math.abs(gz * 2.4 - tz - 0.5 * Math.sign(gz * 2.4 - tz)) < 0.03;
    const sheen = 22 * Math.max(0, noise(gx * 0.35 + 3, 2)) * Math.exp(-(row - base) / 150);
    grey(((tx + tz) % 2 === 0 ? 176 : 160) + 7 * fractal(gx * 2, gz * 8) + sheen - (joint ? 18 : 0), 11);
  });
}

function paintPark(canvas: Canvas, camera: CameraView, random: Random): void {
  const base = 330;
  wall(canvas, base, (x, y) => {
    const leaf = fractal(x * 0.05, y * 0.07) + 0.5 * noise(x * 0.19, y * 0.21);
    ink.r = 62 + 26 * leaf;
    ink.g = 86 + 30 * leaf;
    ink.b = 48 + 18 * leaf;
    ink.a = 1;
  });
  for (let index = 0; index < 9; index++) {
    const x = index * 150 + random.range(-40, 40);
    limb(canvas, x, base + random.range(0, 26), random.range(9, 17), x + random.range(-12, 12), 40, random.range(6, 10), 0, (u, v) =>
      grey(74 + 20 * noise(u * 2 + x, v * 22) - 22 * u, 9),
    );
  }
  for (let index = 0; index < 14; index++) {
    const x = random.range(0, SCENE_WIDTH);
    const y = random.range(20, 150);
    ellipse(canvas, x, y, random.range(70, 130), random.range(36, 70), 0, (u, v) => {
      const leaf = fractal(u * 7 + x, v * 7 + y);
      ink.r = 70 + 34 * leaf - 14 * v;
      ink.g = 98 + 38 * leaf - 16 * v;
      ink.b = 52 + 22 * leaf - 8 * v;
      ink.a = Math.min(1, Math.max(0, 2.2 * (1 - u * u - v * v) + 0.9 * leaf));
    });
  }
  ground(canvas, camera, base, (gx, gz, row) => {
    const path = row > 452 + 16 * noise(gx * 0.25, 1) && row < 668 + 14 * noise(gx * 0.2, 8);
    if (path) grey(164 + 14 * fractal(gx * 7, gz * 30) + 10 * noise(gx * 0.6, gz * 2), 11);
    else {
      const blade = fractal(gx * 6, gz * 26);
      ink.r = 92 + 24 * blade;
      ink.g = 122 + 28 * blade;
      ink.b = 62 + 16 * blade;
      ink.a = 1;
    }
  });
  for (let index = 0; index < 26; index++)
    shadow(canvas, random.range(0, SCENE_WIDTH), random.range(350, 700), random.range(50, 130), random.range(10, 26), 0, 0.16);
}

function paintSquare(canvas: Canvas, camera: CameraView, random: Random): void {
  const base = 250;
  wall(canvas, base, (x, y) => {
    const row = Math.floor(y / 11);
    const shift = row % 2 === 0 ? 0 : 16;
    const brick = noise(Math.floor((x + shift) / 32) * 5.3, row * 3.1);
    const mortar = y % 11 < 2 || (x + shift) % 32 < 2;
    if (mortar) grey(150, 4);
    else {
      ink.r = 132 + 18 * brick;
      ink.g = 86 + 12 * brick;
      ink.b = 72 + 10 * brick;
      ink.a = 1;
    }
  });
  for (let index = 0; index < 4; index++) {
    const x = 60 + index * 320 + random.range(-20, 20);
    rect(canvas, x, 20, 190, base - 20, flat(70, 74, 80));
    for (let pane = 0; pane < 3; pane++)
      rect(canvas, x + 6 + pane * 61, 28, 56, base - 32, (u, v) => grey(104 + 40 * noise(u * 0.8 + x + pane, v * 1.4 + index) + 12 * v, -9));
  }
  ground(canvas, camera, base, (gx, gz) => {
    const tx = Math.floor(gx * 0.8 + (Math.floor(gz * 3) % 2) * 0.5);
    const tz = Math.floor(gz * 3);
    const fx = gx * 0.8 + (tz % 2) * 0.5 - tx;
    const fz = gz * 3 - tz;
    const joint = fx < 0.035 || fz < 0.08;
    grey(148 + 13 * noise(tx * 7.7, tz * 5.3) + 8 * fractal(gx * 4, gz * 18) - (joint ? 28 : 0), -3);
  });
  for (let index = 0; index < 5; index++) {
    const x = random.range(80, SCENE_WIDTH - 80);
    const y = random.range(300, 400);
    shadow(canvas, x, y + 4, 60, 14, 0, 0.4);
    rect(canvas, x - 44, y - 30, 88, 32, flat(112, 110, 108, 0.06));
    ellipse(canvas, x, y - 44, 50, 26, 0, (u, v) => {
      const leaf = fractal(u * 6 + x, v * 6);
      ink.r = 66 + 26 * leaf - 14 * v;
      ink.g = 92 + 30 * leaf - 18 * v;
      ink.b = 60 + 18 * leaf - 8 * v;
      ink.a = 1;
    });
  }
}

/** The empty view of a camera, RGB bytes. */
export function paintScene(camera: CameraView): Uint8Array {
  const canvas = createCanvas(SCENE_WIDTH, SCENE_HEIGHT);
  canvas.layer = SCENE;
  const random = createRandom(camera.seed);
  const painters: Record<SceneKind, (canvas: Canvas, camera: CameraView, random: Random) => void> = {
    street: paintStreet,
    hall: paintHall,
    park: paintPark,
    square: paintSquare,
  };
  painters[camera.kind](canvas, camera, random);
  const bytes = new Uint8Array(canvas.rgb.length);
  for (let index = 0; index < bytes.length; index++) bytes[index] = Math.max(0, Math.min(255, Math.round(canvas.rgb[index] ?? 0)));
  return bytes;
}
