/**
 * Definition of one annotation field, its whole life: scope, values, keys, how values join, what is filtered and counted by it, what of a
 * tracklet follows from it. One file in `fields/defs/` a field; what a field means to the program beyond that is in `roles.ts`.
 * Page and host read the same definition: the page globs the folder at build time, the host at start.
 * Tested for every entry by `test/contracts/fields.contract.test.ts`.
 */
import type { FieldColumns } from './derive.ts';

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
  /** Name of its column in files that leave the program. */
  exportName: string;
  /** Tracklets are found, and counted in the filters, by the values that they have on some frame; of 'choice' and 'set' alone. null: they are not. */
  facet: Facet | null;
  /** Tracklets are counted by these values in the statistics of a data set. `title` stands before a value: "Hidden by". Needs a facet. */
  statistics: { title: string } | null;
  /** Columns of `tracklet` that follow from its values; each is there by a migration. */
  columns?: FieldColumns;
}

export interface Facet {
  /** In the order shown. A value holds neither "," nor "=" (`terms.ts`). */
  values: readonly { value: string; title: string }[];
  /** Also shown where no tracklet has a value. */
  isAlwaysShown: boolean;
}

export function defineField<Value>(definition: FieldDefinition<Value>): FieldDefinition<Value> {
  return definition;
}

export function valuesEqual(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
