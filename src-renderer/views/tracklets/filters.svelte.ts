/**
 * What the filters show and what choosing in them makes of the filter in force: search after a pause, ranges while they are dragged, values with their
 * counts. It knows no document. Test: test/renderer/tracklets/filters.svelte.test.ts.
 */
import { untrack } from 'svelte';
import type { TrackletFilter } from '../../../src-shared/contract/tracklets.ts';
import { FACET_FIELDS } from '../../lib/fields.ts';
import { lengthsOf, lengthsText } from '../../lib/lengthBins.ts';
import type { TrackletBrowser } from './browser.svelte.ts';
import { camerasByDataset, leftOutOfShare, parts, toggled, without, withTerms } from '../../lib/trackletFilter.ts';

export interface FacetValue<T> {
  value: T;
  label: string;
  /** Of what the other filters leave; null while counts are on their way. */
  count: number | null;
  all: number;
}

/** Typing filters after a pause. */
const TYPING_MS = 150;
/** Nothing hidden is a bin of its own, before twenty of 5 %. */
const SHARE_BINS = 21;
const STEP = 5;

type ListKey = 'reviews' | 'cameraIds' | 'datasetIds' | 'splits';

export class FilterForm {
  readonly #browser: TrackletBrowser;
  /** What is typed; the filter follows. */
  text = $state('');
  #typing: ReturnType<typeof setTimeout> | undefined;
  #draggedShare = $state.raw<[number, number] | null>(null);
  #draggedLength = $state.raw<[number, number] | null>(null);

