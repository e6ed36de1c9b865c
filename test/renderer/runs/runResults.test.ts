import { expect, it } from 'vitest';
import type { Evaluation } from '../../../src-shared/contract/evaluations.ts';
import { runResults } from '../../../src-renderer/views/runs/runResults.ts';
import { evaluationOf } from '../../support/evaluationOf.ts';

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
