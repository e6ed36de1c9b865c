/**
 * The generator: same seed same bytes, and truth that is exact. Exactness is checked on the picture itself: the subject is painted
 * magenta, once alone and once with what passes in front, and the pixels that stay magenta are counted.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createCanvas } from '../../../datasets/synthetic/canvas.ts';
import { renderCrop, renderRaw, type Shot } from '../../../datasets/synthetic/crop.ts';
import { drawPerson, extentOf } from '../../../datasets/synthetic/figure.ts';
import { createPainter, generate, generateOptions, planSet } from '../../../datasets/synthetic/generate.ts';
import { SIZES, type ObstacleKind } from '../../../datasets/synthetic/obstacles.ts';
import { createRandom } from '../../../datasets/synthetic/random.ts';
import { createCameras, personHeight } from '../../../datasets/synthetic/scenes.ts';
import { sampleWardrobe } from '../../../datasets/synthetic/wardrobe.ts';

const size = { width: 64, height: 128, supersample: 2 };
// Without bags: what the subject carries is drawn over the body in its own colour, and magenta would go uncounted.
const looks = sampleWardrobe(8, 4, createRandom('test')).looks.map((look) => ({ ...look, bag: 'none' as const }));
const cameras = createCameras(4, 1);

function shotOf(camid: number, more: Partial<Shot> = {}): Shot {
  const camera = cameras[camid]!;
  const y = (camera.nearRow + camera.farRow) / 2;
  const stance = { x: 640, y, scale: personHeight(camera, y), yaw: 1.3, tilt: camera.tilt, phase: 0.8 };
  const body = extentOf(looks[0]!, stance);
  const height = (body.bottom - body.top) * 1.14;
  return {
    camera,
    subject: { look: looks[0]!, stance },
    others: [],
    obstacles: [],
    window: { left: 640 - height / 4, top: body.top - height * 0.06, width: height / 2, height },
    exposure: 1,
    grainSeed: 'grain',
    ...more,
  };
}

/** Pixels of the window's canvas that are pure magenta, or pure green. */
function countFlat(shot: Shot): { magenta: number; green: number; truth: ReturnType<typeof renderRaw>['truth'] } {
  const { canvas, truth } = renderRaw(shot, size, null, true);
  let magenta = 0;
  let green = 0;
  for (let at = 0; at < canvas.rgb.length; at += 3) {
    if (canvas.rgb[at] === 255 && canvas.rgb[at + 1] === 0 && canvas.rgb[at + 2] === 255) magenta++;
    if (canvas.rgb[at] === 0 && canvas.rgb[at + 1] === 255 && canvas.rgb[at + 2] === 0) green++;
  }
  return { magenta, green, truth };
}

describe('truth is exact', () => {
  test.each(Object.keys(SIZES) as ObstacleKind[])('behind a %s: hidden = magenta pixels that disappear', (kind) => {
    const plain = shotOf(0);
    const alone = countFlat(plain);
    expect(alone.truth).toMatchObject({ hidden: 0, occluder: null, parts: 0 });
    expect(alone.magenta).toBe(alone.truth.body);
    const { x, y, scale } = plain.subject.stance;
    const item = {
      kind,
      x: x + 4,
      y: y + 20,
      scale: scale * 1.05,
      length: SIZES[kind].length[0],
      height: SIZES[kind].height[0],
      colour: [90, 90, 90] as const,
      seed: 4,
      facing: 1,
    };
    const covered = countFlat({ ...plain, obstacles: [item] });
    expect(covered.truth.body).toBe(alone.magenta);
    expect(covered.truth.hidden).toBe(alone.magenta - covered.magenta);
    expect(covered.truth.hidden).toBeGreaterThan(100);
    expect(covered.truth.occluder).toBe('object');
    // Behind the person it hides nothing.
    expect(countFlat({ ...plain, obstacles: [{ ...item, y: y - 20 }] }).truth.hidden).toBe(0);
  });

  test('behind another person, and between two kinds the larger one is named', () => {
    const plain = shotOf(2);
    const alone = countFlat(plain);
    const { stance } = plain.subject;
    const other = { look: looks[5]!, stance: { ...stance, x: stance.x + 10, y: stance.y + 10, phase: 2 } };
    const covered = countFlat({ ...plain, others: [other] });
    expect(covered.truth.hidden).toBe(alone.magenta - covered.magenta);
    expect(covered.truth.occluder).toBe('person');
    const pole = {
      kind: 'pole' as const,
      x: stance.x - 30,
      y: stance.y + 8,
      scale: stance.scale,
      length: 0.12,
      height: 4.5,
      colour: [90, 90, 90] as const,
      seed: 1,
      facing: 1,
    };
    expect(countFlat({ ...plain, others: [other], obstacles: [pole] }).truth.occluder).toBe('person');
  });

  test('beyond the edge of the frame: hidden = body pixels outside the window', () => {
    const plain = shotOf(1);
    const whole = countFlat(plain);
    // The same window, moved down and to the right by half of itself, cannot show all.
    const moved = { ...plain, window: { ...plain.window, top: plain.window.top + plain.window.height / 2 } };
    const { truth } = countFlat(moved);
    expect(truth.occluder).toBe('edge');
    expect(Math.abs(truth.body - whole.magenta)).toBeLessThanOrEqual(2);
    const shown = countFlat({ ...plain, window: plain.window });
    expect(shown.truth.hidden).toBe(0);
    expect(truth.hidden).toBeGreaterThan(truth.body * 0.4);
    expect(truth.parts & 1).toBe(1);
  });

  test('legs behind a hedge are hidden parts, the head is not', () => {
    const plain = shotOf(2);
    const { stance } = plain.subject;
    const hedge = {
      kind: 'hedge' as const,
      x: stance.x,
      y: stance.y + 10,
      scale: stance.scale,
      length: 5,
      height: 0.9,
      colour: [60, 90, 50] as const,
      seed: 1,
      facing: 1,
    };
    const { truth } = countFlat({ ...plain, obstacles: [hedge] });
    expect(truth.parts & 0b110000).toBe(0b110000);
    expect(truth.parts & 0b000001).toBe(0);
  });

  test('things carried are not body', () => {
    const stance = shotOf(0).subject.stance;
    const pixels = (bag: 'none' | 'backpack' | 'tote'): number => {
      const canvas = createCanvas(1280, 720, true);
      drawPerson(canvas, { ...looks[0]!, bag: bag === 'tote' ? 'none' : bag }, stance, cameras[0]!.light, { subject: true });
      return canvas.part.reduce((sum, part) => sum + (part > 0 ? 1 : 0), 0);
    };
    expect(pixels('backpack')).toBe(pixels('none'));
  });
});

