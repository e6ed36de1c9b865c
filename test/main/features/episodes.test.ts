/**
 * Episodes of occlusion: one record over its lanes, begun, changed and removed in the step of the stroke that paints them; never two on one frame.
 * An update of the source moves them with their frames or sets them aside until these stand in one stretch again.
 */
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EpisodeChanges } from '../../../src-shared/contract/annotations.ts';
import { writerOf } from '../../../src-main/db/handles.ts';
import { applyPatch, misplaced } from '../../../src-main/features/history/patch.ts';
import { checkRows } from '../../../src-main/features/project/rowCheck.table.ts';
import { changingSource } from '../../support/changingSource.ts';
import type { Made } from '../../support/madeSource.ts';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject } from '../../support/project.ts';
import { putDataset, tablesHere, type TablesHere } from '../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => (here = await tablesHere()));
afterEach(() => here[Symbol.dispose]());

const asking = { window: null, others: [] };
const set = (id = 1): void =>
  putDataset(
    here.sql,
    id,
    [1, 2].map((n) => ({ id: 10 * (id - 1) + n, pid: 1, camid: 1, split: 'none', frameIndex: [0, 1, 2, 3, 4, 5] })),
  );
type Put = Partial<EpisodeChanges['put'][number]> & { start: number; end: number };
const apply = ({
  put = [],
  clear = [],
  values = [],
}: {
  put?: Put[];
  clear?: EpisodeChanges['clear'];
  values?: [start: number, end: number, value: number][];
}) =>
  here.db.write('annotations', 'apply', {
    label: 'Stroke',
    edits: values.map(([start, end, value]) => ({ trackletId: 1, field: 'visibility', whole: false, start, end, value: String(value), how: 'judged' })),
    episodes: { put: put.map((one) => ({ trackletId: 1, occludedBy: null, ...one })), clear },
    annotator: 'Ann',
    at: 9,
    tags: [],
    join: null,
    anyway: false,
  });
const episodes = (): unknown[] => here.rows('SELECT id, tracklet_id, layer, start, "end", occluded_by FROM episode ORDER BY tracklet_id, layer, start');
const aside = (): unknown[] =>
  here.rows(`SELECT tracklet_key, pictures, contents IS NOT NULL, episode ->> 'start', episode ->> 'end' FROM episode_aside ORDER BY id`);
const faults = (): string[] => checkRows(here.sql, here.folder, { remove: false }).sentences;

test('an episode and its lanes are one step: painted, changed, removed, undone and done again', async () => {
  set();
  const states: unknown[] = [];
  const note = (): unknown => states.push([episodes(), here.rows('SELECT start, "end", value FROM annotation ORDER BY start')]);
  note();
  await apply({ put: [{ start: 1, end: 3, occludedBy: 2 }], values: [[1, 3, 7]] });
  note();
  expect(episodes()).toEqual([[1, 1, 'shared', 1, 3, 2]]);
  await apply({
    put: [
      { id: 1, start: 1, end: 4 },
      { start: 5, end: 5 },
    ],
    values: [[4, 4, 7]],
  });
  note();
  expect(episodes()).toEqual([
    [1, 1, 'shared', 1, 4, null],
    [2, 1, 'shared', 5, 5, null],
  ]);
  // Cleared first, so that another may stand there.
  await apply({ clear: [{ id: 1, trackletId: 1 }], put: [{ start: 0, end: 2 }] });
  note();
  expect(episodes()).toEqual([
    [3, 1, 'shared', 0, 2, null],
    [2, 1, 'shared', 5, 5, null],
  ]);
  expect(here.rows('SELECT count(*) FROM history')).toEqual([[3]]);
  // What is there already is no step.
  await apply({ put: [{ id: 3, start: 0, end: 2 }] });
  expect(here.rows('SELECT count(*) FROM history')).toEqual([[3]]);
  expect(faults()).toEqual([]);

  const now = (): unknown => [episodes(), here.rows('SELECT start, "end", value FROM annotation ORDER BY start')];
  for (const state of states.slice(0, -1).reverse()) {
    expect((await here.db.write('history', 'undo', asking)).leftOut).toBeNull();
    expect(now()).toEqual(state);
  }
  for (const state of states.slice(1)) {
    expect((await here.db.write('history', 'redo', asking)).leftOut).toBeNull();
    expect(now()).toEqual(state);
  }
  // Numbers are given once.
  await here.db.write('history', 'undo', asking);
  await apply({ put: [{ start: 0, end: 0, trackletId: 2 }] });
  expect(episodes().at(-1)).toEqual([4, 2, 'shared', 0, 0, null]);
});

