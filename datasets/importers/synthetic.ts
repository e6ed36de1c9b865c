/**
 * Importer of the sets that our generator writes: `synthetic.json` beside folders of crops. Visibility, occluder and hidden parts come
 * with it, exact from the renderer. Trusts nothing in the file: lengths, numbers and paths are checked and named.
 * Tests: test/datasets/importers/synthetic.test.ts and the contract suite.
 */
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { defineImporter, type FileTree, type RecordSink, type TrackletRecord } from '../importer.ts';
import { refuseEmpty, sortedPictures } from '../readers/pictures.ts';
import { MANIFEST_FILE, PARTS, parseManifest, type SyntheticTracklet } from '../synthetic/manifest.ts';
import { rangesOf, scoreFromPixels } from '../visibility.ts';

const options = z.object({
  truth: z.boolean().default(true).meta({ title: 'Import the exact visibility', description: 'Off: crops only, to be annotated by hand' }),
});

function throwIfCancelled(signal: AbortSignal): void {
  if (signal.aborted) throw new AppError('CANCELLED', 'The import was cancelled.');
}

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
  for (const file of files) await refuseEmpty(tree, file);
  return files;
}

function annotationsOf(tracklet: SyntheticTracklet): TrackletRecord['annotations'] {
  const scores = tracklet.body.map((body, frame) => scoreFromPixels(tracklet.hidden[frame] ?? 0, body));
  const parts = tracklet.parts.map((mask) => PARTS.filter((_, bit) => (mask & (1 << bit)) !== 0));
  return [...rangesOf('visibility', scores), ...rangesOf('occluder', tracklet.occluder), ...rangesOf('hiddenParts', parts)];
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

  async read(tree: FileTree, chosen, sink: RecordSink, { signal, media }) {
    throwIfCancelled(signal);
    if (!(await tree.exists(MANIFEST_FILE))) throw new AppError('IMPORT_UNRECOGNISED', `${tree.label} has no ${MANIFEST_FILE}.`, { file: MANIFEST_FILE });
    const manifest = parseManifest(await tree.text(MANIFEST_FILE));
    if (manifest.identities.length === 0 || manifest.tracklets.length === 0)
      throw new AppError('IMPORT_EMPTY', `${MANIFEST_FILE} lists no identities with tracklets.`, { file: MANIFEST_FILE });
    for (const camera of manifest.cameras) await sink.camera({ camid: camera.camid, name: camera.name });
    for (const { pid, name, kind } of manifest.identities) await sink.identity({ pid, name, kind });
    for (const [index, tracklet] of manifest.tracklets.entries()) {
      throwIfCancelled(signal);
      const files = await cropsOf(tree, tracklet);
      // One decode proves that the set is what it says; the rest were written with it.
      const size = index === 0 && files[0] !== undefined ? await media.check(files[0]) : { width: manifest.width, height: manifest.height };
      if (size.width !== manifest.width || size.height !== manifest.height) {
        throw new AppError(
          'FILE_INVALID',
          `${files[0] ?? tracklet.folder} is ${size.width}×${size.height}, ${MANIFEST_FILE} says ${manifest.width}×${manifest.height}.`,
          { file: files[0] ?? tracklet.folder },
        );
      }
      await sink.media({
        key: tracklet.key,
        kind: 'crops',
        path: tracklet.folder,
        width: manifest.width,
        height: manifest.height,
        frameCount: files.length,
        fps: manifest.fps,
      });
      await sink.tracklet({
        key: tracklet.key,
        pid: tracklet.pid,
        camid: tracklet.camid,
        split: tracklet.split,
        mediaKey: tracklet.key,
        frameIndex: Int32Array.from(files, (_, frame) => frame),
        boxes: null,
        files,
        ignored: null,
        annotations: chosen.truth ? annotationsOf(tracklet) : [],
      });
      sink.progress(index + 1, manifest.tracklets.length, tracklet.key);
    }
    return { name: manifest.name, licence: 'CC0-1.0', origin: `Made by the Tracklet Workbench generator, seed ${manifest.seed}` };
  },
});
