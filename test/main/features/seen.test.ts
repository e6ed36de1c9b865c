/** What was shown, and reviews that are whole or not: the host's answers against a naive count a frame. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';

let project: TestProject;
let client: RpcClient;
let tracklets: { id: number; frames: number }[];

beforeAll(async () => {
  project = await openTestProject();
  await fillProject(project.host.context, { tracklets: 30, identities: 6, cameras: 2 });
  client = project.host.client();
  const { ids } = await client.call('tracklets.query', { filter: {}, sort: 'identity' });
  tracklets = (await client.call('tracklets.rows', { ids: [...ids] })).filter((row) => row.framesWithValue === 0 && row.frames > 12);
});
afterAll(() => project[Symbol.asyncDispose]());

const show = (trackletId: number, start: number, ms: number[], code = 8) =>
  client.call('annotations.addSeen', {
    trackletId,
    start,
    shownMs: Uint32Array.from(ms),
    slowest: new Uint8Array(ms.length).fill(code),
    fastest: new Uint8Array(ms.length).fill(code),
  });
const review = (trackletId: number, anyway?: boolean) =>
  client.call('annotations.apply', {
    label: 'review',
    edits: [{ trackletId, field: 'reviewed', start: 0, end: 0, value: 'reviewed' }],
    ...(anyway === undefined ? {} : { anyway }),
  });
const rowOf = async (id: number) => (await client.call('tracklets.get', { id })).row;

describe('what was shown', () => {
  test('adds up over people and calls, and is no step of history', async () => {
    const { id, frames } = tracklets[0]!;
    const before = await client.call('history.state', {});
    expect(await client.call('annotations.seen', { trackletId: id })).toEqual({ seen: null });
    await project.host.context.settings.set('annotator', 'A');
    await show(id, 2, [10, 20, 30], 8);
    await show(id, 3, [5], 64);
    await project.host.context.settings.set('annotator', 'B');
    await show(id, 4, [1, 1], 4);
    const { seen } = await client.call('annotations.seen', { trackletId: id });
    const at = (values: Record<number, number>) => Array.from({ length: frames }, (_, i) => values[i] ?? 0);
    expect([...seen!.shownMs]).toEqual(at({ 2: 10, 3: 25, 4: 31, 5: 1 }));
    expect([...seen!.slowest]).toEqual(at({ 2: 8, 3: 8, 4: 4, 5: 4 }));
    expect([...seen!.fastest]).toEqual(at({ 2: 8, 3: 64, 4: 8, 5: 4 }));
    expect(await client.call('history.state', {})).toEqual(before);
    await expect(show(id, frames - 1, [1, 1])).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await expect(show(999_999, 0, [1])).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const unequal = { trackletId: id, start: 0, shownMs: Uint32Array.of(1, 2), slowest: Uint8Array.of(1), fastest: Uint8Array.of(1) };
    await expect(client.call('annotations.addSeen', unequal)).rejects.toMatchObject({ code: 'BAD_INPUT' });
  });
});

describe('a review', () => {
  test('with gaps is refused with a sentence, nothing is stored; with anyway it is marked and told apart; it is whole once the gaps are gone', async () => {
    const { id, frames } = tracklets[1]!;
    await show(id, 0, new Array<number>(frames - 7).fill(40));
    await client.call('annotations.apply', {
      label: 'v',
      edits: [{ trackletId: id, field: 'visibility', start: 0, end: frames - 13, value: 2, how: 'judged' }],
    });
    const before = await client.call('history.state', {});
    await expect(review(id)).rejects.toMatchObject({
      code: 'REVIEW_INCOMPLETE',
      message: expect.stringMatching(`^12 of ${frames} frames have no value, 7 were not seen`) as unknown,
      params: { withoutValue: 12, notSeen: 7, withGaps: 1, tracklets: 1 },
    });
    expect(await client.call('history.state', {})).toEqual(before);
    expect((await rowOf(id)).review).toBe('started');
    await review(id, true);
    expect(await rowOf(id)).toMatchObject({ review: 'gaps', reviewGaps: 12 });
    expect([
      ...(await client.call('tracklets.query', { filter: { reviews: ['gaps'], trackletIds: tracklets.map((one) => one.id) }, sort: 'identity' })).ids,
    ]).toEqual([id]);
    await client.call('annotations.apply', {
      label: 'v',
      edits: [{ trackletId: id, field: 'visibility', start: frames - 12, end: frames - 1, value: 0, how: 'carried' }],
    });
    expect(await rowOf(id)).toMatchObject({ review: 'gaps', reviewGaps: 7 });
    await show(id, frames - 7, new Array<number>(7).fill(40));
    expect(await rowOf(id)).toMatchObject({ review: 'reviewed', reviewGaps: 0 });
    const { facets } = await client.call('tracklets.facets', { filter: {} });
    const reviewed = facets['reviews']!.find((value) => value.value === 'reviewed')!;
    expect(reviewed.all).toBe((await client.call('tracklets.query', { filter: { reviews: ['reviewed'] }, sort: 'identity' })).ids.length);
  });

  test('of many names how many are not whole', async () => {
    const ids = tracklets.slice(2, 6).map((tracklet) => tracklet.id);
    await expect(
      client.call('annotations.apply', {
        label: 'r',
        edits: ids.map((trackletId) => ({ trackletId, field: 'reviewed', start: 0, end: 0, value: 'reviewed' })),
      }),
    ).rejects.toMatchObject({ code: 'REVIEW_INCOMPLETE', message: expect.stringMatching('^4 of 4 tracklets are not whole; the first: ') as unknown });
  });

  test('gaps are what a count frame by frame gives, whatever was painted and shown', async () => {
    const { id, frames } = tracklets[6]!;
    const range = fc
      .tuple(fc.nat(frames - 1), fc.nat(frames - 1), fc.constantFrom('value', 'clear', 'show'))
      .map(([a, b, what]) => ({ start: Math.min(a, b), end: Math.max(a, b), what }));
    const valued = new Array<boolean>(frames).fill(false);
    const shown = new Array<boolean>(frames).fill(false);
    await review(id, true);
    for (const { start, end, what } of fc.sample(range, { numRuns: 40, seed: 3 })) {
      if (what === 'show') {
        await show(id, start, new Array<number>(end - start + 1).fill(1));
        shown.fill(true, start, end + 1);
      } else {
        const value = what === 'value' ? 3 : null;
        await client.call('annotations.apply', { label: 'v', edits: [{ trackletId: id, field: 'visibility', start, end, value }] });
        valued.fill(value !== null, start, end + 1);
      }
      const count = (test: (i: number) => boolean): number => valued.filter((_, i) => test(i)).length;
      const either = count((i) => !valued[i] || !shown[i]);
      const gaps = await client.call('annotations.gaps', { trackletIds: [id, 999_999] });
      expect({ ...gaps }).toEqual({
        trackletId: Int32Array.of(id),
        withoutValue: Int32Array.of(count((i) => !valued[i])),
        notSeen: Int32Array.of(count((i) => !shown[i])),
        either: Int32Array.of(either),
      });
      expect(await rowOf(id)).toMatchObject({ reviewGaps: either, review: either > 0 ? 'gaps' : 'reviewed' });
    }
  });
});
