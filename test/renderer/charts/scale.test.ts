import { describe, expect, it } from 'vitest';
import {
  bandPath,
  brokenAxis,
  extent,
  linePath,
  linearScale,
  logScale,
  logTicks,
  niceTicks,
  originText,
  tickTexts,
} from '../../../src-renderer/charts/scale.ts';
import { seriesLook } from '../../../src-renderer/charts/marks.ts';

describe('scales', () => {
  it('writes nothing at ticks that would read the same', () => {
    const whole = (value: number): string => String(Math.round(value));
    // As a chart of whole images a second has it before the first step.
    expect(tickTexts(linearScale(0, 1.06, [146, 20], 3).ticks, whole)).toEqual(['0', '', '']);
    expect(tickTexts([0, 20, 40], whole)).toEqual(['0', '20', '40']);
  });

  it('maps ends to ends and back', () => {
    const y = linearScale(0, 400, [146, 6]);
    expect([y(0), y(400), y(200), y.invert(76)]).toEqual([146, 6, 76, 200]);
  });

  it('puts equal ratios at equal distances on a log axis, and gives 0 no place', () => {
    const x = logScale(1, 100, [0, 200]);
    expect([x(1), x(10), x(100)].map(Math.round)).toEqual([0, 100, 200]);
    expect(x(0)).toBeNaN();
    expect(Math.round(x.invert(100))).toBe(10);
  });

  it('widens a flat or empty domain instead of dividing by zero', () => {
    for (const scale of [linearScale(3, 3, [0, 10]), linearScale(Infinity, -Infinity, [0, 10]), logScale(2, 2, [0, 10])])
      expect(Number.isFinite(scale(3))).toBe(true);
  });

  it('takes round ticks inside the ends', () => {
    expect(niceTicks(0, 240, 4)).toEqual([0, 100, 200]);
    expect(niceTicks(0, 100, 5)).toEqual([0, 20, 40, 60, 80, 100]);
    expect(niceTicks(-0.13, 0.21, 4)).toEqual([-0.1, 0, 0.1, 0.2]);
    expect(logTicks(0.02, 8, 6)).toEqual([0.03, 0.1, 0.3, 1, 3]);
    expect(logTicks(1, 523, 4)).toEqual([1, 10, 100]);
    expect(logTicks(1, 50, 6)).toEqual([1, 2, 5, 10, 20, 50]);
  });

  it('breaks a line where there is no value', () => {
    expect(linePath([0, 1, 2, 3], [5, 6, NaN, 7])).toBe('M0.0 5.0L1.0 6.0M3.0 7.0');
  });

  it('closes a band around both lines', () => {
    expect(bandPath([0, 1], [9, 8], [1, 2])).toBe('M0.0 1.0L1.0 2.0L1.0 8.0L0.0 9.0Z');
  });

  it('finds the extent of what can be shown', () => {
    expect(
      extent(
        [
          [NaN, 0, 4],
          [-2, 9],
        ],
        0,
      ),
    ).toEqual([4, 9]);
    expect(extent([[NaN]])).toBeNull();
  });
});

describe('series looks', () => {
  it('never gives two of eight the same colour with the same marker', () => {
    const looks = Array.from({ length: 8 }, (_, i) => seriesLook(i)).map((look) => look.color + look.shape);
    expect(new Set(looks).size).toBe(8);
  });
});

describe('what an axis says of where it begins', () => {
  const percent = (value: number): string => String(Math.round(value * 100));
  it('nothing at 0, else where, and of logarithms that it is one', () => {
    expect(originText(linearScale(0, 1, [0, 100]), false, percent)).toBe('');
    expect(originText(linearScale(0.4, 1, [0, 100]), false, percent)).toBe(', from 40');
    expect(originText(linearScale(-1, 1, [0, 100]), false, percent)).toBe(', from -100');
    expect(originText(logScale(0.1, 10, [0, 100]), true, percent)).toBe(', log');
  });
  it('the mark crosses the axis above its foot', () => {
    const numbers = [...brokenAxis(40, 100).matchAll(/M(\d+) (\d+)l(\d+) -(\d+)/g)].map((found) => found.slice(1).map(Number));
    expect(numbers).toHaveLength(2);
    for (const [x, y, dx, dy] of numbers as [number, number, number, number][]) {
      expect([x < 40, x + dx > 40, y < 100, y - dy > 80]).toEqual([true, true, true, true]);
    }
  });
});
