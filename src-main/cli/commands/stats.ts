/** `tracklet stats --project P --dataset D` */
import type { OcclusionTable } from '../../../src-shared/contract/datasets.ts';
import { defineCommand, required } from '../command.ts';
import { findDataset, withProject } from '../project.ts';

export default defineCommand({
  id: 'stats',
  positionals: [],
  summary: 'The two occlusion tables and counts of a data set',
  options: { project: { type: 'string', value: 'dir', help: 'the project' }, dataset: { type: 'string', value: 'name', help: 'the data set' } },
  async run(args, io) {
    await withProject(required(args, 'project'), io, async (client) => {
      const id = await findDataset(client, required(args, 'dataset'));
      const statistics = await client.call('datasets.statistics', { id });
      if (io.json) return io.out(JSON.stringify(statistics));
      io.out(table('Tracklets (%) by share of occluded frames', statistics.trackletsByHiddenShare));
      io.out(table('Occluded frames (%) by occluded area', statistics.framesByHiddenArea));
      io.out(`${statistics.framesWithValue} of ${statistics.frames} frames have a value`);
    });
  },
});

function table(title: string, occlusion: OcclusionTable): string {
  const cells = (values: string[]): string => values.map((value) => value.padStart(9)).join('');
  const lines = [title, cells(['', ...occlusion.bins.map((bin) => bin.label), 'sum', 'n'])];
  for (const row of occlusion.rows) {
    lines.push(cells([row.split, ...row.percent.map((value) => value.toFixed(1)), row.sum.toFixed(1), String(row.n)]));
    if (row.warning) lines.push(`          ${row.warning}`);
  }
  return `${lines.join('\n')}\n`;
}
