/** Bins of lengths, against the lengths that the host counts into them. */
import { expect, it } from 'vitest';
import { lengthEdges } from '../../../src-main/features/tracklets/table.ts';
import { lengthsOf, lengthsText } from '../../../src-renderer/lib/lengthBins.ts';

it.each([1, 6, 12, 13, 40, 41, 122])('of lengths up to %i: each length lies in the one bin that names it', (longest) => {
  const edges = lengthEdges(longest, 12);
  const bins = Array.from({ length: edges.length - 1 }, (_, bin) => lengthsOf(edges, bin, bin + 1));
  const width = edges[1]! - edges[0]!;
  for (let length = 1; length <= longest; length++)
    expect(bins.findIndex(({ min, max }) => length >= min && length <= max)).toBe(Math.floor((length - edges[0]!) / width));
  for (let bin = 1; bin < bins.length; bin++) expect(bins[bin]!.min).toBe(bins[bin - 1]!.max + 1);
  expect(lengthsOf(edges, 0, edges.length - 1).min).toBe(1);
});

it('ends at the longest where that fills the last bin', () => {
  expect([lengthsText(lengthEdges(6), 0, 6), lengthsText(lengthEdges(40, 12), 0, 10), lengthsText(lengthEdges(1), 0, 1)]).toEqual(['1–6', '1–40', '1']);
  expect(lengthsText(lengthEdges(40, 12), 2, 3)).toBe('9–12');
});
