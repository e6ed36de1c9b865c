/**
 * Draws one walking person: a jointed skeleton in three dimensions, seen from any side under the camera's tilt, clothed with limbs and lofts.
 * Lengths are fractions of the stature, about seven and a half heads. Left and right are the person's own. Things carried never
 * write the `part` mask: they are not body. Test: test/datasets/synthetic/generate.test.ts.
 */
import { box, ellipse, ink, limb, lit, loft, shadow, type Canvas, type Layer, type Light, type Rgb, type Section, type Shader } from './canvas.ts';
import { noise } from './noise.ts';
import type { Look } from './wardrobe.ts';

/** Where and how the person stands in the picture. */
export interface Stance {
  /** Ground point under the hips, in pixels. */
  x: number;
  y: number;
  /** Pixels of the full stature. */
  scale: number;
  /** Heading: 0 = away from the camera, π/2 = to the right, π = to the camera. */
  yaw: number;
  /** Camera tilt downwards, radians. */
  tilt: number;
  /** Gait phase, radians; a full turn is two steps. */
  phase: number;
}

/** Bounding box of the body in pixels. */
export interface Extent {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

interface Joint {
  x: number;
  y: number;
  /** Away from the viewer, in statures. */
  depth: number;
}

interface Leg {
  hip: Joint;
  knee: Joint;
  ankle: Joint;
  heel: Joint;
  toe: Joint;
  side: number;
}

interface Arm {
  shoulder: Joint;
  elbow: Joint;
  wrist: Joint;
  hand: Joint;
  side: number;
}

interface Pose {
  legs: [Leg, Leg];
  arms: [Arm, Arm];
  /** From a point in body axes (right, up from the hips, forward) to the picture. */
  place: (right: number, up: number, forward: number, twist?: number) => Joint;
  head: Joint;
  headYaw: number;
  lean: number;
}

const THIGH = 0.245;
const SHANK = 0.24;
const UPPER_ARM = 0.168;
const FOREARM = 0.148;

const PART = { head: 1, torso: 2, leftArm: 3, rightArm: 4, leftLeg: 5, rightLeg: 6 } as const;

function smoothBump(angle: number): number {
  const base = (1 + Math.cos(angle)) / 2;
  return base * base * base;
}

/** The skeleton at a moment of the walk. */
function poseOf(look: Look, stance: Stance): Pose {
  const { yaw, tilt, scale, phase } = stance;
  const cosTilt = Math.cos(tilt);
  const sinTilt = Math.sin(tilt);
  const swing = 0.39 * look.stride;
  const raw = [-1, 1].map((side) => {
    const legPhase = phase + (side === 1 ? 0 : Math.PI);
    const thigh = swing * Math.sin(legPhase) + 0.04;
    const knee = 0.08 + 0.95 * smoothBump(legPhase + 0.4) + 0.16 * smoothBump(legPhase - 2.2);
    const shank = thigh - knee;
    const ankleUp = -THIGH * Math.cos(thigh) - SHANK * Math.cos(shank);
    const ankleForward = THIGH * Math.sin(thigh) + SHANK * Math.sin(shank);
    // Toe up before the heel strikes, heel up before the toe leaves.
    const pitch = Math.max(-0.75, Math.min(0.35, 0.55 * Math.sin(legPhase - 0.25) - 0.12));
    return { side, thigh, shank, ankleUp, ankleForward, pitch };
  });
  const ground = Math.min(...raw.map((leg) => Math.min(leg.ankleUp - 0.04, leg.ankleUp - 0.034 + 0.1 * Math.sin(leg.pitch))));
  const hipHeight = -ground;
  const lean = 0.05;
  const pelvisTwist = 0.1 * Math.sin(phase);
  const chestTwist = -0.13 * Math.sin(phase) * look.armSwing;

  function place(right: number, up: number, forward: number, twist = 0): Joint {
    const angle = yaw + twist;
    const across = Math.cos(angle) * right + Math.sin(angle) * forward;
    const away = -Math.sin(angle) * right + Math.cos(angle) * forward;
    const height = up + hipHeight;
    return { x: stance.x + scale * across, y: stance.y - scale * (height * cosTilt + away * sinTilt), depth: away * cosTilt - height * sinTilt };
  }

  const hipHalf = 0.044 * (2 - look.frame);
  const legs = raw.map((leg): Leg => {
    const kneeUp = -THIGH * Math.cos(leg.thigh);
    const kneeForward = THIGH * Math.sin(leg.thigh);
    const width = leg.side * hipHalf;
    const cosPitch = Math.cos(leg.pitch);
    const sinPitch = Math.sin(leg.pitch);
    return {
      side: leg.side,
      hip: place(width, 0, 0, pelvisTwist),
      knee: place(width * 0.92, kneeUp, kneeForward, pelvisTwist * 0.5),
      ankle: place(width * 0.85, leg.ankleUp, leg.ankleForward),
      heel: place(width * 0.85, leg.ankleUp - 0.028 * cosPitch - 0.02 * sinPitch, leg.ankleForward - 0.022),
      toe: place(width * 1.05, leg.ankleUp - 0.028 + 0.1 * sinPitch, leg.ankleForward + 0.088 * cosPitch),
    };
  });
  const shoulderHalf = 0.094 * look.frame * (0.9 + 0.1 * look.build);
  const arms = [-1, 1].map((side): Arm => {
    const holds = (look.bag === 'hand' || look.bag === 'tote') && look.bagSide === side;
    const armPhase = phase + (side === 1 ? Math.PI : 0);
    const upper = (holds ? 0.1 : 0.36 * look.armSwing) * Math.sin(armPhase) - 0.03;
    const elbow = holds ? 0.08 : 0.22 + 0.2 * look.armSwing * Math.max(0, Math.sin(armPhase));
    const lower = upper + elbow;
    const out = 0.02 + 0.022 * look.build;
    const up = 0.27;
    const elbowUp = up - UPPER_ARM * Math.cos(upper);
    const elbowForward = 0.012 + UPPER_ARM * Math.sin(upper);
    const wristUp = elbowUp - FOREARM * Math.cos(lower);
    const wristForward = elbowForward + FOREARM * Math.sin(lower);
    return {
      side,
      shoulder: place(side * shoulderHalf, up, 0.012, chestTwist),
      elbow: place(side * (shoulderHalf + out), elbowUp, elbowForward, chestTwist * 0.7),
      wrist: place(side * (shoulderHalf + out * 0.75), wristUp, wristForward, chestTwist * 0.4),
      hand: place(side * (shoulderHalf + out * 0.6), wristUp - 0.045 * Math.cos(lower), wristForward + 0.045 * Math.sin(lower), chestTwist * 0.4),
    };
  });
  return {
    legs: [legs[0]!, legs[1]!],
    arms: [arms[0]!, arms[1]!],
    place,
    head: place(0, 0.398, 0.034),
    headYaw: yaw + 0.06 * Math.sin(phase * 0.5 + look.seed),
    lean,
  };
}

/** Body box without drawing: what a detector would aim at. Hands and feet included. */
export function extentOf(look: Look, stance: Stance): Extent {
  const pose = poseOf(look, stance);
  const { scale } = stance;
  const joints = [...pose.legs.flatMap((leg) => [leg.knee, leg.ankle, leg.heel, leg.toe]), ...pose.arms.flatMap((arm) => [arm.shoulder, arm.elbow, arm.hand])];
  const pad = 0.035 * scale;
  const xs = joints.map((joint) => joint.x);
  return {
    left: Math.min(...xs, pose.head.x - 0.04 * scale) - pad,
    right: Math.max(...xs, pose.head.x + 0.04 * scale) + pad,
    top: pose.head.y - 0.085 * scale,
    bottom: Math.max(...joints.map((joint) => joint.y)) + 0.025 * scale,
  };
}

/** Half width of an elliptical cross-section seen under a heading. */
function halfWidth(lateral: number, frontal: number, yaw: number): number {
  const across = lateral * Math.cos(yaw);
  const along = frontal * Math.sin(yaw);
  return Math.sqrt(across * across + along * along);
}

function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t];
}

