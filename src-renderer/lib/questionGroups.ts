/**
 * Which evaluations may be compared: those of one question (`src-shared/evaluation/question.ts`).
 * Test: test/renderer/questionGroups.test.ts.
 */
import type { Evaluation } from '../../src-shared/contract/evaluations.ts';
import { differencesOf, questionInWords, questionKey, requestKey, todayFirst, type Reasons } from '../../src-shared/evaluation/question.ts';
import { dateTime } from './format.ts';

export interface EvaluationGroup {
  key: string;
  /** Data set, protocol and distance, whatever the lists. */
  request: string;
  /** The question in words; of one that another of its request took the place of, or that would not be asked so today, with the reason. */
  words: string;
  /** Another question of the same request is the one of today, or the newer one. */
  isOlder: boolean;
  datasetId: number;
  evaluations: Evaluation[];
  /** Of runs that answered it more than once, all but the last, and what they judged. */
  earlier: ReadonlyMap<number, string>;
}

const NOTHING_KNOWN: Reasons = new Map();

export function newestFirst(evaluations: readonly Evaluation[]): Evaluation[] {
  return [...evaluations].sort((a, b) => b.createdAt - a.createdAt);
}

/**
 * Groups in the order of their newest evaluation, those of before last; inside, the oldest first, so that the baseline becomes the reference.
 * `reasons`: why questions are not of today.
 */
export function groupEvaluations(evaluations: readonly Evaluation[], reasons: Reasons = NOTHING_KNOWN): EvaluationGroup[] {
  const inOrder = newestFirst(evaluations);
  const byKey = new Map<string, Evaluation[]>();
  for (const evaluation of inOrder) byKey.set(questionKey(evaluation), [evaluation, ...(byKey.get(questionKey(evaluation)) ?? [])]);
  const foremost = new Map<string, string>();
  for (const one of todayFirst(inOrder, reasons)) if (!foremost.has(requestKey(one))) foremost.set(requestKey(one), questionKey(one));
  const groups = [...byKey].map(([key, own]): EvaluationGroup => {
    const newest = own.at(-1)!;
    const request = requestKey(newest);
    const isOlder = foremost.get(request) !== key;
    const why = reasons.get(key) ?? [];
    const state = isOlder ? [`older, of ${dateTime(newest.createdAt)}`, ...why] : outdatedBy(why);
    const words = [questionInWords(newest), ...(state.length > 0 ? [state.join(', ')] : [])].join('; ');
    return { key, request, words, isOlder, datasetId: newest.datasetId, evaluations: own, earlier: earlierOf(own) };
  });
  return [...groups.filter(({ isOlder }) => !isOlder), ...groups.filter(({ isOlder }) => isOlder)];
}

/** Of the foremost question of a request, which none took the place of yet. */
function outdatedBy(reasons: readonly string[]): string[] {
  return reasons.length === 0 ? [] : ['outdated', ...reasons];
}

function earlierOf(oldestFirst: readonly Evaluation[]): Map<number, string> {
  const latest = new Map(oldestFirst.map((evaluation) => [evaluation.runId, evaluation]));
  return new Map(
    oldestFirst.flatMap((one): [number, string][] => {
      const last = latest.get(one.runId)!;
      return last === one ? [] : [[one.id, last.weightsHash === one.weightsHash ? 'earlier features' : 'earlier weights']];
    }),
  );
}

/** Of each run the last, the oldest first. */
export function lastOfRuns({ evaluations, earlier }: EvaluationGroup): Evaluation[] {
  return evaluations.filter(({ id }) => !earlier.has(id));
}

/** Of evaluations that another took the place of, or that would be asked otherwise today: why, in words. */
export function olderWords(groups: readonly EvaluationGroup[], reasons: Reasons = NOTHING_KNOWN): Map<number, string> {
  return new Map(
    groups.flatMap((group) =>
      group.evaluations.flatMap(({ id }): [number, string][] => {
        const words = [
          ...(group.isOlder ? ['older', ...(reasons.get(group.key) ?? [])] : outdatedBy(reasons.get(group.key) ?? [])),
          ...(group.earlier.has(id) ? [group.earlier.get(id)!] : []),
        ];
        return words.length === 0 ? [] : [[id, words.join(', ')]];
      }),
    ),
  );
}

/** What to show when the address names nothing: the first group with two runs or more, its first two (lower mAP first, as the reference). */
export function defaultChoice(groups: readonly EvaluationGroup[], most = 4): number[] {
  const group = groups.find((candidate) => lastOfRuns(candidate).length > 1) ?? groups[0];
  if (!group) return [];
  return lastOfRuns(group)
    .slice(-most)
    .sort((a, b) => a.mAP - b.mAP)
    .map((evaluation) => evaluation.id);
}