test.each<[string, Parameters<typeof apply>[0], string]>([
  ['frames that another has', { put: [{ start: 3, end: 5 }] }, '"episodes.put.0": frames 3 to 5 meet the episode from 1 to 3'],
  [
    'frames that another of the step has',
    {
      put: [
        { start: 4, end: 5 },
        { start: 5, end: 5 },
      ],
    },
    '"episodes.put.1": frames 5 to 5 meet the episode from 4 to 5',
  ],
  ['an end before its start', { put: [{ start: 5, end: 4 }] }, '"episodes.put.0": its end (4) lies before its start (5)'],
  ['frames that are not there', { put: [{ start: 4, end: 6 }] }, '"episodes.put.0": it ends at 6, but tracklet 1 has only 6 frames (positions 0 to 5)'],
  ['a tracklet that is not there', { put: [{ start: 4, end: 5, trackletId: 77 }] }, '"episodes.put.0": there is no tracklet 77'],
  ['itself before it', { put: [{ start: 4, end: 5, occludedBy: 1 }] }, '"episodes.put.0": tracklet 1 cannot occlude itself'],
  ['one of another data set before it', { put: [{ start: 4, end: 5, occludedBy: 11 }] }, '"episodes.put.0": the data set of tracklet 1 has no tracklet 11'],
  ['a number of another tracklet', { put: [{ start: 4, end: 5, id: 1, trackletId: 2 }] }, '"episodes.put.0": tracklet 2 has no episode 1'],
  ['a number that is not there', { clear: [{ id: 9, trackletId: 1 }] }, '"episodes.clear.0": tracklet 1 has no episode 9'],
])('with %s nothing of the step is done', async (_what, step, sentence) => {
  set(1);
  set(2);
  await apply({ put: [{ start: 1, end: 3 }] });
  await expect(apply({ ...step, values: [[0, 5, 1]] })).rejects.toMatchObject({ code: 'BAD_INPUT', message: `annotations.apply: ${sentence}.` });
  expect([episodes(), here.rows('SELECT count(*) FROM annotation')]).toEqual([[[1, 1, 'shared', 1, 3, null]], [[0]]]);
});

test('two stand on one frame in two layers, never in one; a tracklet that goes leaves its episodes and those it occludes without it', async () => {
  set();
  here.sql.exec(`INSERT INTO layer (id, title, kind) VALUES ('ann', 'Ann', 'person')`);
  const db = writerOf(here.sql);
  const row = (id: number, layer: string, start: number, end: number) => ({
    id,
    tracklet_id: 1,
    layer,
    start,
    end,
    occluded_by: 2,
    annotator: 'A',
    updated_at: 1,
  });
  const put = (...rows: ReturnType<typeof row>[]) => ({ op: 'putEpisodes' as const, rows });
  applyPatch(db, [put(row(1, 'shared', 0, 3), row(2, 'ann', 2, 4))]);
  expect(misplaced(db, [put(row(1, 'shared', 0, 3), row(2, 'ann', 2, 4))])).toBe(false);
  expect(faults()).toEqual([]);
  expect((await here.db.read('episodes', 'episodesOf', { trackletId: 1 })).map(({ id }) => id)).toEqual([1]);
  applyPatch(db, [put(row(3, 'ann', 4, 9))]);
  expect(misplaced(db, [put(row(3, 'ann', 4, 9))])).toBe(true);
  expect(faults()).toEqual(['episode 3: it reaches to frame 9 of 6']);
  here.sql.exec('UPDATE episode SET "end" = 5 WHERE id = 3');
  expect(faults()).toEqual(['episode 3: it stands on frames that another episode has']);
  here.sql.exec('DELETE FROM episode WHERE id = 3');
  here.sql.exec('DELETE FROM tracklet WHERE id = 2');
  expect(episodes()).toEqual([
    [2, 1, 'ann', 2, 4, null],
    [1, 1, 'shared', 0, 3, null],
  ]);
  // A step of before that names who is gone is done without.
  applyPatch(db, [{ op: 'clearEpisodes', keys: [{ id: 1, tracklet_id: 1, layer: 'shared' }] }, put(row(1, 'shared', 0, 3))]);
  expect(episodes()).toContainEqual([1, 1, 'shared', 0, 3, null]);
  here.sql.exec('UPDATE episode SET occluded_by = 1 WHERE id = 1');
  expect(faults()).toEqual(['episode 1: it is occluded by itself']);
});

