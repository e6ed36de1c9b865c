/**
 * How a series looks: colour, marker and dash together, so that colour is never the only cue. The first (the reference) wears the text colour.
 * Test: test/renderer/charts/scale.test.ts.
 */

export interface SeriesLook {
  letter: string;
  color: string;
  dash: string;
  shape: MarkShape;
}
export type MarkShape = 'circle' | 'square' | 'triangle' | 'diamond';

const SHAPES: MarkShape[] = ['circle', 'square', 'triangle', 'diamond'];
const DASHES = ['', '6 3', '2 2.5', '', '8 3 2 3', '6 3', '2 2.5', '8 3 2 3'];

/** Looks of up to eight series; five colours, and no two share colour and marker. */
export function seriesLook(index: number): SeriesLook {
  const shape = index < 4 ? index : index + 1;
  return { letter: String.fromCharCode(65 + index), color: `var(--m-${(index % 5) + 1})`, dash: DASHES[index % DASHES.length]!, shape: SHAPES[shape % 4]! };
}

/** Path of a marker around 0, 0, about 7 px across. */
export const MARK_PATHS: Record<MarkShape, string> = {
  circle: 'M-3.2 0a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0 -6.4 0z',
  square: 'M-3 -3h6v6h-6z',
  triangle: 'M0 -3.8l3.7 6.4h-7.4z',
  diamond: 'M0 -4.2l4.2 4.2l-4.2 4.2l-4.2 -4.2z',
};
