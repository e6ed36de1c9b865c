/**
 * The generator: from a seed to a whole set. `planSet` decides who appears where and in which split, without a pixel; `createPainter` draws any
 * tracklet of the plan, in any order. Same options, same bytes on one platform (trigonometry is the engine's own).
 * Test: test/datasets/synthetic/generate.test.ts.
 */
import { z } from 'zod';
import { renderCrop } from './crop.ts';
import type { Manifest, SyntheticTracklet } from './manifest.ts';
import { createRandom } from './random.ts';
import { createCameras, paintScene, type CameraView } from './scenes.ts';
import { createScript, FRAME_RATE } from './script.ts';
import { describeLook, sampleWardrobe, type Look } from './wardrobe.ts';

export const generateOptions = z.object({
  identities: z.int().min(2).max(5000).default(120).meta({ title: 'Identities', description: 'People seen by every camera; half train, half test' }),
  cameras: z.int().min(1).max(16).default(4).meta({ title: 'Cameras', description: 'Street, hall, park, square, then variants' }),
  seed: z.int().default(1).meta({ title: 'Seed', description: 'Same seed, same set' }),
  framesMin: z.int().min(1).max(1000).default(8).meta({ title: 'Shortest tracklet', description: 'Frames' }),
  framesMax: z.int().min(1).max(1000).default(60).meta({ title: 'Longest tracklet', description: 'Frames' }),
  width: z.int().min(16).max(512).default(64).meta({ title: 'Crop width', description: 'Pixels' }),
  height: z.int().min(32).max(1024).default(128).meta({ title: 'Crop height', description: 'Pixels' }),
  distractors: z
    .int()
    .min(0)
    .max(5000)
    .nullable()
    .default(null)
    .meta({ title: 'Distractors', description: 'Identities in the gallery only; empty: one for fifteen identities' }),
  familySize: z.int().min(1).max(16).default(4).meta({ title: 'Family size', description: 'People who share most of their looks' }),
});

export type GenerateOptions = z.output<typeof generateOptions>;

/** Share of the query tracklets that are made heavily occluded. */
const HEAVY_QUERIES = 1 / 3;
const SUPERSAMPLE = 2;

export interface TrackletPlan {
  key: string;
  pid: number;
  camid: number;
  split: 'train' | 'query' | 'gallery';
  folder: string;
  frames: number;
  isHeavy: boolean;
}

export interface SetPlan {
  options: GenerateOptions;
  cameras: CameraView[];
  identities: Manifest['identities'];
  tracklets: TrackletPlan[];
  /** By pid − 1. */
  looks: Look[];
}

/** One drawn tracklet: its entry of the manifest and its crops, RGB bytes. */
export interface TrackletOutput {
  tracklet: SyntheticTracklet;
  frames: Uint8Array[];
}

function lengthOf(options: GenerateOptions, key: string): number {
  const random = createRandom(`${options.seed}/length/${key}`);
  const low = Math.min(options.framesMin, options.framesMax);
  const high = Math.max(options.framesMin, options.framesMax);
  // Shorter ones are more frequent, as on real streets.
  return low + Math.floor((high - low + 1) * Math.min(0.999999, random.next() ** 1.5));
}

/** Who, where, which split. The same for the same options. */
export function planSet(options: GenerateOptions): SetPlan {
  const random = createRandom(`${options.seed}/plan`);
  const distractors = options.distractors ?? Math.round(options.identities / 15);
  const { looks, family } = sampleWardrobe(options.identities, options.familySize, createRandom(`${options.seed}/wardrobe`));
  const trainCount = Math.floor(options.identities / 2);
  // Distractors look like people of the test half.
  const extra = sampleWardrobe(distractors, 1, createRandom(`${options.seed}/distractors`)).looks.map((look, index): Look => {
    const model = looks[trainCount + (index % Math.max(1, options.identities - trainCount))];
    return model === undefined ? look : { ...look, upperColour: model.upperColour, lower: model.lower, lowerColour: model.lowerColour, frame: model.frame };
  });
  const identities: Manifest['identities'] = [
    ...looks.map((look, index) => ({
      pid: index + 1,
      name: String(index + 1).padStart(4, '0'),
      kind: 'person' as const,
      family: family[index] ?? 0,
      description: describeLook(look),
    })),
    ...extra.map((look, index) => ({
      pid: options.identities + index + 1,
      name: String(options.identities + index + 1).padStart(4, '0'),
      kind: 'distractor' as const,
      family: -1,
      description: describeLook(look),
    })),
  ];
  const tracklets: TrackletPlan[] = [];
  const visits = options.cameras === 1 ? 2 : 1;
  const queries: TrackletPlan[] = [];
  for (const identity of identities) {
    const index = identity.pid - 1;
    const isDistractor = identity.kind === 'distractor';
    const slots = Array.from({ length: options.cameras * visits }, (_, slot) => ({
      camid: slot % options.cameras,
      visit: Math.floor(slot / options.cameras) + 1,
    }));
    const seen = isDistractor ? random.shuffle([...slots]).slice(0, Math.min(2, slots.length)) : slots;
    const querySlot = random.whole(0, slots.length - 1);
    for (const [position, slot] of seen.entries()) {
      const key = `${identity.name}-c${slot.camid + 1}${visits > 1 ? `v${slot.visit}` : ''}`;
      const split = isDistractor ? 'gallery' : index < trainCount ? 'train' : position === querySlot ? 'query' : 'gallery';
      const folder = `crops/${identity.name}/c${slot.camid + 1}${visits > 1 ? `v${slot.visit}` : ''}`;
      const tracklet: TrackletPlan = { key, pid: identity.pid, camid: slot.camid, split, folder, frames: lengthOf(options, key), isHeavy: false };
      tracklets.push(tracklet);
      if (split === 'query') queries.push(tracklet);
    }
  }
  for (const query of random.shuffle([...queries]).slice(0, Math.ceil(queries.length * HEAVY_QUERIES))) query.isHeavy = true;
  return { options, cameras: createCameras(options.cameras, options.seed), identities, tracklets, looks: [...looks, ...extra] };
}

