/**
 * Changes that no host has answered, kept in the browser while none is there: they outlive the window, and are offered when a window of the
 * same project is connected again. Each keeps its key, so one that had arrived after all is not done twice.
 * What was shown to a person is kept in the same way while its window goes, and sent by the next one without asking. Tests: test/renderer/unsaved.test.ts,
 * test/e2e/seenKept.test.ts.
 */
import { keepText, keysIn, type KeyedStorage } from './storage.ts';

export interface UnsavedCall {
  key: string;
  name: string;
  input: unknown;
  /** What numbers of rows meant when it was made. */
  numbering?: string;
}

interface Kept {
  project: string;
  at: number;
  calls: readonly UnsavedCall[];
}

export interface UnsavedStore {
  /** All that this window has not saved; none removes. False when the browser has no room or keeps nothing. */
  keep(project: string, calls: readonly UnsavedCall[]): boolean;
  /** What windows that are gone left for the project since a moment, oldest first. */
  left(project: string, since?: number): UnsavedCall[];
  forget(project: string): void;
}

/** Kinds of what is kept, apart from each other: changes are offered, records are sent. */
export type KeptKind = 'unsaved' | 'records';

export function createUnsavedStore(storage: KeyedStorage | null, window: string, now: () => number, kind: KeptKind = 'unsaved'): UnsavedStore {
  const prefix = `${kind}:`;
  const own = `${prefix}${window}`;

  function others(project: string): { name: string; kept: Kept }[] {
    return keysIn(storage, prefix)
      .filter((name) => name !== own)
      .flatMap((name) => {
        const kept = parseKept(storage?.getItem(name) ?? '');
        return kept?.project === project ? [{ name, kept }] : [];
      })
      .sort((a, b) => a.kept.at - b.kept.at);
  }

  return {
    keep(project, calls) {
      if (calls.length > 0) return keepText(storage, own, asText({ project, at: now(), calls }));
      storage?.removeItem(own);
      return true;
    },
    left: (project, since = 0) => others(project).flatMap(({ kept }) => (kept.at < since ? [] : kept.calls)),
    forget(project) {
      for (const { name } of others(project)) storage?.removeItem(name);
    },
  };
}

/** Sends one after the other; one that is refused keeps no other from being saved. Returns those, and why the first of them was refused. */
export async function saveEach(
  calls: readonly UnsavedCall[],
  send: (call: UnsavedCall) => Promise<unknown>,
): Promise<{ refused: UnsavedCall[]; error: unknown }> {
  const refused: { call: UnsavedCall; error: unknown }[] = [];
  for (const call of calls) await send(call).catch((error: unknown) => void refused.push({ call, error }));
  return { refused: refused.map(({ call }) => call), error: refused[0]?.error };
}

/** As undo would name it, such as "write a note 0007 c2"; as well as the call tells. */
export function describeUnsaved({ name, input }: UnsavedCall): string {
  const { label, ids, split, name: to } = (input ?? {}) as { label?: unknown; ids?: unknown; split?: unknown; name?: unknown };
  if (typeof label === 'string' && label !== '') return label;
  if (name === 'tracklets.setSplit' && Array.isArray(ids)) return `move ${ids.length} ${ids.length === 1 ? 'tracklet' : 'tracklets'} to ${String(split)}`;
  if (name === 'splits.use') return 'use another split set';
  if (name === 'datasets.putBack') return 'put back values that were set aside';
  if (name.endsWith('.rename')) return `rename a ${name.startsWith('runs') ? 'run' : 'data set'} to "${String(to)}"`;
  if (name.endsWith('.remove')) return `remove a ${name.startsWith('runs') ? 'run' : 'data set'}`;
  return 'another change';
}

/** For the part of an address after `#`, to a window of another port. Null when it is too long for one. */
export function packUnsaved(project: string, calls: readonly UnsavedCall[], at: number): string | null {
  const bytes = new TextEncoder().encode(asText({ project, at, calls }));
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

/** Columns of numbers go as a list with their kind. */
const COLUMNS = { u8: Uint8Array, u32: Uint32Array } as const;

function asText(kept: Kept): string {
  return JSON.stringify(kept, (_key, value: unknown) => {
    for (const [kind, Column] of Object.entries(COLUMNS)) if (value instanceof Column) return { [`$${kind}`]: Array.from(value) };
    return value;
  });
}

function withColumns(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  for (const [kind, Column] of Object.entries(COLUMNS)) {
    const list = (value as Record<string, unknown>)[`$${kind}`];
    if (Array.isArray(list)) return Column.from(list as number[]);
  }
  return value;
}

function parseKept(text: string): Kept | null {
  try {
    const kept = JSON.parse(text, withColumns) as Partial<Kept> | null;
    if (typeof kept?.project !== 'string' || typeof kept.at !== 'number' || !Array.isArray(kept.calls)) return null;
    const calls = kept.calls.filter((call) => typeof call?.key === 'string' && typeof call.name === 'string');
    return { project: kept.project, at: kept.at, calls };
  } catch {
    return null;
  }
}
