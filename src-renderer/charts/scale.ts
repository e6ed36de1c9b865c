/**
 * Scales, ticks and path text for the SVG charts. Pure numbers in, numbers and text out; knows nothing of the page.
 * A scale never invents a domain: an empty or flat one is widened here, once, so that no chart divides by zero.
 * Test: test/renderer/charts/scale.test.ts.
 */

export interface Scale {
  (value: number): number;
  invert(pixel: number): number;
  domain: readonly [number, number];
  range: readonly [number, number];
  ticks: number[];
}

export function linearScale(from: number, to: number, range: readonly [number, number], tickCount = 5): Scale {
  const [low, high] = widen(from, to);
  const factor = (range[1] - range[0]) / (high - low);
  const scale = (value: number) => range[0] + (value - low) * factor;
  return Object.assign(scale, {
    invert: (pixel: number) => low + (pixel - range[0]) / factor,
    domain: [low, high] as const,
    range,
    ticks: niceTicks(low, high, tickCount),
  });
}

/** Both ends must be above 0; values at or below 0 have no place and are left out by `linePath`. */
export function logScale(from: number, to: number, range: readonly [number, number], tickCount = 5): Scale {
  const [low, high] = from > 0 && to > from ? [from, to] : from > 0 ? [from / 2, from * 2] : [0.1, 1];
  const start = Math.log(low);
  const factor = (range[1] - range[0]) / (Math.log(high) - start);
  const scale = (value: number) => (value > 0 ? range[0] + (Math.log(value) - start) * factor : NaN);
  return Object.assign(scale, {
    invert: (pixel: number) => Math.exp(start + (pixel - range[0]) / factor),
    domain: [low, high] as const,
    range,
    ticks: logTicks(low, high, tickCount),
  });
}

function widen(from: number, to: number): [number, number] {
  if (!Number.isFinite(from) || !Number.isFinite(to)) return [0, 1];
  if (to > from) return [from, to];
  return from === 0 ? [0, 1] : [from - Math.abs(from) * 0.1, from + Math.abs(from) * 0.1];
}

/** Round values (1, 2, 2.5 or 5 times a power of ten apart) inside the ends, at most `count` + 1 of them. */
export function niceTicks(low: number, high: number, count = 5): number[] {
  const rough = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((candidate) => candidate >= rough * (1 - 1e-9)) ?? 10 * power;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** What an axis writes at its ticks: nothing where two of them would read the same, as tenths do in a format of whole numbers. */
export function tickTexts(ticks: readonly number[], format: (value: number) => string): string[] {
  const texts = ticks.map(format);
  return texts.map((text) => (texts.indexOf(text) === texts.lastIndexOf(text) ? text : ''));
}

/** 1-2-5 values inside the ends, thinned to at most `count`: whole decades first where there are many. */
export function logTicks(low: number, high: number, count = 5): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  for (const multiples of [[1, 2, 5], [1, 3], [1]]) {
    const all = [];
    for (let decade = first; decade <= last; decade++) for (const m of multiples) all.push(Number((m * 10 ** decade).toPrecision(6)));
    const inside = all.filter((value) => value >= low * (1 - 1e-9) && value <= high * (1 + 1e-9));
    if (inside.length <= count && inside.length > 1) return inside;
    if (multiples.length === 1) {
      const every = Math.max(1, Math.ceil(inside.length / count));
      return inside.filter((_, i) => i % every === 0);
    }
  }
  return [];
}

/** What an axis says of where it begins, behind its title: nothing where that is 0. An axis of logarithms has no 0 and says that it is one. */
export function originText(scale: Pick<Scale, 'domain'>, isLog: boolean, format: (value: number) => string): string {
  if (isLog) return ', log';
  return scale.domain[0] === 0 ? '' : `, from ${format(scale.domain[0])}`;
}

/** The mark at the foot of an axis that does not begin at 0: two strokes across it. */
export function brokenAxis(x: number, foot: number): string {
  return `M${x - 4} ${foot - 4}l8 -4M${x - 4} ${foot - 8}l8 -4`;
}

/** Points as an SVG path; a value without a place (NaN) breaks the line. */
export function linePath(xs: ArrayLike<number>, ys: ArrayLike<number>): string {
  let text = '';
  let pen = false;
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    const y = ys[i]!;
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      pen = false;
      continue;
    }
    text += `${pen ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = true;
  }
  return text;
}

/** A band between two lines over the same x. */
export function bandPath(xs: ArrayLike<number>, low: ArrayLike<number>, high: ArrayLike<number>): string {
  if (xs.length === 0) return '';
  const back = Array.from({ length: xs.length }, (_, i) => xs.length - 1 - i);
  return `${linePath(xs, high)}L${back.map((i) => `${xs[i]!.toFixed(1)} ${low[i]!.toFixed(1)}`).join('L')}Z`;
}

/** Smallest and largest finite value of several columns; `above` leaves out what a log axis cannot show. */
export function extent(columns: Iterable<ArrayLike<number>>, above = -Infinity): [number, number] | null {
  let low = Infinity;
  let high = -Infinity;
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      const value = column[i]!;
      if (!Number.isFinite(value) || value <= above) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return high >= low ? [low, high] : null;
}
