/** `tracklet compare --runs A B … --project P --dataset D` */
import type { Evaluation } from '../../../src-shared/entities.ts';
import { protocolHelp, protocolNamed } from '../../../src-shared/protocols/index.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { defineCommand, list, required, text, UsageError } from '../command.ts';
import { findDataset, findRun, withProject } from '../project.ts';

export default defineCommand({
  id: 'compare',
  positionals: ['[run]…'],
  summary: 'Paired differences of evaluated runs, with 95 % intervals',
  options: {
    project: { type: 'string', value: 'dir', help: 'the project' },
    runs: { type: 'string', multiple: true, value: 'name', help: 'runs, the first is the reference; more names may follow' },
    dataset: { type: 'string', value: 'name', help: 'the data set' },
    protocol: { type: 'string', value: 'name', help: `${protocolHelp}; where there are several` },
  },
  async run(args, io) {
    const names = [...list(args, 'runs'), ...args.positionals];
    if (names.length < 2) throw new UsageError('--runs needs at least two runs.');
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw new UsageError(`--runs names ${twice} twice; a run compared with itself says nothing.`);
    const named = text(args, 'protocol');
    const protocol = named === null ? null : protocolNamed(named);
    await withProject(required(args, 'project'), io, async (client) => {
      const datasetId = await findDataset(client, required(args, 'dataset'));
      const all = await client.call('evaluations.list', { datasetId });
      const chosen: Evaluation[] = [];
      for (const name of names) {
        const runId = await findRun(client, name);
        const found = all.find((entry) => entry.runId === runId && (protocol === null || entry.protocol === protocol));
        if (!found)
          throw new AppError(
            'NOT_FOUND',
            `${name} has no evaluation on this data set${protocol ? ` under ${protocol}` : ''}. Run "tracklet evaluate --run ${name}" first.`,
            { run: name },
          );
        chosen.push(found);
      }
      const [reference] = chosen as [Evaluation, ...Evaluation[]];
      const { differences } = await client.call('compare.load', { evaluationIds: chosen.map((entry) => entry.id), reference: reference.id });
      const name = (id: number): string => chosen.find((entry) => entry.id === id)?.runName ?? String(id);
      if (io.json)
        return io.out(JSON.stringify({ reference: reference.runName, differences: differences.map((row) => ({ ...row, a: name(row.a), b: name(row.b) })) }));
      const points = (value: number): string => `${value >= 0 ? '+' : '−'}${Math.abs(100 * value).toFixed(1)}`;
      for (const row of differences) {
        io.out(
          `${name(row.b)} − ${name(row.a)}: mAP ${points(row.mAP)} (95 % ${points(row.mAPLow)} to ${points(row.mAPHigh)}), rank-1 ${points(row.rank1)}, only ${name(row.a)} right ${row.onlyA}, only ${name(row.b)} right ${row.onlyB}, McNemar p ${row.mcnemarP.toPrecision(2)}, n ${row.n}`,
        );
      }
    });
  },
});
