import { expect, it } from 'vitest';
import type { Evaluation } from '../../src-shared/contract/evaluations.ts';
import { evaluationOf } from '../support/evaluationOf.ts';
import { MOST_CHOSEN, chosenIds, defaultChoice, evaluationsOfRuns, groupEvaluations, tick } from '../../src-renderer/lib/questionGroups.ts';

const evaluation = (
  id: number,
  runId: string,
  datasetId: number,
  mAP = 0.5,
  protocol: Evaluation['protocol'] = 'market',
  change: Partial<Evaluation> = {},
): Evaluation => evaluationOf({ id, runId, datasetId, mAP, protocol, ...change });
const all = [evaluation(1, 'a', 1, 0.6), evaluation(2, 'b', 1, 0.4), evaluation(3, 'a', 2), evaluation(4, 'b', 2, 0.5, 'visits'), evaluation(5, 'c', 1, 0.7)];
const euclidean = evaluation(6, 'd', 1, 0.9, 'market', { distance: 'euclidean' });

it('groups by question, newest group first', () => {
  expect(groupEvaluations([...all, euclidean]).map((group) => [group.words.split(',').slice(0, 3).join(), group.evaluations.map((e) => e.id)])).toEqual([
    ['set 1, Market protocol, euclidean distance', [6]],
    ['set 1, Market protocol, cosine distance', [1, 2, 5]],
    ['set 2, Visits: first visit against all, cosine distance', [4]],
    ['set 2, Market protocol, cosine distance', [3]],
  ]);
});

it('takes the weakest of a comparable group as reference when nothing is asked', () => {
  expect([defaultChoice(groupEvaluations(all)), defaultChoice([])]).toEqual([[2, 1, 5], []]);
});

it('keeps what the address names as far as it is of one question, and tells the rest', () => {
  expect([chosenIds('5,1,3,99,x', all), chosenIds(undefined, all), chosenIds('2,2', all), chosenIds('5,6', [...all, euclidean])]).toEqual([
    { ids: [5, 1], others: [3], gone: 1, beyond: 0 },
    { ids: [], others: [], gone: 0, beyond: 0 },
    { ids: [2], others: [], gone: 0, beyond: 0 },
    { ids: [5], others: [6], gone: 0, beyond: 0 },
  ]);
});

it('finds the group that most of the picked runs share', () => {
  expect([evaluationsOfRuns(['c', 'a'], all), evaluationsOfRuns(['z'], all)]).toEqual([[5, 1], []]);
  // One that has nothing there comes along with what it has, for the page to say how it differs.
  expect(evaluationsOfRuns(['d', 'c', 'a'], [...all, euclidean])).toEqual([5, 1, 6]);
});

it('says how many are more than stand side by side, whoever named them', () => {
  const many = Array.from({ length: 10 }, (_, i) => evaluation(20 + i, `run ${i}`, 1));
  const named = evaluationsOfRuns(
    many.map(({ runId }) => runId),
    many,
  );
  expect(named).toHaveLength(10);
  expect(chosenIds(named.join(','), many)).toEqual({ ids: named.slice(0, MOST_CHOSEN), others: [], gone: 0, beyond: 2 });
});

it('a tick that takes others out says which and why', () => {
  const groups = groupEvaluations([...all, euclidean]);
  expect(tick(groups, [1, 2], 5)).toEqual({ ids: [1, 2, 5], left: null });
  const other = tick(groups, [1, 2], 6);
  expect(other.ids).toEqual([6]);
  expect(other.left?.ids).toEqual([1, 2]);
  expect(other.left?.words).toMatch(/^Left out: a, b\. They answer another question than d \(.*distance: cosine \/ euclidean\)/);
  const elsewhere = tick(groups, [1], 3);
  expect(elsewhere).toMatchObject({
    ids: [3],
    left: { ids: [1], words: expect.stringMatching(/^Left out: a\. It answers another question than a \(data set: set 1 \/ set 2/) },
  });
  // Those of other questions in the address go as well.
  expect(tick(groups, [1, 6], 2)).toMatchObject({ ids: [1, 2], left: { ids: [6] } });
});

it('a tick beyond the eighth says which one had to go', () => {
  const many = Array.from({ length: 9 }, (_, i) => evaluation(20 + i, `run ${i}`, 1));
  const chosen = many.slice(0, 8).map(({ id }) => id);
  expect(tick(groupEvaluations(many), chosen, 28)).toEqual({
    ids: [...chosen.slice(1), 28],
    left: { ids: [20], words: 'Left out: run 0. At most 8 stand side by side.' },
  });
});
