/**
 * Decoded pictures around the playhead: fetched and decoded ahead, the nearest first, kept within a budget of bytes.
 * A picture is addressed by its frame number and nothing else; what is not decoded is not there, never a neighbour in its place.
 * Tested by test/renderer/annotate/pictures.test.ts.
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  close(): void;
}

export interface PictureOptions<P extends Picture> {
  load(index: number, signal: AbortSignal): Promise<P>;
  budgetBytes: number;
  /** Loads under way at once. */
  parallel?: number;
  /** A picture arrived, or could not be had. */
  onChange(index: number): void;
}

/** Why a picture cannot be had, in the host's words. */
export class PictureRefused extends Error {
  /** There is one, but not the one that was imported. */
  readonly isChanged: boolean;

  constructor(message: string, isChanged: boolean) {
    super(message);
    this.isChanged = isChanged;
  }
}

export interface PictureFailure {
  reason: string;
  isChanged: boolean;
}

export type PictureState = 'none' | 'loading' | 'ready' | 'failed';

const RETRY_MS = 3000;

export class Pictures<P extends Picture> {
  #options: PictureOptions<P>;
  /** In order of use, oldest first. */
  #ready = new Map<number, P>();
  #failed = new Map<number, PictureFailure & { at: number }>();
  #loading = new Map<number, AbortController>();
  #wanted: readonly number[] = [];
  #wantedSet = new Set<number>();
  #bytes = 0;
  #bytesEach = 0;
  #closed = false;

  constructor(options: PictureOptions<P>) {
    this.#options = options;
  }

  /** The pictures to have, most urgent first. Loads that are no longer wanted are dropped. */
  want(order: readonly number[]): void {
    this.#wanted = order.slice(0, this.#room());
    this.#wantedSet = new Set(this.#wanted);
    for (const [index, request] of this.#loading) if (!this.#wantedSet.has(index)) request.abort();
    this.#loadMore();
  }

  get(index: number): P | null {
    const picture = this.#ready.get(index);
    if (!picture) return null;
    this.#ready.delete(index);
    this.#ready.set(index, picture);
    return picture;
  }

  state(index: number): PictureState {
    if (this.#ready.has(index)) return 'ready';
    if (this.#failed.has(index)) return 'failed';
    return this.#loading.has(index) ? 'loading' : 'none';
  }

  failure(index: number): PictureFailure | null {
    return this.#failed.get(index) ?? null;
  }

  /** Forgets failures, for a second try. */
  retry(): void {
    this.#failed.clear();
    this.#loadMore();
  }

  get bytes(): number {
    return this.#bytes;
  }

  close(): void {
    this.#closed = true;
    for (const request of this.#loading.values()) request.abort();
    for (const picture of this.#ready.values()) picture.close();
    this.#ready.clear();
    this.#bytes = 0;
  }

  /** How many pictures fit the budget. */
  #room(): number {
    return this.#bytesEach === 0 ? 24 : Math.max(3, Math.floor(this.#options.budgetBytes / this.#bytesEach));
  }

  #loadMore(): void {
    if (this.#closed) return;
    for (const index of this.#wanted) {
      if (this.#loading.size >= (this.#options.parallel ?? 4)) return;
      if (this.#ready.has(index) || this.#loading.has(index)) continue;
      const failed = this.#failed.get(index);
      if (failed && performance.now() - failed.at < RETRY_MS) continue;
      void this.#load(index);
    }
  }

  async #load(index: number): Promise<void> {
    const request = new AbortController();
    this.#loading.set(index, request);
    try {
      const picture = await this.#options.load(index, request.signal);
      if (this.#closed || request.signal.aborted) picture.close();
      else this.#keep(index, picture);
    } catch (error) {
      if (!request.signal.aborted && !this.#closed) this.#failed.set(index, { ...failureOf(error), at: performance.now() });
    } finally {
      if (this.#loading.get(index) === request) this.#loading.delete(index);
    }
    if (this.#closed) return;
    if (!request.signal.aborted) this.#options.onChange(index);
    this.#loadMore();
  }

  #keep(index: number, picture: P): void {
    this.#failed.delete(index);
    this.#ready.set(index, picture);
    this.#bytesEach = picture.width * picture.height * 4;
    this.#bytes += this.#bytesEach;
    // Unwanted ones go first, oldest first; then wanted ones from the far end.
    for (const pass of [false, true]) {
      const candidates = pass ? [...this.#wanted].reverse() : [...this.#ready.keys()].filter((key) => !this.#wantedSet.has(key));
      for (const key of candidates) {
        if (this.#bytes <= this.#options.budgetBytes) return;
        if (key !== index && key !== this.#wanted[0]) this.#drop(key);
      }
    }
  }

  #drop(index: number): void {
    const picture = this.#ready.get(index);
    if (!picture) return;
    this.#ready.delete(index);
    this.#bytes -= picture.width * picture.height * 4;
    picture.close();
  }
}

/** Positions to fetch: the playhead, then three ahead for each one behind; at `stride` > 1 (fast play) those that will be shown first. */
export function prefetchOrder(position: number, direction: 1 | -1, frames: number, reach: number, stride = 1): number[] {
  const order: number[] = [];
  const seen = new Set<number>();
  const add = (at: number): void => {
    if (at < 0 || at >= frames || seen.has(at)) return;
    seen.add(at);
    order.push(at);
  };
  add(position);
  // One step either way first: the next key press is most likely one of these.
  add(position + direction);
  add(position - direction);
  if (stride > 1) for (let i = 1; i <= reach; i++) add(position + direction * stride * i);
  let behind = 2;
  for (let ahead = 2; ahead <= reach; ahead++) {
    add(position + direction * ahead);
    if (ahead % 3 === 0) add(position - direction * behind++);
  }
  return order;
}

/** Fetches and decodes off the main thread; the error says what the host said. */
export async function loadBitmap(url: string, signal: AbortSignal): Promise<ImageBitmap> {
  const response = await fetch(url, { signal, credentials: 'same-origin' });
  if (!response.ok) throw await refusalOf(response);
  return createImageBitmap(await response.blob());
}

async function refusalOf(response: Response): Promise<PictureRefused> {
  const body = (await response.json().catch(() => null)) as { error?: Partial<Record<'code' | 'message', unknown>> } | null;
  const { code, message } = body?.error ?? {};
  return new PictureRefused(typeof message === 'string' ? message : `The picture could not be read (${response.status}).`, code === 'SOURCE_CHANGED');
}

function failureOf(error: unknown): PictureFailure {
  return { reason: error instanceof Error ? error.message : String(error), isChanged: error instanceof PictureRefused && error.isChanged };
}
