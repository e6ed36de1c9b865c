/** `tracklet import <path> --project P` */
import { resolve } from 'node:path';
import type { Output } from '../../../src-shared/contract.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { defineCommand, required, settings, text } from '../command.ts';
import { waitForJob, withProject } from '../project.ts';

export default defineCommand({
  id: 'import',
  positionals: ['<path>'],
  summary: 'Import a data set',
  options: {
    project: { type: 'string', value: 'dir', help: 'the project' },
    as: { type: 'string', value: 'importer', help: 'importer by name; default: the one that recognises the folder best' },
    name: { type: 'string', value: 'text', help: 'name of the data set' },
    set: { type: 'string', multiple: true, value: 'key=value', help: 'an option of the importer; may be repeated' },
    strict: { type: 'boolean', help: 'refuse instead of leaving out what is bad' },
    'dry-run': { type: 'boolean', help: 'only say what would be imported' },
  },
  async run(args, io) {
    const path = resolve(args.positionals[0] ?? '');
    await withProject(required(args, 'project'), io, async (client) => {
      if (args.values['dry-run'] === true) {
        const found = await client.call('imports.probe', { path });
        if (found.length === 0) throw new AppError('IMPORT_UNRECOGNISED', `No importer recognises ${path}.`, { path });
        io.out(io.json ? JSON.stringify({ importers: found }) : found.map(describeProbe).join('\n'));
        return;
      }
      const before = new Set((await client.call('datasets.list', {})).map((dataset) => dataset.id));
      const { jobId } = await client.call('imports.start', {
        path,
        importer: text(args, 'as'),
        options: settings(args),
        name: text(args, 'name'),
        strict: args.values['strict'] === true,
      });
      const job = await waitForJob(client, jobId, io);
      if (job.datasetId === null) throw new AppError('INTERNAL', 'The import ended without a data set.');
      const detail = await client.call('datasets.get', { id: job.datasetId });
      const result = {
        dataset: detail.name,
        id: detail.id,
        identities: detail.identities,
        cameras: detail.cameras,
        tracklets: detail.tracklets,
        frames: detail.frames,
        splits: detail.splits,
        validQueries: detail.validQueries,
        warnings: detail.warnings,
        alreadyImported: before.has(detail.id),
      };
      if (io.json) io.out(JSON.stringify(result));
      else {
        io.out(
          `${result.dataset}: ${result.identities} identities, ${result.cameras} cameras, ${result.tracklets} tracklets, ${result.frames} frames${result.alreadyImported ? ' (was there already)' : ''}`,
        );
        for (const warning of result.warnings) io.note(`${warning.where}: ${warning.message}${warning.count > 1 ? ` (${warning.count} times)` : ''}`);
      }
    });
  },
});

/** What an importer found, and what it takes for granted, with the option that changes it. */
function describeProbe({ importer, summary, guesses }: Output<'imports.probe'>[number]): string {
  const lines = guesses.flatMap(({ option, value, why, examples }) => [
    `  ${why} To change it: --set ${option}=…, now ${option}=${String(value)}.`,
    ...examples.map(({ file, reads }) => `    ${file} → ${reads}`),
  ]);
  return [`${importer}: ${summary}`, ...lines].join('\n');
}
