/** Iterates the annotation fields: a new file in src-shared/fields/defs is tested the moment it exists. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldDefinition } from '../../src-shared/fields/field.ts';
import { loadRegistry } from '../../src-main/platform/registry.ts';

const fields = await loadRegistry<FieldDefinition>(new URL('../../src-shared/fields/defs/', import.meta.url));

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
