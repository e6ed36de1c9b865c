/**
 * Settings of the user, not of a project: theme, key bindings, annotator name. One JSON file, replaced as a whole.
 * A damaged file is put aside and said, never a reason not to start. Test: test/main/features/files.test.ts.
 */
import { mkdir, readFile, rename } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { AppError } from '../../../src-shared/errors.ts';
import { writeFileWhole } from '../../platform/writeFileWhole.ts';
import type { Log } from '../../platform/log.ts';

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
  const values = await readSettings(file, log);
  let writing: Promise<void> = Promise.resolve();

  return {
    all: () => Object.fromEntries(values),
    get: (key) => values.get(key),
    set(key, value) {
      const before = values.get(key);
      if (value === null || value === undefined) values.delete(key);
      else values.set(key, value);
      const text = `${JSON.stringify(Object.fromEntries(values), null, 2)}\n`;
      if (text.length > MAX_BYTES) {
        if (before === undefined) values.delete(key);
        else values.set(key, before);
        throw new AppError('BAD_INPUT', `The setting "${key}" is too large.`, { key });
      }
      const write = writing.then(async () => {
        await mkdir(dirname(file), { recursive: true });
        await writeFileWhole(file, text);
      });
      writing = write.catch(() => undefined);
      return write;
    },
    annotator() {
      const name = values.get('annotator');
      return typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, 100) : accountName();
    },
  };
}

async function readSettings(file: string, log: Log): Promise<Map<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new SyntaxError('not an object');
    return new Map(Object.entries(parsed));
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
