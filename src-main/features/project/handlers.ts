/** Calls of domain `project`.Test: test/main/features/plainHandlers.test.ts. */
import { basename } from 'node:path';
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../context.ts';

export function createProjectHandlers(context: HostContext): Pick<Handlers, 'project.info'> {
  const { project, readOnly, db, settings, session, version, notices } = context;
  return {
    'project.info': async () => {
      const problem = db.place.problem();
      const meta = await db.read('project', 'meta', null).catch((error: unknown): Record<string, string> => {
        // Of files that were overwritten nothing can be read, but that it is so can be told.
        if (problem === null) throw error;
        return {};
      });
      return {
        name: meta['name'] ?? basename(project.folder),
        folder: project.folder,
        readOnly,
        moved: problem && { message: problem.message, remedy: problem.remedy },
        version,
        session,
        annotator: settings.annotator(),
        notices,
      };
    },
  };
}
