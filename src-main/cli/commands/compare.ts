/** `tracklet compare --runs A B … --project P --dataset D`. Test: test/main/cli/compare.test.ts. */
import type { Evaluation } from '../../../src-shared/contract/evaluations.ts';
import { reasonForNone } from '../../../src-shared/evaluation/figures.ts';
import { againTakes, questionInWords, questionKey, requestKey } from '../../../src-shared/evaluation/question.ts';
import { protocolHelp, protocolNamed, type ProtocolName } from '../../../src-shared/protocols/index.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { DistanceName } from '../../../src-shared/protocols/protocol.ts';
import { defineCommand, distanceNamed, list, required, text, UsageError } from '../command.ts';
import {
  againCommands,
  evaluateCommand,
  figuresOf,
  gainWithInterval,
  methodAsJson,
  outdatedSides,
  percent,
  strataAsJson,
  withInterval,
} from '../evaluationText.ts';
import { findDataset, findRun, withProject } from '../project.ts';
import { withTodayFirst } from '../todayFirst.ts';

export default defineCommand({
  id: 'compare',
  positionals: ['[run]…'],
  summary: 'Figures and paired differences of evaluated runs, with 95 % intervals; only of one question',
  options: {
    project: { type: 'string', value: 'dir', help: 'the project' },
    runs: { type: 'string', multiple: true, value: 'name', help: 'runs, the first is the reference; more names may follow' },
    dataset: { type: 'string', value: 'name', help: 'the data set' },
    protocol: { type: 'string', value: 'name', help: `${protocolHelp}; where there are several` },
    distance: { type: 'string', value: 'name', help: 'cosine or euclidean, where there are both; default: cosine' },
  },
  async run(args, io) {
    const names = [...list(args, 'runs'), ...args.positionals];
    if (names.length < 2) throw new UsageError('--runs needs at least two runs.');
    const protocolText = text(args, 'protocol');
    const protocol = protocolText === null ? null : protocolNamed(protocolText);
    const distance = distanceNamed(args);
    const project = required(args, 'project');
    refuseTwice(names);
    await withProject(project, io, async (client) => {
      const dataset = required(args, 'dataset');
      const datasetId = await findDataset(client, dataset);
      const runIds: string[] = [];
      for (const name of names) runIds.push(await findRun(client, name));
      refuseTwice(runIds);
      const known = (await client.call('evaluations.list', { datasetId })).filter(
        (entry) => (protocol === null || entry.protocol === protocol) && (distance === null || entry.distance === distance),
      );
      const all = await withTodayFirst(client, known);
      refuseUnevaluated({ names, runIds, all, protocol, distance, project, dataset });
      const { chosen, others } = ofOneQuestion(runIds, all);
      if (others.length > 0)
        io.note(
          `They answer other questions too: ${others.map((entry) => `${entry.protocol}, ${entry.distance}`).join('; ')}. Choose with --protocol and --distance.`,
        );
      const [reference] = chosen as [Evaluation, ...Evaluation[]];
      const evaluationIds = chosen.map((entry) => entry.id);
      const checks = await client.call('compare.check', { evaluationIds, reference: reference.id });
      const outdated = outdatedSides(chosen, checks);
      if (outdated.length > 0)
        io.note(
          `Warning: ${outdated.map(({ runName, reasons }) => `${runName} is outdated, ${reasons.join(', ')}`).join('; ')}. For the figures of today:\n  ${againCommands(project, [{ again: outdated }]).join('\n  ')}`,
        );
      const commands = againCommands(project, checks);
      if (commands.length > 0) io.note(`To compare them, evaluate again (${againTakes(checks)}):\n  ${commands.join('\n  ')}`);
      const { evaluations, queries, labels } = await client.call('compare.load', { evaluationIds, reference: reference.id });
      const figures = figuresOf(evaluations, queries);
      const told = checks.flatMap(({ evaluationId, differences }) =>
        differences.map(({ words }) => `${evaluations.find(({ id }) => id === evaluationId)?.runName ?? ''}: ${words}`),
      );
      if (io.json)
        return io.out(
          JSON.stringify({
            question: { words: questionInWords(reference), hash: reference.question?.hash ?? null },
            labels,
            n: figures.n,
            people: figures.people,
            told,
            outdated: outdated.map(({ runName, reasons }) => ({ run: runName, reasons })),
            reference: reference.runName,
            runs: evaluations.map(({ runName, featuresHash, weightsHash }, i) => ({
              run: runName,
              featuresHash,
              weightsHash,
              ...methodAsJson(figures.methods[i] as never),
              strata: strataAsJson(figures, i),
            })),
            differences: evaluations.slice(1).map(({ runName }, i) => {
              const { mAP, rank1, ...counts } = figures.methods[i + 1]?.paired as NonNullable<(typeof figures.methods)[number]['paired']>;
              return {
                a: reference.runName,
                b: runName,
                mAP: mAP.value,
                mAPLow: mAP.interval?.low ?? null,
                mAPHigh: mAP.interval?.high ?? null,
                rank1: rank1.value,
                rank1Low: rank1.interval?.low ?? null,
                rank1High: rank1.interval?.high ?? null,
                ...counts,
                n: figures.n,
              };
            }),
          }),
        );
      io.out(`${questionInWords(reference)}; labels ${labels.revision}`);
      for (const line of told) io.out(line);
      evaluations.forEach(({ runName }, i) => {
        const { mAP, mINP, ranks, beyond, paired } = figures.methods[i] as (typeof figures.methods)[number];
        const shown = [1, 5, 10].flatMap((rank, k) => (ranks[k] ? [`rank-${rank} ${percent(ranks[k].value)}`] : []));
        io.out(`${runName}: mAP ${withInterval(mAP)}, mINP ${withInterval(mINP)}, ${shown.join(', ')}, n ${figures.n}`);
        if (beyond.count > 0) io.out(`  ${beyond.count} with the first match after rank ${reference.cmc.length}, the last at ${beyond.last}`);
        if (paired)
          io.out(
            `  against ${reference.runName}: mAP ${gainWithInterval(paired.mAP)}, rank-1 ${gainWithInterval(paired.rank1)}, only ${reference.runName} right ${paired.onlyA}, only ${runName} right ${paired.onlyB}, McNemar p ${paired.mcnemarP.toPrecision(2)}`,
          );
      });
      if (figures.methods[0]?.mAP.interval === null) io.out(reasonForNone(figures.people));
    });
  },
});

