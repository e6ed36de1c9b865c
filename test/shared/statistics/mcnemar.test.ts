/** McNemar's exact p against SciPy's binomtest (test/golden/tools/make_intervals.py). */
import { expect, test } from 'vitest';
import { mcnemar } from '../../../src-shared/statistics/mcnemar.ts';
import { golden } from '../../models/golden.ts';

test.each(golden<{ mcnemar: { onlyA: number; onlyB: number; p: number }[] }>('intervals').mcnemar)('$onlyA against $onlyB', ({ onlyA, onlyB, p }) => {
  expect(mcnemar(onlyA, onlyB)).toBeCloseTo(p, 9);
  expect(mcnemar(onlyB, onlyA)).toBe(mcnemar(onlyA, onlyB));
});
