/** Iterates the annotation fields: a new file in src-shared/fields/defs is tested the moment it exists. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldDefinition } from '../../src-shared/fields/field.ts';
import { deriveFrom, type ColumnKind, type ColumnValue, type DerivedRange } from '../../src-shared/fields/derive.ts';
import { readTerms, termsOfValue } from '../../src-shared/fields/terms.ts';
import { occlusionStatistics } from '../../src-main/features/datasets/statistics.ts';
import { loadRegistry } from '../../src-main/platform/registry.ts';
import { putDataset, tablesHere } from '../support/tablesHere.ts';

const fields = await loadRegistry<FieldDefinition>(new URL('../../src-shared/fields/defs/', import.meta.url));

/** Of two frames. */
function fits(value: ColumnValue, kind: ColumnKind): boolean {
  if (kind === 'scores') return value === null || (value instanceof Uint8Array && value.length === 2);
  if (kind === 'text') return typeof value === 'string';
  const isWhole = Number.isInteger(value);
  return kind === 'frames' ? isWhole && Number(value) >= 0 && Number(value) <= 2 : value === null || isWhole;
}

/** Values that fit, found by asking the field itself about a wide range of candidates. */
function samples(field: FieldDefinition): unknown[] {
  const choices = field.choices.map((choice) => choice.value);
  const sets = choices.map((_, index) => choices.slice(0, index + 1));
  const candidates = [
    ...Array.from({ length: 13 }, (_, index) => index - 1),
    2.5,
    true,
    '',
    ' a ',
    'seen from behind',
    ...choices,
    [],
    ...sets,
    null,
    {},
    Number.NaN,
  ];
  return candidates.map((candidate) => field.parse(candidate)).filter((value) => value !== null);
}

it('has the fields of the first data set', () => {
  expect([...fields.keys()]).toEqual(expect.arrayContaining(['visibility', 'occluder', 'hiddenParts', 'quality', 'note', 'reviewed']));
});

it('gives each lane its own place and each key within a field one meaning', () => {
  const orders = [...fields.values()].filter((field) => field.scope === 'frame').map((field) => field.order);
  expect(new Set(orders).size).toBe(orders.length);
  for (const field of fields.values()) {
    const keys = field.choices.flatMap((choice) => choice.key ?? []);
    expect(new Set(keys).size, field.id).toBe(keys.length);
  }
});

