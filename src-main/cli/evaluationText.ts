/** Figures of evaluations as lines and JSON, and the command that evaluates a missing side again. Test: test/main/cli/evaluationText.test.ts. */
import type { Evaluation, QuestionCheck } from '../../src-shared/contract/evaluations.ts';
import { TABLE_RANKS, fillNow, prepareFigures, type Estimate, type Figures, type MethodFigures, type Outcome } from '../../src-shared/evaluation/figures.ts';
import { questionInWords } from '../../src-shared/evaluation/question.ts';
import { commandLine } from '../../src-shared/commandLine.ts';

/** Over all queries; the reference first. */
export function figuresOf(evaluations: readonly Evaluation[], queries: readonly Outcome[]): Figures {
  const { protocol, cmc } = evaluations[0] as Evaluation;
  return fillNow(prepareFigures({ queries, protocol, methods: evaluations.length, maxRank: cmc.length }));
}

export function strataAsJson(figures: Figures, column: number) {
  return figures.strata.map(({ label, from, to, n }, s) => {
    const { mAP, rank1 } = (figures.methods[column] as MethodFigures).strata[s] as MethodFigures['strata'][number];
    return { label, from, to, n, mAP: mAP.value, mAPLow: mAP.interval?.low ?? null, mAPHigh: mAP.interval?.high ?? null, rank1 };
  });
}

export function methodAsJson({ mAP, mINP, ranks, beyond }: MethodFigures) {
  return {
    mAP: estimateAsJson(mAP),
    mINP: estimateAsJson(mINP),
    ranks: Object.fromEntries(TABLE_RANKS.flatMap((rank, i) => (ranks[i] ? [[`rank${rank}`, estimateAsJson(ranks[i])]] : []))),
    beyond,
  };
}

function estimateAsJson({ value, interval }: Estimate) {
  return { value, low: interval?.low ?? null, high: interval?.high ?? null };
}

export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : `${(100 * value).toFixed(1)} %`;
}

/** "81.2 % (74.0 to 88.1)", without brackets where there is no interval. */
export function withInterval({ value, interval }: Estimate): string {
  return `${percent(value)}${interval ? ` (${(100 * interval.low).toFixed(1)} to ${(100 * interval.high).toFixed(1)})` : ''}`;
}

/** "+4.7 (−1.0 to +10.2)" in points. */
export function gainWithInterval({ value, interval }: Estimate): string {
  return `${value === null ? '–' : points(value)}${interval ? ` (95 % ${points(interval.low)} to ${points(interval.high)})` : ''}`;
}

function points(value: number): string {
  return `${value >= 0 ? '+' : '−'}${Math.abs(100 * value).toFixed(1)}`;
}

/** The sides whose figures are no longer those of today, and why. */
export function outdatedSides(evaluations: readonly Evaluation[], checks: readonly QuestionCheck[]): (Evaluation & { reasons: string[] })[] {
  return evaluations.flatMap((evaluation) => {
    const check = checks.find(({ evaluationId }) => evaluationId === evaluation.id);
    return check?.isOutdated ? [{ ...evaluation, reasons: check.reasons }] : [];
  });
}

/** What evaluates a run as the others are, as it is typed. */
export function evaluateCommand({
  project,
  run,
  dataset,
  protocol,
  distance,
}: Record<'project' | 'run' | 'dataset', string> & Record<'protocol' | 'distance', string | null>): string {
  return commandLine(['evaluate'], { project, run, dataset, protocol, distance });
}

/** The commands that make a check pass, ready to be pasted. */
export function againCommands(
  project: string,
  checks: readonly { again: readonly Pick<QuestionCheck['again'][number], 'runName' | 'datasetName' | 'protocol' | 'distance'>[] }[],
): string[] {
  const commands = checks.flatMap(({ again }) =>
    again.map(({ runName, datasetName, protocol, distance }) => evaluateCommand({ project, run: runName, dataset: datasetName, protocol, distance })),
  );
  return [...new Set(commands)];
}

/** One line of figures over all queries. */
export function evaluationSentence(evaluation: Evaluation): string {
  const { mAP, mINP, cmc, queries, validQueries, runName } = evaluation;
  const ranks = [1, 5, 10].filter((rank) => rank <= cmc.length).map((rank) => `rank-${rank} ${percent(cmc[rank - 1])}`);
  return `${runName} on ${questionInWords(evaluation)}: mAP ${percent(mAP)}, ${ranks.join(', ')}, mINP ${percent(mINP)} (${validQueries} of ${queries} queries valid)`;
}
