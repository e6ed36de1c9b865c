/** Iterates the fields as the page knows them: a new file in src-shared/fields/defs with a facet has its part of the filter, its address and its words at once. */
import { describe, expect, it } from 'vitest';
import { FACET_FIELDS, facetTitle, fieldById } from '../../src-renderer/lib/fields.ts';
import { fieldOf, filterOf, paramsOf, parts, without, withTerms } from '../../src-renderer/lib/trackletFilter.ts';

/** Every other part of a filter, so that no field can take its parameter. */
const others = {
  datasetIds: [1],
  cameraIds: [1],
  identityIds: [1],
  trackletIds: [1],
  splits: ['train' as const],
  reviews: ['none' as const],
  hiddenShare: { min: 0, max: 1 },
  hiddenMax: { min: 0, max: 1 },
  length: { min: 1, max: 2 },
  text: 'x',
};

describe.each(FACET_FIELDS.map((field) => [field.id, field] as const))('%s', (id, { title, facet }) => {
  const values = facet.values.map(({ value }) => value);

  it('is one parameter of the address, and survives it beside all others', () => {
    expect(Object.keys(paramsOf(others, 'camera'))).not.toContain(id);
    expect(filterOf({ [id]: values.join() })).toEqual({ terms: { [id]: values } });
    const filter = { ...others, terms: { [id]: values.slice(0, 2) } };
    expect(filterOf(paramsOf(filter))).toEqual(filter);
  });

  it('is a part of the filter in words that can be taken back', () => {
    const filter = withTerms(others, id, values.slice(0, 1));
    expect(parts(filter).map(fieldOf)).toContain(id);
    expect(without(filter, `terms.${id}`)).toEqual(others);
    expect(fieldById(id).title).toBe(title);
    for (const { value, title: words } of facet.values) expect(facetTitle(id, value)).toBe(words);
    expect(facetTitle(id, 'of a later version')).toBe('of a later version');
  });
});
