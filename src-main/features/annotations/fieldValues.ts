/** Whether a stored value is one of its field; for whatever reads rows that another program may have written. Test: test/main/features/fieldValues.test.ts. */
import { FIELDS } from './fields.ts';

/** Few values, many rows. */
const known = new Map<string, boolean>();
const MOST_KNOWN = 10_000;

/** `json`: as a row keeps it. A field of a later version is not ours to judge: any JSON is a value of it. */
export function isValueOf(field: string, json: string): boolean {
  const both = `${field} ${json}`;
  const before = known.get(both);
  if (before !== undefined) return before;
  const value = parsed(json);
  const definition = FIELDS.get(field);
  const isValue = value !== undefined && (definition === undefined || definition.parse(value) !== null);
  if (known.size < MOST_KNOWN) known.set(both, isValue);
  return isValue;
}

/** Undefined for what is no JSON. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
