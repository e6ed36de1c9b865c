/**
 * What the Tracklets view shows and what is chosen in it: filter, order, ids, counts, the current cell and the selection.
 * Lives as long as the page (`shown.ts`), so that coming back from Annotate finds everything where it was; the place outlives a reload too.
 * Test: test/renderer/tracklets/browser.svelte.test.ts.
 */
import type { TrackletFilter, TrackletSort } from '../../../src-shared/contract/tracklets.ts';
import type { Client, Output } from '../../../src-shared/contract/index.ts';
import { toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';
import { REVIEW } from '../../../src-shared/fields/roles.ts';
import { isCancelled } from '../../lib/cancelled.ts';
import { counted } from '../../lib/format.ts';
import { isRecord, type Remembered } from '../../lib/remembered.ts';
import { routePath } from '../../lib/route.ts';
import { parts, paramsOf } from '../../lib/trackletFilter.ts';
import { RowCache } from './rowCache.svelte.ts';

/** One undoable step may hold so many edits. */
export const MOST_EDITS = 20000;
export type CropSize = 'S' | 'M' | 'L';

/** Tracklets to be marked reviewed of which some are not whole. */
export interface ReviewQuestion {
  whole: number[];
  withGaps: number[];
  /** Frames of all of them. */
  withoutValue: number;
  notSeen: number;
}

export interface GridPlace {
  /** Tracklet of the current cell. */
  id: number | null;
  offset: number;
  size: CropSize;
}
export function isGridPlace(value: unknown): value is GridPlace {
  return (
    isRecord(value) &&
    (value['id'] === null || Number.isInteger(value['id'])) &&
    Number.isFinite(value['offset']) &&
    ['S', 'M', 'L'].includes(String(value['size']))
  );
}

export interface BrowserOutside {
  client: Pick<Client, 'call'>;
  navigate(path: string, options?: { replace?: boolean }): void;
  /** What Annotate goes through from then on. */
  setQueue(ids: Int32Array, label: string): void;
  kept: Remembered<GridPlace>;
}

export class TrackletBrowser {
  readonly #outside: BrowserOutside;
  filter = $state.raw<TrackletFilter>({});
  sort = $state.raw<TrackletSort>('identity');
  readonly #before: GridPlace | null;
  size = $state<CropSize>('M');
  result = $state.raw<Output<'tracklets.query'> | null>(null);
  facets = $state.raw<Output<'tracklets.facets'> | null>(null);
  error = $state.raw<ErrorShape | null>(null);
  isQuerying = $state(false);
  /** Values changed since, so that the filter might choose others now. */
  isOutdated = $state(false);
  current = $state(0);
  playing = $state.raw<{ id: number; position: number } | null>(null);
  /** Replaced, never changed, so that readers notice. */
  selection = $state.raw<ReadonlySet<number>>(new Set());
  selectedFrames = $state.raw<number | null>(null);
  /** Where the grid stood, for coming back. */
  offset = 0;
  readonly rows: RowCache;

  #anchor = 0;
  #query: AbortController | null = null;
  #facetQuery: AbortController | null = null;
  #counting: AbortController | null = null;

  constructor(outside: BrowserOutside) {
    this.#outside = outside;
    this.rows = new RowCache(outside.client);
    this.#before = outside.kept.read();
    if (this.#before) ({ size: this.size, offset: this.offset } = this.#before);
  }

  /** For coming back after a reload; told when the window goes and when the view does. */
  keepPlace(): void {
    if (this.result !== null) this.#outside.kept.write({ id: this.currentId, offset: this.offset, size: this.size });
  }

  get ids(): Int32Array {
    return this.result?.ids ?? EMPTY;
  }
  get currentId(): number | null {
    return this.ids[this.current] ?? null;
  }
  /** What commands act on: the selection, else the current cell. */
  get chosen(): number[] {
    if (this.selection.size > 0) return [...this.selection];
    return this.currentId === null ? [] : [this.currentId];
  }

  /** Follows the address. Nothing is read when nothing changed. */
  show(filter: TrackletFilter, sort: TrackletSort): void {
    const isSame = this.result !== null && this.sort === sort && JSON.stringify(filter) === JSON.stringify(this.filter);
    this.filter = filter;
    this.sort = sort;
    if (!isSame) void this.run({ keepPlace: this.result === null });
  }

  async run(options: { keepPlace: boolean }): Promise<void> {
    this.#query?.abort();
    const abort = (this.#query = new AbortController());
    this.isQuerying = true;
    try {
      const result = await this.#outside.client.call('tracklets.query', { filter: this.filter, sort: this.sort }, { signal: abort.signal });
      if (abort.signal.aborted) return;
      // The cell stays the current one as long as the list has it, whatever the filter; it may have become that while the list was read.
      const keptId = this.result === null ? (this.#before?.id ?? null) : this.currentId;
      this.result = result;
      this.rows.showSidesOf(result.sidesOf);
      this.error = null;
      this.isOutdated = false;
      const kept = keptId === null ? -1 : result.ids.indexOf(keptId);
      this.current = kept >= 0 ? kept : options.keepPlace ? Math.min(this.current, Math.max(0, result.ids.length - 1)) : 0;
      this.#anchor = this.current;
      if (this.selection.size > 0) {
        const still = new Set(result.ids);
        this.select([...this.selection].filter((id) => still.has(id)));
      }
      void this.readFacets();
    } catch (error) {
      if (!abort.signal.aborted && !isCancelled(error)) this.error = toErrorShape(error);
    } finally {
      if (this.#query === abort) {
        this.#query = null;
        this.isQuerying = false;
      }
    }
  }

  async readFacets(): Promise<void> {
    this.#facetQuery?.abort();
    const abort = (this.#facetQuery = new AbortController());
    try {
      const facets = await this.#outside.client.call('tracklets.facets', { filter: this.filter }, { signal: abort.signal });
      if (!abort.signal.aborted) this.facets = facets;
    } catch (error) {
      // The rows are there; counts that cannot be read stay as they were.
      if (!isCancelled(error)) console.error('The counts could not be read', error);
    }
  }

  setFilter(next: TrackletFilter, options: { replace?: boolean } = {}): void {
    this.#outside.navigate(routePath('tracklets', null, paramsOf(next, this.sort)), options);
  }
  setSort(sort: TrackletSort): void {
    this.#outside.navigate(routePath('tracklets', null, paramsOf(this.filter, sort)));
  }

  /** The host said that something changed. */
  onChanged(tags: string[]): void {
    if (this.result === null && !this.isQuerying) return; // nothing was read that could be old
    const named = tags.flatMap((tag) => (tag.startsWith('Tracklet:') ? [Number(tag.slice(9))] : []));
    const pictures = tags.flatMap((tag) => (tag.startsWith('TrackletPictures:') ? [Number(tag.slice(17))] : []));
    if (pictures.length > 0 || tags.includes('TrackletPictures')) this.rows.touch(tags.includes('TrackletPictures') ? null : pictures);
    if (tags.includes('Tracklets')) {
      this.rows.touch(null);
      void this.run({ keepPlace: true });
    } else if (named.length > 0) {
      this.rows.touch(named);
      if (!tags.some((tag) => tag === 'TrackletRows' || tag.startsWith('Annotations'))) return;
      // Rows do not jump away under the pointer; the person decides when the filter chooses again.
      if (
        this.filter.reviews ||
        this.filter.hiddenShare ||
        this.filter.hiddenMax ||
        this.filter.terms ||
        this.sort === 'reviewFirst' ||
        this.sort.startsWith('hidden')
      )
        this.isOutdated = true;
      this.#readFacetsSoon();
    }
  }
  #soon: ReturnType<typeof setTimeout> | undefined;
  #readFacetsSoon(): void {
    clearTimeout(this.#soon);
    this.#soon = setTimeout(() => void this.readFacets(), 400);
  }

  /** Puts the current cell somewhere; with `extend` everything between it and where it started is selected. */
  moveTo(index: number, options: { extend?: boolean } = {}): void {
    const next = Math.min(Math.max(0, index), Math.max(0, this.ids.length - 1));
    this.current = next;
    if (options.extend) this.select([...this.ids.subarray(Math.min(this.#anchor, next), Math.max(this.#anchor, next) + 1)]);
    else this.#anchor = next;
  }
  toggle(index: number): void {
    const id = this.ids[index];
    if (id === undefined) return;
    const next = new Set(this.selection);
    if (!next.delete(id)) next.add(id);
    this.#anchor = index;
    this.select([...next]);
  }
  selectAll(): void {
    this.select([...this.ids]);
  }
  select(ids: number[]): void {
    this.selection = new Set(ids);
    void this.#countFrames(ids);
  }

  async #countFrames(ids: number[]): Promise<void> {
    this.#counting?.abort();
    const abort = (this.#counting = new AbortController());
    if (ids.length === 0) return void (this.selectedFrames = null);
    if (this.result && ids.length === this.result.ids.length) return void (this.selectedFrames = this.result.frames);
    const rows = ids.map((id) => this.rows.get(id));
    if (rows.every((row) => row !== undefined)) return void (this.selectedFrames = rows.reduce((sum, row) => sum + row.frames, 0));
    this.selectedFrames = null;
    try {
      const { frames } = await this.#outside.client.call('tracklets.query', { filter: { trackletIds: ids }, sort: 'identity' }, { signal: abort.signal });
      if (!abort.signal.aborted) this.selectedFrames = frames;
    } catch (error) {
      if (!isCancelled(error)) console.error('The frames of the selection could not be counted', error);
    }
  }

  /** Opens Annotate with the selection as its queue, or everything shown. */
  annotate(): void {
    const first = this.selection.size > 0 ? this.ids.find((id) => this.selection.has(id)) : this.currentId;
    if (first === undefined || first === null) return;
    const ids = this.selection.size > 1 ? this.ids.filter((id) => this.selection.has(id)) : this.ids;
    this.#outside.setQueue(
      ids,
      this.selection.size > 1
        ? counted(this.selection.size, 'selected tracklet')
        : parts(this.filter).length > 0
          ? counted(ids.length, 'filtered tracklet')
          : 'All tracklets',
    );
    this.#outside.navigate(routePath('annotate', first));
  }

  /** Marks what is chosen; when some of it is not whole, nothing is marked and the question is returned. */
  async markReviewed(): Promise<ReviewQuestion | null> {
    const ids = this.chosen;
    if (ids.length === 0 || ids.length > MOST_EDITS) return null;
    const gaps = await this.#outside.client.call('annotations.gaps', { trackletIds: ids });
    const question: ReviewQuestion = { whole: [], withGaps: [], withoutValue: 0, notSeen: 0 };
    gaps.trackletId.forEach((id, i) => {
      (gaps.either[i] === 0 ? question.whole : question.withGaps).push(id);
      question.withoutValue += gaps.withoutValue[i] ?? 0;
      question.notSeen += gaps.notSeen[i] ?? 0;
    });
    if (question.withGaps.length > 0) return question;
    await this.setReviewed(question.whole, false);
    return null;
  }
  async setReviewed(ids: number[], anyway: boolean): Promise<void> {
    const known = ids.flatMap((id) => this.rows.get(id) ?? []);
    const row = ids.length === 1 ? known[0] : undefined;
    await this.#outside.client.call('annotations.apply', {
      label: `mark ${row ? `${row.identity} ${row.camera}` : counted(ids.length, 'tracklet')} reviewed${anyway ? ' with gaps' : ''}`,
      edits: ids.map((trackletId) => ({ trackletId, field: REVIEW.id, start: 0, end: 0, value: 'reviewed' })),
      ...(anyway ? { anyway } : {}),
      of: known.map(({ id, name, frames }) => ({ id, name, frames })),
    });
  }
  async moveToSplit(split: 'train' | 'query' | 'gallery' | 'none'): Promise<void> {
    const sidesOf = this.result?.sidesOf ?? null;
    const whose = sidesOf === null ? {} : { datasetId: sidesOf };
    if (this.chosen.length > 0) await this.#outside.client.call('tracklets.setSplit', { ids: this.chosen, split, ...whose });
  }

  /** First cell of an identity; false when the filter leaves none of it. */
  async goToIdentity(identityId: number): Promise<boolean> {
    const found = await this.#outside.client.call('tracklets.query', { filter: { ...this.filter, identityIds: [identityId] }, sort: this.sort });
    const id = found.ids[0];
    const index = id === undefined ? -1 : this.ids.indexOf(id);
    if (index < 0) return false;
    this.moveTo(index);
    return true;
  }
}

const EMPTY = new Int32Array(0);
