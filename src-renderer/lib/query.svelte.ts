/**
 * Reading from the host, as reactive state. `useQuery` shares one answer among all readers of the same call and input, keeps it while
 * a newer one is on its way, and reads again when the host says that one of its tags has changed.
 *
 *   const tracklet = useQuery('tracklets.get', () => ({ id }));
 *   {#if tracklet.data}…{:else if tracklet.error}…
 *
 * An input of null means: not now. Test: test/renderer/query.svelte.test.ts.
 */
import { untrack } from 'svelte';
import type { CallName, Input, Output } from '../../src-shared/contract/index.ts';
import { toErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import { client, connection } from '../client.ts';
import { isCancelled } from './cancelled.ts';
import { touches } from './tags.ts';

export interface QueryState<T> {
  readonly data: T | undefined;
  readonly error: ErrorShape | null;
  /** True until the first answer, and while a changed input is read. */
  readonly loading: boolean;
  refresh(): void;
}

/** Answers nobody shows are kept for this many inputs, so that going back is instant. */
const KEPT_UNUSED = 40;

class Entry {
  data = $state.raw<unknown>(undefined);
  error = $state.raw<ErrorShape | null>(null);
  loading = $state.raw(true);
  readers = 0;
  tags: string[] = [];
  isStale = true;
  /** What changed while an answer was on its way, which may be from before; only the answer says what it depends on. */
  changedMeanwhile: string[] = [];
  request: AbortController | null = null;
  readonly key: string;
  readonly name: CallName;
  readonly input: unknown;

  constructor(key: string, name: CallName, input: unknown) {
    this.key = key;
    this.name = name;
    this.input = input;
  }

  read(): void {
    this.request?.abort();
    const request = (this.request = new AbortController());
    this.isStale = false;
    this.changedMeanwhile = [];
    this.loading = this.data === undefined;
    client
      .send(this.name, this.input as never, { signal: request.signal, onTags: (tags) => (this.tags = tags) })
      .then(
        (output) => {
          if (this.request !== request) return;
          this.data = output;
          this.error = null;
          if (dependsOn(this.tags, this.changedMeanwhile)) this.isStale = true;
        },
        (error: unknown) => {
          if (this.request !== request) return;
          if (isCancelled(error)) this.isStale = true;
          else this.error = toErrorShape(error);
        },
      )
      .finally(() => {
        if (this.request !== request) return;
        this.request = null;
        this.loading = false;
        // Changed while it was on its way: the answer may be from before.
        if (this.isStale && this.readers > 0) this.read();
      });
  }
}

const entries = new Map<string, Entry>();

function acquire(name: CallName, input: unknown): Entry {
  const key = `${name} ${JSON.stringify(input)}`;
  let entry = entries.get(key);
  if (entry) entries.delete(key);
  else entry = new Entry(key, name, input);
  entries.set(key, entry); // last in the map = used last
  entry.readers += 1;
  if (entry.isStale && entry.request === null) entry.read();
  return entry;
}

function release(entry: Entry): void {
  entry.readers -= 1;
  if (entry.readers > 0) return;
  if (entry.request !== null) {
    entry.request.abort();
    entry.request = null;
    entry.isStale = true;
  }
  let unused = 0;
  for (const other of entries.values()) if (other.readers === 0) unused += 1;
  for (const other of entries.values()) {
    if (unused <= KEPT_UNUSED) break;
    if (other.readers > 0) continue;
    entries.delete(other.key);
    unused -= 1;
  }
}

function invalidate(isTouched: (entry: Entry) => boolean): void {
  for (const entry of entries.values()) {
    if (!isTouched(entry)) continue;
    if (entry.readers === 0) entries.delete(entry.key);
    else {
      entry.isStale = true;
      if (entry.request === null) entry.read();
    }
  }
}

function dependsOn(tags: readonly string[], changed: readonly string[]): boolean {
  return changed.some((one) => tags.some((tag) => touches(one, tag)));
}

client.on('changed', ({ tags }) => {
  for (const entry of entries.values()) if (entry.request !== null) entry.changedMeanwhile.push(...tags);
  invalidate((entry) => dependsOn(entry.tags, tags));
});

$effect.root(() => {
  $effect(() => {
    // Events were missed while the connection was away.
    if (connection.opened > 1) invalidate(() => true);
  });
});

export function useQuery<N extends CallName>(name: N, input: () => Input<N> | null): QueryState<Output<N>> {
  let entry = $state.raw<Entry | null>(null);

  $effect.pre(() => {
    const value = input();
    if (value === null) {
      entry = null;
      return;
    }
    const mine = untrackedAcquire(name, value);
    entry = mine;
    return () => release(mine);
  });

  return {
    get data() {
      return entry?.data as Output<N> | undefined;
    },
    get error() {
      return entry?.error ?? null;
    },
    get loading() {
      return entry?.loading ?? false;
    },
    refresh() {
      if (entry && entry.request === null) entry.read();
    },
  };
}

function untrackedAcquire(name: CallName, input: unknown): Entry {
  return untrack(() => acquire(name, input));
}
