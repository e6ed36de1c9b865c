/** What features are kept under: all that decides them, and nothing else. */
import { expect, test } from 'vitest';
import { contentKey, contentOf, factsAsText, isContentKey, isOfContent } from '../../../src-main/compute/featureFacts.ts';
import type { ClipRow } from '../../../src-main/compute/manifest.ts';

const row = { id: 1, mediaId: 1, frameIndex: new Uint8Array([0, 0, 0, 0]), boxes: null, files: ['a.jpg'] } as unknown as ClipRow;
const facts = { content: contentOf('abc'), weights: 'w', test: { clipFrames: 4, padding: 'none', maxClips: 0 } };
const key = ({ content = facts.content, test = facts.test, rows = [row], method = 'm', options = { height: 32 } as Record<string, unknown> } = {}) =>
  contentKey(factsAsText({ ...facts, content, test }, rows), method, options);

test('the key of features follows from content, clips, frames, method and options, not from weights, which stand beside it', () => {
  expect(key()).toMatch(/^abc\/pixels-\d+\/[0-9a-f]{16}$/);
  expect(contentKey(factsAsText({ ...facts, weights: 'others' }, [row]), 'm', { height: 32 })).toBe(key());
  const others = [
    key({ content: contentOf('abd') }),
    key({ test: { ...facts.test, clipFrames: 8 } }),
    key({ rows: [row, { ...row, id: 2 }] }),
    key({ rows: [{ ...row, files: ['b.jpg'] }] }),
    key({ method: 'n' }),
    key({ options: { height: 64 } }),
  ];
  expect(new Set([key(), ...others]).size).toBe(7);
});

test('keys of before say less, and a key is of the content that it begins with, to the letter', () => {
  expect([key(), contentOf('abc'), null].map(isContentKey)).toEqual([true, false, false]);
  const content = 'abc/pixels-1';
  expect([content, `${content}/x`, `${content}0/x`, `${content}0`, null].map((one) => isOfContent(one, content))).toEqual([true, true, false, false, false]);
});