/** Draws tracklets of a plan; keeps the empty views of the cameras it has needed. */
export function createPainter(plan: SetPlan): (index: number) => TrackletOutput {
  const { options } = plan;
  const scenes = new Map<number, Uint8Array>();
  const strangers = sampleWardrobe(24, 1, createRandom(`${options.seed}/strangers`)).looks;
  const trainCount = Math.floor(options.identities / 2);
  return (index) => {
    const tracklet = plan.tracklets[index];
    const camera = plan.cameras[tracklet?.camid ?? -1];
    const look = plan.looks[(tracklet?.pid ?? 0) - 1];
    if (tracklet === undefined || camera === undefined || look === undefined) throw new Error(`no tracklet ${index} in the plan`);
    const scene = scenes.get(camera.camid) ?? paintScene(camera);
    scenes.set(camera.camid, scene);
    // Passers-by come from the same half, so that no test person is seen in training.
    const half = tracklet.pid <= trainCount ? plan.looks.slice(0, trainCount) : plan.looks.slice(trainCount);
    const bystanders = [...half.filter((other) => other !== look), ...strangers];
    const seed = `${options.seed}/tracklet/${tracklet.key}`;
    const shots = createScript({ seed, camera, look, bystanders, frames: tracklet.frames, isHeavy: tracklet.isHeavy, aspect: options.width / options.height });
    const drawn = shots.map((shot) => renderCrop(shot, { width: options.width, height: options.height, supersample: SUPERSAMPLE }, scene));
    return {
      tracklet: {
        key: tracklet.key,
        pid: tracklet.pid,
        camid: tracklet.camid,
        split: tracklet.split,
        folder: tracklet.folder,
        body: drawn.map(({ truth }) => truth.body),
        hidden: drawn.map(({ truth }) => truth.hidden),
        occluder: drawn.map(({ truth }) => truth.occluder),
        parts: drawn.map(({ truth }) => truth.parts),
      },
      frames: drawn.map(({ rgb }) => rgb),
    };
  };
}

/** The manifest of drawn tracklets, in the order of the plan. */
export function manifestOf(plan: SetPlan, tracklets: readonly SyntheticTracklet[]): Manifest {
  const { options } = plan;
  return {
    format: 'tracklet-synthetic',
    version: 1,
    name: 'Synthetic',
    seed: options.seed,
    width: options.width,
    height: options.height,
    fps: FRAME_RATE,
    cameras: plan.cameras.map(({ camid, name }) => ({ camid, name })),
    identities: plan.identities,
    tracklets: [...tracklets],
  };
}

/** Draws everything in order, one tracklet at a time; for tests and small sets. The program draws with several threads. */
export async function generate(
  options: Partial<GenerateOptions>,
  emit: (output: TrackletOutput, done: number, total: number) => void | Promise<void>,
): Promise<Manifest> {
  const plan = planSet(generateOptions.parse(options));
  const paint = createPainter(plan);
  const tracklets: SyntheticTracklet[] = [];
  for (let index = 0; index < plan.tracklets.length; index++) {
    const output = paint(index);
    tracklets.push(output.tracklet);
    await emit(output, index + 1, plan.tracklets.length);
  }
  return manifestOf(plan, tracklets);
}