/** Colour of the upper garment at a body angle (0 = front, ± π = back) and height 0 (shoulder) .. 1 (hem). */
function upperColourAt(look: Look, angle: number, v: number): Rgb {
  const base = look.upperColour.rgb;
  const accent = look.accent.rgb;
  if (look.upper === 'jacket' && Math.abs(angle) < 0.34 + 0.1 * v) return accent;
  if (look.upper === 'coat' && Math.abs(angle) < 0.05) return mix(base, [0, 0, 0], 0.35);
  switch (look.pattern) {
    case 'stripes':
      return Math.sin(v * 44 + look.seed) > 0.15 ? base : accent;
    case 'checks': {
      const across = Math.sin(angle * 9) > 0.55;
      const down = Math.sin(v * 30 + look.seed) > 0.55;
      return across && down ? mix(base, accent, 0.85) : across || down ? mix(base, accent, 0.45) : base;
    }
    case 'logo': {
      const front = Math.abs(angle) < 0.5 && v > 0.2 && v < 0.46;
      const back = Math.abs(angle) > 2.6 && v > 0.16 && v < 0.5;
      return front || back ? accent : base;
    }
    case 'block':
      return v < 0.36 ? accent : base;
    default:
      return base;
  }
}

interface Scene {
  canvas: Canvas;
  look: Look;
  stance: Stance;
  light: Light;
  pose: Pose;
  layerOf: (part: number) => Layer;
  /** Layer of things carried: colour only for the subject, cover for an occluder. */
  carried: Layer;
}

