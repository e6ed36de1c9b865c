/** Writing data sets in formats of the field. Conventions: contract/index.ts. */
import { z } from 'zod';
import { job, jobStarted, none, path, query } from './call.ts';

/** What would be written, and what of the data set has no place in the format. */
const exportPlan = z.object({
  tracklets: z.int(),
  frames: z.int(),
  /** Pictures and videos. */
  media: z.int(),
  lost: z.array(z.object({ aspect: z.string(), message: z.string(), where: z.string(), count: z.int() })),
});

const what = {
  id: z.int(),
  exporter: z.string().max(100),
  options: z.record(z.string(), z.unknown()),
};

export const exportsCalls = {
  'exporters.list': query(
    'Known exporters, with what each can hold',
    none,
    z.array(
      z.object({
        id: z.string(),
        title: z.string(),
        help: z.string(),
        /** The importer that reads it back. */
        importer: z.string().nullable(),
        holds: z.array(z.string()),
        /** null: values of every field. */
        fields: z.array(z.string()).nullable(),
        optionsSchema: z.record(z.string(), z.unknown()),
        defaults: z.record(z.string(), z.unknown()),
      }),
    ),
    [],
  ),
  'exports.preview': query(
    'What an export of a data set would write and lose; with `to`, whether that folder may be written',
    z.object({ ...what, to: path.min(1).nullable() }),
    exportPlan,
    [],
  ),
  'exports.start': job(
    'Write a data set into a new folder in a format of the field',
    z.object({ ...what, to: path.min(1), links: z.enum(['copy', 'link']) }),
    jobStarted,
  ),
  'exports.result': query(
    'What an export job that is done has written',
    z.object({ jobId: z.int() }),
    exportPlan.extend({ to: z.string(), files: z.int(), bytes: z.number() }),
    [],
  ),
} as const;
