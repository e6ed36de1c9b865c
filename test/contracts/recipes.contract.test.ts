/**
 * Every way to make a data set of others, as its file declares it. What it is asked for, and which tracklets of a known project it then has, is in
 * `test/fixtures/recipes/<kind>.json`, with what must be refused.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writerOf, type Writer } from '../../src-main/db/handles.ts';
import { storedRecipe, type RecipeKind } from '../../src-main/features/datasets/recipe.ts';
import { recipeKinds } from '../../src-main/features/datasets/recipes.ts';
import { putDataset, tablesHere, type TablesHere } from '../support/tablesHere.ts';

interface Fixture {
  asks: { asked: { kind: string }; sources: number[]; members: number[] }[];
  junk: { kind: string }[];
}

const folder = new URL('../fixtures/recipes/', import.meta.url);
const fixtureOf = (kind: string): Fixture => JSON.parse(readFileSync(new URL(`${kind}.json`, folder), 'utf8')) as Fixture;

let here: TablesHere;
let db: Writer;
beforeEach(async () => {
  here = await tablesHere();
  db = writerOf(here.sql);
  putDataset(here.sql, 1, [
    { id: 1, pid: 1, camid: 1, split: 'train' },
    { id: 2, pid: 1, camid: 2, split: 'query' },
    { id: 3, pid: 2, camid: 1, split: 'gallery' },
    { id: 4, pid: 3, camid: 2, split: 'none', frameIndex: [0, 1, 2, 3] },
  ]);
  putDataset(here.sql, 2, [
    { id: 11, pid: 1, camid: 1, split: 'train' },
    { id: 12, pid: 2, camid: 1, split: 'train', frameIndex: [0] },
    { id: 13, pid: 2, camid: 1, split: 'query' },
  ]);
});
afterEach(() => here[Symbol.dispose]());

test('there is a file of examples for each kind, and no other', () => {
  expect(readdirSync(folder).map((name) => name.replace(/\.json$/, ''))).toEqual([...recipeKinds.keys()].sort());
});

describe.each([...recipeKinds.values()].map((kind) => [kind.id, kind] as [string, RecipeKind]))('%s', (id, kind) => {
  const { asks, junk } = fixtureOf(id);

  test('has the members that its example says, each once, and none of another data set', () => {
    expect(asks.length).toBeGreaterThan(0);
    for (const { asked, sources, members } of asks) {
      const read = kind.schema.parse(asked);
      expect(kind.sourcesOf(read)).toEqual(sources);
      const found = kind.membersOf(db, read);
      expect(found).toEqual(members);
      const own = db.column<number>('SELECT id FROM tracklet WHERE dataset_id IN (SELECT value FROM json_each(?)) ORDER BY id', [JSON.stringify(sources)]);
      expect(found.filter((one) => !own.includes(one))).toEqual([]);
    }
  });

  test('names its sources in its title, in their order, and keeps in words that JSON has what it was asked', () => {
    for (const { asked, sources, members } of asks) {
      const read = kind.schema.parse(asked);
      const title = kind.title(sources.map((source) => `Set ${source}`));
      const places = sources.map((source) => title.indexOf(`Set ${source}`));
      expect(places.every((place) => place > 0)).toBe(true);
      expect(places).toEqual([...places].sort((a, b) => a - b));
      const stored = {
        kind: id,
        sources: sources.map((source) => ({ id: source, name: '' })),
        imported: sources,
        asked: kind.kept(read),
        at: 1,
        tracklets: Math.max(1, members.length),
      };
      expect(storedRecipe.parse(JSON.parse(JSON.stringify(stored)))).toEqual(stored);
    }
  });

  test('refuses what its examples of junk say, and any word that it does not know', () => {
    for (const one of [
      ...junk,
      ...asks.flatMap(({ asked }) => [
        { ...asked, kind: 'other' },
        { ...asked, anythingElse: 1 },
      ]),
    ])
      expect([one, kind.schema.safeParse(one).success]).toEqual([one, false]);
  });

  test('made through the command it is a data set with these members on the sides of its sources, undone it is gone, done again it is back', async () => {
    for (const [index, { asked, sources, members }] of asks.entries()) {
      const made = here.db.write('derive', 'derive', { name: `Made ${index}`, recipe: asked, at: 5, tags: [] });
      if (members.length === 0) {
        await expect(made).rejects.toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('has no tracklet') as string });
        continue;
      }
      const { id: dataset, tracklets } = await made;
      expect(tracklets).toBe(members.length);
      expect(here.rows('SELECT tracklet_id FROM dataset_member WHERE dataset_id = ? ORDER BY tracklet_id', dataset).flat()).toEqual(members);
      const sides = here.rows(
        `SELECT m.tracklet_id, m.side FROM split_member m JOIN dataset d ON d.split_set_id = m.split_set_id WHERE d.id = ? ORDER BY m.tracklet_id`,
        dataset,
      );
      expect(sides).toEqual(
        here.rows(`SELECT id, split FROM tracklet WHERE split <> 'none' ORDER BY id`).filter((row) => members.includes((row as number[])[0] as number)),
      );
      const shown = async (): Promise<unknown> =>
        (await here.db.read('datasets', 'list', null)).find((one) => one.id === dataset)?.recipe?.sources.map((one) => one.id);
      expect(await shown()).toEqual(sources);
      await here.db.write('history', 'undo', { window: null, others: [] });
      expect(await shown()).toBeUndefined();
      await here.db.write('history', 'redo', { window: null, others: [] });
      expect(await shown()).toEqual(sources);
    }
  });
});