function limbShader(scene: Scene, colour: Rgb, seed: number, foldDepth: number): Shader {
  const { light, look } = scene;
  const offset = look.seed + seed;
  return (u, v, nx, ny, nz) => {
    // Folds gather at the joints, where the cloth bends.
    const gather = 0.5 + 2 * (v - 0.5) * (v - 0.5);
    const fold = noise(v * 5 + offset + u * 1.3, u * 1.1 + offset * 1.7) * gather;
    lit(colour, light, nx, ny, nz, 1 + foldDepth * fold);
  };
}

function drawLeg(scene: Scene, leg: Leg, far: boolean): void {
  const { canvas, look, stance } = scene;
  const s = stance.scale;
  const { light } = scene;
  const girth = 0.55 + 0.45 * look.build;
  canvas.layer = scene.layerOf(leg.side === 1 ? PART.rightLeg : PART.leftLeg);
  const covered = look.lower === 'trousers' || look.lower === 'slim';
  const loose = look.lower === 'trousers' ? 1.16 : 1;
  const cloth = mix(look.lowerColour.rgb, [0, 0, 0], far ? 0.16 : 0);
  const skin = mix(look.skin, [0, 0, 0], far ? 0.14 : 0);
  const thighCloth = covered || look.lower === 'shorts';
  const shoe = mix(look.shoeColour.rgb, [0, 0, 0], far ? 0.14 : 0);

  // Shoe first, so that the trouser leg falls over it.
  limb(canvas, leg.heel.x, leg.heel.y, 0.021 * s, leg.toe.x, leg.toe.y, 0.0165 * s, 0.002 * s, (_u, _v, nx, ny, nz) => {
    lit(ny > 0.72 ? mix(shoe, [20, 20, 20], 0.55) : shoe, light, nx, ny, nz, 1);
  });
  limb(
    canvas,
    leg.ankle.x,
    leg.ankle.y,
    0.023 * s,
    leg.heel.x + (leg.toe.x - leg.heel.x) * 0.3,
    leg.heel.y + (leg.toe.y - leg.heel.y) * 0.3,
    0.021 * s,
    0,
    limbShader(scene, shoe, 3, 0.04),
  );

  const calf = covered ? 0.041 * loose : 0.036;
  const ankle = covered ? (look.lower === 'trousers' ? 0.037 : 0.027) : 0.023;
  limb(
    canvas,
    leg.knee.x,
    leg.knee.y,
    calf * girth * s,
    leg.ankle.x,
    leg.ankle.y,
    ankle * girth * s,
    (covered ? 0.002 : 0.006) * s,
    limbShader(scene, covered ? cloth : skin, leg.side * 5 + 11, covered ? 0.24 : 0.04),
  );
  const endX = look.lower === 'shorts' ? leg.hip.x + (leg.knee.x - leg.hip.x) * 0.9 : leg.knee.x;
  const endY = look.lower === 'shorts' ? leg.hip.y + (leg.knee.y - leg.hip.y) * 0.9 : leg.knee.y;
  if (!thighCloth || look.lower === 'shorts')
    limb(canvas, leg.hip.x, leg.hip.y, 0.05 * girth * s, leg.knee.x, leg.knee.y, 0.038 * girth * s, 0, limbShader(scene, skin, 7, 0.03));
  if (thighCloth) {
    const kneeRadius = look.lower === 'shorts' ? 0.054 : 0.041 * loose;
    limb(canvas, leg.hip.x, leg.hip.y, 0.054 * girth * s, endX, endY, kneeRadius * girth * s, 0.002 * s, limbShader(scene, cloth, leg.side * 9 + 2, 0.2));
  }
}

