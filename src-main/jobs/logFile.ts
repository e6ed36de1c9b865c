/**
 * A log as a file of JSON lines, read by line index. Appends are gathered and written together, since a child may print
 * thousands of lines a second; long lines and endless logs are cut, and the cut is said. Test: test/main/jobs/logFile.test.ts.
 */
import { mkdir, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { logLine, type LogLine } from '../../src-shared/contract/jobs.ts';
import { appendRegular, readTextIfThere } from '../platform/openRegular.ts';

export interface LogPage {
  lines: LogLine[];
  /** Index to ask for next. */
  next: number;
}

export interface LogFile {
  append(level: LogLine['level'], text: string): void;
  /** Resolves when what was appended can be read. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

const MAX_TEXT = 4000;
const MAX_LINES = 50_000;
const PAGE = 2000;

/** `makeFolder` makes the file's folder; default: with all those above it. */
export function openLogFile(path: string, clock: () => number, makeFolder: (folder: string) => Promise<unknown> = makeAllFolders): LogFile {
  let pending = '';
  let count = 0;
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | null = null;

  function flush(): Promise<void> {
    if (timer) clearTimeout(timer);
    timer = null;
    const text = pending;
    pending = '';
    if (text !== '') {
      // A log that cannot be written must not end the job it tells of.
      writing = writing
        .then(async () => {
          await makeFolder(dirname(path));
          await appendRegular(path, text);
        })
        .catch(() => undefined);
    }
    return writing;
  }

  return {
    append(level, text) {
      if (count > MAX_LINES) return;
      count++;
      const shown =
        count > MAX_LINES
          ? 'The log is longer than 50,000 lines; the rest is left out.'
          : text.length > MAX_TEXT
            ? `${text.slice(0, MAX_TEXT)} … (${text.length} characters)`
            : text;
      pending += `${JSON.stringify({ at: clock(), level, text: shown } satisfies LogLine)}\n`;
      timer ??= setTimeout(() => void flush(), 50);
    },
    flush,
    close: flush,
  };
}

function makeAllFolders(folder: string): Promise<unknown> {
  return mkdir(folder, { recursive: true });
}

/** Lines from index `from` on, at most 2,000 at once. A file that is not there is an empty log. */
export async function readLog(path: string, from: number): Promise<LogPage> {
  const text = (await readTextIfThere(path)) ?? '';
  // What follows the last newline is a line that is still being written, or was cut by a crash.
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1);
  const page = lines.slice(from, from + PAGE).map(parseLine);
  return { lines: page, next: Math.min(lines.length, from + PAGE) };
}

export async function removeLog(path: string): Promise<void> {
  await rm(path, { force: true });
}

function parseLine(line: string): LogLine {
  try {
    const parsed = logLine.safeParse(JSON.parse(line));
    if (parsed.success) return parsed.data;
  } catch {
    // said below
  }
  return { at: 0, level: 'warn', text: `(damaged line) ${line.slice(0, 200)}` };
}
