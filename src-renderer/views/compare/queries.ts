/**
 * The query list: filter, order and the figures of a row. Columns of `ap` follow the evaluations shown.
 * "Right" means: the first entry that counts is a correct match. Test: test/renderer/compare/queries.test.ts.
 */
import type { TrackletRow } from '../../../src-shared/contract/tracklets.ts';
import type { CompareQuery } from '../../../src-shared/contract/evaluations.ts';
import { HIDDEN_BY } from '../../../src-shared/fields/roles.ts';
import { STRATA, stratumOf } from '../../../src-shared/statistics/strata.ts';

export type QueryOrder = 'gain' | 'loss' | 'apAsc' | 'apDesc' | 'spread' | 'identity' | 'hiddenDesc' | 'hiddenAsc';

/** Of the pair shown: `b` is compared with the reference `a`. Both are columns. */
export interface Pair {
  a: number;
  b: number;
}

export type Cell = 'bothRight' | 'onlyA' | 'onlyB' | 'bothWrong';

export interface QueryFilter {
  cell: Cell | null;
  /** Only column `only` finds it, nobody else. */
  only: number | null;
  allWrong: boolean;
  /** Index of the stratum of the query's hidden share. */
  stratum: number | null;
  /** What hides the query on one of its frames; `NOTHING` for none. */
  hiddenBy: string | null;
  cameraId: number | null;
  /** First hit of `column` at rank `atMost` or better. */
  foundBy: { column: number; atMost: number } | null;
  text: string;
}

export const NO_FILTER: QueryFilter = { cell: null, only: null, allWrong: false, stratum: null, hiddenBy: null, cameraId: null, foundBy: null, text: '' };

const NOTHING = 'nothing';
export const OCCLUDERS: readonly { value: string; title: string }[] = [...HIDDEN_BY.choices, { value: NOTHING, title: 'Nothing named' }];

export const ORDER_TITLES: Record<QueryOrder, string> = {
  gain: 'Largest gain first',
  loss: 'Largest loss first',
  apAsc: 'Lowest AP first',
  apDesc: 'Highest AP first',
  spread: 'Largest spread first',
  identity: 'By identity',
  hiddenDesc: 'Most hidden first',
  hiddenAsc: 'Least hidden first',
};

export function difference(query: CompareQuery, pair: Pair): number {
  return (query.ap[pair.b] ?? 0) - (query.ap[pair.a] ?? 0);
}

function isRight(query: CompareQuery, column: number): boolean {
  return query.firstHit[column] === 1;
}

function cellOf(query: CompareQuery, pair: Pair): Cell {
  const a = isRight(query, pair.a);
  const b = isRight(query, pair.b);
  return a ? (b ? 'bothRight' : 'onlyA') : b ? 'onlyB' : 'bothWrong';
}

/** `row` is needed for a text alone. */
export function passes(query: CompareQuery, row: TrackletRow | undefined, filter: QueryFilter, pair: Pair): boolean {
  if (filter.cell !== null && (!query.valid || cellOf(query, pair) !== filter.cell)) return false;
  if (filter.only !== null && (!isRight(query, filter.only) || query.firstHit.some((_, column) => column !== filter.only && isRight(query, column))))
    return false;
  if (filter.allWrong && (!query.valid || query.firstHit.some((_, column) => isRight(query, column)))) return false;
  if (filter.stratum !== null && stratumOf(query.hiddenShare) !== filter.stratum) return false;
  if (filter.cameraId !== null && query.cameraId !== filter.cameraId) return false;
  if (filter.hiddenBy !== null && !(filter.hiddenBy === NOTHING ? query.occluders.length === 0 : query.occluders.includes(filter.hiddenBy))) return false;
  if (filter.foundBy !== null) {
    const hit = query.firstHit[filter.foundBy.column] ?? 0;
    if (hit < 1 || hit > filter.foundBy.atMost) return false;
  }
  const text = filter.text.trim().toLowerCase();
  return text === '' || (row !== undefined && [row.identity, row.camera, row.name].some((part) => part.toLowerCase().includes(text)));
}

/** A new array; ties stay in the order of the tracklet ids, so that the same order always comes out. Queries without a match come last. */
export function sortQueries(queries: readonly CompareQuery[], order: QueryOrder, pair: Pair, rowOf: (id: number) => TrackletRow | undefined): CompareQuery[] {
  const key = keyOf(order, pair, rowOf);
  return queries
    .map((query) => ({ query, key: key(query) }))
    .sort((a, b) => Number(b.query.valid) - Number(a.query.valid) || compareKeys(a.key, b.key) || a.query.trackletId - b.query.trackletId)
    .map((entry) => entry.query);
}

function compareKeys(a: number | string, b: number | string): number {
  return typeof a === 'string' && typeof b === 'string' ? a.localeCompare(b, 'en', { numeric: true }) : Number(a) - Number(b);
}

function keyOf(order: QueryOrder, pair: Pair, rowOf: (id: number) => TrackletRow | undefined): (query: CompareQuery) => number | string {
  switch (order) {
    case 'gain':
      return (query) => -difference(query, pair);
    case 'loss':
      return (query) => difference(query, pair);
    case 'apAsc':
      return (query) => query.ap[pair.b] ?? 0;
    case 'apDesc':
      return (query) => -(query.ap[pair.b] ?? 0);
    case 'spread':
      return (query) => Math.min(...query.ap) - Math.max(...query.ap);
    case 'identity':
      return (query) => rowOf(query.trackletId)?.identity ?? '~';
    case 'hiddenDesc':
      return (query) => -(query.hiddenShare ?? -1);
    case 'hiddenAsc':
      return (query) => query.hiddenShare ?? 2;
  }
}

/** The filter in words, for the bar above the list; empty when nothing is filtered. */
export function filterWords(
  filter: QueryFilter,
  letters: readonly string[],
  pair: Pair,
  cameraName: (id: number) => string | undefined = () => undefined,
): { key: keyof QueryFilter; words: string }[] {
  const a = letters[pair.a] ?? 'A';
  const b = letters[pair.b] ?? 'B';
  const words: { key: keyof QueryFilter; words: string }[] = [];
  const cells: Record<Cell, string> = {
    bothRight: `${a} and ${b} find it`,
    onlyA: `${a} finds it, ${b} does not`,
    onlyB: `${b} finds it, ${a} does not`,
    bothWrong: `Neither ${a} nor ${b} finds it`,
  };
  if (filter.cell) words.push({ key: 'cell', words: cells[filter.cell] });
  if (filter.only !== null) words.push({ key: 'only', words: `Only ${letters[filter.only] ?? '?'} finds it` });
  if (filter.allWrong) words.push({ key: 'allWrong', words: 'No method finds it' });
  const stratum = filter.stratum === null ? undefined : STRATA[filter.stratum];
  if (stratum) words.push({ key: 'stratum', words: stratum.from === null ? 'Hidden share not judged' : `Hidden ${stratum.label} %` });
  if (filter.hiddenBy !== null)
    words.push({ key: 'hiddenBy', words: `Hidden by: ${OCCLUDERS.find(({ value }) => value === filter.hiddenBy)?.title ?? filter.hiddenBy}` });
  if (filter.cameraId !== null) words.push({ key: 'cameraId', words: cameraName(filter.cameraId) ?? `Camera ${filter.cameraId}` });
  if (filter.foundBy) words.push({ key: 'foundBy', words: `${letters[filter.foundBy.column] ?? '?'}: hit by rank ${filter.foundBy.atMost}` });
  if (filter.text.trim()) words.push({ key: 'text', words: `Contains ${filter.text.trim()}` });
  return words;
}
