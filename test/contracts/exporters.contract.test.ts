/**
 * What every exporter keeps, checked for each entry of the registry on the data sets of `support/exporterSets.ts`. The heart of it: what is exported
 * and imported again differs from what there was in exactly the aspects that `plan` listed before a byte was written.
 */
import { readdirSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { chosenOptions } from '../../datasets/chosenOptions.ts';
import { ASPECTS, type Aspect, type ExporterDefinition, type ExportPlan } from '../../datasets/exporter.ts';
import type { ImporterDefinition } from '../../datasets/importer.ts';
import { loadRegistry } from '../../src-main/platform/registry.ts';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { fakeMedia, memoryTree } from '../support/memoryTree.ts';
import { runImporter } from '../support/recordingSink.ts';
import { memorySink, SETS, sourceOf, type ExportSet, type Told } from './support/exporterSets.ts';
import { READERS } from './support/exportReaders.ts';

const ids = readdirSync(new URL('../../datasets/exporters/', import.meta.url)).map((name) => name.replace(/\.ts$/, ''));
let exporters = new Map<string, ExporterDefinition>();
let importers = new Map<string, ImporterDefinition>();
beforeAll(async () => {
  exporters = await loadRegistry<ExporterDefinition>(new URL('../../datasets/exporters/', import.meta.url));
  importers = await loadRegistry<ImporterDefinition>(new URL('../../datasets/importers/', import.meta.url));
});

function exporterOf(id: string): ExporterDefinition {
  const exporter = exporters.get(id);
  if (exporter === undefined) throw new Error(`no exporter ${id}`);
  return exporter;
}

const quiet = () => ({ signal: new AbortController().signal, progress: () => undefined });

function toldOf({ cameras, identities, items, beyond = [] }: ExportSet): Told {
  return {
    beyond: beyond.map(({ aspect }) => aspect),
    cameraNames: cameras.map(({ camid, name }) => [camid, name]),
    identities: identities.map(({ pid, name, kind }) => ({ pid, name, kind })),
    tracklets: items.map(({ tracklet: { key, pid, camid, split, frameIndex, boxes, ignored, files, annotations }, media }) => ({
      key,
      pid,
      camid,
      split,
      frames: [...frameIndex],
      boxes: boxes && [...boxes],
      ignored: ignored && [...ignored],
      pictures: files ?? [media.path],
      values: perFrame(annotations),
    })),
  };
}

/** Ranges may be cut in other places. */
function perFrame(
  ranges: readonly { field: string; start: number; end: number; value: unknown; how?: string; layer?: string; annotator?: string }[],
  importer = '',
): Told['tracklets'][0]['values'] {
  return ranges.flatMap(({ field, start, end, value, how = 'imported', layer = 'shared', annotator = importer }) =>
    Array.from({ length: end - start + 1 }, (_, at) => ({ field, frame: start + at, value, how, layer, annotator })),
  );
}

async function importAgain(importer: ImporterDefinition, files: Record<string, string>): Promise<Told> {
  const video = { width: 100, height: 80, frames: 40, fps: 25 };
  const image = Object.keys(files).some((path) => path.includes('img1/')) ? { width: 100, height: 80 } : { width: 64, height: 128 };
  const { cameras, identities, media, tracklets } = await runImporter(importer, memoryTree(files, 'Set'), fakeMedia({ video, image }), {});
  return {
    cameraNames: cameras.map(({ camid, name }) => [camid, name]),
    identities: identities.map(({ pid, name, kind }) => ({ pid, name, kind })),
    tracklets: tracklets.map(({ key, pid, camid, split, frameIndex, boxes, ignored, files: own, mediaKey, annotations }) => ({
      key,
      pid,
      camid,
      split,
      frames: frameIndex,
      boxes,
      ignored,
      pictures: (own ?? [media.find((one) => one.key === mediaKey)?.path ?? '']).map((path) => files[path] ?? ''),
      values: perFrame(annotations, importer.id),
    })),
  };
}

type Tracklet = Told['tracklets'][0];

/** The aspects in which two data sets differ. Where there are other tracklets, those that are the same by their pictures and frames are compared. */
function differences(before: Told, after: Told): Set<Aspect> {
  const found = new Set<Aspect>(before.beyond);
  const nameOf = (told: Told, pid: number): string | undefined => told.identities.find((one) => one.pid === pid)?.name;
  const kindOf = (told: Told, pid: number): string | undefined => told.identities.find((one) => one.pid === pid)?.kind;
  const cameraOf = (told: Told, camid: number): string | undefined => told.cameraNames.find(([number]) => number === camid)?.[1];
  // A crop is a file of its own, which is the same one whatever frame it is of.
  const bySource = ({ pictures, frames, boxes, key }: Tracklet): string =>
    pictures === null ? key : `${pictures.join()} ${boxes === null ? '' : frames.join()}`;
  const hasPictures = after.tracklets.every(({ pictures }) => pictures !== null);
  const idOf = (one: Tracklet): string => (hasPictures ? bySource(one) + (one.boxes === null ? '' : ` ${one.boxes[0] ?? 0} ${one.pid}`) : one.key);
  const known = new Map(before.tracklets.map((one) => [idOf(one), one]));
  if (!hasPictures) found.add('pictures');
  if (before.tracklets.length !== after.tracklets.length) found.add('tracklets');
  for (const now of after.tracklets) {
    const was = known.get(idOf(now));
    if (was === undefined) {
      found.add('tracklets');
      continue;
    }
    const aspects: [Aspect, unknown, unknown][] = [
      ['keys', was.key, now.key],
      ['sides', was.split, now.split],
      ['people', was.pid, now.pid],
      ['kinds', kindOf(before, was.pid), kindOf(after, now.pid)],
      ['identityNames', nameOf(before, was.pid), nameOf(after, now.pid)],
      ['cameras', was.camid, now.camid],
      ['cameraNames', cameraOf(before, was.camid), cameraOf(after, now.camid)],
      ['frames', was.frames, now.frames],
      ['boxes', was.boxes, now.boxes],
      ['ignored', was.ignored, now.ignored],
      ['values', valuesOf(was), valuesOf(now)],
    ];
    for (const [aspect, old, fresh] of aspects) if (JSON.stringify(old) !== JSON.stringify(fresh)) found.add(aspect);
    for (const one of now.values) {
      const same = was.values.find(({ field, frame, layer }) => field === one.field && frame === one.frame && layer === one.layer);
      if (same !== undefined && same.how !== one.how) found.add('how');
      if (same !== undefined && same.annotator !== one.annotator) found.add('annotators');
    }
  }
  return found;
}

function valuesOf({ values }: Tracklet): string[] {
  return values.map(({ field, frame, value, layer }) => JSON.stringify([field, frame, value, layer])).sort();
}

describe.each(ids)('%s', (id) => {
  test('has its file’s name as id, a title, help, options with default and title, and says what it holds', () => {
    const exporter = exporterOf(id);
    expect([exporter.title, exporter.help].every((text) => text !== '')).toBe(true);
    expect(() => exporter.options.parse({})).not.toThrow();
    for (const [key, option] of Object.entries(exporter.options.shape))
      expect([key, z.globalRegistry.get(option as z.ZodType)?.title]).toEqual([key, expect.stringMatching(/./)]);
    expect(exporter.holds.every((aspect) => ASPECTS.includes(aspect))).toBe(true);
    expect(exporter.holds.includes('values')).toBe(exporter.fields === 'all' || exporter.fields.length > 0);
    // Somebody reads it back: an importer, or where there is none the tests themselves.
    expect(exporter.importer === null ? READERS[id] !== undefined : importers.has(exporter.importer)).toBe(true);
  });

  test('bad options are refused with a sentence', () => {
    const exporter = exporterOf(id);
    const refusal = (given: Record<string, unknown>): ReturnType<typeof toErrorShape> => {
      try {
        chosenOptions('exporter', exporter, given);
      } catch (error) {
        return toErrorShape(error);
      }
      throw new Error('not refused');
    };
    expect(refusal({ noSuchOption: 1 })).toMatchObject({
      code: 'UNKNOWN_OPTION',
      message: expect.stringMatching(/^The exporter "[^"]+" has no option "noSuchOption"; known are .+\.$/) as string,
    });
    for (const key of Object.keys(exporter.options.shape))
      expect(refusal({ [key]: { odd: true } })).toMatchObject({
        code: 'BAD_INPUT',
        message: expect.stringMatching(new RegExp(`^The option "${key}" [^\\n]+\\.$`)) as string,
      });
  });

  describe.each(Object.entries(SETS))('%s', (_name, set) => {
    const plan = (): Promise<ExportPlan> => exporterOf(id).plan(sourceOf(set), chosenOptions('exporter', exporterOf(id), {}), quiet());
    async function write(signal = new AbortController().signal, onFile?: () => void): Promise<Record<string, string>> {
      const sink = memorySink(onFile);
      await exporterOf(id).write(sourceOf(set), chosenOptions('exporter', exporterOf(id), {}), sink, { signal, progress: () => undefined });
      return sink.files;
    }

    test('what comes back differs in exactly what was listed before', async () => {
      const { lost, tracklets, frames, media } = await plan();
      for (const { message, count, where } of lost) {
        expect(message).toMatch(/^[A-Z][^\n]+\.$/);
        expect(count).toBeGreaterThan(0);
        expect(where).not.toBe('');
      }
      if (tracklets === 0) {
        const error = toErrorShape(await write().catch((reason: unknown) => reason));
        expect([error.code, error.message]).toEqual(['BAD_INPUT', expect.stringMatching(/^Nothing of Set can be written [^\n]+\.$/)]);
        return;
      }
      const files = await write();
      const sources = new Set(set.items.flatMap(({ tracklet, media: of }) => tracklet.files ?? [of.path]));
      expect(Object.values(files).filter((content) => sources.has(content)).length).toBe(media);
      const importer = importers.get(exporterOf(id).importer ?? '');
      const after = importer === undefined ? await READERS[id]!(files) : await importAgain(importer, files);
      expect(after.tracklets.reduce((sum, one) => sum + one.frames.length, 0)).toBe(frames);
      const told = [...new Set(lost.map(({ aspect }) => aspect))];
      if (!told.includes('tracklets')) expect(after.tracklets.length).toBe(tracklets);
      expect(told.sort()).toEqual([...differences(toldOf(set), after)].sort());
      // What the format never holds is no surprise.
      for (const aspect of ASPECTS) if (!exporterOf(id).holds.includes(aspect) && differences(toldOf(set), after).has(aspect)) expect(told).toContain(aspect);
    });

    test('the same set gives the same files', async () => {
      if ((await plan()).tracklets > 0) expect(await write()).toEqual(await write());
    });

    test('cancelled, it ends with CANCELLED at the next tracklet', async () => {
      const before = new AbortController();
      before.abort();
      await expect(write(before.signal)).rejects.toMatchObject({ code: 'CANCELLED' });
      if ((await plan()).media < 2) return;
      const during = new AbortController();
      let files = 0;
      const whole = Object.keys(await write()).length;
      const ended = write(during.signal, () => {
        files++;
        during.abort();
      });
      // Where one tracklet is all there is, it may be whole by then.
      await ended.then(
        () => expect(files).toBe(whole),
        (error: unknown) => expect(error instanceof AppError && error.code).toBe('CANCELLED'),
      );
    });
  });
});