export interface Choice {
  /** Of the question of the first, in the order given. */
  ids: number[];
  /** Named as well, but of another question. */
  others: number[];
  /** Named, and not there any more. */
  gone: number;
  /** Of the same question, but more than stand side by side. */
  beyond: number;
}

/** The evaluations that the address names. */
export function chosenIds(text: string | undefined, evaluations: readonly Evaluation[]): Choice {
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
  const belongs = (evaluation: Evaluation): boolean => first !== undefined && questionKey(evaluation) === questionKey(first);
  const ids = known.filter(belongs).map(({ id }) => id);
  return {
    ids: ids.slice(0, MOST_CHOSEN),
    others: known.filter((evaluation) => !belongs(evaluation)).map(({ id }) => id),
    gone: asked.length - known.length,
    beyond: Math.max(0, ids.length - MOST_CHOSEN),
  };
}

/** So many stand side by side. */
export const MOST_CHOSEN = 8;

export interface Ticked {
  ids: number[];
  /** Those that were chosen and had to go, and why; null where none had. */
  left: { ids: number[]; words: string } | null;
}

/** What is chosen once `id` is ticked. Those that cannot stand beside it are left out, which is said. */
export function tick(groups: readonly EvaluationGroup[], chosen: readonly number[], id: number): Ticked {
  const group = groups.find(({ evaluations }) => evaluations.some((evaluation) => evaluation.id === id));
  const ticked = group?.evaluations.find((evaluation) => evaluation.id === id);
  if (!group || !ticked) return { ids: [...chosen], left: null };
  const beside = chosen.filter((other) => other !== id && group.evaluations.some((evaluation) => evaluation.id === other));
  const others = groups.filter((other) => other !== group).flatMap(({ evaluations }) => evaluations.filter((one) => chosen.includes(one.id)));
  const ids = [...beside, id].slice(-MOST_CHOSEN);
  const full = beside.filter((other) => !ids.includes(other));
  const named = (left: readonly number[]): string =>
    left.map((one) => groups.flatMap(({ evaluations }) => evaluations).find((evaluation) => evaluation.id === one)?.runName ?? String(one)).join(', ');
  if (full.length > 0) return { ids, left: { ids: full, words: `Left out: ${named(full)}. At most ${MOST_CHOSEN} stand side by side.` } };
  const first = others[0];
  if (!first) return { ids, left: null };
  const left = chosen.filter((one) => others.some((other) => other.id === one));
  const differ = differencesOf(first, ticked, { a: first.runName, b: ticked.runName })
    .filter(({ parts }) => parts)
    .map(({ words }) => words)
    .join('; ');
  const they = left.length === 1 ? 'It answers' : 'They answer';
  return {
    ids,
    left: { ids: left, words: `Left out: ${named(left)}. ${they} another question than ${ticked.runName} (${differ}), and only answers to one are compared.` },
  };
}

/** The group that most runs have a part in; of several the first, which is the newest. None of before, where there is another. */
export function sharedByMost(groups: readonly EvaluationGroup[]): EvaluationGroup | null {
  const runs = (group: EvaluationGroup): number => new Set(group.evaluations.map(({ runId }) => runId)).size;
  return groups
    .filter(({ isOlder }) => !isOlder)
    .reduce<EvaluationGroup | null>((most, group) => (most === null || runs(group) > runs(most) ? group : most), null);
}

/** One evaluation of each picked run: of the question that most of them share, and where a run has none of it, its newest on that data set. */
export function evaluationsOfRuns(runIds: readonly string[], evaluations: readonly Evaluation[], reasons: Reasons = NOTHING_KNOWN): number[] {
  const groups = groupEvaluations(
    evaluations.filter((evaluation) => runIds.includes(evaluation.runId)),
    reasons,
  );
  const best = sharedByMost(groups);
  if (!best) return [];
  const rest = groups.filter((group) => group !== best && group.datasetId === best.datasetId).flatMap((group) => group.evaluations);
  const found = runIds.map((runId) => ({
    shared: lastOfRuns(best).find((evaluation) => evaluation.runId === runId),
    other: newestFirst(rest.filter((evaluation) => evaluation.runId === runId))[0],
  }));
  // Those of the question first: it is the first that the others are measured by.
  return [...found.flatMap(({ shared }) => shared ?? []), ...found.flatMap(({ shared, other }) => (shared ? [] : (other ?? [])))].map(({ id }) => id);
}

/** What stands side by side once runs were evaluated again: their new ones in the place of those shown, others of them behind. */
export function withNewOnes(shown: readonly Evaluation[], again: readonly Evaluation[]): number[] {
  const placed = shown.map((one) => again.find(({ runId }) => runId === one.runId) ?? one);
  return [...new Set([...placed, ...again].map(({ id }) => id))];
}
