/** Every choice of Compare comes back from its address, and no address brings one that cannot be meant. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { STRATA } from '../../../src-shared/statistics/strata.ts';
import { parseRoute, routePath } from '../../../src-renderer/lib/route.ts';
import { choiceParams, choicesOf, type Choices } from '../../../src-renderer/views/compare/address.ts';
import { NO_FILTER, OCCLUDERS, ORDER_TITLES, type QueryOrder } from '../../../src-renderer/views/compare/queries.ts';

const COLUMNS = 3;
const column = fc.integer({ min: 0, max: COLUMNS - 1 });
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { nil: null });
const choices: fc.Arbitrary<Choices> = fc.record({
  filter: fc.record({
    cell: maybe(fc.constantFrom('bothRight', 'onlyA', 'onlyB', 'bothWrong')),
    only: maybe(column),
    allWrong: fc.boolean(),
    stratum: maybe(fc.integer({ min: 0, max: STRATA.length - 1 })),
    hiddenBy: maybe(fc.constantFrom(...OCCLUDERS.map(({ value }) => value))),
    cameraId: maybe(fc.integer({ min: 1, max: 9999 })),
    foundBy: maybe(fc.record({ column, atMost: fc.integer({ min: 1, max: 500 }) })),
    text: fc.string({ maxLength: 40 }),
  }),
  order: fc.constantFrom(...(Object.keys(ORDER_TITLES) as QueryOrder[])),
  pairColumn: fc.constantFrom(1, 2),
});

it('comes back from the address, beside evaluations and query', () => {
  fc.assert(
    fc.property(choices, (chosen) => {
      const path = routePath('compare', null, { e: '4,7,9', q: 31, ...choiceParams(chosen) });
      const { params } = parseRoute(`#${path}`);
      expect(choicesOf(params, COLUMNS)).toEqual(chosen);
      expect([params['e'], params['q']]).toEqual(['4,7,9', '31']);
    }),
  );
});

it('leaves out what is no choice, such as a column of evaluations that are not shown', () => {
  expect(choicesOf({ cell: 'toString', only: '2', hidden: '99', occluder: 'ghost', camera: '-1', found: '5-0', order: 'constructor', with: '7' }, 2)).toEqual({
    filter: NO_FILTER,
    order: 'gain',
    pairColumn: 1,
  });
});

it('says nothing of what nobody has chosen', () => {
  expect(routePath('compare', null, { e: '1', ...choiceParams(choicesOf({}, 1)) })).toBe('/compare?e=1');
});
