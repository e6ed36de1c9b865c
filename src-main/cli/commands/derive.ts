/** `tracklet derive <name> --project P --of D [--of D2 …] [--filter '<json>']` */
import { AppError } from '../../../src-shared/errors.ts';
import { defineCommand, required, UsageError } from '../command.ts';
import { findDataset, withProject } from '../project.ts';

export default defineCommand({
  id: 'derive',
  positionals: ['<name>'],
  summary: 'Make a data set of others: a subset of one, or a union of several; nothing is copied',
  options: {
    project: { type: 'string', value: 'dir', help: 'the project' },
    of: { type: 'string', multiple: true, value: 'name', help: 'the data set it is made of; of a union, each of them' },
    filter: { type: 'string', value: 'json', help: 'of a subset: which tracklets, such as {"splits":["query"],"length":{"min":8,"max":1000}}; default: all' },
  },
  async run(args, io) {
    const name = args.positionals[0] as string;
    const wanted = (args.values['of'] as string[] | undefined) ?? [];
    const filter = readFilter(args.values['filter']);
    if (wanted.length === 0) throw new UsageError('--of is missing: name the data set that it is made of.');
    if (wanted.length > 1 && filter !== undefined) throw new UsageError('A union takes all tracklets of its data sets: --filter goes with one --of.');
    await withProject(required(args, 'project'), io, async (client) => {
      const of: number[] = [];
      for (const one of wanted) of.push(await findDataset(client, one));
      const recipe = of.length > 1 ? { kind: 'union', of } : { kind: 'subset', of: of[0], filter: filter ?? {} };
      const { id, tracklets } = await client.call('datasets.derive', { name, recipe });
      const made = (await client.call('datasets.list', {})).find((dataset) => dataset.id === id);
      if (!made?.recipe) throw new AppError('NOT_FOUND', `The data set "${name}" was made, and is not there any more.`, { datasetId: id });
      if (io.json) return io.out(JSON.stringify({ dataset: made.name, id, tracklets, recipe: made.recipe }));
      io.out(`${made.name} (${made.recipe.title}): ${made.identities} identities, ${made.cameras} cameras, ${tracklets} tracklets, ${made.frames} frames`);
    });
  },
});

function readFilter(text: unknown): Record<string, unknown> | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const read = JSON.parse(text) as unknown;
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return read as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new UsageError('--filter is no JSON object, such as {"splits":["query"]}.');
}
