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
  async function filesOf({ kind, id, media }: RemovedRow): Promise<string[]> {
    const features = (await db.read('evaluations', 'featureFilesOf', { kind, id })).map((path) => project.file(path));
    return [...(kind === 'run' ? [project.run(id)] : media.map((one) => frameFolder(project, one.id, one.videoHash))), ...features];
  }

  return {
    'trash.list': async () =>
      Promise.all(
        (await db.read('trash', 'list', null)).map(async (row) => {
          const sizes = await Promise.all((await filesOf(row)).map(folderBytes));
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
        const files = await filesOf(row);
        // The command is done with the last of them: one that was cut short goes on when it is sent again.
        await db.write('trash', 'purge', { kind: row.kind, id: row.id }, { key: row === rows.at(-1) ? key : null });
        for (const path of files)
          await rm(path, { recursive: true, force: true }).catch((error: unknown) => log.warn({ path, err: error }, 'what was removed could not be deleted'));
      }
      return {};
    },
  };
}
