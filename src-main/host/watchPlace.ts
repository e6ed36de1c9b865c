/**
 * Tells every page when the open project is taken out of its place, and when it is back; makes a lock file anew that was deleted. Writes look for
 * themselves (`db/place.ts`): this is for whoever only looks on. Test: test/main/host/moved.test.ts.
 */
import type { ProjectDatabase } from '../features/database.ts';
import type { ProjectLock } from '../db/projectLock.ts';
import type { Log } from '../platform/log.ts';
import type { HostEvents } from '../features/context.ts';

const LOOK_EVERY_MS = 2000;

export interface PlaceWatchParts {
  db: Pick<ProjectDatabase, 'place' | 'look'>;
  lock: Pick<ProjectLock, 'isInPlace' | 'retake'>;
  folder: string;
  events: HostEvents;
  log: Log;
  /** Calls back once after so many milliseconds; returns what cancels it. */
  after(ms: number, call: () => void): () => void;
}

/** Returns what ends it. */
export function watchPlace({ db, lock, folder, events, log, after }: PlaceWatchParts): () => void {
  let said: string | null = null;
  let isOver = false;
  let cancel = after(LOOK_EVERY_MS, look);

  function look(): void {
    cancel = after(LOOK_EVERY_MS, look);
    tell();
    // The bytes of the files are looked at by another thread.
    void db.look().then(tell);
  }
  function tell(): void {
    if (isOver) return;
    const problem = db.place.problem();
    if (problem === null && !lock.isInPlace() && lock.retake()) log.warn({ folder }, 'the lock file of the project was deleted and made again');
    const now = problem?.message ?? null;
    if (now === said) return;
    said = now;
    log.warn({ folder, problem: now }, 'the place of the project changed');
    // For a page that is loaded later.
    events.changed(['Project'], null);
    if (problem) events.emit('notice', { code: problem.code, message: problem.message, remedy: problem.remedy });
    else {
      events.emit('notice', { code: 'PROJECT_BACK', message: `The project ${folder} is back in its place.`, remedy: 'What waited is saved now.' });
      // What was read meanwhile may have been missing.
      events.changed(['Tracklets', 'Datasets', 'Runs', 'Jobs'], null);
    }
  }
  return () => {
    isOver = true;
    cancel();
  };
}
