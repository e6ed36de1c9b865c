/** How figures of a comparison are written. Test: test/renderer/compare/figures.test.ts. */
import { reasonForNone, type Estimate } from '../../../src-shared/evaluation/figures.ts';
import { points, signed } from '../../charts/numbers.ts';
import { counted } from '../../lib/format.ts';

/** "p < 0.001", "p 0.031". */
export function pValue(p: number): string {
  if (!Number.isFinite(p)) return 'p not known';
  return p < 0.001 ? 'p < 0.001' : `p ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** "74.0–88.1", or a dash of too few people; nothing while it is drawn. */
export function intervalText({ value, interval }: Estimate, hasIntervals: boolean): string {
  if (interval) return `${points(interval.low)}–${points(interval.high)}`;
  return hasIntervals && value !== null ? '–' : '';
}

/** "−1.0 to +10.2", as above. */
export function gainInterval({ value, interval }: Estimate, hasIntervals: boolean): string {
  if (interval) return `${signed(100 * interval.low, 1)} to ${signed(100 * interval.high, 1)}`;
  return hasIntervals && value !== null ? '–' : '';
}

/** What the pointer reads on a figure. */
export function estimateTitle(name: string, { interval }: Estimate, n: number, people: number, hasIntervals: boolean): string {
  const of = `${name} of ${counted(n, 'query', 'queries')} of ${counted(people, 'person', 'people')}`;
  // Where all have the same value no draw differs, which says little about others.
  const alike = interval && interval.low === interval.high ? ', which are all alike' : '';
  if (interval) return `${of}; 95 % interval from 10,000 draws of people${alike}`;
  return hasIntervals ? `${of}. ${reasonForNone(people)}` : of;
}
