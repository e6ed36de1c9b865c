/**
 * One program a project: the file `lock` names the process that has it open. A lock whose process is gone is taken over; a process id
 * that was given to another program since is told apart by its start time. Test: test/main/host/project.test.ts.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';

interface Holder {
  pid: number;
  /** Start of the process in the kernel's ticks, where it can be had. */
  started: string | null;
  since: number;
}

export interface ProjectLock {
  release(): void;
}

export function lockProject(folder: string, now: number): ProjectLock {
  const file = join(folder, 'lock');
  const own = JSON.stringify({ pid: process.pid, started: startOf(process.pid), since: now } satisfies Holder);
  for (let attempt = 0; ; attempt++) {
    if (create(file, own)) break;
    const holder = readHolder(file);
    if (holder === 'gone') continue;
    if (attempt > 5 || (holder !== 'damaged' && isAlive(holder))) {
      const pid = holder === 'damaged' ? 0 : holder.pid;
      throw new AppError('PROJECT_LOCKED', `The project ${folder} is open in another program (process ${pid}).`, { folder, pid });
    }
    takeAway(file, holder === 'damaged' ? null : holder);
  }
  return {
    release() {
      try {
        if (readFileSync(file, 'utf8') === own) rmSync(file);
      } catch {
        // Already gone: nothing to release.
      }
    },
  };
}

function create(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new AppError('FILE_UNREADABLE', `The project folder cannot be written: ${file}.`, { file }, { cause: error });
  }
}

function readHolder(file: string): Holder | 'gone' | 'damaged' {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return 'gone';
  }
  try {
    const holder = JSON.parse(text) as Partial<Holder>;
    return typeof holder.pid === 'number' ? { pid: holder.pid, started: holder.started ?? null, since: holder.since ?? 0 } : 'damaged';
  } catch {
    return 'damaged';
  }
}

/** Renames first and looks at what was renamed, so that of two programs that find one stale lock only one removes it. */
function takeAway(file: string, stale: Holder | null): void {
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  const moved = readHolder(aside);
  if (moved !== 'gone' && moved !== 'damaged' && (stale === null || moved.pid !== stale.pid) && isAlive(moved)) {
    try {
      linkSync(aside, file);
    } catch {
      // Someone else has made a new lock meanwhile; theirs counts.
    }
  }
  rmSync(aside, { force: true });
}

function isAlive(holder: Holder): boolean {
  if (holder.pid === process.pid) return holder.started === startOf(process.pid);
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const started = startOf(holder.pid);
  return started === null || holder.started === null || started === holder.started;
}

function startOf(pid: number): string | null {
  try {
    // Field 22; the name in field 2 may hold spaces, so count from its closing bracket.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