function drawArm(scene: Scene, arm: Arm, far: boolean): void {
  const { canvas, look, stance } = scene;
  const s = stance.scale;
  const girth = 0.6 + 0.4 * look.build;
  canvas.layer = scene.layerOf(arm.side === 1 ? PART.rightArm : PART.leftArm);
  const short = look.upper === 'tshirt' || (look.upper === 'blouse' && look.lower === 'dress');
  const bulky = look.upper === 'jacket' || look.upper === 'coat' || look.upper === 'hoodie' ? 1.2 : 1.04;
  const sleeveBase = look.pattern === 'block' && look.upper !== 'coat' ? look.accent.rgb : look.upperColour.rgb;
  const cloth = mix(sleeveBase, [0, 0, 0], far ? 0.18 : 0);
  const skin = mix(look.skin, [0, 0, 0], far ? 0.14 : 0);
  const { light } = scene;
  const striped: Shader = (u, v, nx, ny, nz) => {
    const band = Math.sin(v * 24 + look.seed) > 0.15 ? look.upperColour.rgb : look.accent.rgb;
    const fold = noise(v * 5 + look.seed + u * 1.3, u + look.seed);
    lit(far ? mix(band, [0, 0, 0], 0.18) : band, light, nx, ny, nz, 1 + 0.14 * fold);
  };
  const sleeve = look.pattern === 'stripes' && look.upper !== 'coat' && look.upper !== 'jacket' ? striped : limbShader(scene, cloth, arm.side * 6 + 31, 0.22);

  ellipse(
    canvas,
    arm.hand.x - (arm.hand.x - arm.wrist.x) * 0.35,
    arm.hand.y - (arm.hand.y - arm.wrist.y) * 0.35,
    0.0185 * s,
    0.03 * s,
    Math.atan2(arm.wrist.x - arm.hand.x, arm.hand.y - arm.wrist.y),
    limbShader(scene, skin, 4, 0.03),
  );
  limb(
    canvas,
    arm.elbow.x,
    arm.elbow.y,
    (short ? 0.025 : 0.028 * bulky) * girth * s,
    arm.wrist.x,
    arm.wrist.y,
    (short ? 0.0175 : 0.0215 * bulky) * girth * s,
    0.002 * s,
    short ? limbShader(scene, skin, 8, 0.03) : sleeve,
  );
  if (short) {
    limb(canvas, arm.shoulder.x, arm.shoulder.y, 0.033 * girth * s, arm.elbow.x, arm.elbow.y, 0.026 * girth * s, 0, limbShader(scene, skin, 9, 0.03));
    const cutX = arm.shoulder.x + (arm.elbow.x - arm.shoulder.x) * 0.62;
    const cutY = arm.shoulder.y + (arm.elbow.y - arm.shoulder.y) * 0.62;
    limb(canvas, arm.shoulder.x, arm.shoulder.y, 0.04 * girth * s, cutX, cutY, 0.039 * girth * s, 0, sleeve);
  } else {
    limb(canvas, arm.shoulder.x, arm.shoulder.y, 0.034 * bulky * girth * s, arm.elbow.x, arm.elbow.y, 0.028 * bulky * girth * s, 0.001 * s, sleeve);
  }
}

/** Body angle (0 = front) of the surface point seen at u on a trunk with this heading. */
function bodyAngle(u: number, nz: number, yaw: number): number {
  return Math.atan2(u * Math.cos(yaw) + nz * Math.sin(yaw), u * Math.sin(yaw) - nz * Math.cos(yaw));
}

function trunk(
  scene: Scene,
  rows: readonly { up: number; forward: number; lateral: number; frontal: number }[],
  girth: number,
  shade: (angle: number, u: number, v: number, nx: number, ny: number, nz: number) => void,
): void {
  const { canvas, stance, pose } = scene;
  const sections = rows
    .map((row): Section => {
      const centre = pose.place(0, row.up, row.forward);
      return { x: centre.x, y: centre.y, half: Math.max(1, halfWidth(row.lateral, row.frontal, stance.yaw) * girth * stance.scale) };
    })
    .sort((a, b) => a.y - b.y);
  loft(canvas, sections, (u, v, nx, ny, nz) => shade(bodyAngle(u, nz, stance.yaw), u, v, nx, ny, nz));
}