  readonly filter = $derived.by(() => this.#browser.filter);
  readonly #facets = $derived.by(() => this.#browser.facets);
  readonly inForce = $derived.by(() => parts(this.filter).length);

  readonly shareCounts = $derived.by((): readonly number[] => this.#facets?.hiddenShare ?? new Array<number>(SHARE_BINS).fill(0));
  /** Edge 0 = nothing hidden is in; edge k = more than (k−1)·5 %. The last edge is 100 %. */
  readonly share = $derived.by((): [number, number] => {
    const { hiddenShare } = this.filter;
    const lowest = hiddenShare?.min ?? null;
    return this.#draggedShare ?? [lowest === null ? 0 : Math.round(lowest * 20) + 1, hiddenShare ? Math.round(hiddenShare.max * 20) + 1 : SHARE_BINS];
  });
  readonly shareText = $derived.by(() => `${percentAt(this.share[0])}–${percentAt(this.share[1])} %`);
  readonly leftOut = $derived.by(() => {
    const { result, isQuerying } = this.#browser;
    return this.#facets && result && !this.filter.hiddenShare && !isQuerying ? leftOutOfShare(result.ids.length, this.#facets.hiddenShare) : null;
  });

  readonly lengthCounts = $derived.by((): readonly number[] => this.#facets?.length.counts ?? [0]);
  readonly #lengthEdges = $derived.by((): readonly number[] => this.#facets?.length.edges ?? [1, 2]);
  readonly #lastEdge = $derived.by(() => this.#lengthEdges.length - 1);
  readonly length = $derived.by((): [number, number] => {
    const { length } = this.filter;
    return this.#draggedLength ?? [this.#nearest(length?.min, 0), this.#nearest(length === undefined ? undefined : length.max + 1, this.#lastEdge)];
  });
  /** Null while nothing is known of lengths. */
  readonly lengthText = $derived.by(() => (this.#facets ? lengthsText(this.#lengthEdges, ...this.length) : null));
  readonly lengthTicks = $derived.by(() => {
    if (!this.#facets) return [];
    const middle = Math.floor(this.#lastEdge / 2);
    const all = lengthsOf(this.#lengthEdges, 0, this.#lastEdge);
    return [
      { at: 0, text: String(all.min) },
      { at: middle, text: String(lengthsOf(this.#lengthEdges, middle, middle + 1).min) },
      { at: this.#lastEdge, text: String(all.max) },
    ];
  });

  readonly datasets = $derived.by(() => this.#numbered('datasetIds'));
  readonly cameraGroups = $derived.by(() => camerasByDataset(this.#numbered('cameraIds'), this.datasets, this.filter));
  readonly cameras = $derived.by(() => this.cameraGroups.flatMap((group) => group.values));

  /** Fields to filter by: those that always stand there, and those of which some tracklet has a value or that the filter names. */
  readonly fields = $derived.by((): { id: string; title: string; isAlwaysShown: boolean; values: FacetValue<string>[] }[] =>
    FACET_FIELDS.filter(({ id, facet }) => facet.isAlwaysShown || this.filter.terms?.[id] !== undefined || (this.#facets?.terms[id] ?? []).length > 0).map(
      ({ id, title, facet }) => ({ id, title, isAlwaysShown: facet.isAlwaysShown, values: this.#counted(facet.values, this.#facets?.terms[id]) }),
    ),
  );

  /** Call it while a component starts. `isTyping`: the search has the focus, so what stands in it is the person's. */
  constructor(browser: TrackletBrowser, isTyping: () => boolean) {
    this.#browser = browser;
    $effect(() => {
      const known = this.filter.text ?? '';
      untrack(() => {
        if (!isTyping()) this.text = known;
      });
    });
  }

  readonly typed = (): void => {
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.search(), TYPING_MS);
  };
  /** Without the pause. The address follows without filling the window's history. */
  search(): void {
    clearTimeout(this.#typing);
    const { filter } = this.#browser;
    const text = this.text.trim();
    if (text !== (filter.text ?? '')) this.#set({ ...without(filter, 'text'), ...(text ? { text } : {}) }, true);
  }
  clear(): void {
    this.#set({});
  }
  toggle<K extends ListKey>(key: K, value: NonNullable<TrackletFilter[K]>[number]): void {
    this.#set({ ...this.filter, [key]: toggled(this.filter[key] as (string | number)[] | undefined, value) });
  }
  toggleTerm(field: string, value: string): void {
    this.#set(withTerms(this.filter, field, toggled(this.filter.terms?.[field], value)));
  }
  #set(next: { [K in keyof TrackletFilter]: TrackletFilter[K] | undefined }, replace = false): void {
    this.#browser.setFilter(Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined)), { replace });
  }

  readonly setShare = (from: number, to: number, isFinal: boolean): void => {
    this.#draggedShare = isFinal ? null : [from, to];
    if (!isFinal) return;
    const isAll = from === 0 && to === SHARE_BINS;
    const min = from === 0 ? null : percentAt(from) / 100;
    this.#set({ ...this.filter, hiddenShare: isAll ? undefined : { min, max: percentAt(to) / 100 } });
  };
  readonly setLength = (from: number, to: number, isFinal: boolean): void => {
    this.#draggedLength = isFinal ? null : [from, to];
    if (!isFinal) return;
    const isAll = from === 0 && to === this.#lastEdge;
    this.#set({ ...this.filter, length: isAll ? undefined : lengthsOf(this.#lengthEdges, from, to) });
  };
  /** Frames that a handle stands for. */
  lengthAt(edge: number, handle: 'from' | 'to'): number {
    return handle === 'from' ? lengthsOf(this.#lengthEdges, edge, edge + 1).min : lengthsOf(this.#lengthEdges, 0, edge).max;
  }
  #nearest(value: number | undefined, fallback: number): number {
    if (value === undefined) return fallback;
    const edges = this.#lengthEdges;
    return edges.reduce((best, edge, index) => (Math.abs(edge - value) < Math.abs((edges[best] ?? 0) - value) ? index : best), 0);
  }

  /** All values of a closed list, in its order, also those without a tracklet. */
  listed<T extends string>(facet: string, titles: Record<T, string>): FacetValue<T>[] {
    const values = (Object.keys(titles) as T[]).map((value) => ({ value, title: titles[value] }));
    return this.#counted(values, this.#facets?.facets[facet]);
  }
  #counted<T extends string>(
    values: readonly { value: T; title: string }[],
    found: readonly { value: string | number; count: number; all: number }[] = [],
  ): FacetValue<T>[] {
    return values.map(({ value, title }) => {
      const entry = found.find((each) => each.value === value);
      return { value, label: title, count: entry?.count ?? (this.#facets ? 0 : null), all: entry?.all ?? 0 };
    });
  }
  /** What the project has. */
  #numbered(facet: string): { value: number; label: string; count: number; all: number; datasetId?: number | undefined; madeOf?: number[] | undefined }[] {
    return (this.#facets?.facets[facet] ?? []).flatMap((each) => (typeof each.value === 'number' ? [{ ...each, value: each.value }] : []));
  }
}

/** Percent that an edge of the histogram of shares stands for. */
export function percentAt(edge: number): number {
  return Math.max(0, edge - 1) * STEP;
}
