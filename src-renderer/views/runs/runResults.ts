/**
 * The one question that the figures of the runs list answer: a number beside another is of the same data set, protocol, distance and lists,
 * never the best of several. Test: test/renderer/runs/runResults.test.ts.
 */
import type { Evaluation } from '../../../src-shared/contract/evaluations.ts';
import type { Reasons } from '../../../src-shared/evaluation/question.ts';
import { groupEvaluations, lastOfRuns, olderWords, sharedByMost, type EvaluationGroup } from '../../lib/questionGroups.ts';

export interface RunResults {
  groups: EvaluationGroup[];
  /** The group whose figures are shown; null without evaluations. */
  chosen: EvaluationGroup | null;
  /** By run, under the question chosen. */
  byRun: Map<string, Evaluation>;
  /** Runs with any evaluation. */
  evaluated: Set<string>;
  /** By evaluation that another took the place of, or that would be asked otherwise today: why, in words. */
  older: Map<number, string>;
}

/** What is asked for by a choice: the request where its question is the one of today, so that it goes on with the data set; else that question. */
export function askedBy({ isOlder, key, request }: EvaluationGroup): string {
  return isOlder ? key : request;
}

/** The question asked for, else the one that most runs answer, of several the one answered last. */
export function runResults(evaluations: readonly Evaluation[], asked: string | null, reasons?: Reasons): RunResults {
  const groups = groupEvaluations(evaluations, reasons);
  const chosen = groups.find((group) => asked === group.key || asked === askedBy(group)) ?? sharedByMost(groups);
  return {
    groups,
    chosen,
    byRun: new Map((chosen ? lastOfRuns(chosen) : []).map((evaluation) => [evaluation.runId, evaluation])),
    evaluated: new Set(evaluations.map(({ runId }) => runId)),
    older: olderWords(groups, reasons),
  };
}

/** `older` with the evaluations of a run that judged other weights than it has now. */
export function withEarlierWeights(
  older: ReadonlyMap<number, string>,
  evaluations: readonly Evaluation[],
  run: { id: string; weightsHash: string | null } | null,
): Map<number, string> {
  const earlier = evaluations.filter(
    ({ id, runId, weightsHash }) => run !== null && runId === run.id && run.weightsHash !== null && weightsHash !== run.weightsHash && !older.has(id),
  );
  return new Map([...older, ...earlier.map(({ id }): [number, string] => [id, 'outdated, the run was trained on after this evaluation'])]);
}
