/**
 * One data set as its pane shows it: its counts and statistics, what cannot be read of them, and how many queries each protocol has. What is read
 * of another data set is not taken for its own. Test: test/renderer/datasets/shownDataset.svelte.test.ts.
 */
import { protocolNames, protocols } from '../../../src-shared/protocols/index.ts';
import type { useQuery } from '../../lib/query.svelte.ts';
import { whyUnread } from './occlusionTable.ts';
import { recipeLines } from './recipeLines.ts';

export class ShownDataset {
  readonly #id: () => number;
  readonly query: ReturnType<typeof useQuery<'datasets.get'>>;
  readonly #statistics: ReturnType<typeof useQuery<'datasets.statistics'>>;
  /** Published figures stand beside its own. */
  hasPublished = $state(true);

  readonly detail = $derived.by(() => (this.query.data?.id === this.#id() ? this.query.data : undefined));
  readonly stats = $derived.by(() => (this.#statistics.data?.datasetId === this.#id() ? this.#statistics.data : undefined));
  /** Why the occlusion tables cannot be shown. */
  readonly unread = $derived.by(() => whyUnread(this.#statistics.error, this.stats?.frames ?? null, this.detail?.frames ?? 0));
  /** Protocols with the same count share a line. */
  readonly validQueries = $derived.by(() => {
    const countOf = (name: (typeof protocolNames)[number]): number => this.detail?.validQueries[name] ?? 0;
    return [...Map.groupBy(protocolNames, countOf)].map(([n, names]) => ({ n, names: names.map((name) => protocols[name].short).join(', ') }));
  });
  /** How it was made of others, line by line; `to`: where that is shown. Empty for an imported one. */
  readonly recipe = $derived.by(() => recipeLines(this.detail?.recipe ?? null));
  /** What it was imported with and can be said in a word. */
  readonly options = $derived.by(() =>
    Object.entries(this.detail?.options ?? {}).filter(([, value]) => value !== null && value !== '' && typeof value !== 'object'),
  );

  /** Call it while a component starts. */
  constructor(id: () => number, query: typeof useQuery) {
    this.#id = id;
    this.query = query('datasets.get', () => ({ id: id() }));
    this.#statistics = query('datasets.statistics', () => ({ id: id() }));
  }
}
