/**
 * Terms of a tracklet: the values that it has on some frame, of every field with a facet, as one text that an index holds and `instr` looks
 * through: `,occluder=object,occluder=person,quality=blurred,`; none is ''. Sorted, each once. Test: test/shared/fields/terms.test.ts.
 */

/** What a filter looks for. */
export function termOf(field: string, value: string): string {
  return `,${field}=${value},`;
}

/** A choice is one term, a set one for each of its values. */
export function termsOfValue(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((one): one is string => typeof one === 'string');
}

export function joinTerms(values: ReadonlyMap<string, ReadonlySet<string>>): string {
  const terms = [...values].flatMap(([field, ofField]) => Array.from(ofField, (value) => `${field}=${value}`));
  return terms.length === 0 ? '' : `,${terms.sort().join()},`;
}

/** Every term of the text. */
export function readTerms(terms: string): { field: string; value: string }[] {
  return terms.split(',').flatMap((term) => {
    const at = term.indexOf('=');
    return at < 0 ? [] : [{ field: term.slice(0, at), value: term.slice(at + 1) }];
  });
}

/** Values of one field, sorted. */
export function termsOfField(terms: string, field: string): string[] {
  return readTerms(terms).flatMap((term) => (term.field === field ? [term.value] : []));
}
