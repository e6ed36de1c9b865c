/** What imports ask of a host, on tables in the test's own thread: what they tell the rest of it is written down. */
import type { HostContext } from '../../src-main/features/context.ts';
import { projectFolder } from '../../src-main/platform/projectFolder.ts';
import { tablesHere, type TablesHere } from './tablesHere.ts';

export interface ImportContext {
  here: TablesHere;
  context: Omit<HostContext, 'jobs'>;
  /** Roots that were chosen, data sets that were compared, events and backups, in their order. */
  told: unknown[];
  tools: { signal: AbortSignal; progress(...said: unknown[]): void; log(...said: unknown[]): void; setDataset(id: number): void };
  /** What the job said: lines of its log, and progress as `[done, total, unit, message]`. */
  said: { log: unknown[]; progress: unknown[] };
  abort: AbortController;
  [Symbol.dispose](): void;
}

export async function importContext(): Promise<ImportContext> {
  const here = await tablesHere();
  const told: unknown[] = [];
  const said: ImportContext['said'] = { log: [], progress: [] };
  const abort = new AbortController();
  const context = {
    db: here.db,
    project: projectFolder(here.folder, { isChosen: () => true }),
    known: { addRoot: async (folder: string) => void told.push(['root', folder]) },
    changedPictures: { forget: (id: number) => void told.push(['forget', id]) },
    missingPictures: { forget: (id: number) => void told.push(['forget missing', id]) },
    events: { changed: (tags: string[], origin: string | null) => void told.push(['changed', tags, origin]) },
    backups: {
      make: async (reason: string) => {
        told.push(['backup', reason]);
        return { id: 'kept', at: 60_000 };
      },
    },
    clock: () => 500,
    paths: { home: here.folder, provisioned: here.folder },
    settings: { get: () => null },
  } as unknown as Omit<HostContext, 'jobs'>;
  return {
    here,
    context,
    told,
    said,
    abort,
    tools: {
      signal: abort.signal,
      progress: (...now) => void said.progress.push(now),
      log: (...line) => void said.log.push(line),
      setDataset: (id) => void told.push(['dataset', id]),
    },
    [Symbol.dispose]: () => here[Symbol.dispose](),
  };
}
