import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALWAYS_KEPT, superfluous, type Copy } from '../../../src-main/features/backups/thinning.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(2025, 0, 6, 8);
const dayOf = (at: number): number => Math.floor(at / DAY);
const options = { dayOf, mostBytes: Infinity };

/** Copies as they lie there after so many days of work with a copy every quarter of an hour, eight hours a day, thinned after each. */
function simulate(days: number, { skew = () => 0 }: { skew?: (at: number) => number } = {}): { copies: Copy[]; now: number; most: number } {
  let copies: Copy[] = [];
  let sequence = 0;
  let now = START;
  let most = 0;
  for (let day = 0; day < days; day++)
    for (let quarter = 0; quarter < 32; quarter++) {
      now = START + day * DAY + (quarter * HOUR) / 4;
      const clock = now + skew(now);
      sequence++;
      copies.push({ id: String(sequence), sequence, at: clock, bytes: 1 });
      const gone = new Set(superfluous(copies, clock, options));
      copies = copies.filter((copy) => !gone.has(copy.id));
      most = Math.max(most, copies.length);
    }
  return { copies, now, most };
}

// Friday, 25 June 2027: both of each pair lie in one week, month and year.
test.each([
  ['a day ends after 14', 14, 15, true],
  ['a week holds one', 15, 16, false],
  ['a week ends after 70', 70, 71, true],
  ['a month holds one', 71, 72, false],
  ['a month ends after 730', 730, 731, true],
  ['a year holds one', 731, 732, false],
])('%s: of copies %i and %i days old the older is kept: %s', (_what, younger, older, isKept) => {
  const now = Date.UTC(2027, 5, 25, 12);
  const fresh = Array.from({ length: ALWAYS_KEPT }, (_, i) => ({ id: `fresh ${i}`, sequence: 10 + i, at: now, bytes: 1 }));
  const old = [older, younger].map((age, sequence) => ({ id: String(age), sequence, at: now - age * DAY, bytes: 1 }));
  expect(superfluous([...old, ...fresh], now, options)).toEqual(isKept ? [] : [String(older)]);
});

describe('after 800 days of work', () => {
  const { copies, now, most } = simulate(800);
  const ages = copies.map((copy) => dayOf(now) - dayOf(copy.at));

  test('all of today and yesterday are there', () => {
    expect(ages.filter((age) => age <= 1)).toHaveLength(64);
  });
  test('one of each of the 14 days before', () => {
    expect(ages.filter((age) => age >= 2 && age <= 14)).toEqual(Array.from({ length: 13 }, (_, i) => 14 - i));
  });
  test('no gap of more than a week in the last ten weeks, of more than a month in two years, of more than a year before', () => {
    const sorted = copies.map((copy) => copy.at).sort((a, b) => b - a);
    for (const [index, at] of sorted.slice(1).entries()) {
      const gap = ((sorted[index] as number) - at) / DAY;
      const age = (now - at) / DAY;
      expect(gap).toBeLessThanOrEqual(age <= 70 ? 8 : age <= 731 ? 62 : 366);
    }
    expect(Math.max(...ages)).toBeGreaterThan(730);
  });
  test('no more lie there than the slots of the rule: 64 + 13 + 9 + 24 and one a year', () => {
    expect(most).toBeLessThanOrEqual(64 + 13 + 9 + 24 + 3);
    expect(copies.length).toBeLessThanOrEqual(most);
  });
});

test('every day of 400 has a copy no older than its rule allows', () => {
  // What a person wants back: the state as it was so many days ago.
  const { copies, now } = simulate(400);
  for (let back = 0; back < 400; back++) {
    const wanted = now - back * DAY;
    const nearest = Math.min(...copies.map((copy) => Math.abs(copy.at - wanted)));
    expect(nearest / DAY).toBeLessThanOrEqual(back <= 14 ? 1 : back <= 70 ? 7 : 31);
  }
});

test('a clock that is years ahead for an hour costs none of the newest, and what was made in that hour stays in order', () => {
  const jump = START + 20 * DAY;
  const { copies } = simulate(21, { skew: (at) => (at >= jump && at < jump + HOUR ? 3 * 365 * DAY : 0) });
  const newest = copies.map((copy) => copy.sequence).sort((a, b) => b - a);
  expect(newest.slice(0, ALWAYS_KEPT)).toEqual(Array.from({ length: ALWAYS_KEPT }, (_, i) => 21 * 32 - i));
  // Set right again, the four copies of that hour count as made when the next one was.
  expect(newest).toEqual(expect.arrayContaining([20 * 32 + 1, 20 * 32 + 2, 20 * 32 + 3, 20 * 32 + 4]));
});

test('the newest are never given up, whatever the clocks say, and nothing is named twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ at: fc.integer({ min: 0, max: 4e12 }), bytes: fc.integer({ min: 0, max: 1e9 }) }), { maxLength: 80 }),
      fc.integer({ min: 0, max: 4e12 }),
      fc.integer({ min: 0, max: 5e9 }),
      (made, now, mostBytes) => {
        const copies = made.map((copy, index) => ({ ...copy, id: `c${index}`, sequence: index + 1 }));
        const gone = superfluous(copies, now, { dayOf, mostBytes });
        expect(new Set(gone).size).toBe(gone.length);
        const newest = new Set(copies.slice(-ALWAYS_KEPT).map((copy) => copy.id));
        expect(gone.filter((id) => newest.has(id))).toEqual([]);
        const left = copies.filter((copy) => !gone.includes(copy.id));
        expect(left.length <= ALWAYS_KEPT || left.reduce((sum, copy) => sum + copy.bytes, 0) <= mostBytes).toBe(true);
        // A second look finds nothing more to do.
        expect(superfluous(left, now, { dayOf, mostBytes })).toEqual([]);
      },
    ),
  );
});

