/**
 * The file `synthetic.json`: what the generator writes and the importer reads. Pixel counts are whole numbers at rendering resolution,
 * so scores follow exactly. Test: test/datasets/importers/synthetic.test.ts.
 */
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';

export const MANIFEST_FILE = 'synthetic.json';

/** Order of the bits in `parts`; left and right are the person's own. */
export const PARTS = ['head', 'torso', 'leftArm', 'rightArm', 'leftLeg', 'rightLeg'] as const;
export type Part = (typeof PARTS)[number];

export type Occluder = 'object' | 'person' | 'edge';

const count = z.int().min(0);

const trackletSchema = z.object({
  key: z.string().min(1),
  pid: z.int(),
  camid: z.int(),
  split: z.enum(['train', 'query', 'gallery', 'none']),
  /** Relative, with `/`. */
  folder: z.string().min(1),
  /** Pixels of the whole body a frame, as if nothing were in front and the frame had no edge. */
  body: z.array(count).min(1),
  /** Pixels of it that the crop does not show. */
  hidden: z.array(count),
  /** What hides most of the hidden pixels; null where nothing is hidden. */
  occluder: z.array(z.enum(['object', 'person', 'edge']).nullable()),
  /** Bit mask over PARTS: more than half of the part's own pixels hidden. */
  parts: z.array(z.int().min(0).max(63)),
});

const manifestSchema = z.object({
  format: z.literal('tracklet-synthetic'),
  version: z.literal(1),
  name: z.string(),
  seed: z.int(),
  width: z.int().min(8).max(4096),
  height: z.int().min(8).max(4096),
  fps: z.number().positive(),
  cameras: z.array(z.object({ camid: z.int(), name: z.string() })),
  identities: z.array(z.object({ pid: z.int(), name: z.string(), kind: z.enum(['person', 'distractor']), family: z.int(), description: z.string() })),
  tracklets: z.array(trackletSchema),
});

export type SyntheticTracklet = z.output<typeof trackletSchema>;
export type Manifest = z.output<typeof manifestSchema>;

function refuse(text: string, key: string): never {
  throw new AppError('FILE_INVALID', `${MANIFEST_FILE}: ${text}`, { file: MANIFEST_FILE, key });
}

/** Checks form and references; messages name the key. */
export function parseManifest(text: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AppError(
      'FILE_INVALID',
      `${MANIFEST_FILE} is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
      { file: MANIFEST_FILE },
      { cause: error },
    );
  }
  const result = manifestSchema.safeParse(value);
  if (!result.success) {
    const issue = result.error.issues[0];
    refuse(`"${issue?.path.join('.') ?? ''}" does not fit: ${issue?.message ?? 'unknown'}.`, issue?.path.join('.') ?? '');
  }
  const manifest = result.data;
  const cameras = new Set(manifest.cameras.map((camera) => camera.camid));
  const people = new Set(manifest.identities.map((identity) => identity.pid));
  if (cameras.size !== manifest.cameras.length) refuse('two cameras have the same camid.', 'cameras');
  if (people.size !== manifest.identities.length) refuse('two identities have the same pid.', 'identities');
  const keys = new Set<string>();
  for (const tracklet of manifest.tracklets) {
    const { key, body, hidden, occluder, parts } = tracklet;
    if (keys.has(key)) refuse(`the key ${key} stands twice.`, key);
    keys.add(key);
    if (!cameras.has(tracklet.camid)) refuse(`tracklet ${key} names camera ${tracklet.camid}, which is not listed.`, key);
    if (!people.has(tracklet.pid)) refuse(`tracklet ${key} names identity ${tracklet.pid}, which is not listed.`, key);
    if (tracklet.folder.startsWith('/') || tracklet.folder.includes('\\') || tracklet.folder.split('/').includes('..'))
      refuse(`the folder "${tracklet.folder}" of tracklet ${key} leaves the set.`, key);
    if (hidden.length !== body.length || occluder.length !== body.length || parts.length !== body.length)
      refuse(`tracklet ${key} has columns of different length.`, key);
    const bad = hidden.findIndex((pixels, frame) => pixels > (body[frame] ?? 0));
    if (bad !== -1) refuse(`tracklet ${key}, frame ${bad}: more pixels are hidden than the body has.`, key);
  }
  return manifest;
}

/** One tracklet a line, so that a difference between two sets can be read. */
export function writeManifest(manifest: Manifest): string {
  const { cameras, identities, tracklets, ...head } = manifest;
  const rows = (items: readonly unknown[]): string => (items.length === 0 ? '[]' : `[\n${items.map((item) => JSON.stringify(item)).join(',\n')}\n]`);
  return `${JSON.stringify(head).slice(0, -1)},\n"cameras":${rows(cameras)},\n"identities":${rows(identities)},\n"tracklets":${rows(tracklets)}}\n`;
}
