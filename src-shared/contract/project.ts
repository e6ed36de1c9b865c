/** The open project, the settings of its user, and the files that can be chosen. Conventions: contract/index.ts. */
import { z } from 'zod';
import { command, none, path, query } from './call.ts';

const projectInfo = z.object({
  name: z.string(),
  /** Absolute folder, for display only. */
  folder: z.string(),
  /** Open for looking only, with the reason to complete "because …", and what helps where a copy of the folder would not; null: it can be changed. */
  readOnly: z
    .object({
      reason: z.string(),
      remedy: z.string().nullable(),
      /** The sentence on rows that hold what cannot be, where there are some: whatever is told of the project is told without them. */
      leftOut: z.string().nullable(),
    })
    .nullable(),
  /** Why nothing is kept just now, since the project is not in its place; null while it is. */
  moved: z.object({ message: z.string(), remedy: z.string() }).nullable(),
  version: z.string(),
  /** Changes with every open; lets a page see that the host restarted. */
  session: z.string(),
  annotator: z.string(),
  /** What everyone who opens the project should know, such as that something could not be read. */
  notices: z.array(z.object({ code: z.string(), message: z.string(), remedy: z.string() })),
});

export const projectCalls = {
  'project.info': query('The open project', none, projectInfo, ['Project']),
  'settings.get': query('Settings of this user: theme, key bindings, annotator name', none, z.record(z.string(), z.unknown()), ['Settings']),
  'settings.set': command('Change one setting; null removes it', z.object({ key: z.string().max(100), value: z.unknown() }), none, ['Settings', 'Project']),
  'files.browse': query(
    'Folders and files of the machine, for choosing a path where there is no native dialog',
    z.object({ path: path.nullable() }),
    z.object({
      path: z.string(),
      parent: z.string().nullable(),
      entries: z.array(z.object({ name: z.string(), path: z.string(), kind: z.enum(['file', 'folder']) })),
    }),
    [],
  ),
} as const;

export type ProjectInfo = z.output<typeof projectInfo>;
