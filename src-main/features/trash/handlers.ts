/**
 * Calls of domain `trash`: removed data sets and runs, which stay until they are emptied by hand.
 * Tests: test/main/features/trash.test.ts, test/main/features/removed.test.ts.
 */
import { rm } from 'node:fs/promises';
import { calls, tagsOf, type Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../context.ts';
import { frameFolder } from '../../media/frameFiles.ts';
import { folderBytes } from '../../platform/folderBytes.ts';
import type { RemovedRow } from './table.ts';

export function createTrashHandlers({ db, clock, jobs, project, log }: HostContext): Pick<Handlers, 'trash.list' | 'trash.restore' | 'trash.empty'> {
  const foldersOf = (row: RemovedRow): string[] =>
    row.kind === 'run' ? [project.run(row.id)] : row.media.map(({ id, videoHash }) => frameFolder(project, id, videoHash));

  return {
    'trash.list': async () =>
      Promise.all(
        (await db.read('trash', 'list', null)).map(async (row) => {
          const sizes = await Promise.all(foldersOf(row).map(folderBytes));
          return { kind: row.kind, id: row.id, name: row.name, removedAt: row.removedAt, bytes: sizes.reduce((sum, bytes) => sum + bytes, 0) };
        }),
      ),
    'trash.restore': async (input, { key }) => {
      await db.write('trash', 'bringBack', { ...input, at: clock(), tags: tagsOf(calls['trash.restore'], 'invalidates', input) }, { key });
      await jobs.lookAgain();
      return {};
    },
    'trash.empty': async (_input, { key }) => {
      // Rows first: files without a row are only in the way, a row without files looks like a loss.
      const rows = await db.read('trash', 'list', null);
      for (const row of rows) {
        // The command is done with the last of them: one that was cut short goes on when it is sent again.
        await db.write('trash', 'purge', { kind: row.kind, id: row.id }, { key: row === rows.at(-1) ? key : null });
        for (const folder of foldersOf(row))
          await rm(folder, { recursive: true, force: true }).catch((error: unknown) => log.warn({ folder, err: error }, 'a folder could not be deleted'));
      }
      return {};
    },
  };
}
