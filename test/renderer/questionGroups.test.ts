import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../src-shared/contract/evaluations.ts';
import { evaluationOf, questionOf } from '../support/evaluationOf.ts';
import {
  MOST_CHOSEN,
  chosenIds,
  defaultChoice,
  evaluationsOfRuns,
  groupEvaluations,
  lastOfRuns,
  olderWords,
  tick,
  withNewOnes,
} from '../../src-renderer/lib/questionGroups.ts';

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

describe('several questions of one request', () => {
  const asked = (hash: string) => ({ question: questionOf({ queries: { hash, count: 3 } }) });
  const before = [evaluation(1, 'a', 1, 0.9, 'market', asked('before')), evaluation(2, 'b', 1, 0.8, 'market', asked('before'))];
  const now = [evaluation(3, 'a', 1, 0.5, 'market', asked('now'))];
  const [old, recent] = groupEvaluations([...before, ...now]).toReversed();
  const idsOf = (groups: ReturnType<typeof groupEvaluations>) => groups.map(({ isOlder, evaluations }) => [isOlder, evaluations.map(({ id }) => id)]);

  it('the newest stands for today, until it is known which one does', () => {
    expect(idsOf(groupEvaluations([...before, ...now]))).toEqual([
      [false, [3]],
      [true, [1, 2]],
    ]);
    const reasons = new Map([
      [recent!.key, ['the lists were changed']],
      [old!.key, []],
    ]);
    const groups = groupEvaluations([...before, ...now], reasons);
    expect(idsOf(groups)).toEqual([
      [false, [1, 2]],
      [true, [3]],
    ]);
    expect(groups[0]?.words).toBe('set 1, Market protocol, cosine distance, 3 queries in a gallery of 9');
    expect(groups[1]?.words).toMatch(/^set 1, Market protocol, cosine distance, 3 queries in a gallery of 9; older, of .+, the lists were changed$/);
    expect(olderWords(groups, reasons)).toEqual(new Map([[3, 'older, the lists were changed']]));
  });

  it('of before, none is chosen for anybody but by hand', () => {
    expect(defaultChoice(groupEvaluations(before))).toEqual([2, 1]);
    expect(evaluationsOfRuns(['a', 'b'], [...before, ...now])).toEqual([3, 2]);
    expect(evaluationsOfRuns(['a', 'b'], before)).toEqual([1, 2]);
    expect(chosenIds('1,2', [...before, ...now]).ids).toEqual([1, 2]);
  });

  it('all of them of before: the newest goes first, the others are told by their reasons', () => {
    const reasons = new Map([
      [recent!.key, ['x']],
      [old!.key, ['y']],
    ]);
    const groups = groupEvaluations([...before, ...now], reasons);
    expect(groups.map(({ isOlder, words }) => [isOlder, words.split(', ').at(-1)])).toEqual([
      [false, 'x'],
      [true, 'y'],
    ]);
    expect(groups[0]?.words).toBe('set 1, Market protocol, cosine distance, 3 queries in a gallery of 9; outdated, x');
    expect(olderWords(groups, reasons)).toEqual(
      new Map([
        [3, 'outdated, x'],
        [1, 'older, y'],
        [2, 'older, y'],
      ]),
    );
  });

  it('the only one of its request is outdated as soon as the lists are others, before anybody evaluated again', () => {
    const reasons = new Map([[old!.key, ['the lists were changed']]]);
    const groups = groupEvaluations(before, reasons);
    expect(groups.map(({ isOlder, words }) => [isOlder, words])).toEqual([
      [false, 'set 1, Market protocol, cosine distance, 3 queries in a gallery of 9; outdated, the lists were changed'],
    ]);
    expect([...olderWords(groups, reasons)]).toEqual([
      [1, 'outdated, the lists were changed'],
      [2, 'outdated, the lists were changed'],
    ]);
  });
});

describe('a run that answered one question several times', () => {
  const two = [
    evaluation(1, 'a', 1, 0.3, 'market', { weightsHash: 'w1' }),
    evaluation(2, 'b', 1, 0.4),
    evaluation(3, 'a', 1, 0.5, 'market', { weightsHash: 'w2', featuresHash: 'x' }),
    evaluation(4, 'a', 1, 0.6, 'market', { weightsHash: 'w2', featuresHash: 'y' }),
  ];
  const [group] = groupEvaluations(two);

  it('stands with its last, and the others say what they judged', () => {
    expect(lastOfRuns(group!).map(({ id }) => id)).toEqual([2, 4]);
    expect(group?.earlier).toEqual(
      new Map([
        [1, 'earlier weights'],
        [3, 'earlier features'],
      ]),
    );
    expect(olderWords([group!])).toEqual(group?.earlier);
    expect([defaultChoice([group!]), evaluationsOfRuns(['a', 'b'], two)]).toEqual([
      [2, 4],
      [4, 2],
    ]);
  });

  it('evaluated again, its new one takes the place of the one shown', () => {
    const [first, b, , last] = two as [Evaluation, Evaluation, Evaluation, Evaluation];
    expect(withNewOnes([first, b], [last])).toEqual([4, 2]);
    expect(withNewOnes([b], [last])).toEqual([2, 4]);
    expect(withNewOnes([b], [])).toEqual([2]);
    expect(withNewOnes([b], [b])).toEqual([2]);
  });
});