describe('the set', () => {
  test('same seed same bytes, whatever the order; another seed differs', async () => {
    const options = generateOptions.parse({ identities: 4, cameras: 2, framesMin: 3, framesMax: 6, seed: 5 });
    async function digest(seed: number): Promise<string> {
      const hash = createHash('sha256');
      const manifest = await generate({ ...options, seed }, ({ frames }) => frames.forEach((frame) => hash.update(frame)));
      return hash.update(JSON.stringify(manifest)).digest('hex');
    }
    expect(await digest(5)).toBe(await digest(5));
    expect(await digest(5)).not.toBe(await digest(6));
    const forwards = createPainter(planSet(options));
    const first = [0, 1, 2].map((index) => forwards(index));
    const backwards = createPainter(planSet(options));
    expect([2, 1, 0].map((index) => backwards(index)).reverse()).toEqual(first);
  });

  test('cameras change the picture, not the truth scale: every crop has its size and varies', () => {
    const means = cameras.map((_, camid) => {
      const { rgb } = renderCrop(shotOf(camid), size, new Uint8Array(1280 * 720 * 3).fill(120));
      expect(rgb).toHaveLength(64 * 128 * 3);
      return rgb.reduce((sum, value, at) => sum + (at % 3 === 2 ? value : 0), 0) / (64 * 128);
    });
    expect(new Set(means.map((mean) => Math.round(mean))).size).toBe(4);
  });

  test('default plan: 120 × 4, half trains, one query an identity of the other half, a third of the queries heavy, distractors only in the gallery', () => {
    const plan = planSet(generateOptions.parse({}));
    const people = plan.identities.filter((identity) => identity.kind === 'person');
    expect([people.length, plan.cameras.length, plan.identities.length - people.length]).toEqual([120, 4, 8]);
    const queries = plan.tracklets.filter((tracklet) => tracklet.split === 'query');
    expect(new Set(queries.map((tracklet) => tracklet.pid)).size).toBe(60);
    expect(queries).toHaveLength(60);
    expect(queries.filter((tracklet) => tracklet.isHeavy).length).toBeGreaterThanOrEqual(20);
    const trainPids = new Set(plan.tracklets.filter((tracklet) => tracklet.split === 'train').map((tracklet) => tracklet.pid));
    expect(trainPids.size).toBe(60);
    expect(plan.tracklets.some((tracklet) => tracklet.split !== 'train' && trainPids.has(tracklet.pid))).toBe(false);
    expect(plan.tracklets.filter((tracklet) => tracklet.pid > 120).every((tracklet) => tracklet.split === 'gallery')).toBe(true);
    expect(plan.tracklets.every((tracklet) => tracklet.frames >= 8 && tracklet.frames <= 60)).toBe(true);
    expect(Math.max(...plan.tracklets.map((tracklet) => tracklet.frames)) - Math.min(...plan.tracklets.map((tracklet) => tracklet.frames))).toBeGreaterThan(40);
  });

  test('every heavy query of the default set has over a third of its frames with half of the body hidden', () => {
    const plan = planSet(generateOptions.parse({}));
    const paint = createPainter({ ...plan, options: { ...plan.options, width: 32, height: 64 } });
    const shares = plan.tracklets.flatMap((tracklet, index) => {
      if (!tracklet.isHeavy) return [];
      const drawn = paint(index).tracklet;
      return [drawn.hidden.filter((hidden, frame) => hidden >= 0.5 * (drawn.body[frame] ?? 0)).length / drawn.hidden.length];
    });
    expect(shares.length).toBeGreaterThanOrEqual(20);
    expect(Math.min(...shares)).toBeGreaterThan(1 / 3);
  });
});
