/** Cells of a film strip, for tracklets of few and of many frames. */
import { describe, expect, it } from 'vitest';
import { cellOf, cellsWidth, stripCells } from '../../src-renderer/lib/strip.ts';

describe('a strip with room for eight crops of 33 pixels', () => {
  it.each([
    [0, 1, 33],
    [1, 1, 33],
    [7, 7, 237],
    [8, 8, 271],
    [9, 8, 271],
  ])('of %i frames has %i cells, %i pixels wide', (frames, cells, width) => {
    expect([stripCells(frames, 8), cellsWidth(cells, 33)]).toEqual([cells, width]);
  });

  it('shows each of few frames in its own cell, and spreads many over all', () => {
    expect([0, 1, 2].map((position) => cellOf(position, 3, 3))).toEqual([0, 1, 2]);
    expect([0, 12, 13, 99].map((position) => cellOf(position, 100, 8))).toEqual([0, 0, 1, 7]);
  });
});
