/** Split sets against a model: whatever is moved, used, undone, done again or removed, every tracklet stands where the set in use has it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SplitName } from '../../../../src-shared/contract/datasets.ts';
import { putDataset, tablesHere } from '../../../support/tablesHere.ts';

const SIDES = ['train', 'query', 'gallery', 'none'] as const;
const IDS = [1, 2, 3, 4, 5];
/** Of data set 1: its first, and two built beside it. Of data set 2: its only one. */
const SETS = [1, 11, 12];

/** What a person sees of each set, by tracklet. */
interface World {
  used: number;
  sides: Map<number, Map<number, SplitName>>;
}
const copyOf = ({ used, sides }: World): World => ({ used, sides: new Map([...sides].map(([set, of]) => [set, new Map(of)])) });

type Move = { do: 'set'; ids: number[]; side: SplitName } | { do: 'use'; set: number } | { do: 'undo' } | { do: 'redo' } | { do: 'drop'; id: number };
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('set' as const), ids: fc.uniqueArray(fc.constantFrom(...IDS), { minLength: 1 }), side: fc.constantFrom(...SIDES) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('use' as const), set: fc.constantFrom(...SETS) }) },
  { weight: 4, arbitrary: fc.constant({ do: 'undo' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'redo' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), id: fc.constantFrom(...IDS) }) },
);
const asking = { window: null, others: [] };

test('the column is what the members of the set in use say, and undo leads through the worlds that were', async () => {
  const here = await tablesHere();
  putDataset(
    here.sql,
    1,
    IDS.map((id, index) => ({ id, pid: 1, camid: 1, split: SIDES[index % 4]! })),
  );
  putDataset(here.sql, 2, [{ id: 20, pid: 1, camid: 1, split: 'query' }]);
  here.sql.exec(`
    INSERT INTO split_set (id, dataset_id, name, origin, created_at) VALUES (11, 1, 'second', 'built', 1), (12, 1, 'third', 'imported', 1);
    INSERT INTO split_member (split_set_id, tracklet_id, side) VALUES (11, 1, 'gallery'), (11, 4, 'train'), (12, 5, 'query');`);
  const read = (): World => ({
    used: here.sql.prepare('SELECT split_set_id FROM dataset WHERE id = 1').pluck().get() as number,
    sides: new Map(
      SETS.map((set) => [
        set,
        new Map(here.sql.prepare('SELECT tracklet_id, side FROM split_member WHERE split_set_id = ?').raw().all(set) as [number, SplitName][]),
      ]),
    ),
  });
  const start = read();

  await fc.assert(
    fc
      .asyncProperty(fc.array(move, { maxLength: 25 }), async (moves) => {
        here.sql.exec('SAVEPOINT world');
        const there = new Set(IDS);
        const past: World[] = [copyOf(start)];
        let at = 0;
        const now = (): World => past[at]!;
        for (const one of moves) {
          if (one.do === 'set') {
            const ids = one.ids.filter((id) => there.has(id));
            if (ids.length === 0) continue;
            await here.db.write('tracklets', 'setSplit', { ids, split: one.side, at: 1, tags: [] });
            const next = copyOf(now());
            const sides = next.sides.get(next.used)!;
            const moved = ids.filter((id) => (sides.get(id) ?? 'none') !== one.side);
            for (const id of moved)
              if (one.side === 'none') sides.delete(id);
              else sides.set(id, one.side);
            if (moved.length > 0) past.splice(++at, Infinity, next);
          } else if (one.do === 'use') {
            await here.db.write('splits', 'use', { datasetId: 1, splitSet: one.set, at: 1, tags: [] });
            const next = { ...copyOf(now()), used: one.set };
            if (now().used !== one.set) past.splice(++at, Infinity, next);
          } else if (one.do === 'undo') {
            await here.db.write('history', 'undo', asking);
            at = Math.max(0, at - 1);
          } else if (one.do === 'redo') {
            await here.db.write('history', 'redo', asking);
            at = Math.min(past.length - 1, at + 1);
          } else {
            // As an update from the source does, which no undo takes back.
            here.sql.prepare('DELETE FROM tracklet WHERE id = ?').run(one.id);
            there.delete(one.id);
            for (const world of past) for (const sides of world.sides.values()) sides.delete(one.id);
          }
          expect(read()).toEqual(now());
          const expected = [...there].sort().map((id) => [id, now().sides.get(now().used)!.get(id) ?? 'none']);
          expect(here.rows('SELECT id, split FROM tracklet WHERE dataset_id = 1 ORDER BY id')).toEqual(expected);
          expect(here.rows('SELECT id, split FROM tracklet WHERE dataset_id = 2')).toEqual([[20, 'query']]);
        }
      })
      .afterEach(() => void here.sql.exec('ROLLBACK TO world; RELEASE world')),
    { numRuns: 150 },
  );
  here[Symbol.dispose]();
});
