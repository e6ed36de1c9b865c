/**
 * Figures of charts and tables that `lib/format.ts` does not have: with an absent value as a dash, with a sign, rough, and as short ticks.
 * Test: test/renderer/charts/numbers.test.ts.
 */
import { clockTime, count, dateTime, duration } from '../lib/format.ts';

const MINUS = '\u2212';
const DASH = '\u2013';

/** Percent without its sign, for columns headed by it: 0.886 → "88.6"; nothing → "–". */
export function points(fraction: number | null | undefined, digits = 1): string {
  return fraction === null || fraction === undefined || !Number.isFinite(fraction) ? DASH : (fraction * 100).toFixed(digits).replace('-', MINUS);
}

export function fixed(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined || !Number.isFinite(value)
    ? DASH
    : (value + 0)
        .toFixed(digits)
        .replace(/^-(?=0(?:\.0*)?$)/, '')
        .replace('-', MINUS);
}

/** With its sign; what rounds to nothing has none. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : (value > 0 ? '+' : MINUS) + text;
}

/** A guess: no more than it can know. 42 s → "45 s", 200 s → "3 min". */
export function roughDuration(seconds: number): string {
  if (seconds < 55) return `${Math.max(5, Math.ceil(seconds / 5) * 5)} s`;
  if (seconds < 3570) return `${Math.max(1, Math.round(seconds / 60))} min`;
  return duration(Math.round(seconds / 300) * 300);
}

/** Time of day, with the date where it is another day than `now`. */
export function moment(at: number, now: number): string {
  return new Date(now).toDateString() === new Date(at).toDateString() ? clockTime(at, false) : dateTime(at);
}

/** A tick or a read-out: as few digits as tell it apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return (value < 0 ? MINUS : '') + size.toExponential(size < 1e-3 ? 0 : 1);
  if (size >= 1000) return count(value);
  return String(Number(value.toPrecision(3))).replace(/^-/, MINUS);
}