function refuseTwice(names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UsageError(`--runs names ${twice} twice; a run compared with itself says nothing.`);
}

/** With the commands that evaluate what is missing, under what was asked for, else as a run that has an evaluation has it. */
function refuseUnevaluated(asked: {
  names: readonly string[];
  runIds: readonly string[];
  all: readonly Evaluation[];
  protocol: ProtocolName | null;
  distance: DistanceName | null;
  project: string;
  dataset: string;
}): void {
  const { names, runIds, all, project, dataset } = asked;
  const missing = names.filter((_, i) => !all.some((entry) => entry.runId === runIds[i]));
  if (missing.length === 0) return;
  const other = all.find((entry) => runIds.includes(entry.runId));
  const protocol = asked.protocol ?? other?.protocol ?? null;
  const distance = asked.distance ?? other?.distance ?? null;
  const under = [asked.protocol, asked.distance].filter((part) => part !== null).join(', ');
  throw new AppError(
    'NOT_FOUND',
    `${missing.join(' and ')} ${missing.length === 1 ? 'has' : 'have'} no evaluation on this data set${under ? ` under ${under}` : ''}.`,
    { run: missing[0] as string },
    { remedy: `First run:\n${missing.map((run) => `  ${evaluateCommand({ project, run, dataset, protocol, distance })}`).join('\n')}` },
  );
}

/**
 * Evaluations of the question that all of them answer, of several one with the usual distance and of those the first; else what each has first,
 * for the check to say how they differ. `all`: those of today first, then the newest. `others`: of the first run, what all of them answer as well
 * in another way.
 */
function ofOneQuestion(runIds: readonly string[], all: readonly Evaluation[]): { chosen: Evaluation[]; others: Evaluation[] } {
  const of = (runId: string): Evaluation[] => all.filter((entry) => entry.runId === runId);
  const common = of(runIds[0] as string).filter((first) => runIds.every((runId) => of(runId).some((entry) => questionKey(entry) === questionKey(first))));
  const shared = common.find((entry) => entry.distance === 'cosine') ?? common[0];
  return {
    chosen: runIds.map((runId) => of(runId).find((entry) => shared && questionKey(entry) === questionKey(shared)) ?? (of(runId)[0] as Evaluation)),
    others: common.filter(
      (entry, i) => shared && common.findIndex((one) => requestKey(one) === requestKey(entry)) === i && requestKey(entry) !== requestKey(shared),
    ),
  };
}
