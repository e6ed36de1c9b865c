/**
 * Random work against a plain model: paintings and moves, some over several tracklets, updates of the source and emptied data sets that end steps, undo
 * and redo to the bottom and the top. The model keeps what each step found and left in the cells that it touched. Undoing a step may take its cells
 * from what it left to what it found and nothing else, so no value that was given above it, and acknowledged, goes away.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { changingSource } from '../../../support/changingSource.ts';
import type { Made } from '../../../support/madeSource.ts';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

/** Of the source, all of data set 1. */
const KEYS = ['a', 'b'] as const;
/** Alone in a data set, which may be emptied. So few in all, since what has to meet is then likely to. */
const OTHER = 101;
/** Its data set, with a number beyond what the source needs. */
const ITS_SET = 11;
const places = fc.uniqueArray(fc.nat(KEYS.length), { minLength: 1, maxLength: 2 });
const ofSource = fc.nat(KEYS.length - 1);
const SIDES = ['train', 'query', 'gallery'] as const;

const work = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('paint' as const), places, value: fc.integer({ min: 0, max: 10 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('move' as const), places, side: fc.constantFrom(...SIDES) }) },
  { weight: 4, arbitrary: fc.constant({ do: 'undo' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'redo' as const }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('picture' as const), of: ofSource }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('side of the source' as const), of: ofSource, side: fc.constantFrom(...SIDES) }) },
  { weight: 2, arbitrary: fc.constant({ do: 'empty' as const }) },
);

type State = ReadonlyMap<string, string>;
/** What it found and left, by cell. */
type Known = Map<string, { found: string; left: string }>;

/** Values of a tracklet are one cell, its side another. Of tracklets that are gone there is none. */
function stateOf(here: TablesHere): State {
  const values = here.rows(`SELECT t.id, (SELECT json_group_array(json_array(start, "end", value)) FROM (SELECT * FROM annotation
    WHERE tracklet_id = t.id ORDER BY start)) FROM tracklet t ORDER BY t.id`) as [number, string][];
  const sides = here.rows('SELECT id, split FROM tracklet ORDER BY id') as [number, string][];
  return new Map([...values.map(([id, held]) => [`values ${id}`, held] as const), ...sides.map(([id, side]) => [`side ${id}`, side] as const)]);
}

const without = (state: State, id: number): [string, string][] => [...state].filter(([cell]) => !cell.endsWith(` ${id}`));

test('whatever was painted, moved, updated and emptied: undo and redo take and bring the cells of a step, and lose none of another', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(work, { minLength: 8, maxLength: 14 }), async (works) => {
      using here = await tablesHere();
      const { db } = here;
      const source: Made[] = KEYS.map((key, index) => ({ key, contents: [10 * index + 1, 10 * index + 2], split: 'train' as const }));
      let picture = 100;
      const set = await changingSource(here, source);
      putDataset(here.sql, ITS_SET, [{ id: OTHER, pid: 1, camid: 1, split: 'none' }]);
      const number = (sql: string): number => (here.rows(sql).flat()[0] ?? 0) as number;
      const newest = (): number => number('SELECT max(id) FROM history WHERE undone = 0');
      const next = (): number => number('SELECT min(id) FROM history WHERE undone = 1');
      const isThere = (id: number): boolean => here.rows('SELECT 1 FROM tracklet WHERE id = ?', id).length > 0;
      const idsOf = (of: readonly number[]): number[] => {
        const all = [...KEYS.map((key) => set.idOf(key)), OTHER];
        return of.map((place) => all[place] ?? 0).filter(isThere);
      };
      const steps = new Map<number, Known>();

      /** A step that was just made is kept with what it did. */
      function note(before: State, last: number): void {
        const made = newest();
        if (made <= last) return;
        const changed = [...stateOf(here)].filter(([cell, left]) => before.get(cell) !== left);
        steps.set(made, new Map(changed.map(([cell, left]) => [cell, { found: before.get(cell) ?? '', left }])));
      }

      async function go(way: 'undo' | 'redo'): Promise<boolean> {
        const step = steps.get(way === 'undo' ? newest() : next());
        const before = stateOf(here);
        const { label, leftOut } = await db.write('history', way, { window: null, others: [] });
        expect(leftOut).toBeNull();
        if (label === null) return false;
        if (!step) throw new Error(`the model does not know "${label}"`);
        const expected = new Map(before);
        for (const [cell, { found, left }] of step) {
          // Its data set was emptied since.
          if (!before.has(cell)) continue;
          expect([cell, before.get(cell)]).toEqual([cell, way === 'undo' ? left : found]);
          expected.set(cell, way === 'undo' ? found : left);
        }
        expect(stateOf(here)).toEqual(expected);
        return true;
      }

      async function bottomAndTop(): Promise<void> {
        while (await go('redo'));
        const top = stateOf(here);
        while (await go('undo'));
        while (await go('redo'));
        expect(stateOf(here)).toEqual(top);
      }

      for (const one of works) {
        const before = stateOf(here);
        const last = number(`SELECT seq FROM sqlite_sequence WHERE name = 'history'`);
        switch (one.do) {
          case 'paint': {
            const edits = idsOf(one.places).map((trackletId) => ({
              trackletId,
              field: 'visibility',
              whole: true,
              start: 0,
              end: 0,
              value: String(one.value),
              how: 'judged',
            }));
            if (edits.length > 0)
              await db.write('annotations', 'apply', { label: 'Paint', edits, annotator: 'Ann', at: 9, tags: [], join: null, anyway: false });
            note(before, last);
            break;
          }
          case 'move':
            await db.write('tracklets', 'setSplit', { ids: idsOf(one.places), split: one.side, at: 9, tags: [] });
            note(before, last);
            break;
          case 'undo':
          case 'redo':
            await go(one.do);
            break;
          case 'picture':
          case 'side of the source': {
            const changed = source[one.of];
            if (!changed) break;
            source[one.of] = one.do === 'picture' ? { ...changed, contents: [...changed.contents.slice(1), picture++] } : { ...changed, split: one.side };
            await set.update(source);
            const id = set.idOf(changed.key);
            expect(without(stateOf(here), id)).toEqual(without(before, id));
            await bottomAndTop();
            break;
          }
          case 'empty':
            if (!isThere(OTHER)) break;
            await db.write('datasets', 'remove', { id: ITS_SET, at: 10, tags: [] });
            await db.write('trash', 'purge', { kind: 'dataset', id: String(ITS_SET) });
            expect([...stateOf(here)]).toEqual(without(before, OTHER));
            await bottomAndTop();
            break;
        }
      }
      await bottomAndTop();
    }),
    // A sequence is short enough to be read as it is.
    { numRuns: 120, endOnFailure: true },
  );
});
