/**
 * What every domain gets from the host: the project, its database, events, jobs, settings, paths, clock and log.
 * Made once by host.ts; handlers are `create<Domain>Handlers(context)`.
 */
import type { Events, EventName } from '../../src-shared/contract/index.ts';
import type { Backups } from './backups/service.ts';
import type { JobQueue } from '../jobs/queue.ts';
import type { MediaContext } from '../media/context.ts';
import type { KnownProject } from '../platform/knownProject.ts';
import type { ProjectFolder } from '../platform/projectFolder.ts';
import type { Turns } from '../platform/turns.ts';
import type { ProjectDatabase } from './database.ts';
import type { Windows } from './history/windows.ts';

export type { ProjectFolder };

export interface HostEvents {
  emit<N extends EventName>(event: N, payload: Events[N]): void;
  /** Tells every client to drop what depends on the tags; `origin` is the client that caused it. */
  changed(tags: string[], origin: string | null): void;
  /** For parts of the host itself; clients have their own way. */
  on<N extends EventName>(event: N, listener: (payload: Events[N]) => void): () => void;
}

export interface ReadOnly {
  /** To complete "because …". */
  reason: string;
  /** What helps, where it is not to copy the project to where it can be written. */
  remedy: string | null;
  /** Which rows are left out, as a sentence without its end; null: none. */
  leftOut: string | null;
}

export interface HostContext extends MediaContext {
  db: ProjectDatabase;
  /** What the user has chosen for it on this machine. */
  known: KnownProject;
  /** Open for looking only: no command and no job is taken. */
  readOnly: ReadOnly | null;
  events: HostEvents;
  jobs: JobQueue;
  backups: Backups;
  /** What every client should know from the start, such as what could not be read at opening. */
  notices: Events['notice'][];
  /** Milliseconds since 1970. */
  clock(): number;
  windows: Windows;
  /** One at a time, in the order asked for: commands, starts of jobs, and what else looks at the project and then acts by it. */
  turns: Turns;
  /** Random for each start of the host. */
  session: string;
  /** Version of the program. */
  version: string;
}