function drawTorso(scene: Scene): void {
  const { canvas, look, stance, light } = scene;
  canvas.layer = scene.layerOf(PART.torso);
  const f = look.frame;
  const hips = 2 - f;
  const bulky = look.upper === 'coat' ? 1.14 : look.upper === 'jacket' || look.upper === 'hoodie' ? 1.1 : 1.02;
  const girth = bulky * (0.45 + 0.55 * look.build);
  const belly = Math.max(0, look.build - 1) * 0.05;

  // Hips and lower garment, below the upper one's hem.
  const lowerRows = [
    { up: 0.1, forward: 0.008, lateral: 0.08, frontal: 0.062 + belly },
    { up: 0.02, forward: 0, lateral: 0.092 * hips, frontal: 0.076 },
    { up: -0.06, forward: 0, lateral: 0.092 * hips, frontal: 0.072 },
  ];
  const bottom = 0.5 + 0.5 * look.build;
  trunk(scene, lowerRows, bottom, (_angle, u, v, nx, ny, nz) =>
    lit(look.lower === 'dress' ? look.upperColour.rgb : look.lowerColour.rgb, light, nx, ny, nz, 1 + 0.12 * noise(u * 2 + look.seed, v * 4 + look.seed)),
  );
  if (look.lower === 'skirt' || look.lower === 'dress') {
    const sway = 0.012 * Math.sin(stance.phase);
    const colour = look.lower === 'dress' ? look.upperColour.rgb : look.lowerColour.rgb;
    const skirtRows = [
      { up: 0.1, forward: 0.006, lateral: 0.078, frontal: 0.062 },
      { up: 0.0, forward: 0, lateral: 0.096 * hips, frontal: 0.084 },
      { up: -0.13, forward: sway, lateral: 0.11 * hips, frontal: 0.125 },
      { up: -0.25, forward: sway * 2, lateral: 0.118 * hips, frontal: 0.15 },
    ];
    trunk(scene, skirtRows, bottom, (angle, u, v, nx, ny, nz) => {
      const pleat = Math.sin(angle * 8 + look.seed + v) * 0.1 * v;
      lit(v > 0.965 ? mix(colour, [0, 0, 0], 0.2) : colour, light, nx, ny, nz, 1 + pleat + 0.1 * noise(u * 3 + look.seed, v * 2));
    });
  }

  const hem =
    look.upper === 'coat'
      ? -0.2
      : look.upper === 'jacket'
        ? -0.035
        : look.upper === 'hoodie'
          ? -0.03
          : look.upper === 'tshirt' || look.upper === 'longsleeve'
            ? -0.025
            : 0.045;
  const rows = [
    { up: 0.33, forward: 0.016, lateral: 0.042, frontal: 0.042 },
    { up: 0.312, forward: 0.016, lateral: 0.076 * f, frontal: 0.052 },
    { up: 0.283, forward: 0.015, lateral: 0.104 * f, frontal: 0.066 },
    { up: 0.22, forward: 0.014, lateral: 0.106 * f, frontal: 0.076 },
    { up: 0.11, forward: 0.01, lateral: 0.088, frontal: 0.066 + belly },
    { up: 0.03, forward: 0.004, lateral: 0.095 * hips, frontal: 0.075 + belly },
    ...(look.upper === 'coat'
      ? [
          { up: -0.08, forward: 0, lateral: 0.105 * hips, frontal: 0.1 },
          { up: hem, forward: 0.01 * Math.sin(stance.phase), lateral: 0.11 * hips, frontal: 0.12 },
        ]
      : [{ up: Math.min(hem, 0.029), forward: 0.002, lateral: 0.094 * hips, frontal: 0.076 + belly * 0.5 }]),
  ];
  const hasStraps = look.bag === 'backpack';
  const shoulderStrap = look.bag === 'shoulder';
  const scarfLine = look.hat === 'scarf';
  const length = 0.33 - hem;
  trunk(scene, rows, girth, (angle, u, v, nx, ny, nz) => {
    // v in units of a shirt's length, so that prints sit at the chest on a coat too.
    const shirt = (v * length) / 0.36;
    let colour = upperColourAt(look, angle, shirt);
    const waist = (shirt - 0.62) * (shirt - 0.62);
    const folds =
      0.16 * noise(u * 2.2 + look.seed, v * 6 + u * 2 + look.seed) + 0.1 * noise(angle * 3 + look.seed, v * 13 - u * 3) * (1 - Math.min(1, waist * 6));
    let gain = 1 + folds;
    const isFront = Math.abs(angle) < 1.4;
    if (isFront && Math.abs(angle) < 0.42 && shirt < 0.1 - Math.abs(angle) * 0.16 && look.upper !== 'hoodie' && !scarfLine) colour = look.skin;
    if (look.upper === 'hoodie' && isFront && shirt > 0.62 && shirt < 0.86 && Math.abs(angle) < 0.62) gain *= 0.9;
    if (look.upper === 'jacket' && Math.abs(Math.abs(angle) - (0.36 + 0.1 * shirt)) < 0.05) gain *= 0.72;
    if (hasStraps && isFront && shirt < 0.62 && Math.abs(Math.abs(angle) - 0.78) < 0.16) colour = mix(look.bagColour.rgb, [0, 0, 0], 0.2);
    if (shoulderStrap) {
      const diagonal = Math.sin(angle) * look.bagSide - (shirt - 0.42) * 2.1;
      if (Math.abs(diagonal) < 0.11) colour = mix(look.bagColour.rgb, [0, 0, 0], 0.25);
    }
    if (v > 0.975) gain *= 0.8;
    // The arms and the chin shade the trunk.
    gain *= 1 - 0.16 * u * u * u * u - (shirt < 0.08 ? 0.12 : 0);
    lit(colour, light, nx, ny, nz, gain);
  });
  if (look.upper === 'hoodie') {
    const back = scene.pose.place(0, 0.318, -0.035);
    const facing = -Math.cos(stance.yaw);
    if (facing < 0.5)
      ellipse(canvas, back.x, back.y, Math.max(0.05, halfWidth(0.075, 0.05, stance.yaw)) * stance.scale, 0.036 * stance.scale, 0, (_u, v, nx, ny, nz) =>
        lit(mix(look.upperColour.rgb, [0, 0, 0], 0.12 + 0.1 * v), light, nx, ny, nz, 1),
      );
  }
}

