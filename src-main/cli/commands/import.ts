/** `tracklet import <path> --project P` */
import { resolve } from 'node:path';
import type { Output } from '../../../src-shared/contract/index.ts';
import type { UpdateOutcome } from '../../../src-shared/contract/imports.ts';
import { changeText } from '../../../src-shared/sourceChange.ts';
import { outcomeSentences } from '../../../src-shared/updateOutcome.ts';
import { warningText } from '../../../datasets/warnings.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { defineCommand, required, settings, text, UsageError, type CommandIo } from '../command.ts';
import { stoppable, waitForJob, withProject } from '../project.ts';

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
    update: { type: 'boolean', help: 'take over what changed in a source that is in the project already; labels stay with their pictures' },
    anyway: { type: 'boolean', help: 'with --update: also from a folder that looks like another one' },
    add: { type: 'boolean', help: 'import a source that has changed as another data set' },
    'dry-run': { type: 'boolean', help: 'only say what would be imported' },
  },
  async run(args, io) {
    const path = resolve(args.positionals[0] ?? '');
    const given = { path, importer: text(args, 'as'), options: settings(args), strict: args.values['strict'] === true };
    if (args.values['update'] === true && args.values['add'] === true) throw new UsageError('Take --update or --add, not both.');
    if (args.values['anyway'] === true && args.values['update'] !== true) throw new UsageError('--anyway goes with --update.');
    const changed = args.values['update'] === true ? 'update' : args.values['add'] === true ? 'add' : undefined;
    await withProject(required(args, 'project'), io, async (client) => {
      if (args.values['dry-run'] === true) {
        const {
          name,
          options: _options,
          alreadyImported,
          everyPicture: _every,
          earlier: _earlier,
          ...found
        } = await client.call('imports.preview', { ...given, quick: false });
        say(
          { ...found, dataset: text(args, 'name') ?? name, alreadyImported: alreadyImported !== null, updated: false, outcome: null },
          io,
          alreadyImported === null ? 'would be imported' : 'was there already',
        );
        return;
      }
      const { jobId } = await stoppable(io, () =>
        client.call('imports.start', {
          ...given,
          name: text(args, 'name'),
          ...(changed ? { changed } : {}),
          ...(changed === 'update' && args.values['anyway'] !== true ? { refuseOther: true } : {}),
        }),
      );
      await waitForJob(client, jobId, io).catch((error: unknown) => {
        throw withSwitches(error);
      });
      const { dataset, alreadyImported, updated, changed: change, outcome } = await client.call('imports.result', { jobId });
      const detail = await client.call('datasets.get', { id: dataset });
      const { id, name, importer, identities, cameras, tracklets, frames, splits, validQueries, warnings, files, guesses } = detail;
      const counts = { identities, cameras, tracklets, frames, splits, validQueries, warnings };
      say(
        { dataset: name, id, importer, ...counts, files, guesses, changed: change, alreadyImported, updated, outcome },
        io,
        alreadyImported ? 'was there already' : updated ? 'updated' : 'imported',
      );
    });
  },
});

/** What an import did or would do; more keys are printed as they are. */
interface Report extends Pick<
  Output<'imports.preview'>,
  'importer' | 'identities' | 'cameras' | 'tracklets' | 'frames' | 'splits' | 'warnings' | 'guesses' | 'changed'
> {
  dataset: string;
  /** Of the data set; a dry run makes none. */
  id?: number;
  validQueries?: Record<string, number>;
  /** Of a dry run: those that the source names beside the first. */
  splitSets?: Output<'imports.preview'>['splitSets'];
  files: Output<'imports.preview'>['files'] | null;
  alreadyImported: boolean;
  updated: boolean;
  outcome: UpdateOutcome | null;
}

function say(report: Report, io: CommandIo, what: string): void {
  if (io.json) return io.out(JSON.stringify(report));
  const { dataset, identities, cameras, tracklets, frames, files, guesses, warnings, changed, importer } = report;
  io.out(`${dataset} (${importer}), ${what}: ${identities} identities, ${cameras} cameras, ${tracklets} tracklets, ${frames} frames`);
  for (const { name, splits } of report.splitSets ?? [])
    io.out(
      `Split set "${name}": ${
        Object.entries(splits)
          .map(([side, n]) => `${n} ${side}`)
          .join(', ') || 'no members'
      }.`,
    );
  if (files) io.out(`Of ${files.seen} files, ${files.used} are used and ${files.leftOut} left out.`);
  for (const { option, value, why, examples } of guesses) {
    io.out(`${why} To change it: --set ${option}=…, now ${option}=${String(value)}.`);
    for (const { file, reads } of examples) io.out(`  ${file} → ${reads}`);
  }
  if (changed?.isElsewhere) io.out(`Since it was imported as "${changed.name}": ${changeText(changed)}.`);
  else if (changed) {
    const { pictures: p, tracklets: t } = changed;
    io.out(
      `Since it was imported as "${changed.name}": pictures changed ${p.changed}, added ${p.added}, removed ${p.removed}; tracklets added ${t.added}, removed ${t.removed}, renamed ${t.renamed}.`,
    );
  }
  if (report.outcome) for (const sentence of outcomeSentences(report.outcome)) io.out(sentence);
  // A job that read the source has said its warnings already.
  if (report.id === undefined || report.alreadyImported) for (const warning of warnings) io.note(`Warning: ${warningText(warning)}`);
}

/** The remedy in the words of the command line. */
function withSwitches(error: unknown): unknown {
  if (!(error instanceof AppError) || error.code !== 'SOURCE_CHANGED') return error;
  return new AppError(error.code, error.message, error.params, {
    cause: error,
    remedy:
      error.params['isOtherFolder'] === true
        ? 'Name the folder that it was imported from. To take this one over all the same, add --anyway; to import it as another data set, use --add.'
        : 'Take the changes over with --update: labels stay with the pictures they were given for. Or import it as another data set with --add.',
  });
}
