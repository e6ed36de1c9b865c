/**
 * Figures as text, the same everywhere: one decimal for percent, two for AP, commas for thousands, a true minus, 24 h times.
 * Test: test/renderer/charts/numbers.test.ts.
 */

const MINUS = '\u2212';
const DASH = '\u2013';

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US').replace('-', MINUS);
}

/** 0.886 → "88.6"; null → "–". */
export function percent(fraction: number | null | undefined, digits = 1): string {
  return fraction === null || fraction === undefined || !Number.isFinite(fraction) ? DASH : (fraction * 100).toFixed(digits).replace('-', MINUS);
}

export function fixed(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined || !Number.isFinite(value) ? DASH : value.toFixed(digits).replace('-', MINUS);
}

/** With its sign; what rounds to nothing has none. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : (value > 0 ? '+' : MINUS) + text;
}

/** 45 → "45 s", 94 → "1 m 34 s", 15120 → "4 h 12 m". */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 600) return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} m`;
  if (minutes < 60 * 48) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
  return `${Math.round(minutes / 1440)} d`;
}

/** A guess: two figures are enough. */
export function roughDuration(seconds: number): string {
  return seconds < 60 ? `${Math.max(5, Math.ceil(seconds / 5) * 5)} s` : seconds < 3600 ? `${Math.round(seconds / 60)} m` : duration(seconds);
}

export function clockTime(at: number, parts: 'minutes' | 'seconds' = 'minutes'): string {
  const date = new Date(at);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}${parts === 'seconds' ? `:${two(date.getSeconds())}` : ''}`;
}

/** Time of day, with the date where it is another day than `now`. */
export function moment(at: number, now: number): string {
  const date = new Date(at);
  const sameDay = new Date(now).toDateString() === date.toDateString();
  return sameDay ? clockTime(at) : `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}-${String(date.getDate()).padStart(2, '0')} ${clockTime(at)}`;
}

/** 25,900,000 → "25.9 M". */
export function amount(value: number): string {
  for (const [factor, letter] of [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']] as const) {
    if (value >= factor) return `${(value / factor).toFixed(value >= factor * 100 ? 0 : 1)} ${letter}`;
  }
  return String(Math.round(value));
}

/** A tick or a read-out: as few digits as tell it apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return DASH;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(size < 1e-3 ? 0 : 1).replace('-', size === -value ? MINUS : '-');
  if (size >= 1000) return count(value);
  return String(Number(value.toPrecision(3))).replace(/^-/, MINUS);
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
