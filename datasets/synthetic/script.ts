/**
 * The story of one tracklet: where the person walks, what passes in front, and the detector's shaky box, frame by frame.
 * Drawn from the tracklet's own random stream, so any tracklet can be made alone. Test: test/datasets/synthetic/generate.test.ts.
 */
import { measureShot, type Shot, type Walker } from './crop.ts';
import { extentOf, type Stance } from './figure.ts';
import { SIZES, type Obstacle, type ObstacleKind } from './obstacles.ts';
import { createRandom, type Random } from './random.ts';
import { personHeight, SCENE_HEIGHT, SCENE_WIDTH, type CameraView, type SceneKind } from './scenes.ts';
import type { Rgb } from './canvas.ts';
import type { Look } from './wardrobe.ts';

export const FRAME_RATE = 10;
/** Statures walked in one turn of the gait, so that feet do not slide. */
const STATURES_PER_TURN = 0.76;
/** A heavily occluded tracklet: at least this share of its frames ... */
const HEAVY_FRAMES = 0.4;
/** ... has at least this share of the body hidden. */
const HEAVY_SHARE = 0.5;

type Story = 'clear' | 'thing' | 'passer' | 'vehicle' | 'edge' | 'companion' | 'crowd' | 'wide' | 'bottom';

const THINGS: Record<SceneKind, readonly ObstacleKind[]> = {
  street: ['pole', 'sign', 'planter', 'car', 'van', 'pole'],
  hall: ['column', 'sign', 'fence', 'column', 'planter'],
  park: ['hedge', 'tree', 'fence', 'boards', 'hedge'],
  square: ['planter', 'pole', 'sign', 'column', 'fence'],
};

const WIDE: Record<SceneKind, readonly ObstacleKind[]> = {
  street: ['car', 'van', 'planter'],
  hall: ['column', 'sign', 'planter'],
  park: ['hedge', 'boards', 'hedge'],
  square: ['planter', 'hedge', 'column'],
};

const COLOURS: Record<ObstacleKind, readonly Rgb[]> = {
  pole: [
    [92, 96, 98],
    [70, 84, 76],
    [120, 122, 124],
  ],
  sign: [
    [60, 110, 160],
    [170, 70, 60],
    [84, 140, 96],
    [190, 170, 90],
  ],
  column: [
    [176, 170, 158],
    [150, 148, 146],
    [196, 186, 166],
  ],
  tree: [
    [92, 76, 60],
    [80, 70, 58],
  ],
  hedge: [
    [64, 92, 50],
    [74, 98, 58],
    [56, 82, 54],
  ],
  planter: [
    [72, 100, 56],
    [84, 104, 60],
  ],
  fence: [
    [70, 74, 76],
    [58, 78, 66],
    [140, 142, 144],
  ],
  boards: [
    [150, 118, 84],
    [128, 104, 78],
    [176, 168, 154],
  ],
  car: [
    [150, 34, 36],
    [42, 62, 110],
    [196, 198, 200],
    [40, 42, 46],
    [120, 124, 128],
    [222, 222, 220],
  ],
  van: [
    [214, 214, 212],
    [60, 72, 90],
    [186, 150, 60],
    [120, 126, 132],
  ],
};

interface Path {
  at(frame: number): Stance;
  scaleAt(row: number): number;
}

function headingOf(camera: CameraView, random: Random, isHeavy: boolean): number {
  const [across, towards, away, slanted] = camera.headings;
  const side = random.chance(0.5) ? 1 : -1;
  const at = random.next() * (across + towards + away + slanted);
  const spread = random.range(-0.22, 0.22);
  if (at < across) return side * (Math.PI / 2) + spread;
  if (at < across + towards) return Math.PI + spread * (isHeavy ? 1 : 1.4);
  if (at < across + towards + away) return spread * 1.4;
  return side * (random.chance(0.6) ? 2.2 : 0.85) + spread;
}

