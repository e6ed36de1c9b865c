/** Calls of domain `project`. */
import { basename } from 'node:path';
import type { Handlers } from '../../../src-shared/contract.ts';
import type { HostContext } from '../../host/context.ts';

export function createProjectHandlers(context: HostContext): Pick<Handlers, 'project.info'> {
  const { project, readOnly, db, settings, session, version, notices } = context;
  return {
    'project.info': async () => {
      const meta = await db.read('project', 'meta', null);
      return { name: meta['name'] ?? basename(project.folder), folder: project.folder, readOnly, version, session, annotator: settings.annotator(), notices };
    },
  };
}
