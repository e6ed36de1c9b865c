/**
 * Every operation of undo, as its table declares it: done and undone it leaves the whole database as it was, bit by bit. What there is to do is
 * in `test/fixtures/operations/<table>.json`: pairs that undo each other, and what a stored operation must not hold.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writerOf, type Writer } from '../../src-main/db/handles.ts';
import type { PatchOperation } from '../../src-main/features/history/operation.ts';
import { definitionOf, findOperation, isKnownCall, tableOperations } from '../../src-main/features/history/operations.ts';
import { applyPatch, misplaced, rowsOf } from '../../src-main/features/history/patch.ts';
import { readStep } from '../../src-main/features/history/stored.ts';
import { putDataset, putRun, tablesHere, type TablesHere } from '../support/tablesHere.ts';

interface Fixture {
  pairs: [PatchOperation, PatchOperation][];
  junk: unknown[];
}

const fixtureOf = (table: string): Fixture => JSON.parse(readFileSync(new URL(`../fixtures/operations/${table}.json`, import.meta.url), 'utf8')) as Fixture;
const calls = new Set([...tableOperations.values()].flatMap(({ operations }) => operations.flatMap((operation) => operation.calls)));

let here: TablesHere;
let db: Writer;
beforeEach(async () => {
  here = await tablesHere();
  db = writerOf(here.sql);
  for (const set of [1, 2])
    putDataset(
      here.sql,
      set,
      [1, 2].map((n) => ({ id: (set - 1) * 10 + n, pid: 1, camid: 1, split: 'none' })),
    );
  await putRun(here, { id: 'r' });
  here.sql.exec(`
    INSERT INTO annotation (tracklet_id, layer, field, start, "end", value, how, annotator, updated_at)
      VALUES (1, 'shared', 'visibility', 0, 0, '3', 'imported', '', 1), (2, 'shared', 'occluder', 0, 1, '"object"', 'entered', 'A', 2);
    INSERT INTO set_aside (id, dataset_id, tracklet_key, field, start, "end", pictures, contents, annotation, reason, at)
      VALUES (4, 1, 't1', 'visibility', 0, 1, '["a.jpg","b.jpg"]', NULL,
        '{"tracklet_id":1,"layer":"shared","field":"visibility","start":0,"end":1,"value":"5","how":"judged","annotator":"A","updated_at":1}', 'changed', 9);
    INSERT INTO split_set (id, dataset_id, name, origin, created_at) VALUES (3, 1, 'other', 'built', 1);
    INSERT INTO split_member (split_set_id, tracklet_id, side) VALUES (3, 2, 'query');
  `);
  await here.db.write('derived', 'refreshStale', null);
});
afterEach(() => here[Symbol.dispose]());

/** Every row of every table, as SQLite writes its values. */
function dump(): Record<string, unknown[]> {
  const tables = here.sql.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('meta', 'sqlite_sequence')").pluck().all() as string[];
  return Object.fromEntries(
    tables.map((table) => {
      const columns = (here.sql.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => `quote("${name}")`);
      return [
        table,
        here.sql
          .prepare(`SELECT ${columns.join(` || '|' || `)} AS row FROM main.${table} ORDER BY row`)
          .pluck()
          .all(),
      ];
    }),
  );
}

test('there is a file of them for each table that has some, and steps of today’s projects are read', () => {
  const files = readdirSync(new URL('../../src-main/features', import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((path) => /^[^/\\]+[/\\]operations[/\\][^/\\]+\.ts$/.test(path))
    .map((path) => basename(path, '.table.ts').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
  expect([...tableOperations.keys()].sort()).toEqual(files.sort());
  for (const call of ['annotations.apply', 'datasets.putBack', 'datasets.remove', 'datasets.rename', 'runs.remove', 'runs.rename', 'trash.restore'])
    expect(isKnownCall(call)).toBe(true);
});

describe.each([...tableOperations.values()].map((one) => [one.id, one] as const))('%s', (table, { operations }) => {
  const { pairs, junk } = fixtureOf(table);
  const bothWays = pairs.flatMap(([there, back]): [PatchOperation, PatchOperation][] => [
    [there, back],
    [back, there],
  ]);

  test('has an example of each of its operations', () => {
    expect(new Set(bothWays.map(([operation]) => findOperation(operation)?.name))).toEqual(new Set(operations.map(({ name }) => name)));
    expect(new Set(junk.map((operation) => findOperation(operation)?.name))).toEqual(new Set(operations.map(({ name }) => name)));
  });

  test('what is done and undone was never there, and can be done again', () => {
    for (const [there, back] of pairs) {
      const before = dump();
      applyPatch(db, [there]);
      const after = dump();
      expect(after).not.toEqual(before);
      expect(misplaced(db, [there])).toBe(false);
      applyPatch(db, [back]);
      expect(dump()).toEqual(before);
      expect(misplaced(db, [back])).toBe(false);
      applyPatch(db, [there]);
      expect(dump()).toEqual(after);
      applyPatch(db, [back]);
    }
  });

  test('both ways touch the same rows, and each is the opposite of the other', () => {
    for (const [there, back] of bothWays) {
      expect(rowsOf([there]).size).toBeGreaterThan(0);
      expect(rowsOf([there])).toEqual(rowsOf([back]));
      expect(definitionOf(there).opposite).toBe(definitionOf(back).name);
    }
  });

  test('a stored step is read as it was written, of a call that does it and of no other', () => {
    const both = (call: string, there: unknown, back: unknown) => readStep({ call, patch: JSON.stringify([there]), inverse: JSON.stringify([back]) });
    for (const [there, back] of bothWays) {
      for (const call of ['of a later version', ...calls]) {
        const isOurs = !isKnownCall(call) || definitionOf(there).calls.includes(call);
        expect(both(call, there, back)).toEqual(isOurs ? { patch: [there], inverse: [back] } : null);
      }
      expect(both('of a later version', there, { op: 'none' })).toBeNull();
    }
  });

  test('whatever else a stored one holds is refused', () => {
    const refused = [...junk];
    for (const [operation] of bothWays)
      for (const key of Object.keys(operation)) {
        const { [key]: _gone, ...rest } = operation as unknown as Record<string, unknown>;
        for (const one of [rest, ...[null, {}, [[]], 'junk', -1.5].map((value) => ({ ...rest, [key]: value }))])
          // A name is any text, also this one.
          if (!(key === 'id' && (one as { id?: unknown }).id === 'junk')) refused.push(one);
      }
    for (const one of refused) expect([one, findOperation(one)?.schema.safeParse(one).success ?? false]).toEqual([one, false]);
    for (const one of [null, 7, 'text', [], {}]) expect(findOperation(one)).toBeUndefined();
  });
});
