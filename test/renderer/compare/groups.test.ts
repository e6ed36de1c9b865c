import { expect, it } from 'vitest';
import type { Evaluation } from '../../../src-shared/entities.ts';
import { chosenIds, defaultChoice, evaluationsOfRuns, groupEvaluations } from '../../../src-renderer/views/compare/groups.ts';

const evaluation = (id: number, runId: string, datasetId: number, mAP = 0.5, protocol: Evaluation['protocol'] = 'market'): Evaluation => ({
  id,
  runId,
  runName: runId,
  method: 'm',
  datasetId,
  datasetName: `set ${datasetId}`,
  protocol,
  distance: 'cosine',
  queries: 3,
  validQueries: 3,
  gallery: 9,
  mAP,
  mINP: 0,
  cmc: [],
  strata: [],
  featuresHash: '',
  createdAt: id,
});
const all = [evaluation(1, 'a', 1, 0.6), evaluation(2, 'b', 1, 0.4), evaluation(3, 'a', 2), evaluation(4, 'b', 2, 0.5, 'visits'), evaluation(5, 'c', 1, 0.7)];

it('groups by data set and protocol, newest group first', () => {
  expect(groupEvaluations(all).map((group) => [group.key, group.evaluations.map((e) => e.id)])).toEqual([
    ['1/market', [1, 2, 5]],
    ['2/visits', [4]],
    ['2/market', [3]],
  ]);
});

it('takes the weakest of a comparable group as reference when nothing is asked', () => {
  expect([defaultChoice(groupEvaluations(all)), defaultChoice([])]).toEqual([[2, 1, 5], []]);
});

it('keeps what the address names as far as it belongs together', () => {
  expect([chosenIds('5,1,3,99,x', all), chosenIds(undefined, all), chosenIds('2,2', all)]).toEqual([
    { ids: [5, 1], dropped: 2 },
    { ids: [], dropped: 0 },
    { ids: [2], dropped: 0 },
  ]);
});

it('finds the group that most of the picked runs share', () => {
  expect([evaluationsOfRuns(['c', 'a'], all), evaluationsOfRuns(['z'], all)]).toEqual([[5, 1], []]);
});
