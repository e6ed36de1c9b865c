/**
 * Definition of one annotation field: its scope, values, keys and how values join. One file in `fields/defs/` a field.
 * Page and host read the same definition: the page globs the folder at build time, the host at start.
 * Tested for every entry by `test/contracts/fields.contract.test.ts`.
 */

export interface FieldDefinition<Value = unknown> {
  id: string;
  title: string;
  /** One sentence for help and documentation. */
  help: string;
  /** 'frame': ranges of frame positions; 'tracklet': one value for the whole tracklet. */
  scope: 'frame' | 'tracklet';
  widget: 'score' | 'choice' | 'set' | 'text' | 'flag';
  /** Choices in order, for 'choice' and 'set'; `key` is the default key. */
  choices: { value: string; title: string; key: string | null }[];
  /** Position of its lane from the top; tracklet fields have none. */
  order: number;
  /** The value in normal form, or null when it does not fit. */
  parse(value: unknown): Value | null;
  /** Value between two set ones at fraction 0..1, when in-between values have a meaning. */
  interpolate?(from: Value, to: Value, fraction: number): Value;
  /** Human-readable, such as "60–70 % hidden". */
  describe(value: Value): string;
  /** For joining two tracklets that both have a value. Idempotent. */
  merge(a: Value, b: Value): Value;
}

export function defineField<Value>(definition: FieldDefinition<Value>): FieldDefinition<Value> {
  return definition;
}

export function valuesEqual(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
