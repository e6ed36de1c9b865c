/**
 * Settings of the user, not of a project: theme, key bindings, annotator name. One JSON file, replaced as a whole, that several programs
 * share: what another one (the command line) wrote is seen at the next look and kept by the next change.
 * A damaged file is put aside and said, never a reason not to start. Test: test/main/features/settings.test.ts.
 */
import { readFileSync, statSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { AppError } from '../../src-shared/errors.ts';
import { makeFolders } from './makeFolders.ts';
import { writeFileWhole } from './writeFileWhole.ts';
import type { Log } from './log.ts';

export interface Settings {
  all(): Record<string, unknown>;
  get(key: string): unknown;
  /** null removes. Resolves when the file holds it. */
  set(key: string, value: unknown): Promise<void>;
  /** Who new values are attributed to. */
  annotator(): string;
}

const MAX_BYTES = 1_000_000;

export async function openSettings(file: string, log: Log): Promise<Settings> {
  let values = await readSettings(file, log);
  let seen = stampOf(file);
  let unwritten = 0;
  let writing: Promise<void> = Promise.resolve();

  /** Takes over what another program wrote, unless changes of this one are still on their way. */
  function look(): Map<string, unknown> {
    const stamp = unwritten === 0 ? stampOf(file) : seen;
    if (stamp === seen) return values;
    try {
      values = parseSettings(readFileSync(file, 'utf8'));
      seen = stamp;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn({ file, err: error }, 'the settings file cannot be read; the last known settings stay');
    }
    return values;
  }

  return {
    all: () => Object.fromEntries(look()),
    get: (key) => look().get(key),
    set(key, value) {
      look();
      const before = values.get(key);
      if (value === null || value === undefined) values.delete(key);
      else values.set(key, value);
      const text = `${JSON.stringify(Object.fromEntries(values), null, 2)}\n`;
      if (text.length > MAX_BYTES) {
        if (before === undefined) values.delete(key);
        else values.set(key, before);
        throw new AppError('BAD_INPUT', `The setting "${key}" is too large.`, { key });
      }
      unwritten++;
      const write = writing.then(async () => {
        try {
          makeFolders(dirname(file), 0o700);
          await writeFileWhole(file, text);
          seen = stampOf(file);
        } finally {
          unwritten--;
        }
      });
      writing = write.catch(() => undefined);
      return write;
    },
    annotator() {
      const name = look().get('annotator');
      return typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 100) : accountName();
    },
  };
}

/** Changes with every writing: the file is replaced, never written over. */
function stampOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : '';
}

function parseSettings(text: string): Map<string, unknown> {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new SyntaxError('not an object');
  return new Map(Object.entries(parsed));
}

async function readSettings(file: string, log: Log): Promise<Map<string, unknown>> {
  try {
    return parseSettings(await readFile(file, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    if (error instanceof SyntaxError) {
      await rename(file, `${file}.damaged`).catch(() => undefined);
      log.warn({ file }, 'the settings file was damaged and put aside as .damaged');
      return new Map();
    }
    throw error;
  }
}

function accountName(): string {
  try {
    return userInfo().username || 'annotator';
  } catch {
    // Some containers run under an id without an account.
    return 'annotator';
  }
}
