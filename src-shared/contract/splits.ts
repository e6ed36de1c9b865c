/** Split sets: who of a data set is trained on, asks and is searched, in each of the ways it is split. Conventions: contract/index.ts. */
import { z } from 'zod';
import { command, none, query } from './call.ts';

const splitSet = z.object({
  id: z.int(),
  name: z.string(),
  /** 'built': by a user. */
  origin: z.enum(['imported', 'built']),
  createdAt: z.number(),
  /** Grid, statistics, runs and evaluations go by it. */
  isInUse: z.boolean(),
  /** Tracklets a side. */
  counts: z.object({ train: z.int(), query: z.int(), gallery: z.int() }),
  /** Over its members by their keys and sides: equal for equal members. */
  hash: z.string(),
});

export const splitsCalls = {
  'splits.list': query('The split sets of a data set, with counts and hash', z.object({ datasetId: z.int() }), z.array(splitSet), (i) => [
    'Datasets',
    `Dataset:${i.datasetId}`,
  ]),
  'splits.use': command(
    'Use another split set of a data set: grid, statistics, runs and evaluations go by it from then on',
    z.object({ datasetId: z.int(), splitSet: z.int() }),
    none,
    (i) => ['Tracklets', 'Datasets', `Dataset:${i.datasetId}`],
    { undoable: true },
  ),
} as const;

export type SplitSet = z.output<typeof splitSet>;
