/**
 * An export, and what one would do: the host reads the records into a file, a child makes files of them. Test: test/main/features/exports/exports.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError, cancelled } from '../../../src-shared/errors.ts';
import { supervise } from '../../jobs/supervisor.ts';
import type { JobTools } from '../../jobs/queue.ts';
import type { HostContext } from '../context.ts';
import type { ExportDone, ExportLinks, ExportTask, FromExportChild } from './exportProtocol.ts';
import { writeRecords } from './recordFile.ts';
import type { ExportHead, StoredItem } from './table.ts';
import { intoFolder, refuseTarget } from './target.ts';

export interface ExportParams {
  datasetId: number;
  exporter: string;
  options: Record<string, unknown>;
  to: string;
  links: ExportLinks;
}

type Parts = Pick<HostContext, 'db' | 'project'>;
type Tools = Pick<JobTools, 'signal' | 'progress' | 'log'>;

const SCRIPT = new URL('./exportChild.ts', import.meta.url);
/** Gone at the next start, as are those of tasks. */
const FOLDER = 'cache/tasks';
/** Tracklets of one read: some thousand frames, of which neither reader nor host is busy for long. */
const AT_ONCE = 100;

/** `to` null: only what would be written. @throws NOT_FOUND, and whatever is wrong with the target */
export async function runExport(context: Parts, { to, ...params }: Omit<ExportParams, 'to'> & { to: string | null }, tools: Tools): Promise<ExportDone> {
  const head = await headOf(context, params.datasetId);
  const roots = Object.fromEntries(head.roots.map(({ root }) => [root, context.project.root(root)]));
  if (to === null) return exported(context, { ...params, roots, folder: null }, tools);
  await checkTarget(context, params.datasetId, to);
  return intoFolder(to, (folder) => exported(context, { ...params, roots, folder }, tools));
}

export async function checkTarget(context: Parts, datasetId: number, to: string): Promise<void> {
  const { project } = context;
  const { roots } = await headOf(context, datasetId);
  const others = await context.db.read('exports', 'sources', {});
  await refuseTarget(resolve(to), [
    { folder: project.folder, what: 'the project' },
    ...[...roots.map(({ root, name }) => ({ folder: project.root(root), name })), ...others.flatMap((other) => chosenSource(project, other))].map(
      ({ folder, name }) => ({ folder, what: `the folder that "${name}" was imported from` }),
    ),
  ]);
}

/** None where its folder was not chosen on this machine: then it is not its source here, whatever a row says. */
function chosenSource(project: HostContext['project'], { root, name }: { root: string; name: string }): { folder: string; name: string }[] {
  try {
    return [{ folder: project.root(root), name }];
  } catch (error) {
    if (error instanceof AppError && error.code !== 'PROJECT_MOVED') return [];
    throw error;
  }
}

async function headOf({ db }: Parts, datasetId: number): Promise<ExportHead> {
  const head = await db.read('exports', 'head', { datasetId });
  if (!head) throw new AppError('NOT_FOUND', `There is no data set ${datasetId}.`, { datasetId });
  return head;
}

async function exported(context: Parts, { datasetId, ...task }: Omit<ExportTask, 'records'> & { datasetId: number }, tools: Tools): Promise<ExportDone> {
  const { project } = context;
  const folder = project.file(FOLDER);
  await project.makeFolder(folder);
  const records = join(folder, `export-${randomUUID()}`);
  try {
    // An update of its source may be stored between two reads.
    for (let now = await headOf(context, datasetId), written = ''; written !== now.contentHash; now = await headOf(context, datasetId)) {
      await writeRecords(records, now, parts(context, datasetId, tools.signal));
      written = now.contentHash;
    }
    return (await supervise<FromExportChild>({
      script: SCRIPT,
      task: { ...task, records } satisfies ExportTask,
      signal: tools.signal,
      // It has nothing to keep: a folder that is not whole is deleted.
      grace: { word: 1000, term: 1000 },
      onMessage(message) {
        if (message.type === 'progress') tools.progress(message.done, message.total, message.unit, message.message);
        else tools.log(message.level, message.text);
      },
      onOutput: (line) => tools.log('warn', line),
    })) as ExportDone;
  } finally {
    await rm(records, { force: true });
  }
}

async function* parts({ db }: Parts, datasetId: number, signal: AbortSignal): AsyncGenerator<StoredItem[]> {
  for (let after = 0; ;) {
    if (signal.aborted) throw cancelled();
    const found = await db.read('exports', 'items', { datasetId, after, most: AT_ONCE });
    const last = found.at(-1);
    if (!last) return;
    yield found;
    after = last.id;
  }
}
