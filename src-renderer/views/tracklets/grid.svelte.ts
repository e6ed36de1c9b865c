/**
 * The grid of the Tracklets view: how wide a cell is, which rows are read, what keys, pointer and commands do with the list (`browser.svelte.ts`),
 * and the strip that plays. It knows no document; whatever reaches outside is given to it. Test: test/renderer/tracklets/grid.svelte.test.ts.
 */
import { tick, untrack } from 'svelte';
import { toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';
import type { CommandHandler } from '../../lib/commands.svelte.ts';
import { count } from '../../lib/format.ts';
import type { Route } from '../../lib/route.ts';
import type { SameNames } from '../../lib/useSameNames.svelte.ts';
import type { GridApi } from '../../lib/virtualScroll.ts';
import type { CropSize, ReviewQuestion, TrackletBrowser } from './browser.svelte.ts';
import { filterOf, parts, sortOf } from '../../lib/trackletFilter.ts';

export interface GridOutside {
  browser: TrackletBrowser;
  route: Route;
  /** How often the host was reached. */
  connection: { readonly opened: number };
  sameNames: SameNames;
  notify(error: ErrorShape, options: { about: string }): void;
  settle(about: string): void;
}

/** Narrowest cell with its gap. */
const UNITS: Record<CropSize, number> = { S: 211, M: 283, L: 419 };
export const GAP = 6;
/** Rows are asked for in steps, a screen ahead, not with every row that comes into view. */
const ASK_EVERY_MS = 30;
const PLAY_EVERY_MS = 66;
/** A strip is passed through in so many pictures, at the speed of the eye rather than of the camera. */
const PLAYED = 64;

export class TrackletGrid {
  readonly #outside: GridOutside;
  readonly browser: TrackletBrowser;
  readonly sameNames: SameNames;

  /** Of the box with the cells; undefined while there is none. */
  api = $state.raw<GridApi | undefined>();
  /** Of that box, in pixels. */
  width = $state(0);
  view = $state.raw({ first: 0, last: -1 });
  search: HTMLInputElement | undefined = $state();
  isGoingTo = $state(false);
  question = $state.raw<ReviewQuestion | null>(null);
  #asked: ReturnType<typeof setTimeout> | undefined;

  readonly columns = $derived.by(() => Math.max(1, Math.floor((this.width - 2) / UNITS[this.browser.size])));
  readonly cropWidth = $derived.by(() => Math.max(12, Math.floor((Math.floor((this.width - 8 - (this.columns - 1) * GAP) / this.columns) - 13) / 8)));
  readonly cellWidth = $derived.by(() => this.cropWidth * 8 + 13);
  /** A line more in every cell, where people of several data sets have the same name. */
  readonly hasDatasets = $derived.by(() => {
    const { filter, result } = this.browser;
    // One that is made of others may have people of several.
    return (filter.datasetIds?.length !== 1 || (result !== null && result.sidesOf !== null)) && this.sameNames.areThere;
  });
  readonly cellHeight = $derived.by(() => this.cropWidth * 2 + 6 + 17 + 22 + (this.hasDatasets ? 13 : 0));
  readonly isEmptyProject = $derived.by(() => this.browser.result !== null && this.browser.result.of === 0);
  readonly nothingFound = $derived.by(() => this.browser.result !== null && this.browser.result.of > 0 && this.browser.ids.length === 0);
  /** A cell scrolled out of sight is no element that could be named. */
  readonly isCurrentThere = $derived.by(() => this.browser.ids.length > 0 && this.browser.current >= this.view.first && this.browser.current <= this.view.last);
  /** The pictures of the current cell's data set may have been moved. */
  readonly currentDataset = $derived.by(() => (this.browser.currentId === null ? null : (this.browser.rows.get(this.browser.currentId)?.datasetId ?? null)));
  readonly #rowCount = $derived.by(() => Math.ceil(this.browser.ids.length / this.columns));

  /** What the view adds to the status bar. */
  readonly status = {
    left: (): string | null => {
      const { api, columns } = this;
      if (this.browser.ids.length === 0 || this.view.last < 0 || !api) return null;
      const first = Math.floor(api.firstInView() / columns) + 1;
      return `Row ${count(first)}–${count(Math.max(1, Math.ceil((api.lastInView() + 1) / columns)))} of ${count(this.#rowCount)}`;
    },
    right: (): string | null => (this.browser.result === null ? null : `Filtered in ${Math.max(1, Math.round(this.browser.result.tookMs))} ms`),
  };

  /** Call it while a component starts. */
  constructor(outside: GridOutside) {
    const { browser, route, connection } = outside;
    this.#outside = outside;
    this.browser = browser;
    this.sameNames = outside.sameNames;
    $effect(() => {
      // The address may name the next view already while this one is still shown.
      if (route.view !== 'tracklets') return;
      const filter = filterOf(route.params);
      const sort = sortOf(route.params);
      untrack(() => browser.show(filter, sort));
    });
    $effect(() => {
      if (connection.opened > 1) untrack(() => browser.onChanged(['Tracklets']));
    });
    // A new list starts at its top; the first one where the grid stood before.
    let shownIds: Int32Array | null = null;
    $effect(() => {
      const now = browser.result === null ? null : browser.ids;
      untrack(() => {
        if (shownIds !== null && shownIds !== now) this.api?.scrollToIndex(browser.current);
        shownIds = now;
      });
    });
    $effect(() => this.#play());
    $effect(() => {
      untrack(() => this.api?.focus());
      return () => {
        clearTimeout(this.#asked);
        browser.keepPlace();
      };
    });
  }

  #play(): (() => void) | undefined {
    const { browser } = this;
    const id = browser.playing?.id;
    if (id === undefined) return;
    const frames = untrack(() => browser.rows.get(id)?.frames) ?? 0;
    if (frames === 0) return;
    const timer = setInterval(() => {
      const at = browser.playing?.position ?? 0;
      browser.playing = { id, position: (at + Math.max(1, Math.ceil(frames / PLAYED))) % frames };
    }, PLAY_EVERY_MS);
    return () => clearInterval(timer);
  }

  /** What the box shows now. */
  readonly viewed = (first: number, last: number, offset: number, isUnreadable: boolean): void => {
    const { browser } = this;
    this.view = { first, last };
    browser.offset = offset;
    if (isUnreadable) return;
    this.#asked ??= setTimeout(() => {
      this.#asked = undefined;
      const { view } = this;
      const span = view.last - view.first + 1;
      browser.rows.want([
        ...browser.ids.subarray(Math.max(0, view.first), view.last + 1),
        ...browser.ids.subarray(view.last + 1, view.last + 1 + span),
        ...browser.ids.subarray(Math.max(0, view.first - span), Math.max(0, view.first)),
      ]);
    }, ASK_EVERY_MS);
  };

  #move(event?: Pick<KeyboardEvent, 'key' | 'shiftKey'>): void {
    const { api } = this;
    const { ids, current: here } = this.browser;
    if (!event || !api || ids.length === 0) return;
    const across = api.columns();
    const page = api.rowsPerPage() * across;
    const last = ids.length - 1;
    const targets: Record<string, number> = {
      ArrowLeft: here - 1,
      ArrowRight: here + 1,
      ArrowUp: here - across,
      ArrowDown: here + across,
      PageUp: here - page,
      PageDown: here + page,
      Home: 0,
      End: last,
    };
    let next = targets[event.key] ?? here;
    if (event.key === 'ArrowDown' && next > last) next = Math.floor(here / across) === Math.floor(last / across) ? here : last;
    if (event.key === 'ArrowUp' && next < 0) next = here;
    if (event.key === 'PageUp' && next < 0) next = here % across;
    this.#go(next, event.shiftKey);
  }
  #go(index: number, extend = false): void {
    this.browser.playing = null;
    this.browser.moveTo(index, { extend });
    this.api?.scrollToIndex(this.browser.current);
    this.api?.focus();
  }
  press(event: Pick<MouseEvent, 'ctrlKey' | 'metaKey' | 'shiftKey'>, index: number): void {
    if (event.ctrlKey || event.metaKey) {
      this.browser.current = index;
      this.browser.toggle(index);
      this.api?.focus();
    } else this.#go(index, event.shiftKey);
  }
  open(index: number): void {
    this.browser.current = index;
    this.browser.annotate();
  }
  jumpTo(index: number): void {
    this.browser.moveTo(index);
    this.api?.scrollToIndex(index, 'start');
  }
  /** The dialog that asked for an identity has closed. */
  async wentTo(): Promise<void> {
    // After it has given the focus back.
    await tick();
    this.api?.scrollToIndex(this.browser.current, 'start');
    this.api?.focus();
  }
  #togglePlay(): void {
    const { browser } = this;
    const id = browser.currentId;
    browser.playing = id === null || browser.playing?.id === id ? null : { id, position: 0 };
  }

  readonly markReviewed = (): Promise<void> => this.#attempt(async () => void (this.question = await this.browser.markReviewed()));
  answer(ids: number[], anyway: boolean): Promise<void> {
    this.question = null;
    return this.#attempt(() => this.browser.setReviewed(ids, anyway));
  }
  moveToSplit(split: Parameters<TrackletBrowser['moveToSplit']>[0]): Promise<void> {
    return this.#attempt(() => this.browser.moveToSplit(split));
  }
  async #attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#outside.settle('selection');
    } catch (error) {
      this.#outside.notify(toErrorShape(error), { about: 'selection' });
    }
  }

  /** What the keys of the view do; `hasFocus`: nothing outside the grid has it. */
  commands(hasFocus: () => boolean): Record<string, CommandHandler | (() => void)> {
    const { browser } = this;
    const hasTracklets = () => browser.ids.length > 0;
    const hasCurrent = () => browser.currentId !== null;
    const hasSelection = () => browser.selection.size > 0;
    return {
      'tracklets.move': { press: (event) => this.#move(event), enabled: hasTracklets, hasFocus },
      'tracklets.play': { press: () => this.#togglePlay(), enabled: hasCurrent, hasFocus, repeats: false },
      'tracklets.select': { press: () => browser.toggle(browser.current), enabled: hasCurrent, repeats: false },
      'tracklets.annotate': { press: () => browser.annotate(), enabled: hasTracklets },
      'tracklets.goTo': { press: () => (this.isGoingTo = true), enabled: hasTracklets },
      'tracklets.search': { press: () => this.search?.focus(), enabled: () => this.search !== undefined },
      'tracklets.selectAll': { press: () => browser.selectAll(), enabled: hasTracklets },
      'tracklets.clearSelection': { press: () => browser.select([]), enabled: hasSelection },
      'tracklets.clearFilters': { press: () => browser.setFilter({}), enabled: () => parts(browser.filter).length > 0 },
      'tracklets.reviewed': { press: () => void this.markReviewed(), enabled: hasTracklets, repeats: false },
      'tracklets.toTrain': { press: () => void this.moveToSplit('train'), enabled: hasSelection },
      'tracklets.toQuery': { press: () => void this.moveToSplit('query'), enabled: hasSelection },
      'tracklets.toGallery': { press: () => void this.moveToSplit('gallery'), enabled: hasSelection },
      'tracklets.toNone': { press: () => void this.moveToSplit('none'), enabled: hasSelection },
      'tracklets.sizeSmall': () => (browser.size = 'S'),
      'tracklets.sizeMedium': () => (browser.size = 'M'),
      'tracklets.sizeLarge': () => (browser.size = 'L'),
    };
  }
}
