/**
 * A tracklet filter as SQL over the covering index `tracklet_grid`. The text depends only on which parts are set, so statements are reused.
 * Tests: test/main/features/trackletFilter.test.ts, test/main/features/tracklets.test.ts (against every row in memory).
 */
import type { TrackletFilter, TrackletSort } from '../../../src-shared/contract/tracklets.ts';
import { ENOUGH } from '../../../src-shared/fields/hiddenShare.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { termOf } from '../../../src-shared/fields/terms.ts';
import type { SqlValue } from '../../db/handles.ts';
import { FACET_FIELDS } from '../annotations/fields.ts';
import { isOfDatasets } from '../datasets/tracklets.table.ts';

export interface Condition {
  /** Key of the filter, or `terms.<field>`. */
  facet: string;
  sql: string;
  params: SqlValue[];
}

/** `isValuedEnough` in SQL. */
export const IS_COUNTED = `(t.with_value > 0 AND t.with_value * ${ENOUGH.of} >= t.frames * ${ENOUGH.atLeast})`;

/** The state of review as everyone sees it. */
export const REVIEW = `CASE WHEN t.review = 'reviewed' AND t.review_gaps > 0 THEN 'gaps' ELSE t.review END`;

/** What a filter needs to know beside its values. */
export interface FilteredBy {
  /** SQL: the side of a tracklet, where it is not that in its own data set. */
  side?: string;
  /** Data sets that are made of others. */
  derived?: ReadonlySet<number>;
}

export function conditionsOf(filter: TrackletFilter, { side = 't.split', derived = NONE }: FilteredBy = {}): Condition[] {
  const conditions: Condition[] = [];
  const add = (facet: string, sql: string, ...params: SqlValue[]): void => void conditions.push({ facet, sql, params });
  const among = (facet: keyof TrackletFilter, column: string, values: readonly (string | number)[] | undefined): void => {
    if (values) add(facet, `${column} IN (SELECT value FROM json_each(?))`, JSON.stringify(values));
  };
  if (filter.datasetIds) {
    const { sql, params } = isOfDatasets(filter.datasetIds, derived);
    add('datasetIds', sql, ...params);
  }
  among('cameraIds', 't.camera_id', filter.cameraIds);
  among('identityIds', 't.identity_id', filter.identityIds);
  among('splits', side, filter.splits);
  among('reviews', REVIEW, filter.reviews);
  among('trackletIds', 't.id', filter.trackletIds);
  for (const [field, values] of Object.entries(filter.terms ?? {})) {
    if (!FACET_FIELDS.some(({ id }) => id === field)) throw unknownField(field);
    add(termsFacet(field), 'EXISTS (SELECT 1 FROM json_each(?) WHERE instr(t.terms, value) > 0)', JSON.stringify(values.map((value) => termOf(field, value))));
  }
  // A share is compared as a product: 1 of 3 frames is found by 1/3 whatever the rounding.
  if (filter.hiddenShare)
    add(
      'hiddenShare',
      `${IS_COUNTED} AND t.hidden_frames > ? * t.with_value + 1e-9 AND t.hidden_frames <= ? * t.with_value + 1e-9`,
      filter.hiddenShare.min ?? -1,
      filter.hiddenShare.max,
    );
  if (filter.hiddenMax) add('hiddenMax', 't.hidden_max BETWEEN ? AND ?', filter.hiddenMax.min, filter.hiddenMax.max);
  if (filter.length) add('length', 't.frames BETWEEN ? AND ?', filter.length.min, filter.length.max);
  const text = filter.text?.trim();
  if (text) {
    const pattern = `%${text.replace(/[\\%_]/g, '\\$&')}%`;
    add(
      'text',
      `(t.key LIKE ? ESCAPE '\\' OR t.note LIKE ? ESCAPE '\\' OR t.identity_id IN (SELECT id FROM identity WHERE name LIKE ? ESCAPE '\\') OR t.camera_id IN (SELECT id FROM camera WHERE name LIKE ? ESCAPE '\\'))`,
      pattern,
      pattern,
      pattern,
      pattern,
    );
  }
  return conditions;
}

const NONE: ReadonlySet<number> = new Set();

/** Name of a field's part of the filter. */
export function termsFacet(field: string): string {
  return `terms.${field}`;
}

function unknownField(field: string): AppError {
  const known = FACET_FIELDS.map(({ id }) => `"${id}"`).join(', ');
  return new AppError('BAD_INPUT', `filter: "terms": there is no field "${field}" to filter tracklets by; there are ${known}.`, { key: 'terms', field });
}

const IN_ORDER = 't.dataset_id, t.identity_id, t.camera_id, t.id';
const SHARE = `CASE WHEN ${IS_COUNTED} THEN CAST(t.hidden_frames AS REAL) / t.with_value END`;

/** Identities and cameras get their ids in their own order at import, so ordering by id is ordering by number. */
export const ORDER: Record<TrackletSort, string> = {
  identity: IN_ORDER,
  camera: 't.dataset_id, t.camera_id, t.identity_id, t.id',
  hiddenDesc: `${SHARE} DESC NULLS LAST, t.hidden_max DESC, ${IN_ORDER}`,
  hiddenAsc: `${SHARE} NULLS LAST, t.hidden_max, ${IN_ORDER}`,
  lengthDesc: `t.frames DESC, ${IN_ORDER}`,
  lengthAsc: `t.frames, ${IN_ORDER}`,
  // What waits for a decision first, what is done last.
  reviewFirst: `CASE ${REVIEW} WHEN 'disputed' THEN 0 WHEN 'started' THEN 1 WHEN 'gaps' THEN 2 WHEN 'none' THEN 3 ELSE 4 END, ${IN_ORDER}`,
};
