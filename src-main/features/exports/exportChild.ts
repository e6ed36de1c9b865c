/** The export child: writes files for the host, which stays quick meanwhile. Opens no database. Test: test/main/features/exports/exports.test.ts. */
import { chosenOptions } from '../../../datasets/chosenOptions.ts';
import type { ExportContext } from '../../../datasets/exporter.ts';
import { runChildProgram } from '../../jobs/childProgram.ts';
import { createDiskSink } from './diskSink.ts';
import { exporterOf } from './exporters.ts';
import type { ExportDone, ExportTask, FromExportChild } from './exportProtocol.ts';
import { withFormats } from './fitting.ts';
import { openRecords } from './recordFile.ts';

const PROGRESS_INTERVAL = 100;

runChildProgram<ExportTask, FromExportChild>(async (task, { send, signal }): Promise<ExportDone> => {
  const exporter = await exporterOf(task.exporter);
  const options = chosenOptions('exporter', exporter, task.options);
  const source = await openRecords(task.records);
  let saidAt = -Infinity;
  const context: ExportContext = {
    signal,
    progress(done, _total, message) {
      const now = performance.now();
      if (now - saidAt < PROGRESS_INTERVAL && done < source.total) return;
      saidAt = now;
      send({ type: 'progress', done, total: source.total, unit: 'tracklets', message });
    },
  };
  const plan = await exporter.plan(source, options as never, context);
  for (const { message, count, where } of plan.lost) send({ type: 'log', level: 'info', text: `${message} (${count}: ${where})` });
  if (task.folder === null) return { ...plan, written: null };
  const sink = createDiskSink(task.folder, task.roots, task.links);
  try {
    await exporter.write(source, options as never, sink, context);
  } catch (error) {
    throw plan.tracklets === 0 ? await withFormats(error, source, signal) : error;
  }
  return { ...plan, written: sink.written() };
});
