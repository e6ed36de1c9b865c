/**
 * Changes that no host has answered, kept in the browser while none is there: they outlive the window, and are offered when a window of the
 * same project is connected again. Each keeps its key, so one that had arrived after all is not done twice. Test: test/renderer/unsaved.test.ts.
 */
import { keepText, keysIn, type KeyedStorage } from './storage.ts';

export interface UnsavedCall {
  key: string;
  name: string;
  input: unknown;
}

interface Kept {
  project: string;
  at: number;
  calls: readonly UnsavedCall[];
}

export interface UnsavedStore {
  /** All that this window has not saved; none removes. False when the browser has no room or keeps nothing. */
  keep(project: string, calls: readonly UnsavedCall[]): boolean;
  /** What windows that are gone left for the project, oldest first. */
  left(project: string): UnsavedCall[];
  forget(project: string): void;
}

const PREFIX = 'unsaved:';

export function createUnsavedStore(storage: KeyedStorage | null, window: string, now: () => number): UnsavedStore {
  const own = `${PREFIX}${window}`;

  function others(project: string): { name: string; kept: Kept }[] {
    return keysIn(storage, PREFIX)
      .filter((name) => name !== own)
      .flatMap((name) => {
        const kept = parseKept(storage?.getItem(name) ?? '');
        return kept?.project === project ? [{ name, kept }] : [];
      })
      .sort((a, b) => a.kept.at - b.kept.at);
  }

  return {
    keep(project, calls) {
      if (calls.length > 0) return keepText(storage, own, JSON.stringify({ project, at: now(), calls } satisfies Kept));
      storage?.removeItem(own);
      return true;
    },
    left: (project) => others(project).flatMap(({ kept }) => kept.calls),
    forget(project) {
      for (const { name } of others(project)) storage?.removeItem(name);
    },
  };
}

/** For the part of an address after `#`, to a window of another port. Null when it is too long for one. */
export function packUnsaved(project: string, calls: readonly UnsavedCall[], at: number): string | null {
  const bytes = new TextEncoder().encode(JSON.stringify({ project, at, calls } satisfies Kept));
  if (bytes.length > LONGEST_PACKED) return null;
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const LONGEST_PACKED = 1_000_000;

export function unpackUnsaved(packed: string, project: string): readonly UnsavedCall[] {
  try {
    const text = atob(packed.replaceAll('-', '+').replaceAll('_', '/'));
    const kept = parseKept(new TextDecoder().decode(Uint8Array.from(text, (character) => character.charCodeAt(0))));
    return kept?.project === project ? kept.calls : [];
  } catch {
    return [];
  }
}

function parseKept(text: string): Kept | null {
  try {
    const kept = JSON.parse(text) as Partial<Kept> | null;
    if (typeof kept?.project !== 'string' || typeof kept.at !== 'number' || !Array.isArray(kept.calls)) return null;
    const calls = kept.calls.filter((call) => typeof call?.key === 'string' && typeof call.name === 'string');
    return { project: kept.project, at: kept.at, calls };
  } catch {
    return null;
  }
}