test('an update moves what stays in one stretch, sets the rest aside, and gives it back where its frames stand together again', async () => {
  const source = await changingSource(here, [
    { key: 'a', contents: [1, 2, 3, 4, 5, 6] },
    { key: 'b', contents: [7, 8, 9] },
  ]);
  const [a, b] = [source.idOf('a'), source.idOf('b')];
  here.sql.exec(`INSERT INTO layer (id, title, kind) VALUES ('ann', 'Ann', 'person')`);
  const put = here.sql.prepare(`INSERT INTO episode (tracklet_id, layer, start, "end", occluded_by, annotator, updated_at) VALUES (?, ?, ?, ?, ?, 'A', 1)`);
  put.run(a, 'shared', 0, 1, b);
  put.run(a, 'shared', 3, 4, null);
  put.run(a, 'ann', 2, 4, b);
  put.run(b, 'shared', 0, 2, a);
  await here.db.write('annotations', 'apply', {
    label: 'Step',
    edits: [],
    episodes: { put: [{ trackletId: a, start: 5, end: 5, occludedBy: null }], clear: [] },
    annotator: 'A',
    at: 1,
    tags: [],
    join: null,
    anyway: false,
  });

  // 1 2 moved to the end; 4 and 5 are apart; b is gone.
  const { stepsEnded } = await source.update([
    { key: 'a', contents: [4, 60, 5, 3, 1, 2] },
    { key: 'e', contents: [90] },
  ]);
  expect(stepsEnded).toBe(1);
  expect(episodes()).toEqual([[1, a, 'shared', 4, 5, null]]);
  expect(aside()).toEqual([
    ['b', '["b/1","b/2","b/3"]', 1, 0, 2],
    ['a', '["a/3","a/4","a/5"]', 1, 2, 4],
    ['a', '["a/4","a/5"]', 1, 3, 4],
    ['a', '["a/6"]', 1, 5, 5],
  ]);
  expect(faults()).toEqual([]);

  // Together again: in a itself, in another order, and in a tracklet that is new.
  await source.update([
    { key: 'a', contents: [60, 1, 2] },
    { key: 'c', contents: [70, 7, 8, 9] },
    { key: 'd', contents: [5, 3, 4] },
  ]);
  const [c, d] = [source.idOf('c'), source.idOf('d')];
  expect(here.rows('SELECT tracklet_id, layer, start, "end", occluded_by FROM episode ORDER BY 1, 2')).toEqual([
    [a, 'shared', 1, 2, null],
    [c, 'shared', 1, 3, a],
    [d, 'ann', 0, 2, null],
  ]);
  // 4 and 5 are there, but not side by side; 6 is nowhere.
  expect(aside()).toEqual([
    ['a', '["a/4","a/5"]', 1, 3, 4],
    ['a', '["a/6"]', 1, 5, 5],
  ]);

  // Twice there, a content tells nothing, and is asked for no more.
  await source.update([
    { key: 'a', contents: [60, 1, 2, 6] },
    { key: 'c', contents: [70, 7, 8, 9, 6] },
    { key: 'd', contents: [5, 4, 3] },
  ]);
  expect(aside()).toEqual([['a', '["a/6"]', 0, 5, 5]]);
  expect(here.rows('SELECT layer, start, "end" FROM episode WHERE tracklet_id = ? ORDER BY 1', d)).toEqual([
    ['ann', 0, 2],
    ['shared', 0, 1],
  ]);
  expect(faults()).toEqual([]);
  here.sql.exec(`UPDATE episode_aside SET episode = '{"id":1}'`);
  expect(faults()).toEqual([expect.stringMatching(/^episode_aside \d+: its "episode" is none$/)]);
  await here.db.write('setAside', 'dropAside', { datasetId: source.datasetId });
  expect(aside()).toEqual([]);
});

