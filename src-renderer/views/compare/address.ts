/**
 * What Compare shows, as part of its address: `#/compare?e=4,7&q=31&hidden=2&found=1-5&order=loss&with=2`. A reload and coming back find it
 * again, and it can be handed on. Test: test/renderer/compare/address.test.ts.
 */
import { HIDDEN_BY } from '../../../src-shared/fields/roles.ts';
import { STRATA } from '../../../src-shared/statistics/strata.ts';
import { NO_FILTER, OCCLUDERS, ORDER_TITLES, type Cell, type QueryFilter, type QueryOrder } from './queries.ts';

export interface Choices {
  filter: QueryFilter;
  order: QueryOrder;
  /** Column that the reference is compared with. */
  pairColumn: number;
}

const CELLS: Record<Cell, true> = { bothRight: true, onlyA: true, onlyB: true, bothWrong: true };
const FIRST: Choices = { filter: NO_FILTER, order: 'gain', pairColumn: 1 };

/** What cannot be meant is left out. */
export function choicesOf(params: Record<string, string>, columns: number): Choices {
  const whole = (text: string | undefined, most: number): number | null =>
    text !== undefined && /^\d{1,6}$/.test(text) && Number(text) < most ? Number(text) : null;
  const [foundColumn, atMost] = (params['found'] ?? '').split('-');
  const column = whole(foundColumn, columns);
  const rank = whole(atMost, 1_000_000);
  const cell = params['cell'] ?? '';
  const order = params['order'] ?? '';
  return {
    filter: {
      cell: Object.hasOwn(CELLS, cell) ? (cell as Cell) : null,
      only: whole(params['only'], columns),
      allWrong: params['wrong'] === '1',
      stratum: whole(params['hidden'], STRATA.length),
      hiddenBy: OCCLUDERS.find(({ value }) => value === params[HIDDEN_BY.id])?.value ?? null,
      cameraId: whole(params['camera'], 1_000_000),
      foundBy: column !== null && rank ? { column, atMost: rank } : null,
      text: (params['text'] ?? '').slice(0, 200),
    },
    order: Object.hasOwn(ORDER_TITLES, order) ? (order as QueryOrder) : FIRST.order,
    pairColumn: whole(params['with'], Math.max(columns, 2)) || FIRST.pairColumn,
  };
}

/** For `routePath('compare', null, { e, q, ...choiceParams(choices) })`. */
export function choiceParams({ filter, order, pairColumn }: Choices): Record<string, string | number | null> {
  return {
    cell: filter.cell,
    only: filter.only,
    wrong: filter.allWrong ? 1 : null,
    hidden: filter.stratum,
    [HIDDEN_BY.id]: filter.hiddenBy,
    camera: filter.cameraId,
    found: filter.foundBy ? `${filter.foundBy.column}-${filter.foundBy.atMost}` : null,
    text: filter.text,
    order: order === FIRST.order ? null : order,
    with: pairColumn === FIRST.pairColumn ? null : pairColumn,
  };
}
