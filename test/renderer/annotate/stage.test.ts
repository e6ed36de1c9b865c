// Geometry of the pictures.
import { describe, expect, it } from 'vitest';
import { contain, coveredShare, inFront, portraitAround } from '../../../src-renderer/canvas/stage.ts';

describe('stage', () => {
  it('widens a box to 1:2 around its centre and never cuts it', () => {
    expect(portraitAround({ x: 100, y: 100, w: 20, h: 80 })).toEqual({ x: 90, y: 100, w: 40, h: 80 });
    expect(portraitAround({ x: 100, y: 100, w: 60, h: 80 })).toEqual({ x: 100, y: 80, w: 60, h: 120 });
  });

  it('names who stands in front: lower foot, most cover', () => {
    const me = { x: 0, y: 0, w: 10, h: 20 };
    expect(coveredShare(me, { x: 5, y: 10, w: 10, h: 20 })).toBe(0.25);
    expect(coveredShare(me, { x: 20, y: 0, w: 5, h: 5 })).toBe(0);
    const others = [
      { name: 'behind', box: { x: 0, y: -5, w: 10, h: 20 } },
      { name: 'front', box: { x: 5, y: 10, w: 10, h: 20 } },
      { name: 'far', box: { x: 50, y: 50, w: 10, h: 20 } },
    ];
    expect(inFront(me, others)).toEqual({ name: 'front', share: 0.25 });
    expect(inFront(me, [others[0]!])).toBeNull();
  });

  it('shows a picture whole and centred', () => {
    expect(contain({ width: 768, height: 576 }, { width: 517, height: 600 })).toEqual({ x: 0, y: (600 - 517 * 0.75) / 2, scale: 517 / 768 });
  });
});
