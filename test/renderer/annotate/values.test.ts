// What the user sees while steps are on their way, refused, undone, or made by someone else.
import { describe, expect, it } from 'vitest';
import { rangeAt } from '../../../src-shared/ranges.ts';
import { TrackletValues } from '../../../src-renderer/views/annotate/values.svelte.ts';
import { fakeHost, settle } from './fakeHost.ts';

function open(frames = 20) {
  const host = fakeHost(frames);
  const values = new TrackletValues({ client: host, trackletId: 1, annotator: () => 'a.r.' });
  const at = (position: number) => rangeAt(values.lane('visibility'), position)?.value ?? null;
  return { host, values, at };
}
const set = (start: number, end: number, value: unknown) => [{ start, end, value, how: 'judged' as const }];

describe('values of a tracklet', () => {
  it('show a step before the host has answered, and count it as unsaved until then', async () => {
    const { host, values, at } = open();
    await settle();
    const release = host.hold();
    const applied = values.apply('paint 7 on 3–5', 'visibility', set(2, 4, 7));
    expect(at(3)).toBe(7);
    expect(values.unsaved).toBe(1);
    expect(values.savedAt).toBeNull();
    release();
    expect(await applied).toBe(true);
    expect(values.unsaved).toBe(0);
    expect(values.savedAt).toBe(1001);
    await settle();
    expect(at(3)).toBe(7);
  });

  it('take a refused step back, keep later ones, and say which was refused', async () => {
    const { host, values, at } = open();
    await settle();
    await values.apply('paint 2 on 1–20', 'visibility', set(0, 19, 2));
    host.refuse = true;
    const first = values.apply('paint 9 on 3', 'visibility', set(2, 2, 9));
    expect(at(2)).toBe(9);
    expect(await first).toBe(false);
    expect(at(2)).toBe(2);
    expect(values.refusal?.label).toBe('paint 9 on 3');
    expect(values.refusal?.error.message).toBe('The tracklet was removed.');
    host.refuse = false;
    await values.apply('paint 4 on 3', 'visibility', set(2, 2, 4));
    expect(values.refusal).toBeNull();
    expect(at(2)).toBe(4);
  });

  it('show what undo or another client changed, without losing a step on its way', async () => {
    const { host, values, at } = open();
    await settle();
    const release = host.hold();
    const applied = values.apply('paint 7 on 3', 'visibility', set(2, 2, 7));
    host.changeElsewhere('visibility', 9, 5);
    await settle();
    expect([at(2), at(9)]).toEqual([7, 5]);
    release();
    await applied;
    await settle();
    expect([at(2), at(9)]).toEqual([7, 5]);
    host.changeElsewhere('visibility', 2, null);
    await settle();
    expect(at(2)).toBeNull();
  });

  it('never show an older answer over a newer step', async () => {
    const { host, values, at } = open();
    await settle();
    for (let i = 0; i < 30; i++) {
      host.changeElsewhere('visibility', 19, i % 10);
      void values.apply(`paint ${i % 10} on 1`, 'visibility', set(0, 0, i % 10));
      expect(at(0)).toBe(i % 10);
      if (i % 3 === 0) await settle();
      expect(at(0)).toBe(i % 10);
    }
    await settle();
    await settle();
    expect(at(0)).toBe(9);
    expect(values.unsaved).toBe(0);
  });
});