function drawNeck(scene: Scene): void {
  const { canvas, look, stance, pose } = scene;
  canvas.layer = scene.layerOf(PART.head);
  const base = pose.place(0, 0.3, 0.016);
  const top = pose.place(0, 0.37, 0.026);
  limb(canvas, base.x, base.y, 0.034 * stance.scale, top.x, top.y, 0.032 * stance.scale, 0, limbShader(scene, mix(look.skin, [0, 0, 0], 0.16), 1, 0.02));
}

/** Hair that hangs: behind the face from the front, over the back from behind. */
function drawHangingHair(scene: Scene): void {
  const { canvas, look, stance, light, pose } = scene;
  if (look.hat === 'scarf') return;
  canvas.layer = scene.layerOf(PART.head);
  const s = stance.scale;
  const strands = (u: number, v: number, nx: number, ny: number, nz: number): void =>
    lit(look.hairColour.rgb, light, nx, ny, nz, 1 + 0.22 * noise(u * 7 + look.seed, v * 1.5 + look.seed));
  if (look.hair === 'long') {
    const facing = -Math.cos(stance.yaw);
    const sections = [
      { up: 0.42, lateral: 0.052, frontal: 0.045 },
      { up: 0.35, lateral: 0.06, frontal: 0.045 },
      { up: 0.28, lateral: 0.062, frontal: 0.04 },
      { up: facing > 0.3 ? 0.262 : 0.225, lateral: 0.045, frontal: 0.03 },
    ].map((row): Section => {
      const centre = pose.place(0, row.up, -0.022);
      return { x: centre.x, y: centre.y, half: halfWidth(row.lateral, row.frontal, stance.yaw) * s };
    });
    loft(canvas, sections, strands);
  } else if (look.hair === 'tail') {
    const root = pose.place(0, 0.42, -0.03);
    const end = pose.place(0.012 * Math.sin(stance.phase), 0.29, -0.062);
    limb(canvas, root.x, root.y, 0.018 * s, end.x, end.y, 0.01 * s, 0.006 * s, strands);
  } else if (look.hair === 'bun') {
    const bun = pose.place(0, 0.432, -0.036);
    ellipse(canvas, bun.x, bun.y, 0.026 * s, 0.025 * s, 0, strands);
  }
}

