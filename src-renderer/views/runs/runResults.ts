/**
 * The one question that the figures of the runs list answer: a number beside another is of the same data set, protocol, distance and lists,
 * never the best of several. Test: test/renderer/runs/runResults.test.ts.
 */
import type { Evaluation } from '../../../src-shared/contract/evaluations.ts';
import { groupEvaluations, sharedByMost, type EvaluationGroup } from '../../lib/questionGroups.ts';

export interface RunResults {
  groups: EvaluationGroup[];
  /** The group whose figures are shown; null without evaluations. */
  chosen: EvaluationGroup | null;
  /** By run, under the question chosen. */
  byRun: Map<string, Evaluation>;
  /** Runs with any evaluation. */
  evaluated: Set<string>;
}

/** The question asked for, else the one that most runs answer, of several the one answered last. */
export function runResults(evaluations: readonly Evaluation[], asked: string | null): RunResults {
  const groups = groupEvaluations(evaluations);
  const chosen = groups.find(({ key }) => key === asked) ?? sharedByMost(groups);
  return {
    groups,
    chosen,
    byRun: new Map((chosen?.evaluations ?? []).map((evaluation) => [evaluation.runId, evaluation])),
    evaluated: new Set(evaluations.map(({ runId }) => runId)),
  };
}
