import { expect, it } from 'vitest';
import type { Evaluation } from '../../../src-shared/contract/evaluations.ts';
import { askedBy, runResults } from '../../../src-renderer/views/runs/runResults.ts';
import { evaluationOf, questionOf } from '../../support/evaluationOf.ts';

const all: Evaluation[] = [
  evaluationOf({ id: 1, runId: 'a', mAP: 0.6, createdAt: 1 }),
  evaluationOf({ id: 2, runId: 'b', mAP: 0.4, createdAt: 2 }),
  // Under visits both are better, and the order is another.
  evaluationOf({ id: 3, runId: 'a', protocol: 'visits', mAP: 0.7, createdAt: 3 }),
  evaluationOf({ id: 4, runId: 'b', protocol: 'visits', mAP: 0.9, createdAt: 4 }),
  evaluationOf({ id: 5, runId: 'c', distance: 'euclidean', mAP: 0.99, createdAt: 5 }),
];
const shown = (asked: string | null) => [...runResults(all, asked).byRun].map(([run, { mAP }]) => [run, mAP]);

it('shows every run under one question: the one that most answer, the newest of several', () => {
  expect(shown(null)).toEqual([
    ['a', 0.7],
    ['b', 0.9],
  ]);
  expect(runResults(all, null).evaluated).toEqual(new Set(['a', 'b', 'c']));
});

it('shows the question that is chosen, and nothing of a run that was not asked it', () => {
  const market = runResults(all, null).groups.find(({ words }) => words.includes('Market') && words.includes('cosine'));
  expect(shown(market?.key ?? '')).toEqual([
    ['a', 0.6],
    ['b', 0.4],
  ]);
  const euclidean = runResults(all, null).groups.find(({ words }) => words.includes('euclidean'));
  expect(shown(euclidean?.key ?? '')).toEqual([['c', 0.99]]);
  // One that is gone gives way.
  expect(shown('not there')).toEqual(shown(null));
  expect(runResults([], null)).toMatchObject({ groups: [], chosen: null });
});

it('a request that was chosen goes on with the data set; a question of before is shown where that one is chosen', () => {
  const now = { question: questionOf({ queries: { hash: 'now', count: 2 } }) };
  const [market] = runResults(all.slice(0, 2), null).groups;
  const asked = askedBy(market!);
  const later = [...all, evaluationOf({ id: 6, runId: 'a', mAP: 0.1, createdAt: 6, ...now })];
  const shownOf = (value: string | null) => [...runResults(later, value).byRun].map(([run, { mAP }]) => [run, mAP]);
  expect(shownOf(asked)).toEqual([['a', 0.1]]);
  const { groups, older } = runResults(later, asked);
  const before = groups.find(({ isOlder }) => isOlder)!;
  expect(askedBy(before)).toBe(before.key);
  expect(shownOf(before.key)).toEqual([
    ['a', 0.6],
    ['b', 0.4],
  ]);
  // None of before by itself, though more runs answered it.
  expect(runResults(later.slice(0, 2).concat(later.slice(5)), null).chosen?.evaluations.map(({ id }) => id)).toEqual([6]);
  expect([...older]).toEqual([
    [1, 'older'],
    [2, 'older'],
  ]);
});