/** A walk of `frames` frames that stays in view; `story` edge and bottom leave it. */
function createPath(camera: CameraView, look: Look, frames: number, yaw: number, story: Story, random: Random): Path {
  const tall = look.stature / 1.75;
  const turnPerFrame = (Math.PI * look.cadence) / FRAME_RATE;
  const startPhase = random.range(0, Math.PI * 2);
  const wobble = random.range(0.02, 0.1);
  const wobbleSeed = random.range(0, 9);
  const middleRow = story === 'bottom' ? random.range(SCENE_HEIGHT + 30, SCENE_HEIGHT + 90) : random.range(camera.farRow, camera.nearRow);
  const stepPixels = STATURES_PER_TURN * (turnPerFrame / (2 * Math.PI)) * look.stride;
  const nominal = personHeight(camera, middleRow) * tall;
  const dx = stepPixels * nominal * Math.sin(yaw);
  // Rows per frame; a walk in depth is slowed so that it stays on its strip of ground.
  const dy = Math.max(-1.6, Math.min(1.6, -stepPixels * nominal * Math.cos(yaw) * Math.sin(camera.tilt)));
  const span = Math.abs(dx) * (frames - 1);
  const margin = nominal * 0.4;
  const centre = frames / 2;
  let x0: number;
  if (story === 'edge') {
    const side = random.chance(0.5) ? 0 : SCENE_WIDTH;
    const crossing = random.range(0.15, 0.85) * frames;
    x0 = side - dx * crossing;
    if (Math.abs(dx) < 1.5) x0 = side + (side === 0 ? 1 : -1) * nominal * random.range(-0.04, 0.1);
  } else {
    const room = Math.max(0, SCENE_WIDTH - 2 * margin - span);
    const left = margin + random.next() * room;
    x0 = dx >= 0 ? left : left + span;
  }
  return {
    scaleAt: (row) => personHeight(camera, row),
    at(frame) {
      const row = middleRow + dy * (frame - centre);
      return {
        x: x0 + dx * frame,
        y: row,
        scale: personHeight(camera, row) * tall,
        yaw: yaw + wobble * Math.sin(frame * 0.09 + wobbleSeed),
        tilt: camera.tilt,
        phase: startPhase + turnPerFrame * frame,
      };
    },
  };
}

interface Cast {
  obstacles: (frame: number) => Obstacle[];
  others: (frame: number) => Walker[];
}

function thing(kind: ObstacleKind, x: number, y: number, camera: CameraView, random: Random, larger: number): Obstacle {
  const size = SIZES[kind];
  return {
    kind,
    x,
    y,
    scale: personHeight(camera, y),
    length: random.range(size.length[0], size.length[1]) * larger,
    height: random.range(size.height[0], size.height[1]),
    colour: random.pick(COLOURS[kind]),
    seed: random.range(0, 100),
    facing: random.chance(0.5) ? 1 : -1,
  };
}

/** Another person who walks with an own heading; `offset` from the subject at frame `meet`, in statures across and rows nearer. */
function passer(
  path: Path,
  camera: CameraView,
  look: Look,
  meet: number,
  offset: { across: number; rows: number },
  velocity: { x: number; row: number },
  yaw: number,
  random: Random,
): (frame: number) => Walker {
  const met = path.at(meet);
  const turn = (Math.PI * look.cadence) / FRAME_RATE;
  const phase = random.range(0, 6.28);
  return (frame) => {
    const row = met.y + offset.rows + velocity.row * (frame - meet);
    return {
      look,
      stance: {
        x: met.x + offset.across * met.scale + velocity.x * (frame - meet),
        y: row,
        scale: (personHeight(camera, row) * look.stature) / 1.75,
        yaw,
        tilt: camera.tilt,
        phase: phase + turn * frame,
      },
    };
  };
}

