/**
 * What of a tracklet follows from its values: the columns that each field declares, and the terms of those with a facet. Pure; whoever keeps
 * the columns names no field. Test: test/main/features/derivedColumns.test.ts (by eye, and against a count frame by frame).
 */
import type { FieldDefinition } from './field.ts';
import { isByPerson, type How } from './how.ts';
import { joinTerms, termsOfValue } from './terms.ts';

/** What a column holds, so that whoever checks rows knows what it may. */
export type ColumnKind =
  /** int8 a frame, -1 = no value; null when none has one. */
  | 'scores'
  /** How many of its frames. */
  | 'frames'
  /** The score of some frame, or null. */
  | 'score'
  | 'text';
export type ColumnValue = Uint8Array | number | string | null;

/** Columns by their name in the database. */
export interface FieldColumns {
  kinds: Readonly<Record<string, ColumnKind>>;
  derive(of: DerivedFrom): Record<string, ColumnValue>;
}

export interface DerivedFrom {
  frames: number;
  /** Ranges of one field, in order. */
  of(field: string): readonly DerivedRange[];
  /** A person gave some value, of whichever field. */
  isBegun: boolean;
  /** Highest speed at which anyone was shown each frame, 0 = never; null when nobody was shown anything. Asked only where it matters, since it is read for it. */
  fastest(): ArrayLike<number> | null;
}

/** Inclusive; the value is in normal form. */
export interface DerivedRange {
  field: string;
  start: number;
  end: number;
  value: unknown;
  how: How;
}

/** A score a frame; -1 = no value. */
export function scoresOf(ranges: readonly DerivedRange[], frames: number): Int8Array<ArrayBuffer> {
  const scores = new Int8Array(frames).fill(-1);
  for (const { start, end, value } of ranges) scores.fill(value as number, start, end + 1);
  return scores;
}

/** By column, `terms` among them. */
export function deriveFrom(
  fields: readonly FieldDefinition[],
  frames: number,
  ranges: readonly DerivedRange[],
  fastest: DerivedFrom['fastest'],
): Record<string, ColumnValue> {
  const byField = Map.groupBy(ranges, ({ field }) => field);
  const from: DerivedFrom = { frames, of: (field) => byField.get(field) ?? [], isBegun: ranges.some(({ how }) => isByPerson(how)), fastest };
  const withFacet = fields.filter(({ facet }) => facet !== null);
  const terms = new Map(withFacet.map(({ id }) => [id, new Set(from.of(id).flatMap(({ value }) => termsOfValue(value)))]));
  return Object.assign({ terms: joinTerms(terms) }, ...fields.map(({ columns }) => columns?.derive(from))) as Record<string, ColumnValue>;
}