describe.each([...fields.values()].map((field) => [field.id, field] as const))('%s', (_id, field) => {
  it('accepts some values and brings them to a stable form that survives JSON', () => {
    expect(samples(field).length).toBeGreaterThan(0);
    for (const value of samples(field)) {
      expect(field.parse(JSON.parse(JSON.stringify(value)))).toEqual(value);
      expect(field.describe(value)).toMatch(/\S/);
    }
  });

  it('never throws on anything and refuses what does not fit', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => void field.parse(value)),
      { seed: 1, numRuns: 300 },
    );
    for (const wrong of [undefined, null, {}, 11, -1, Number.NaN, Infinity, 'nonsense'.repeat(500), [['head']]]) expect(field.parse(wrong)).toBeNull();
  });

  it('merges to a value that fits; merging with itself changes nothing', () => {
    for (const a of samples(field)) {
      expect(field.merge(a, a)).toEqual(a);
      for (const b of samples(field)) expect(field.parse(field.merge(a, b))).toEqual(field.merge(a, b));
    }
  });

  it('has a name in files that leave the program, and an id that an address and a term can hold', () => {
    expect(field.exportName).toMatch(/^[a-z][a-z0-9_]*$/);
    expect([...fields.values()].filter(({ exportName }) => exportName === field.exportName)).toEqual([field]);
    expect(field.id).toMatch(/^[a-z][A-Za-z0-9]*$/);
  });

  it('is filtered and counted by all of its choices or by none, in words', () => {
    if (field.facet === null) return expect(field.statistics).toBeNull();
    expect(['choice', 'set']).toContain(field.widget);
    expect(field.facet.values.map(({ value }) => value).toSorted()).toEqual(field.choices.map(({ value }) => value).toSorted());
    for (const { value, title } of field.facet.values) {
      expect(value).not.toMatch(/[,=]/);
      expect(title).toMatch(/\S/);
    }
    for (const value of samples(field)) for (const term of termsOfValue(value)) expect(field.choices.map((choice) => choice.value)).toContain(term);
    if (field.statistics) expect(field.statistics.title).toMatch(/\S/);
    return;
  });

  it('derives the columns that it declares, of no value and of any', () => {
    const kinds = field.columns?.kinds ?? {};
    for (const column of Object.keys(kinds)) expect(column).toMatch(/^[a-z][a-z_]*$/);
    const hows = ['judged', 'imported'] as const;
    const ranges = samples(field).flatMap((value) => hows.map((how): DerivedRange[] => [{ field: field.id, start: 0, end: 1, value, how }]));
    for (const own of [[], ...ranges]) {
      const derived = field.columns?.derive({ frames: 2, of: (id) => (id === field.id ? own : []), isBegun: own.length > 0, fastest: () => null }) ?? {};
      expect(Object.keys(derived).toSorted()).toEqual(Object.keys(kinds).toSorted());
      for (const [column, value] of Object.entries(derived)) expect(fits(value, kinds[column]!), `${column}: ${String(value)}`).toBe(true);
      expect(Object.keys(deriveFrom([field], 2, own, () => null)).toSorted()).toEqual(['terms', ...Object.keys(kinds)].toSorted());
      const terms = readTerms(String(deriveFrom([field], 2, own, () => null)['terms']));
      expect(terms.map(({ value }) => value).toSorted()).toEqual(field.facet ? own.flatMap(({ value }) => termsOfValue(value)).toSorted() : []);
    }
  });

  it('is found, counted and refused by the host as any other', async () => {
    using here = await tablesHere();
    putDataset(here.sql, 1, [
      { id: 1, pid: 1, camid: 1, split: 'train' },
      { id: 2, pid: 1, camid: 1, split: 'query' },
    ]);
    const query = (terms: Record<string, string[]>) => here.db.read('tracklets', 'query', { filter: { terms }, sort: 'identity' });
    const [value] = samples(field);
    const edit = { trackletId: 2, field: field.id, whole: field.scope === 'tracklet', start: 0, end: 2, value: JSON.stringify(value), how: 'entered' as const };
    await here.db.write('annotations', 'apply', { label: 'L', edits: [edit], annotator: 'A', at: 1, tags: [], join: null, anyway: true, of: [] });
    if (field.facet === null) return void (await expect(query({ [field.id]: ['x'] })).rejects.toMatchObject({ code: 'BAD_INPUT' }));
    const terms = termsOfValue(value);
    for (const { value: one } of field.facet.values) expect([...(await query({ [field.id]: [one] })).ids]).toEqual(terms.includes(one) ? [2] : []);
    const counted = (await here.db.read('tracklets', 'facets', { filter: { splits: ['train'] } })).terms[field.id];
    expect(counted).toEqual(terms.map((term) => ({ value: term, label: field.facet?.values.find((one) => one.value === term)?.title, count: 0, all: 1 })));
    const statistics = occlusionStatistics(await here.db.read('datasets', 'visibilities', { id: 1 }));
    if (field.statistics) expect(statistics.terms[field.id]).toEqual(Object.fromEntries(terms.map((term) => [term, 1])));
    return;
  });

  it('interpolates inside the values it accepts, meeting both ends', () => {
    if (!field.interpolate) return;
    for (const a of samples(field)) {
      for (const b of samples(field)) {
        expect(field.interpolate(a, b, 0)).toEqual(a);
        expect(field.interpolate(a, b, 1)).toEqual(b);
        expect(field.parse(field.interpolate(a, b, 0.37))).not.toBeNull();
      }
    }
  });
});

it('states the published meaning of the visibility scale', () => {
  const visibility = fields.get('visibility');
  expect([0, 1, 7, 10].map((value) => visibility?.describe(value))).toEqual([
    'Nothing hidden',
    'Up to 10 % of the person hidden',
    '60–70 % of the person hidden',
    '90–100 % of the person hidden',
  ]);
});