function createCast(story: Story, path: Path, camera: CameraView, frames: number, bystanders: readonly Look[], random: Random): Cast {
  const meet = Math.floor(frames * random.range(0.25, 0.75));
  const met = path.at(meet);
  const next = path.at(meet + 1);
  const velocity = { x: next.x - met.x, row: next.y - met.y };
  const none = { obstacles: (): Obstacle[] => [], others: (): Walker[] => [] };
  const speed = 0.07 * met.scale;
  switch (story) {
    case 'thing': {
      const kind = random.pick(THINGS[camera.kind]);
      const item = thing(kind, met.x + random.range(-0.06, 0.06) * met.scale, met.y + random.range(8, 34), camera, random, 1);
      const second = random.chance(0.35)
        ? thing(kind, item.x + random.range(1.1, 2) * met.scale * (random.chance(0.5) ? 1 : -1), item.y, camera, random, 1)
        : null;
      if (second !== null) Object.assign(second, { colour: item.colour });
      return { ...none, obstacles: () => (second === null ? [item] : [item, second]) };
    }
    case 'vehicle': {
      const item = thing(random.chance(0.75) ? 'car' : 'van', 0, met.y + random.range(26, 60), camera, random, 1);
      const drive = item.facing * met.scale * random.range(0.18, 0.5);
      return { ...none, obstacles: (frame) => [{ ...item, x: met.x + drive * (frame - meet) }] };
    }
    case 'wide': {
      const kind = random.pick(WIDE[camera.kind]);
      const spread =
        kind === 'hedge' || kind === 'boards' || kind === 'planter' ? random.range(1.2, 2.4) : kind === 'column' || kind === 'sign' ? random.range(1, 1.5) : 1;
      const item = thing(kind, met.x, met.y + random.range(8, 26), camera, random, spread);
      if (kind !== 'column' && kind !== 'van' && kind !== 'car') item.height *= random.range(1, 1.3);
      return { ...none, obstacles: () => [item] };
    }
    case 'passer': {
      const count = random.whole(1, 2);
      const people = Array.from({ length: count }, (_, index) => {
        const direction = random.chance(0.6) ? -Math.sign(velocity.x || 1) : Math.sign(velocity.x || 1);
        const own = { x: direction * speed * random.range(0.5, 1), row: random.range(-0.3, 0.3) };
        return passer(
          path,
          camera,
          random.pick(bystanders),
          Math.max(0, Math.min(frames - 1, meet + index * random.whole(-9, 9))),
          { across: random.range(-0.1, 0.1), rows: random.range(8, 36) },
          own,
          direction * (Math.PI / 2) + random.range(-0.3, 0.3),
          random,
        );
      });
      return { ...none, others: (frame) => people.map((person) => person(frame)) };
    }
    case 'companion':
    case 'crowd': {
      const count = story === 'crowd' ? random.whole(2, 3) : 1;
      const people = Array.from({ length: count }, (_, index) => {
        const across = count === 1 ? random.range(-0.16, 0.16) : (index - (count - 1) / 2) * random.range(0.26, 0.34) + random.range(-0.04, 0.04);
        const drift = { x: velocity.x + random.range(-0.006, 0.006) * met.scale, row: velocity.row };
        return passer(path, camera, random.pick(bystanders), meet, { across, rows: random.range(6, 20) }, drift, met.yaw + random.range(-0.2, 0.2), random);
      });
      return { ...none, others: (frame) => people.map((person) => person(frame)) };
    }
    default:
      return none;
  }
}

function pickStory(random: Random, isHeavy: boolean): Story {
  if (isHeavy) return random.pick(['companion', 'companion', 'crowd', 'wide', 'wide', 'wide', 'bottom', 'thing', 'edge'] as const);
  const at = random.next();
  return at < 0.34 ? 'clear' : at < 0.6 ? 'thing' : at < 0.8 ? 'passer' : at < 0.87 ? 'vehicle' : at < 0.93 ? 'edge' : at < 0.97 ? 'wide' : 'companion';
}

/** The box a detector would give: the body inside the frame plus a margin, 1:2, kept inside the frame. */
function windowOf(look: Look, stance: Stance, shake: { x: number; y: number; size: number }, aspect: number): Shot['window'] {
  const body = extentOf(look, stance);
  const left = Math.max(0, body.left);
  const right = Math.min(SCENE_WIDTH, body.right);
  const top = Math.max(0, body.top);
  const bottom = Math.min(SCENE_HEIGHT, body.bottom);
  let height = Math.max(bottom - top, (body.bottom - body.top) * 0.42) * (1.13 + shake.size);
  height = Math.max(height, ((right - left) * 1.03) / aspect);
  const width = height * aspect;
  // The shake may not cut the body: only as much as the margin allows.
  const slackX = Math.max(0, (width - (right - left)) / 2);
  const slackY = Math.max(0, (height - (bottom - top)) / 2);
  const x = (left + right) / 2 + Math.max(-slackX, Math.min(slackX, shake.x * width));
  const y = (top + bottom) / 2 + Math.max(-slackY, Math.min(slackY, shake.y * height));
  return { left: Math.max(0, Math.min(SCENE_WIDTH - width, x - width / 2)), top: Math.max(0, Math.min(SCENE_HEIGHT - height, y - height / 2)), width, height };
}

