/**
 * The data sets of a project: which one is shown, what is being imported, the dialog that is open, and what keys and links from elsewhere do.
 * It knows no document; whatever reaches outside is given to it. Test: test/renderer/datasets/datasets.svelte.test.ts.
 */
import { untrack } from 'svelte';
import type { Client } from '../../../src-shared/contract/index.ts';
import type { DatasetDetail } from '../../../src-shared/contract/datasets.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import { toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';
import type { CommandHandler } from '../../lib/commands.svelte.ts';
import { isActive, isAnsweredSince } from '../../lib/jobState.ts';
import type { useQuery } from '../../lib/query.svelte.ts';
import { routePath, type Route } from '../../lib/route.ts';
import { paramsOf } from '../../lib/trackletFilter.ts';

export interface DatasetsOutside {
  client: Pick<Client, 'call'>;
  query: typeof useQuery;
  route: Route;
  navigate(path: string, options?: { replace?: boolean }): void;
  jobs: { readonly list: readonly Job[] };
  notify(error: ErrorShape): void;
}

export type DatasetQuestion = 'rename' | 'remove' | 'locate';
export type DatasetDialog = { kind: 'import' | 'synthetic' } | { kind: DatasetQuestion; dataset: DatasetDetail };

export class Datasets {
  readonly #outside: DatasetsOutside;
  readonly list: ReturnType<typeof useQuery<'datasets.list'>>;
  dialog = $state.raw<DatasetDialog | null>(null);
  /** Counts what was asked to be opened: only the last one opens. */
  #asked = 0;
  #lastChosen = $state.raw<string | null>(null);

  readonly all = $derived.by(() => this.list.data ?? []);
  /** Where the address names none, such as after an import was asked for, the last one stays. */
  readonly selectedId = $derived.by(() => {
    const chosen = this.#outside.route.id ?? this.#lastChosen;
    return this.all.find((dataset) => String(dataset.id) === chosen)?.id ?? this.all[0]?.id ?? null;
  });
  /** Jobs that bring in a data set, and those that failed and are not answered. */
  readonly importing = $derived.by(() => {
    const { list } = this.#outside.jobs;
    return list.filter((job) => job.group === 'data' && (isActive(job) || (job.state === 'failed' && !job.dismissed && !isAnsweredSince(job, list))));
  });

  /** Call it while a component starts. */
  constructor(outside: DatasetsOutside) {
    this.#outside = outside;
    const { route, navigate } = outside;
    this.list = outside.query('datasets.list', () => ({}));
    $effect(() => {
      if (route.view === 'datasets' && route.id !== null) this.#lastChosen = route.id;
    });
    // Links from elsewhere ask for a dialog: ?import=1, ?locate=1.
    $effect(() => {
      const { params } = route;
      const id = this.selectedId;
      untrack(() => {
        if (params['import']) {
          this.open({ kind: 'import' });
          navigate(routePath('datasets', route.id), { replace: true });
        } else if (params['locate'] && id !== null) void this.#locateFromLink(id);
      });
    });
  }

  async #locateFromLink(id: number): Promise<void> {
    const { route, navigate } = this.#outside;
    await this.ask('locate', id);
    // Who has gone elsewhere meanwhile stays there.
    if (route.view === 'datasets' && route.params['locate']) navigate(routePath('datasets', id), { replace: true });
  }

  open(dialog: DatasetDialog): void {
    this.#asked += 1;
    this.dialog = dialog;
  }
  close(): void {
    this.#asked += 1;
    this.dialog = null;
  }
  /** The question is put about what the data set is now. */
  async ask(kind: DatasetQuestion, id = this.selectedId): Promise<void> {
    if (id === null) return;
    const mine = (this.#asked += 1);
    try {
      const dataset = await this.#outside.client.call('datasets.get', { id });
      if (mine === this.#asked) this.dialog = { kind, dataset };
    } catch (error) {
      this.#outside.notify(toErrorShape(error));
    }
  }
  #step(by: number): boolean {
    const at = this.all.findIndex((dataset) => dataset.id === this.selectedId);
    const next = this.all[Math.min(this.all.length - 1, Math.max(0, at + by))];
    if (next) this.#outside.navigate(routePath('datasets', next.id), { replace: true });
    return next !== undefined;
  }
  /** Its tracklets. */
  readonly showTracklets = (): void => {
    if (this.selectedId !== null) this.#outside.navigate(routePath('tracklets', null, paramsOf({ datasetIds: [this.selectedId] })));
  };

  /** What the keys of the view do; `moved`: another one is shown. */
  commands(moved: () => void): Record<string, CommandHandler | (() => void)> {
    const hasOne = () => this.selectedId !== null;
    const step = (by: number): CommandHandler => ({ press: () => this.#step(by) && moved(), enabled: () => this.all.length > 1 });
    return {
      'datasets.next': step(1),
      'datasets.previous': step(-1),
      'datasets.import': () => this.open({ kind: 'import' }),
      'datasets.synthetic': () => this.open({ kind: 'synthetic' }),
      'datasets.open': { press: this.showTracklets, enabled: hasOne },
      'datasets.rename': { press: () => void this.ask('rename'), enabled: hasOne },
      'datasets.remove': { press: () => void this.ask('remove'), enabled: hasOne },
    };
  }
}
