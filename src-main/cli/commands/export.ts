/** `tracklet export --project P --dataset D --as <exporter> --to <path>` */
import { resolve } from 'node:path';
import type { Output } from '../../../src-shared/contract/index.ts';
import { defineCommand, required, settings } from '../command.ts';
import { findDataset, stoppable, waitForJob, withProject } from '../project.ts';

export default defineCommand({
  id: 'export',
  positionals: [],
  summary: 'Write a data set in a format of the field',
  options: {
    project: { type: 'string', value: 'dir', help: 'the project' },
    dataset: { type: 'string', value: 'name', help: 'the data set' },
    as: { type: 'string', value: 'exporter', help: 'the format: image-folder, mot, annotations' },
    to: { type: 'string', value: 'dir', help: 'a folder that is not there yet, or empty' },
    set: { type: 'string', multiple: true, value: 'key=value', help: 'an option of the exporter; may be repeated' },
    link: { type: 'boolean', help: 'pictures become second names of the same bytes, not copies: who changes one changes both' },
    'dry-run': { type: 'boolean', help: 'only say what would be written, and what would be lost' },
  },
  async run(args, io) {
    const [exporter, to] = [required(args, 'as'), resolve(required(args, 'to'))];
    const options = settings(args);
    await withProject(required(args, 'project'), io, async (client) => {
      const id = await findDataset(client, required(args, 'dataset'));
      if (args.values['dry-run'] === true) {
        const plan = await client.call('exports.preview', { id, exporter, options, to });
        if (io.json) return io.out(JSON.stringify({ ...plan, exporter, to, dryRun: true }));
        io.out(`Would write ${countsOf(plan)} to ${to}.`);
        for (const line of lossesOf(plan)) io.out(line);
        return;
      }
      const { jobId } = await stoppable(io, () =>
        client.call('exports.start', { id, exporter, options, to, links: args.values['link'] === true ? 'link' : 'copy' }),
      );
      await waitForJob(client, jobId, io);
      const result = await client.call('exports.result', { jobId });
      if (io.json) return io.out(JSON.stringify({ ...result, exporter, dryRun: false }));
      io.out(`Wrote ${countsOf(result)} to ${result.to}: ${result.files} files, ${result.bytes} bytes.`);
      for (const line of lossesOf(result)) io.out(line);
    });
  },
});

function countsOf({ tracklets, frames, media }: Output<'exports.preview'>): string {
  return `${tracklets} tracklets of ${frames} frames, with ${media} pictures and videos,`;
}

function lossesOf({ lost }: Output<'exports.preview'>): string[] {
  if (lost.length === 0) return ['Nothing of the data set is lost.'];
  return [
    'What has no place in this format:',
    ...lost.map(({ message, count, where }) => `  ${message.replace(/\.$/, '')} (${count === 1 ? '' : `${count}: `}${where}).`),
  ];
}