function drawHead(scene: Scene): void {
  const { canvas, look, stance, light, pose } = scene;
  canvas.layer = scene.layerOf(PART.head);
  const s = stance.scale;
  const yaw = pose.headYaw;
  const cosYaw = Math.cos(yaw);
  const sinYaw = Math.sin(yaw);
  const sinTilt = Math.sin(stance.tilt);
  const cosTilt = Math.cos(stance.tilt);
  const rx = halfWidth(0.0465, 0.058, yaw) * s;
  const ry = 0.067 * s;
  const volume = look.hat === 'scarf' ? 1.1 : look.hair === 'curly' && look.hat === 'none' ? 1.16 : look.hair === 'bald' ? 1 : 1.06;
  const hairRgb = look.hairColour.rgb;
  // Hair or headgear is a slightly larger shell; the shader decides per point what shows.
  ellipse(canvas, pose.head.x, pose.head.y - (volume - 1) * ry * 0.5, rx * volume, ry * volume, 0, (u, v, nx, ny, nz) => {
    // Into head axes: up, forward, right.
    const upScreen = -v;
    const up = upScreen * cosTilt + nz * sinTilt;
    const toViewer = nz * cosTilt - upScreen * sinTilt;
    const forward = u * sinYaw - toViewer * cosYaw;
    const right = u * cosYaw + toViewer * sinYaw;
    const edge = 1 + 0.1 * noise(u * 6 + look.seed, v * 6 + look.seed);
    if (look.hat === 'scarf') {
      const inFace = forward > 0.62 && up > -0.75 && up < 0.55 && Math.abs(right) < 0.6;
      if (!inFace) {
        lit(look.hatColour.rgb, light, nx, ny, nz, edge);
        return;
      }
    } else if (look.hat === 'beanie' && up > 0.18) {
      lit(look.hatColour.rgb, light, nx, ny, nz, (up < 0.34 ? 0.84 : 1) * (1 + 0.06 * Math.sin(right * 22)));
      return;
    } else if (look.hat === 'cap' && up > 0.3) {
      lit(look.hatColour.rgb, light, nx, ny, nz, 1);
      return;
    } else if (look.hair !== 'bald') {
      const hairline =
        forward > 0.45 ? 0.5 + 0.12 * noise(right * 4 + look.seed, 3) : forward > -0.05 ? 0.12 + (forward + 0.05) * 0.5 : look.hair === 'short' ? -0.5 : -0.7;
      if (up > hairline) {
        lit(
          hairRgb,
          light,
          nx,
          ny,
          nz,
          (look.hair === 'curly' ? 1 + 0.3 * noise(u * 12 + look.seed, v * 12) : 1 + 0.18 * noise(u * 9 + look.seed, v * 3)) * edge,
        );
        return;
      }
    }
    let colour: Rgb = look.skin;
    let gain = 1;
    if (forward > 0.4) {
      const eye = Math.abs(Math.abs(right) - 0.36) < 0.15 && Math.abs(up - 0.06) < 0.075;
      const brow = Math.abs(Math.abs(right) - 0.37) < 0.22 && Math.abs(up - 0.2) < 0.055;
      const mouth = Math.abs(right) < 0.25 && Math.abs(up + 0.52) < 0.045;
      const nose = Math.abs(right) < 0.12 && up < 0.02 && up > -0.3;
      if (eye) colour = look.glasses ? [36, 36, 40] : mix(look.skin, [30, 24, 22], 0.72);
      else if (brow) colour = mix(look.skin, hairRgb, 0.5);
      else if (mouth) colour = mix(look.skin, [130, 50, 50], 0.45);
      else if (nose) gain = up < -0.22 ? 0.86 : 1.05;
      else if (look.glasses && Math.abs(up - 0.07) < 0.04) colour = mix(look.skin, [40, 40, 44], 0.6);
    }
    if (look.beard && forward > 0.12 && up < -0.3 && !(Math.abs(right) < 0.2 && Math.abs(up + 0.52) < 0.05)) colour = mix(look.skin, hairRgb, 0.72);
    lit(colour, light, nx, ny, nz, gain * (up < -0.6 ? 0.88 : 1));
  });
  // Ears.
  if (look.hair === 'short' || look.hair === 'bald' || look.hair === 'bun' || look.hair === 'tail') {
    if (look.hat !== 'scarf') {
      for (const side of [-1, 1]) {
        const toViewer = side * Math.sin(yaw) > 0.25 || Math.abs(cosYaw) > 0.8;
        if (!toViewer) continue;
        const ear = pose.place(side * 0.047, 0.39, 0.03);
        ellipse(canvas, ear.x, ear.y, 0.009 * s, 0.016 * s, 0, (_u, _v, nx, ny, nz) => lit(mix(look.skin, [90, 40, 30], 0.12), light, nx, ny, nz, 0.95));
      }
    }
  }
  if (look.hat === 'cap') {
    const facing = -cosYaw;
    if (facing > -0.55) {
      const brim = pose.place(0, 0.426, 0.095);
      ellipse(canvas, brim.x, brim.y, Math.max(0.03, halfWidth(0.05, 0.036, yaw)) * s, (0.009 + 0.02 * Math.abs(sinTilt)) * s, 0, (_u, _v, nx, ny, nz) =>
        lit(mix(look.hatColour.rgb, [0, 0, 0], 0.25), light, nx, ny, nz, 1),
      );
    }
  }
}

function drawBackpack(scene: Scene): void {
  const { canvas, look, stance, light, pose } = scene;
  canvas.layer = scene.carried;
  const s = stance.scale;
  const centre = pose.place(0, 0.19, -0.1);
  const half = halfWidth(0.085, 0.05, stance.yaw) * s;
  const isBack = Math.cos(stance.yaw) > 0.35;
  box(canvas, centre.x, centre.y, half, 0.105 * s, 0.035 * s, 0, (u, v) => {
    const seam = isBack && (Math.abs(v - 0.1) < 0.04 || (v > 0.1 && Math.abs(Math.abs(u) - 0.72) < 0.05));
    lit(look.bagColour.rgb, light, u * 0.8, v * 0.4 - 0.1, 0.7, (seam ? 0.62 : 1) * (1 + 0.1 * noise(u * 3 + look.seed, v * 3)));
  });
}

