// Geometry of the timeline: what the pointer hits is what was drawn.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  barHeight,
  edgeAt,
  layoutTimeline,
  MIN_FRAME_WIDTH,
  positionAt,
  scrollTo,
  tickStep,
  valueAtHeight,
  xOf,
  zoomAt,
  RIBBON,
  type LaneSpec,
} from '../../../src-renderer/canvas/timelineLayout.ts';

const LANES: LaneSpec[] = [
  { id: 'visibility', kind: 'score', rows: 1 },
  { id: 'doubt', kind: 'doubt', rows: 1 },
  { id: 'occluder', kind: 'blocks', rows: 1 },
  { id: 'hiddenParts', kind: 'rows', rows: 6 },
  { id: 'quality', kind: 'blocks', rows: 1 },
];
const at = (options: Partial<Parameters<typeof layoutTimeline>[0]> = {}) =>
  layoutTimeline({ width: 1308, height: 314, frames: 96, zoom: 1, scroll: 0, lanes: LANES, ...options });

describe('timeline layout', () => {
  it('fits the frames into the width and all lanes into the height of a 1440 × 900 window', () => {
    const layout = at();
    expect(layout.frameWidth * 96).toBeCloseTo(1308);
    expect(layout.height).toBeLessThanOrEqual(314);
    expect(layout.strip).toMatchObject({ every: 2, cropHeight: 55 });
    expect(layout.strip.cropWidth).toBeCloseTo(2 * layout.frameWidth, 0);
  });

  it('uses the room of a large window: higher bars, strips and rows, and still all lanes in sight', () => {
    const [small, large] = [at({ height: 314 }), at({ width: 2430, height: 640 })];
    expect(large.height).toBeLessThanOrEqual(640);
    expect(large.height).toBeGreaterThan(560);
    for (const [index, lane] of large.lanes.entries()) expect(lane.height, lane.id).toBeGreaterThan(small.lanes[index]!.height);
  });

  it('never makes a frame narrower than 6 px: long tracklets scroll', () => {
    const layout = at({ frames: 1000, scroll: 1e9 });
    expect(layout.frameWidth).toBe(MIN_FRAME_WIDTH);
    expect(layout.scroll).toBe(6000 - 1308);
    expect(positionAt(layout, 1307)).toBe(999);
  });

  it('finds the frame and the border under any pixel of it, at any zoom', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 1, max: 8, noNaN: true }),
        fc.double({ min: 0, max: 5000, noNaN: true }),
        fc.nat(),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (frames, zoom, scroll, pick, inside) => {
          const layout = at({ frames, zoom, scroll });
          const position = pick % frames;
          expect(positionAt(layout, xOf(layout, position) + inside * layout.frameWidth)).toBe(position);
          expect(edgeAt(layout, xOf(layout, position) + inside * 0.4 * layout.frameWidth)).toBe(position);
        },
      ),
    );
  });

  it('keeps the frame under the pointer while zooming', () => {
    const layout = at({ zoom: 2, scroll: 400 });
    const next = at(zoomAt(layout, 500, 1.5));
    expect((500 + next.scroll) / next.frameWidth).toBeCloseTo((500 + layout.scroll) / layout.frameWidth);
  });

  it('brings any position into sight', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), fc.double({ min: 0, max: 4692, noNaN: true }), (position, scroll) => {
        const layout = at({ frames: 1000, scroll: scrollTo(at({ frames: 1000, scroll }), position) });
        expect(xOf(layout, position)).toBeGreaterThanOrEqual(0);
        expect(xOf(layout, position) + layout.frameWidth).toBeLessThanOrEqual(1308);
      }),
    );
  });

  it('reads the value from the height a bar of it has', () => {
    const lane = at().lanes[0]!;
    for (let value = 0; value <= 10; value++) expect(valueAtHeight(lane, lane.top + lane.height - RIBBON - barHeight(lane, value))).toBe(value);
    expect(valueAtHeight(lane, -50)).toBe(10);
  });

  it('labels ticks at round steps that leave room', () => {
    expect([tickStep(60), tickStep(30), tickStep(13.6), tickStep(6)]).toEqual([1, 2, 5, 10]);
  });
});
