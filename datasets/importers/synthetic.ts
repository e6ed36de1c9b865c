/**
 * Importer of the sets that our generator writes: `synthetic.json` beside folders of crops. Visibility, occluder and hidden parts come
 * with it, exact from the renderer. Trusts nothing in the file: lengths, numbers and paths are checked and named.
 * Tests: test/datasets/importers/synthetic.test.ts and the contract suite.
 */
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { defineImporter, throwIfCancelled, type ImportContext, type RecordSink, type TrackletRecord } from '../importer.ts';
import type { FileTree } from '../tree.ts';
import { checkEvery, checkPictures } from '../readers/checkPictures.ts';
import { sortedPictures } from '../readers/pictures.ts';
import { MANIFEST_FILE, PARTS, parseManifest, type Manifest, type SyntheticTracklet } from '../synthetic/manifest.ts';
import { rangesOf, scoreFromPixels } from '../visibility.ts';

const options = z.object({
  truth: z.boolean().default(true).meta({ title: 'Import the exact visibility', description: 'Off: crops only, to be annotated by hand' }),
  checkEvery,
});

async function cropsOf(tree: FileTree, tracklet: SyntheticTracklet): Promise<string[]> {
  if (!(await tree.exists(tracklet.folder)))
    throw new AppError('MEDIA_MISSING', `The folder ${tracklet.folder} of tracklet ${tracklet.key} in ${MANIFEST_FILE} is missing.`, {
      folder: tracklet.folder,
      key: tracklet.key,
    });
  const files = sortedPictures(await tree.list(tracklet.folder)).map((entry) => entry.path);
  if (files.length !== tracklet.body.length) {
    throw new AppError(
      'MEDIA_MISSING',
      `${tracklet.folder} holds ${files.length} crops, ${MANIFEST_FILE} lists ${tracklet.body.length} for tracklet ${tracklet.key}.`,
      { folder: tracklet.folder, key: tracklet.key },
    );
  }
  return files;
}

/** Values of the frames that are kept. */
function annotationsOf(tracklet: SyntheticTracklet, kept: readonly number[]): TrackletRecord['annotations'] {
  const scores = kept.map((frame) => scoreFromPixels(tracklet.hidden[frame] ?? 0, tracklet.body[frame] ?? 0));
  const occluders = kept.map((frame) => tracklet.occluder[frame] ?? null);
  const parts = kept.map((frame) => PARTS.filter((_, bit) => ((tracklet.parts[frame] ?? 0) & (1 << bit)) !== 0));
  return [...rangesOf('visibility', scores), ...rangesOf('occluder', occluders), ...rangesOf('hiddenParts', parts)];
}

/** Positions of the crops that can be read and have the size that the manifest says. */
async function usableCrops(tree: FileTree, files: readonly string[], manifest: Manifest, decode: boolean, context: ImportContext): Promise<number[]> {
  const { width, height } = manifest;
  const sizes = await checkPictures(tree, files, context, { decode });
  const odd = files.filter((_, at) => sizes[at] && (sizes[at].width !== width || sizes[at].height !== height));
  context.leaveOut('PICTURE_SIZE', `Crops of another size than the ${width}×${height} of ${MANIFEST_FILE} are left out.`, { files: odd });
  return [...files.keys()].filter((at) => sizes[at]?.width === width && sizes[at].height === height);
}

export default defineImporter({
  id: 'synthetic',
  title: 'Synthetic set with exact visibility',
  layout: ['synthetic.json with cameras, identities and tracklets,', 'and one folder of crops a tracklet.', 'Made by "tracklet synth".'].join('\n'),
  options,

  async probe(tree) {
    if (!(await tree.exists(MANIFEST_FILE))) return null;
    try {
      const manifest = parseManifest(await tree.text(MANIFEST_FILE));
      const frames = manifest.tracklets.reduce((sum, tracklet) => sum + tracklet.body.length, 0);
      return {
        confidence: 1,
        summary: `Synthetic set, ${manifest.identities.length} identities, ${manifest.cameras.length} cameras, ${manifest.tracklets.length} tracklets, ${frames} frames.`,
      };
    } catch (error) {
      return { confidence: 0.6, summary: `Synthetic set with an error: ${error instanceof Error ? error.message : String(error)}` };
    }
  },

  async read(tree: FileTree, chosen, sink: RecordSink, context) {
    const { signal } = context;
    throwIfCancelled(signal);
    if (!(await tree.exists(MANIFEST_FILE))) throw new AppError('IMPORT_UNRECOGNISED', `${tree.label} has no ${MANIFEST_FILE}.`, { file: MANIFEST_FILE });
    const manifest = parseManifest(await tree.text(MANIFEST_FILE));
    if (manifest.tracklets.length === 0) throw new AppError('IMPORT_EMPTY', `${MANIFEST_FILE} lists no identities with tracklets.`, { file: MANIFEST_FILE });
    for (const camera of manifest.cameras) await sink.camera({ camid: camera.camid, name: camera.name });
    for (const { pid, name, kind } of manifest.identities) await sink.identity({ pid, name, kind });
    let isEmpty = true;
    for (const [index, tracklet] of manifest.tracklets.entries()) {
      throwIfCancelled(signal);
      const files = await cropsOf(tree, tracklet);
      const kept = await usableCrops(tree, files, manifest, chosen.checkEvery, context);
      sink.progress(index + 1, manifest.tracklets.length, tracklet.key);
      if (kept.length === 0) continue;
      isEmpty = false;
      await sink.media({
        key: tracklet.key,
        kind: 'crops',
        path: tracklet.folder,
        width: manifest.width,
        height: manifest.height,
        frameCount: kept.length,
        fps: manifest.fps,
      });
      await sink.tracklet({
        key: tracklet.key,
        pid: tracklet.pid,
        camid: tracklet.camid,
        split: tracklet.split,
        mediaKey: tracklet.key,
        frameIndex: Int32Array.from(kept, (_, frame) => frame),
        boxes: null,
        files: kept.map((at) => files[at] ?? ''),
        ignored: null,
        annotations: chosen.truth ? annotationsOf(tracklet, kept) : [],
      });
    }
    if (isEmpty) throw new AppError('IMPORT_EMPTY', `No crop that ${MANIFEST_FILE} lists can be used.`, { file: MANIFEST_FILE });
    return { name: manifest.name, licence: 'CC0-1.0', origin: `Made by the Tracklet Workbench generator, seed ${manifest.seed}` };
  },
});