function drawSideBag(scene: Scene): void {
  const { canvas, look, stance, light, pose } = scene;
  canvas.layer = scene.carried;
  const s = stance.scale;
  const side = look.bagSide;
  const leather: Shader = (u, v) => {
    const flap = v < 0.05 && v > -0.03;
    lit(look.bagColour.rgb, light, u * 0.6, v * 0.4, 0.8, (flap ? 0.66 : 1) * (1 + 0.08 * noise(u * 3 + look.seed, v * 3)));
  };
  if (look.bag === 'shoulder') {
    const at = pose.place(side * 0.125, 0.02, -0.01);
    box(canvas, at.x, at.y, Math.max(0.03, halfWidth(0.032, 0.075, stance.yaw)) * s, 0.055 * s, 0.014 * s, 0.05 * Math.sin(stance.phase), leather);
    return;
  }
  const arm = pose.arms[side === 1 ? 1 : 0];
  const tall = look.bag === 'tote' ? 0.085 : 0.055;
  const wide = look.bag === 'tote' ? 0.07 : 0.075;
  const half = Math.max(0.022, halfWidth(0.022, wide, stance.yaw)) * s;
  const cy = arm.hand.y + (tall + 0.03) * s;
  for (const end of [-0.6, 0.6]) {
    limb(canvas, arm.hand.x, arm.hand.y, 0.005 * s, arm.hand.x + half * end, cy - tall * s, 0.005 * s, 0, (_u, _v, nx, ny, nz) =>
      lit(mix(look.bagColour.rgb, [0, 0, 0], 0.3), light, nx, ny, nz, 1),
    );
  }
  box(canvas, arm.hand.x, cy, half, tall * s, 0.012 * s, 0.04 * Math.sin(stance.phase), leather);
}

/**
 * Draws the person on top of what is there. `subject` writes the part mask; otherwise the person is an occluder (`cover` > 0) or mere scenery (0).
 */
export function drawPerson(canvas: Canvas, look: Look, stance: Stance, light: Light, role: { subject: true } | { subject: false; cover: number }): void {
  const pose = poseOf(look, stance);
  const outside: Layer = role.subject || role.cover === 0 ? { kind: 'scene' } : { kind: 'occluder', cover: role.cover };
  const scene: Scene = { canvas, look, stance, light, pose, layerOf: (part) => (role.subject ? { kind: 'subject', part } : outside), carried: outside };
  const s = stance.scale;
  canvas.layer = { kind: 'scene' };
  shadow(canvas, stance.x + light.x * -0.02 * s, stance.y - 0.006 * s, 0.16 * s, (0.03 + 0.09 * Math.sin(stance.tilt)) * s, 0, 0.5);

  const [legA, legB] = [...pose.legs].sort((a, b) => b.knee.depth + b.ankle.depth - a.knee.depth - a.ankle.depth) as [Leg, Leg];
  const torsoDepth = pose.place(0, 0.15, 0.01).depth;
  const arms = [...pose.arms].sort((a, b) => b.elbow.depth - a.elbow.depth);
  const isBehind = (arm: Arm): boolean => (arm.elbow.depth + arm.wrist.depth) / 2 - torsoDepth > 0.12;
  const bagBehind = look.bag === 'none' || look.bag === 'backpack' ? false : pose.place(look.bagSide * 0.12, 0, 0).depth > pose.place(0, 0, 0).depth + 0.04;
  const backpackInFront = Math.cos(stance.yaw) > -0.12;

  if (look.bag === 'backpack' && !backpackInFront) drawBackpack(scene);
  for (const arm of arms) if (isBehind(arm)) drawArm(scene, arm, true);
  if (look.bag !== 'none' && look.bag !== 'backpack' && bagBehind) drawSideBag(scene);
  drawLeg(scene, legA, Math.abs(Math.sin(stance.yaw)) > 0.35);
  drawLeg(scene, legB, false);
  const facing = -Math.cos(pose.headYaw);
  drawNeck(scene);
  if (facing > 0.15) drawHangingHair(scene);
  drawTorso(scene);
  if (facing > 0.15 && look.hair === 'long' && Math.abs(facing) < 0.75) drawHangingHair(scene);
  drawHead(scene);
  if (facing <= 0.15) drawHangingHair(scene);
  if (look.hair === 'long' && facing <= 0.15 && facing > -0.5) drawHead(scene);
  if (look.bag === 'backpack' && backpackInFront) drawBackpack(scene);
  if (look.bag !== 'none' && look.bag !== 'backpack' && !bagBehind) drawSideBag(scene);
  for (const arm of arms) if (!isBehind(arm)) drawArm(scene, arm, false);
  canvas.layer = { kind: 'scene' };
  ink.a = 1;
}
