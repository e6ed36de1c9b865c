/**
 * Which evaluations may be compared: those of one data set and one protocol, with the same queries and gallery.
 * Test: test/renderer/compare/groups.test.ts.
 */
import type { Evaluation, ProtocolName } from '../../../src-shared/entities.ts';

export interface EvaluationGroup {
  key: string;
  datasetId: number;
  datasetName: string;
  protocol: ProtocolName;
  evaluations: Evaluation[];
}

/** Groups in the order of their newest evaluation; inside, the oldest first, so that the baseline becomes the reference. */
export function groupEvaluations(evaluations: readonly Evaluation[]): EvaluationGroup[] {
  const groups = new Map<string, EvaluationGroup>();
  for (const evaluation of [...evaluations].sort((a, b) => b.createdAt - a.createdAt)) {
    const key = groupKey(evaluation);
    const group = groups.get(key) ?? {
      key,
      datasetId: evaluation.datasetId,
      datasetName: evaluation.datasetName,
      protocol: evaluation.protocol,
      evaluations: [],
    };
    group.evaluations.unshift(evaluation);
    groups.set(key, group);
  }
  return [...groups.values()];
}

export function groupKey(evaluation: Evaluation): string {
  return `${evaluation.datasetId}/${evaluation.protocol}`;
}

/** What to show when the address names nothing: the first group with two or more, its first two (lower mAP first, as the reference). */
export function defaultChoice(groups: readonly EvaluationGroup[], most = 4): number[] {
  const group = groups.find((candidate) => candidate.evaluations.length > 1) ?? groups[0];
  if (!group) return [];
  return [...group.evaluations]
    .slice(-most)
    .sort((a, b) => a.mAP - b.mAP)
    .map((evaluation) => evaluation.id);
}

/** Ids from the address that exist and belong together, in the order given; anything else is dropped and told. */
export function chosenIds(text: string | undefined, evaluations: readonly Evaluation[]): { ids: number[]; dropped: number } {
  const asked = [
    ...new Set(
      (text ?? '')
        .split(',')
        .map(Number)
        .filter((id) => Number.isInteger(id) && id > 0),
    ),
  ];
  const known = asked.map((id) => evaluations.find((evaluation) => evaluation.id === id)).filter((evaluation) => evaluation !== undefined);
  const first = known[0];
  const fitting = first ? known.filter((evaluation) => groupKey(evaluation) === groupKey(first)).slice(0, 8) : [];
  return { ids: fitting.map((evaluation) => evaluation.id), dropped: asked.length - fitting.length };
}

/** Evaluations of the picked runs on one data set and protocol that most of them share. */
export function evaluationsOfRuns(runIds: readonly string[], evaluations: readonly Evaluation[]): number[] {
  const groups = groupEvaluations(evaluations.filter((evaluation) => runIds.includes(evaluation.runId)));
  const covered = (group: EvaluationGroup) => new Set(group.evaluations.map((evaluation) => evaluation.runId)).size;
  const best = groups.reduce<EvaluationGroup | null>((a, b) => (a === null || covered(b) > covered(a) ? b : a), null);
  if (!best) return [];
  return runIds
    .flatMap((runId) =>
      best.evaluations
        .filter((evaluation) => evaluation.runId === runId)
        .slice(-1)
        .map((evaluation) => evaluation.id),
    )
    .slice(0, 8);
}
