/**
 * What every importer keeps, checked for each entry of the registry on the fixtures of `test/fixtures/datasets`: each a small tree with the
 * records expected, written by hand. A new importer is tested when its file and one fixture exist.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ImporterDefinition } from '../../datasets/importer.ts';
import type { FileTree } from '../../datasets/tree.ts';
import { openTarTree } from '../../datasets/trees/tar.ts';
import { openZipTree } from '../../datasets/trees/zip.ts';
import { loadRegistry } from '../../src-main/platform/registry.ts';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { memorySource, tarOf } from '../support/archives.ts';
import { fakeMedia, memoryTree, type FakeMedia, type Files, type Tree } from '../support/memoryTree.ts';
import { runImporter, type Recorded } from '../support/recordingSink.ts';

interface Fixture {
  name: string;
  importer: string;
  media: FakeMedia;
  options: Record<string, unknown>;
  files: Files;
  /** Files without which the import must fail. */
  needed: string[];
  expected: {
    name: string;
    cameras: [number, string][];
    identities: [number, string][];
    tracklets: [string, number, number, string, number[]][];
    annotations: number;
  };
}

const folder = new URL('../fixtures/datasets/', import.meta.url);
const fixtures = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name): Fixture => ({ ...(JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Omit<Fixture, 'name'>), name }));
const ids = readdirSync(new URL('../../datasets/importers/', import.meta.url)).map((name) => name.replace(/\.ts$/, ''));

let registry = new Map<string, ImporterDefinition>();
beforeAll(async () => {
  registry = await loadRegistry<ImporterDefinition>(new URL('../../datasets/importers/', import.meta.url));
});

function importerOf(id: string): ImporterDefinition {
  const importer = registry.get(id);
  if (importer === undefined) throw new Error(`no importer ${id}`);
  return importer;
}

function archiveOf(fixture: string, form: string): URL {
  return new URL(`../fixtures/archives/${fixture.replace(/\.json$/, '')}.${form}`, import.meta.url);
}

/** Those that `make_archives.py` wrote; a new data set has none before it runs. */
function hasArchives(fixture: string): boolean {
  return existsSync(archiveOf(fixture, 'zip'));
}

function read(fixture: Fixture, files = fixture.files, more: { signal?: AbortSignal; onRecord?: (count: number) => void } = {}): Promise<Recorded> {
  return runImporter(importerOf(fixture.importer), memoryTree(files), fakeMedia(fixture.media), { options: fixture.options, ...more });
}

/** The same, which notes what is read of it as text. */
function noting(tree: FileTree, read: Set<string>): FileTree {
  const note = (path: string): string => (read.add(path), path);
  return {
    ...tree,
    text: (path) => tree.text(note(path)),
    bytes: (path) => tree.bytes(note(path)),
    range: (path, start, end) => tree.range(note(path), start, end),
    chunks: (path) => tree.chunks(note(path)),
  };
}

/** A file somewhere in or around a set: in good and odd places, of all kinds, whole, empty, undecodable or no file at all. */
const strayFile = fc
  .record({
    folders: fc.array(
      fc.constantFrom('0001', '0002', '-1', '0000', 'p1', 'bob', 'query', 'gallery', 'train', 'notes', 'c1', 'cam_a', 't1', 'img1', 'crops', '.git'),
      { maxLength: 4 },
    ),
    name: fc.constantFrom(
      '1.jpg',
      '000002.jpg',
      '0001C1T0001F001.jpg',
      '0001_c1s1_000151_00.jpg',
      '0001_C6_F0004_X30826.jpg',
      'x.PNG',
      'clip.avi',
      'README',
      'b.xyz',
      '.DS_Store',
      'notes.txt',
    ),
    what: fc.constantFrom('whole', 'whole', 'empty', 'broken', 'link-outside', 'broken-link', 'unusable-name', 'other'),
  })
  .map(({ folders, name, what }) => ({
    path: [...folders, name].join('/'),
    isBroken: what === 'broken' || what === 'empty',
    content:
      what === 'link-outside' || what === 'broken-link' || what === 'unusable-name' || what === 'other'
        ? ({ kind: what, why: 'is odd' } as const)
        : new Uint8Array(what === 'empty' ? 0 : 1),
  }));