export interface ScriptRequest {
  seed: string;
  camera: CameraView;
  look: Look;
  bystanders: readonly Look[];
  frames: number;
  isHeavy: boolean;
  /** Width to height of the crop. */
  aspect: number;
}

function createShots(request: ScriptRequest, attempt: number): Shot[] {
  const { camera, look, frames } = request;
  const random = createRandom(`${request.seed}/script/${attempt}`);
  const story = pickStory(random, request.isHeavy);
  let yaw = headingOf(camera, random, request.isHeavy);
  if (story === 'edge' || ((story === 'wide' || story === 'vehicle') && random.chance(0.6)))
    yaw = (random.chance(0.5) ? 1 : -1) * (Math.PI / 2) + random.range(-0.2, 0.2);
  if (story === 'bottom') yaw = random.chance(0.5) ? Math.PI + random.range(-0.3, 0.3) : (random.chance(0.5) ? 1 : -1) * 1.5;
  const path = createPath(camera, look, frames, yaw, story, random);
  const cast = createCast(story, path, camera, frames, request.bystanders, random);
  const backdrop = random.chance(0.25)
    ? passer(
        path,
        camera,
        random.pick(request.bystanders),
        Math.floor(frames / 2),
        { across: random.range(-0.3, 0.3), rows: random.range(-70, -24) },
        { x: random.range(-4, 4), row: 0 },
        random.range(0, 6.28),
        random,
      )
    : null;
  const exposure = random.range(0.93, 1.06);
  const shake = { x: 0, y: 0, size: 0 };
  const shots: Shot[] = [];
  for (let frame = 0; frame < frames; frame++) {
    shake.x = shake.x * 0.7 + random.range(-0.012, 0.012);
    shake.y = shake.y * 0.7 + random.range(-0.008, 0.008);
    shake.size = shake.size * 0.7 + random.range(-0.012, 0.02);
    const stance = path.at(frame);
    const others = cast.others(frame);
    if (backdrop !== null) others.push(backdrop(frame));
    shots.push({
      camera,
      subject: { look, stance },
      others,
      obstacles: cast.obstacles(frame),
      window: windowOf(look, stance, shake, request.aspect),
      exposure,
      grainSeed: `${request.seed}/grain/${frame}`,
    });
  }
  return shots;
}

/** Hidden shares of every few frames at a quarter of the size. */
function sampleShares(shots: readonly Shot[], aspect: number): number[] {
  const size = { width: Math.max(8, Math.round(64 * aspect)), height: 64, supersample: 1 };
  const step = Math.max(1, Math.floor(shots.length / 10));
  const shares: number[] = [];
  for (let frame = 0; frame < shots.length; frame += step) {
    const shot = shots[frame];
    if (shot === undefined) continue;
    const { body, hidden } = measureShot(shot, size);
    shares.push(body === 0 ? 1 : hidden / body);
  }
  return shares;
}

function fits(shares: readonly number[], isHeavy: boolean): boolean {
  const heavy = shares.filter((share) => share >= HEAVY_SHARE + 0.04).length / shares.length;
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  // Nobody can label a person who is never seen.
  const seen = shares.some((share) => share < 0.72) && shares.every((share) => share < 0.985) && mean < 0.8;
  return seen && (isHeavy ? heavy >= HEAVY_FRAMES + 0.08 : true);
}

/** Tries stories until one does what is asked; the last resort walks behind a wide obstacle with the best share found. */
export function createScript(request: ScriptRequest): Shot[] {
  let best: Shot[] | null = null;
  let bestScore = -1;
  for (let attempt = 0; attempt < 40; attempt++) {
    const shots = createShots(request, attempt);
    const shares = sampleShares(shots, request.aspect);
    if (fits(shares, request.isHeavy)) return shots;
    const score = shares.filter((share) => share >= HEAVY_SHARE && share < 0.97).length / shares.length;
    if (score > bestScore) {
      bestScore = score;
      best = shots;
    }
  }
  return best ?? createShots(request, 0);
}
