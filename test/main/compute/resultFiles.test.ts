/** What a per-query file may hold: everything that can be known wrong without ranking again is refused by name. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../models/train/safetensors.ts';
import { checkFile, readFeatures, readPerQuery, replaceFile, writeFeatures, writePerQuery, type PerQuery } from '../../../src-main/compute/resultFiles.ts';
import { temporaryFolder } from '../../support/project.ts';

describe('values that cannot be', () => {
  const good: PerQuery = {
    trackletIds: Int32Array.of(7, 9),
    identity: Int32Array.of(4, 5),
    ap: Float32Array.of(0.5, 0),
    inp: Float32Array.of(0.5, 0),
    firstHit: Int32Array.of(2, 0),
    positivesStart: Int32Array.of(0, 2, 2),
    positives: Int32Array.of(2, 4),
    kept: 2,
    topTracklet: Int32Array.of(8, 10, 8, 10),
    topDistance: Float32Array.of(0, 1, 0, 1),
    topMark: Uint8Array.of(0, 1, 2, 3),
    gallery: Int32Array.of(8, 10),
  };
  const cases: [string, Partial<PerQuery>, string][] = [
    ['an AP that is no number', { ap: Float32Array.of(NaN, 0) }, 'the AP of query 7 is NaN'],
    ['an AP above 1', { ap: Float32Array.of(1.5, 0) }, 'the AP of query 7 is 1.5'],
    ['an INP below 0', { inp: Float32Array.of(0.5, -0.25) }, 'the INP of query 9 is -0.25'],
    ['a first match below 0', { firstHit: Int32Array.of(2, -1) }, 'first_hit'],
    ['a first match that is none of the matches', { firstHit: Int32Array.of(1, 0) }, 'is said to stand at 1, and stands at 2'],
    ['matches that do not rise', { positives: Int32Array.of(4, 2), firstHit: Int32Array.of(4, 0) }, 'do not rise'],
    ['matches that do not add up', { positivesStart: Int32Array.of(0, 2, 1) }, 'do not add up'],
    ['a distance without end', { topDistance: Float32Array.of(0, 1, 0, Infinity) }, 'a distance of query 9'],
    ['a mark that is not known', { topMark: Uint8Array.of(0, 4, 0, 0) }, 'an entry of query 7 has a mark'],
    ['an AP below 0', { ap: Float32Array.of(0.5, -0.01) }, 'the AP of query 9 is'],
    ['an INP above 1', { inp: Float32Array.of(1.01, 0) }, 'the INP of query 7 is'],
    ['a match at rank 0', { positives: Int32Array.of(0, 4), firstHit: Int32Array.of(0, 0) }, 'the ranks of the matches of query 7 do not rise'],
    ['the same rank twice', { positives: Int32Array.of(2, 2) }, 'do not rise'],
    ['a first match where there is none', { firstHit: Int32Array.of(2, 1) }, 'the first match of query 9 is said to stand at 1, and stands at 0'],
    ['matches that begin later', { positivesStart: Int32Array.of(1, 2, 2) }, 'its positives do not add up'],
    ['matches that end earlier', { positivesStart: Int32Array.of(0, 1, 1) }, 'its positives do not add up'],
    ['too few borders', { positivesStart: Int32Array.of(0, 2) }, '"positives_start" has 2 entries, where 3 are due'],
    ['too many first matches', { firstHit: Int32Array.of(2, 0, 0) }, '"firstHit" has 3 entries, where 2 are due'],
    ['too few APs', { ap: Float32Array.of(0.5) }, '"ap" has 1 entries'],
    ['too few INPs', { inp: Float32Array.of(0.5) }, '"inp" has 1 entries'],
    ['a mark of the second query that is not known', { topMark: Uint8Array.of(0, 0, 4, 0) }, 'an entry of query 9 has a mark'],
    ['a first distance that is no number', { topDistance: Float32Array.of(NaN, 0, 0, 0) }, 'a distance of query 7'],
    ['a first mark that is not known', { topMark: Uint8Array.of(4, 0, 0, 0) }, 'an entry of query 7 has a mark'],
    ['a distance that is no number', { topDistance: Float32Array.of(0, NaN, 0, 0) }, 'a distance of query 7'],
    ['a fraction for a tracklet', { topTracklet: Float32Array.of(8, 10.5, 8, 10) as never }, '"top_tracklet" holds 10.5, which is no whole number'],
    ['a tracklet below 0', { gallery: Int32Array.of(-1) }, '"gallery" holds -1'],
    ['a tracklet that single precision does not hold', { gallery: Int32Array.of(2 ** 24 + 2) }, '"gallery" holds 16777218'],
    ['too few entries', { identity: Int32Array.of(4) }, '"identity" has 1 entries, where 2 are due'],
  ];
  test.each(cases)('%s', async (_what, change, sentence) => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'per-query.safetensors');
    const hash = await writePerQuery(path, good);
    expect(await readPerQuery(path, hash)).toEqual(good);
    await expect(readPerQuery(path, await writePerQuery(path, { ...good, ...change }))).rejects.toMatchObject({
      code: 'FILE_INVALID',
      message: expect.stringContaining(sentence),
      remedy: expect.stringMatching(/^Evaluate the run again/),
    });
  });
});

test('whole numbers up to 2^24 are exact, extremes of AP and INP are values, and a file without its gallery is of before', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'per-query.safetensors');
  const most: PerQuery = {
    trackletIds: Int32Array.of(0, 2 ** 24),
    identity: Int32Array.of(0, 1),
    ap: Float32Array.of(1, 0),
    inp: Float32Array.of(1, 0),
    firstHit: Int32Array.of(1, 0),
    positivesStart: Int32Array.of(0, 1, 1),
    positives: Int32Array.of(1),
    kept: 1,
    topTracklet: Int32Array.of(2 ** 24, 0),
    topDistance: Float32Array.of(-1, 0),
    topMark: Uint8Array.of(3, 0),
    gallery: null,
  };
  expect(await readPerQuery(path, await writePerQuery(path, most))).toEqual(most);
  expect(await readPerQuery(path, null)).toEqual(most);
});

test('features are read as they were written, of the size that was noted, and finite', async () => {
  using folder = temporaryFolder();
  const path = join(folder.path, 'features.safetensors');
  const file = { trackletIds: Int32Array.of(5, 9), values: Float32Array.of(1, 2, 3, 4, 5, 6), dims: 3, metadata: { run: 'a' } };
  const facts = { hash: await writeFeatures(path, file), count: 2, dims: 3 };
  expect(await readFeatures(path, facts)).toEqual(file);
  for (const change of [{ count: 3 }, { dims: 2 }])
    await expect(readFeatures(path, { ...facts, ...change })).rejects.toThrow(
      `it holds 2 × 3 numbers, where ${change.count ?? 2} × ${change.dims ?? 3} were written`,
    );
  await expect(readFeatures(path, { ...facts, hash: 'other' })).rejects.toMatchObject({
    code: 'FILE_INVALID',
    message: `${path} is damaged: its content is not what was written.`,
    params: { file: 'features.safetensors' },
  });
  for (const [at, value, words] of [
    [4, NaN, 'feature 1 of tracklet 9 is not a finite number'],
    [2, -Infinity, 'feature 2 of tracklet 5 is not a finite number'],
  ] as const) {
    const hash = await writeFeatures(path, { ...file, values: file.values.with(at, value) });
    await expect(readFeatures(path, { ...facts, hash })).rejects.toThrow(words);
  }
  const results = await writePerQuery(path, {
    trackletIds: Int32Array.of(),
    identity: Int32Array.of(),
    ap: Float32Array.of(),
    inp: Float32Array.of(),
    firstHit: Int32Array.of(),
    positivesStart: Int32Array.of(0),
    positives: Int32Array.of(),
    kept: 0,
    topTracklet: Int32Array.of(),
    topDistance: Float32Array.of(),
    topMark: Uint8Array.of(),
    gallery: null,
  });
  await expect(readFeatures(path, { ...facts, hash: results })).rejects.toThrow('it does not hold features with their tracklets');
  await expect(readPerQuery(path, await writeFeatures(path, file))).rejects.toThrow('it lacks the tensor');
  writeFileSync(path, 'no tensors');
  await expect(readPerQuery(path, null)).rejects.toMatchObject({ code: 'FILE_INVALID', remedy: expect.stringMatching(/^Evaluate the run again/) as string });
  await expect(readFeatures(join(folder.path, 'none'), facts)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  await expect(checkFile(path, 'x')).rejects.toThrow('its content is not what was written');
});

describe('on the disk', () => {
  test('results are safetensors that any script reads, with what the marks mean', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'per-query.safetensors');
    const columns: PerQuery = {
      trackletIds: Int32Array.of(7, 9),
      identity: Int32Array.of(4, 5),
      ap: Float32Array.of(0.5, 0),
      inp: Float32Array.of(0.25, 0),
      firstHit: Int32Array.of(2, 0),
      positivesStart: Int32Array.of(0, 1, 1),
      positives: Int32Array.of(2),
      kept: 3,
      topTracklet: Int32Array.of(1, 2, 3, 1, 2, 3),
      topDistance: new Float32Array(6),
      topMark: Uint8Array.of(0, 1, 2, 3, 0, 0),
      gallery: Int32Array.of(1, 2, 3),
    };
    expect(await writePerQuery(path, columns)).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
    const { tensors, metadata } = readSafetensors(readFileSync(path), path);
    expect(metadata).toEqual({ marks: 'wrong,correct,junk,distractor' });
    expect(Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]))).toEqual({
      tracklet: [2],
      identity: [2],
      ap: [2],
      inp: [2],
      first_hit: [2],
      positives_start: [3],
      positives: [1],
      top_tracklet: [2, 3],
      top_distance: [2, 3],
      top_mark: [2, 3],
      gallery: [3],
    });
  });

  test('features keep what they were made of, and their hash is that of the file', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'features.safetensors');
    const file = { trackletIds: Int32Array.of(5), values: Float32Array.of(1, 2), dims: 2, metadata: { run: 'a' } };
    expect(await writeFeatures(path, file)).toBe(createHash('sha256').update(readFileSync(path)).digest('hex'));
    const { tensors, metadata } = readSafetensors(readFileSync(path), path);
    expect([metadata, tensors.get('features')?.shape, tensors.get('tracklet')?.shape]).toEqual([{ run: 'a' }, [1, 2], [1]]);
    await expect(checkFile(path, createHash('sha256').update(readFileSync(path)).digest('hex'))).resolves.toBeUndefined();
  });

  test('half a file is never left, and what stood there stays', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'there');
    mkdirSync(path);
    await expect(replaceFile(path, Uint8Array.of(1))).rejects.toMatchObject({ code: expect.stringMatching(/^(FILE|ACCESS|DISK)_/) as string });
    expect(readdirSync(folder.path)).toEqual(['there']);
  });

  test('what is missing or no such file is named with what to do', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'none');
    const again = { remedy: 'Evaluate the run again on this data set; what is damaged is made anew.' };
    await expect(readPerQuery(path, null)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', ...again });
    writeFileSync(path, 'no tensors');
    await expect(readPerQuery(path, null)).rejects.toMatchObject({ code: 'FILE_INVALID', params: { file: 'none' }, ...again });
  });

  test('features without a tracklet each are none, whatever was noted', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'features.safetensors');
    const two = { shape: [2, 1], values: Float32Array.of(1, 2) };
    for (const tensors of [{ features: two, tracklet: { shape: [1], values: Float32Array.of(5) } }, { features: two }, { tracklet: two }, {}]) {
      const bytes = writeSafetensors(new Map(Object.entries(tensors)));
      writeFileSync(path, bytes);
      const hash = createHash('sha256').update(bytes).digest('hex');
      await expect(readFeatures(path, { hash, count: 2, dims: 1 })).rejects.toThrow('it does not hold features with their tracklets');
    }
  });
});