describe.each(ids)('%s', (id) => {
  test('has a fixture, its file’s name as id, a title, a layout, and options with default and title', () => {
    const importer = importerOf(id);
    expect(fixtures.some((fixture) => fixture.importer === id)).toBe(true);
    expect(importer.title).not.toBe('');
    expect(importer.layout).not.toBe('');
    expect(() => importer.options.parse({})).not.toThrow();
    for (const [key, option] of Object.entries(importer.options.shape))
      expect([key, z.globalRegistry.get(option as z.ZodType)?.title]).toEqual([key, expect.stringMatching(/./)]);
  });

  test('says no to an empty folder and to one of other things', async () => {
    const trees: Files[] = [{}, { 'notes.txt': 'notes', 'holiday/beach.jpg': 'x' }];
    for (const files of trees) expect(await importerOf(id).probe(memoryTree(files), fakeMedia())).toBeNull();
  });
});

describe.each(fixtures)('fixture $name', (fixture) => {
  test('its importer wins the probe, the others decline or are less sure', async () => {
    const tree = memoryTree(fixture.files);
    const sure = new Map<string, number>();
    for (const [id, importer] of registry) sure.set(id, (await importer.probe(tree, fakeMedia(fixture.media)))?.confidence ?? 0);
    const own = sure.get(fixture.importer) ?? 0;
    expect(own).toBeGreaterThan(0.5);
    for (const [id, confidence] of sure) if (id !== fixture.importer) expect([id, confidence < own]).toEqual([id, true]);
  });

  test('gives the records that were worked out by hand, in the same order each time', async () => {
    const recorded = await read(fixture);
    expect({
      name: recorded.summary?.name,
      cameras: recorded.cameras.map((camera) => [camera.camid, camera.name]).sort(),
      identities: recorded.identities.map((identity) => [identity.pid, identity.kind] as const).sort((a, b) => a[0] - b[0]),
      tracklets: recorded.tracklets.map((tracklet) => [tracklet.key, tracklet.pid, tracklet.camid, tracklet.split, tracklet.frameIndex]),
      annotations: recorded.tracklets.reduce((sum, tracklet) => sum + tracklet.annotations.length, 0),
    }).toEqual(fixture.expected);
    const turned = Object.fromEntries(Object.entries(fixture.files).reverse());
    expect(await read(fixture, turned)).toEqual(recorded);
  });

  test('records fit together: columns of one length, frames ascending and inside their media, names known', async () => {
    const { cameras, identities, media, tracklets } = await read(fixture);
    for (const tracklet of tracklets) {
      const source = media.find((record) => record.key === tracklet.mediaKey);
      expect(source).toBeDefined();
      expect(cameras.some((camera) => camera.camid === tracklet.camid) && identities.some((identity) => identity.pid === tracklet.pid)).toBe(true);
      expect(
        tracklet.frameIndex.every((index, at) => index >= 0 && index < (source?.frameCount ?? 0) && (at === 0 || index > (tracklet.frameIndex[at - 1] ?? 0))),
      ).toBe(true);
      if (tracklet.boxes !== null) expect(tracklet.boxes).toHaveLength(tracklet.frameIndex.length * 4);
      if (tracklet.files !== null) expect(tracklet.files.every((file) => file in fixture.files)).toBe(true);
      expect(tracklet.files?.length ?? tracklet.frameIndex.length).toBe(tracklet.frameIndex.length);
      for (const range of tracklet.annotations) expect(range.start >= 0 && range.end >= range.start && range.end < tracklet.frameIndex.length).toBe(true);
    }
    expect(new Set(tracklets.map((tracklet) => tracklet.key)).size).toBe(tracklets.length);
  });

  test('gives the same out of a zip and a tar archive: records, warnings and what is left out', async () => {
    // Things that no set is made of lie about, too.
    const files: Files = { ...fixture.files, 'README.md': 'read me', 'notes/more.txt': 'notes', 'old.zip': new Uint8Array(3), '.git/config': 'x' };
    const bytes = Object.fromEntries(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
    const folder = await runImporter(importerOf(fixture.importer), memoryTree(files), fakeMedia(fixture.media), { options: fixture.options });
    const archives = [
      await openZipTree(memorySource(zipSync(bytes)), 'set'),
      await openTarTree(memorySource(tarOf(Object.entries(bytes).map(([name, data]) => ({ name, data })))), 'set'),
    ];
    for (const tree of archives)
      expect(await runImporter(importerOf(fixture.importer), tree, fakeMedia(fixture.media), { options: fixture.options })).toEqual(folder);
  });

  test.skipIf(!hasArchives(fixture.name))('gives the same out of the archives that Python made of it', async () => {
    const folder = await read(fixture);
    for (const [form, open] of Object.entries({ zip: openZipTree, 'pax.tar': openTarTree, 'gnu.tar': openTarTree })) {
      const tree = await open(memorySource(readFileSync(archiveOf(fixture.name, form))), 'set');
      const recorded = await runImporter(importerOf(fixture.importer), tree, fakeMedia(fixture.media), { options: fixture.options });
      expect([form, recorded]).toEqual([form, folder]);
    }
  });

  test('a missing file is one sentence', async () => {
    for (const missing of fixture.needed) {
      const files = Object.fromEntries(Object.entries(fixture.files).filter(([path]) => path !== missing));
      const error = toErrorShape(await read(fixture, files).catch((reason: unknown) => reason));
      expect([missing, error.code]).toEqual([missing, 'MEDIA_MISSING']);
      expect(error.message).toMatch(/^[^\n]+\.$/);
    }
  });

  test('whatever lies around it: every file is used or named in a warning, and the sum is that of the folder', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(strayFile, { maxLength: 5 }), fc.array(fc.nat(), { maxLength: 2 }), async (strays, spoiled) => {
        const tree: Tree = { ...fixture.files };
        const broken: string[] = [];
        // Some of the set's own pictures are bad, and files of all kinds lie about.
        const pictures = Object.keys(tree).filter((path) => path.endsWith('.jpg'));
        for (const at of spoiled) broken.push(...(pictures.length === 0 ? [] : [pictures[at % pictures.length] ?? '']));
        for (const { path, content, isBroken } of strays) {
          if (Object.keys(tree).some((other) => other === path || other.startsWith(`${path}/`) || path.startsWith(`${other}/`))) continue;
          tree[path] = content;
          if (isBroken) broken.push(path);
        }
        let recorded: Recorded;
        const texts = new Set<string>();
        try {
          recorded = await runImporter(importerOf(fixture.importer), noting(memoryTree(tree), texts), fakeMedia({ ...fixture.media, broken }), {
            options: fixture.options,
          });
        } catch (error) {
          // Such as a second video, or nothing left; a sentence, never a mistake of ours.
          expect(error).toBeInstanceOf(AppError);
          expect((error as AppError).code).not.toMatch(/INTERNAL|CONFLICT/);
          return;
        }
        const used = new Set(recorded.tracklets.flatMap((tracklet) => tracklet.files ?? []));
        for (const media of recorded.media) if (media.kind === 'video') used.add(media.path);
        for (const text of texts) if (text in tree) used.add(text);
        const { seen, used: usedFiles, leftOut } = recorded.account ?? { seen: 0, used: 0, leftOut: 0 };
        // A hidden folder is one thing, whatever it holds.
        const things = new Set(Object.keys(tree).map((path) => /^(?:[^./][^/]*\/)*\.[^/]+/.exec(path)?.[0] ?? path));
        expect([seen, usedFiles + leftOut]).toEqual([things.size, seen]);
        for (const path of things) {
          if (used.has(path)) continue;
          const names = recorded.warnings.some(
            ({ where, count }) => where.split(', ').some((place) => place === path || place.startsWith(`${path} `)) || (where.endsWith('…') && count > 5),
          );
          expect([path, names]).toEqual([path, true]);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('cancelled before and after the first tracklet, it stops at once', async () => {
    const before = new AbortController();
    before.abort();
    await expect(read(fixture, fixture.files, { signal: before.signal })).rejects.toMatchObject({ code: 'CANCELLED' });
    const total = fixture.expected.cameras.length + fixture.expected.identities.length + fixture.expected.tracklets.length;
    const during = new AbortController();
    let seen = 0;
    const recording = read(fixture, fixture.files, {
      signal: during.signal,
      onRecord(count) {
        seen = count;
        if (count === 1) during.abort();
      },
    });
    if (fixture.expected.tracklets.length > 1) {
      await expect(recording).rejects.toMatchObject({ code: 'CANCELLED' });
      // Cameras and identities may come in one step; tracklets may not.
      expect(seen).toBeLessThan(total);
    } else await recording.catch(() => undefined);
  });
});
