/**
 * Rows of the grid, read in batches for what is in view. A request whose rows have all scrolled past is cancelled; at most MOST_ROWS are kept.
 * A row that changed is read again while the old one stays on screen. Test: test/renderer/tracklets/browser.svelte.test.ts.
 */
import type { Client } from '../../../src-shared/contract/index.ts';
import type { TrackletRow } from '../../../src-shared/contract/tracklets.ts';
import { toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';
import { isCancelled } from '../../lib/cancelled.ts';

const BATCH = 200;
const MOST_ROWS = 4000;

export class RowCache {
  /** Grows with every arrival; readers of `get` depend on it. */
  #version = $state(0);
  error = $state.raw<ErrorShape | null>(null);
  readonly #rows = new Map<number, TrackletRow>();
  readonly #stale = new Set<number>();
  readonly #requests = new Set<{ ids: Set<number>; abort: AbortController }>();
  #wanted: number[] = [];
  /** The data set whose split set tells the sides; null: each row's own. */
  #sidesOf: number | null = null;
  readonly #client: Pick<Client, 'call'>;

  constructor(client: Pick<Client, 'call'>) {
    this.#client = client;
  }

  get(id: number): TrackletRow | undefined {
    void this.#version;
    return this.#rows.get(id);
  }

  /** Tells which ids are in view now. */
  want(ids: number[]): void {
    this.#wanted = ids;
    const inView = new Set(ids);
    for (const request of this.#requests) if (![...request.ids].some((id) => inView.has(id))) request.abort.abort();
    const missing = ids.filter((id) => (!this.#rows.has(id) || this.#stale.has(id)) && ![...this.#requests].some((request) => request.ids.has(id)));
    for (let from = 0; from < missing.length; from += BATCH) void this.#read(missing.slice(from, from + BATCH));
  }

  async #read(ids: number[]): Promise<void> {
    const request = { ids: new Set(ids), abort: new AbortController() };
    this.#requests.add(request);
    for (const id of ids) this.#stale.delete(id);
    try {
      const sides = this.#sidesOf === null ? {} : { sidesOf: this.#sidesOf };
      const rows = await this.#client.call('tracklets.rows', { ids, ...sides }, { signal: request.abort.signal });
      for (const row of rows) {
        this.#rows.delete(row.id);
        this.#rows.set(row.id, row);
      }
      this.error = null;
      this.#evict();
      this.#version += 1;
    } catch (error) {
      if (!isCancelled(error)) this.error = toErrorShape(error);
    } finally {
      this.#requests.delete(request);
      // Changed while it was read.
      if (ids.some((id) => this.#stale.has(id))) this.want(this.#wanted);
    }
  }

  #evict(): void {
    const inView = new Set(this.#wanted);
    for (const id of this.#rows.keys()) {
      if (this.#rows.size <= MOST_ROWS) return;
      if (!inView.has(id)) this.#rows.delete(id);
    }
  }

  /** Rows of before, and those under way, may tell another side. */
  showSidesOf(datasetId: number | null): void {
    if (datasetId === this.#sidesOf) return;
    this.#sidesOf = datasetId;
    for (const { ids } of this.#requests) for (const id of ids) this.#stale.add(id);
    this.touch(null);
  }

  /** These have changed; all, when none is named. */
  touch(ids: number[] | null): void {
    const inView = new Set(this.#wanted);
    for (const id of ids ?? [...this.#rows.keys()]) {
      if (inView.has(id)) this.#stale.add(id);
      else this.#rows.delete(id);
    }
    this.want(this.#wanted);
  }

  retry(): void {
    this.error = null;
    this.want(this.#wanted);
  }
}