test('after any updates an episode stands exactly where its frames stand together, and lies aside where they do not', async () => {
  const CONTENTS = Array.from({ length: 12 }, (_, index) => index + 1);
  const START: Made[] = [
    { key: 'a', contents: CONTENTS.slice(0, 7) },
    { key: 'b', contents: CONTENTS.slice(7) },
  ];
  /** Pictures in some order, cut into up to three tracklets; what the fourth part holds is nowhere. */
  const state = fc
    .tuple(fc.shuffledSubarray(CONTENTS, { minLength: 12 }), fc.array(fc.nat(12), { minLength: 3, maxLength: 3 }), fc.nat(5), fc.nat(11))
    .map(([shuffled, cuts, rotation, mixed]) => {
      // Mostly in their order, else nothing would ever stand together.
      const order = mixed > 8 ? shuffled : [...CONTENTS.slice(rotation), ...CONTENTS.slice(0, rotation)];
      const [x = 0, y = 0, z = 0] = cuts.sort((one, other) => one - other);
      return [order.slice(0, x), order.slice(x, y), order.slice(y, z)].flatMap((contents, index): Made[] =>
        contents.length === 0 ? [] : [{ key: 'abc'.charAt(index), contents }],
      );
    })
    .filter((made) => made.length > 0);
  const stretches = fc.tuple(fc.nat(2), fc.nat(3), fc.nat(1)).map(
    ([first, length, gap]) =>
      [
        ['a', first, first + length],
        ['a', Math.min(6, first + length + 1 + gap), 6],
        ['b', gap, gap + length],
      ] as const,
  );
  let placed = 0;
  let laidAside = 0;
  await fc.assert(
    fc.asyncProperty(stretches, fc.array(state, { minLength: 1, maxLength: 4 }), async (given, states) => {
      using own = await tablesHere();
      const source = await changingSource(own, START);
      for (const [index, [key, start, end]] of given.entries())
        own.sql
          .prepare(`INSERT INTO episode (tracklet_id, layer, start, "end", occluded_by, annotator, updated_at) VALUES (?, 'shared', ?, ?, NULL, ?, 1)`)
          .run(source.idOf(key), start, end, String(index));
      const framesOf = given.map(([key, start, end]) => new Set(START.find((one) => one.key === key)?.contents.slice(start, end + 1)));
      for (const made of states) {
        await source.update(made);
        const found = own.rows('SELECT e.annotator, t.key, e.start, e."end" FROM episode e JOIN tracklet t ON t.id = e.tracklet_id ORDER BY 1');
        const expected = framesOf.flatMap((frames, index) =>
          made.flatMap(({ key, contents }) => {
            const at = contents.flatMap((content, position) => (frames.has(content) ? [position] : []));
            const [first = 0, last = -1] = [at[0], at.at(-1)];
            return at.length === frames.size && last - first + 1 === at.length ? [[String(index), key, first, last]] : [];
          }),
        );
        expect(found).toEqual(expected);
        const lying = own.rows(`SELECT episode ->> 'annotator' FROM episode_aside ORDER BY 1`).map((row) => (row as string[])[0]);
        expect(lying).toEqual(['0', '1', '2'].filter((one) => !expected.some(([index]) => index === one)));
        placed += found.length;
        laidAside += lying.length;
      }
    }),
    { numRuns: 60, seed: 11 },
  );
  expect(Math.min(placed, laidAside)).toBeGreaterThan(100);
});

test('through the calls: one stroke, one step, and an edit or an episode is needed', async () => {
  await using project = await openTestProject();
  await fillProject(project.host.context, { tracklets: 3, identities: 1, cameras: 1 });
  const client = project.host.client();
  const none = { label: 'Nothing', edits: [] };
  await expect(client.call('annotations.apply', none)).rejects.toMatchObject({ code: 'BAD_INPUT', params: { key: 'edits' } });
  await client.call('annotations.apply', {
    label: 'Stroke',
    edits: [{ trackletId: 2, field: 'visibility', start: 0, end: 1, value: 9, how: 'judged' }],
    episodes: { put: [{ trackletId: 2, start: 0, end: 1, occludedBy: 3 }] },
  });
  const { episodes: found } = await client.call('annotations.episodes', { trackletId: 2 });
  expect(found).toMatchObject([{ trackletId: 2, start: 0, end: 1, occludedBy: 3 }]);
  await client.call('annotations.apply', { label: 'By nobody', edits: [], episodes: { put: [{ id: found[0]?.id, trackletId: 2, start: 0, end: 1 }] } });
  expect((await client.call('annotations.episodes', { trackletId: 2 })).episodes).toMatchObject([{ id: found[0]?.id, occludedBy: null }]);
  await client.call('history.undo', {});
  await client.call('history.undo', {});
  expect((await client.call('annotations.episodes', { trackletId: 2 })).episodes).toEqual([]);
  await expect(client.call('annotations.episodes', { trackletId: 99 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
