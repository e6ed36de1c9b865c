/**
 * Exporter of labels alone, for a release whose pictures others have or may not have: which tracklets there are, and each value with the stretch of
 * frames it stands on, how it came and whose it is. JSON lines, or CSV tables for spreadsheets.
 * Tests: test/datasets/exporters/annotations.test.ts and the contract suite.
 */
import { z } from 'zod';
import { collectLosses, defineExporter, eachTracklet, type ExportContext, type FileSink, type RecordSource } from '../exporter.ts';

const options = z.object({
  format: z.enum(['jsonl', 'csv']).default('jsonl').meta({
    title: 'Format',
    description: 'jsonl: one JSON document a line, exact; csv: tables, where a cell that a spreadsheet would run begins with an apostrophe',
  }),
});

/** A spreadsheet runs what begins so; an apostrophe before it is taken away again by whoever reads the table, so one that is there gets one, too. */
const RUNS = /^[=+\-@\t\r\0']/;

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const safe = RUNS.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function row(cells: readonly (string | number)[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

async function* lines(source: RecordSource, context: ExportContext): AsyncGenerator<string> {
  const line = (value: Record<string, unknown>): string => `${JSON.stringify(value)}\n`;
  yield line({ kind: 'set', version: 1, name: source.name, licence: source.licence, origin: source.origin });
  for (const camera of await source.cameras()) yield line({ kind: 'camera', ...camera });
  for (const { pid, name, kind } of await source.identities()) yield line({ kind: 'identity', pid, name, is: kind });
  for await (const { tracklet } of eachTracklet(source, 0, context)) {
    const { key, pid, camid, split, frameIndex, annotations } = tracklet;
    yield line({ kind: 'tracklet', tracklet: key, pid, camid, side: split, frames: [...frameIndex] });
    for (const { called, start, end, value, how, layer, annotator } of annotations)
      yield line({ kind: 'value', tracklet: key, field: called, start, end, value, how, layer, annotator });
  }
}

async function* trackletRows(source: RecordSource, context: ExportContext): AsyncGenerator<string> {
  yield row(['tracklet', 'pid', 'camid', 'side', 'frames']);
  for await (const { tracklet } of eachTracklet(source, 0, context)) {
    const { key, pid, camid, split, frameIndex } = tracklet;
    yield row([key, pid, camid, split, frameIndex.join(' ')]);
  }
}

async function* valueRows(source: RecordSource, context: ExportContext): AsyncGenerator<string> {
  yield row(['tracklet', 'field', 'start', 'end', 'value', 'how', 'layer', 'annotator']);
  for await (const { tracklet } of eachTracklet(source, 0, context))
    for (const { called, start, end, value, how, layer, annotator } of tracklet.annotations)
      yield row([tracklet.key, called, start, end, JSON.stringify(value), how, layer, annotator]);
}

export default defineExporter({
  id: 'annotations',
  title: 'Labels alone',
  help: [
    'labels.jsonl, or tables in CSV: cameras, identities, tracklets, and every value with its first and last position in the tracklet (from 0), how it',
    'came about and whose it is. Pictures and boxes stay behind: who has them finds a frame by its tracklet and number.',
  ].join('\n'),
  options,
  importer: null,
  holds: ['tracklets', 'keys', 'sides', 'people', 'kinds', 'identityNames', 'cameras', 'cameraNames', 'frames', 'values', 'how', 'layers', 'annotators'],
  fields: 'all',

  async plan(source, _chosen, context) {
    const losses = collectLosses(source);
    const plan = { tracklets: 0, frames: 0, media: 0 };
    for await (const { tracklet } of eachTracklet(source, 0, context)) {
      plan.tracklets++;
      plan.frames += tracklet.frameIndex.length;
      losses.add('pictures', tracklet.key, 'Pictures and videos stay behind: labels alone are written.');
      if (tracklet.boxes !== null) losses.add('boxes', tracklet.key, 'Boxes have no place among labels.');
      if (tracklet.ignored?.some((flag) => flag !== 0))
        losses.add('ignored', tracklet.key, 'Frames that are marked to be ignored are not marked in this format.');
    }
    return { ...plan, lost: losses.all() };
  },

  async write(source: RecordSource, chosen, sink: FileSink, context) {
    if (chosen.format === 'jsonl') return sink.text('labels.jsonl', lines(source, context));
    await sink.text('cameras.csv', [row(['camid', 'name']), ...(await source.cameras()).map(({ camid, name }) => row([camid, name]))]);
    await sink.text('identities.csv', [row(['pid', 'name', 'kind']), ...(await source.identities()).map(({ pid, name, kind }) => row([pid, name, kind]))]);
    await sink.text('tracklets.csv', trackletRows(source, { ...context, progress: () => undefined }));
    await sink.text('values.csv', valueRows(source, context));
  },
});