test('beyond the most bytes the crowded ones go first, not the oldest', () => {
  const copies = Array.from({ length: 64 }, (_, i): Copy => ({ id: String(i), sequence: i + 1, at: START - (63 - i) * (HOUR / 4), bytes: 100 }));
  copies.unshift({ id: 'month', sequence: 0, at: START - 40 * DAY, bytes: 100 });
  const gone = superfluous(copies, START, { dayOf, mostBytes: 2000 });
  expect(gone).toHaveLength(45);
  expect(gone).not.toContain('month');
});

/** One copy for each time, the oldest first, below ten fresh ones that are kept whatever they are. */
function below(now: number, times: number[], bytes = 1): Copy[] {
  const old = times.map((at, sequence) => ({ id: String(sequence), sequence, at, bytes }));
  return [...old, ...Array.from({ length: ALWAYS_KEPT }, (_, i) => ({ id: `fresh ${i}`, sequence: 1000 + i, at: now, bytes }))];
}

test('ten are kept whatever they are, the eleventh of a slot is not', () => {
  const now = START + 5 * DAY;
  const sameDay = (n: number): Copy[] => Array.from({ length: n }, (_, i) => ({ id: String(i), sequence: i, at: START + i, bytes: 1 }));
  expect(superfluous(sameDay(10), now, options)).toEqual([]);
  expect(superfluous(sameDay(11), now, options)).toEqual(['0']);
  expect(superfluous([], now, options)).toEqual([]);
});

test.each([
  ['today', 0, []],
  ['yesterday', 1, []],
  ['the day before', 2, ['0']],
])('of two copies of %s the older one goes only once two days have begun since', (_what, days, gone) => {
  const now = START + days * DAY;
  expect(superfluous(below(now, [START, START + HOUR]), now, options)).toEqual(gone);
});

test.each([
  ['Monday and Sunday are one week', '2027-05-03T12:00Z', '2027-05-09T12:00Z', ['0']],
  ['Sunday and Monday are two', '2027-05-02T12:00Z', '2027-05-03T12:00Z', []],
])('%s', (_what, older, younger, gone) => {
  const now = Date.UTC(2027, 5, 10, 12);
  expect(superfluous(below(now, [Date.parse(older), Date.parse(younger)]), now, options)).toEqual(gone);
});

test.each([
  ['the same month', [2026, 3, 2], [2026, 3, 28], ['0']],
  ['the same month of two years', [2025, 10, 15], [2026, 10, 15], []],
  ['two months', [2026, 2, 31], [2026, 3, 1], []],
  ['the same year, long ago', [2020, 1, 1], [2020, 11, 1], ['0']],
  ['two years, long ago', [2019, 11, 31], [2020, 0, 1], []],
] as const)('older copies, one each: %s', (_what, older, younger, gone) => {
  const now = new Date(2027, 3, 1, 12).getTime();
  const noon = ([year, month, day]: readonly [number, number, number]): number => new Date(year, month, day, 12).getTime();
  expect(superfluous(below(now, [noon(older), noon(younger)]), now, options)).toEqual(gone);
});

test('days are those of the calendar here, from midnight to midnight', () => {
  const now = new Date(2026, 0, 20, 12).getTime();
  const at = (day: number, hour: number, minute: number): number => new Date(2026, 0, day, hour, minute).getTime();
  const gone = superfluous(below(now, [at(17, 23, 59), at(18, 0, 0), at(18, 23, 59), at(19, 0, 0), at(19, 12, 0)]), now);
  expect(gone).toEqual(['1']);
});

test('they count in the order of their numbers, of one number by their time, and are named the newest first', () => {
  const now = START + 20 * DAY;
  const late = (sequence: number, at: number): Copy => ({ id: `${sequence} at ${at - START}`, sequence, at, bytes: 1 });
  const mixed = [late(2, START), late(1, START + 5), late(3, START + 1), late(3, START + 2)];
  expect(superfluous([...mixed, ...below(now, [])], now, options)).toEqual(['3 at 1', '2 at 0', '1 at 5']);
});

test('exactly the most bytes are not too many; of too many the one between the closest neighbours goes, by its age', () => {
  const now = START;
  const days = [40, 30, 22, 21, 11];
  const copies = below(
    now,
    days.map((age) => now - age * DAY),
    10,
  );
  expect(superfluous(copies, now, { dayOf, mostBytes: 150 })).toEqual([]);
  // Days between the neighbours, by age: 21 of 11, 11 of 21, 9 of 22, 18 of 30; of the oldest twice the way to its one neighbour, 20 of 40.
  expect(superfluous(copies, now, { dayOf, mostBytes: 149 })).toEqual(['2']);
  expect(superfluous(copies, now, { dayOf, mostBytes: 140 })).toEqual(['2']);
  // Then 19 days of 30 around 30, 19 of 21 around 21, 20 of 40 around the oldest.
  expect(superfluous(copies, now, { dayOf, mostBytes: 139 })).toEqual(['2', '0']);
  // What is left is always kept, however large.
  expect(superfluous(copies, now, { dayOf, mostBytes: 0 }).toSorted()).toEqual(['0', '1', '2', '3', '4']);
});
