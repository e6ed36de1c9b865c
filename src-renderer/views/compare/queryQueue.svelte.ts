/**
 * The queries of the evaluations shown: which pass the filter, in what order, and which one is chosen. Filter, order and choice stand in the
 * address (`address.ts`). Test: test/renderer/compare/queryQueue.svelte.test.ts.
 */
import type { CompareQuery } from '../../../src-shared/contract/evaluations.ts';
import { choicesOf, type Choices } from './address.ts';
import type { EvaluationChoice } from './evaluationChoice.svelte.ts';
import { passes, sortQueries, type QueryFilter } from './queries.ts';
import type { RowStore } from './rows.svelte.ts';

/** Of so few queries the row of each is read at once. */
const FEW = 2000;

export class QueryQueue {
  readonly #params: () => Record<string, string>;
  readonly #evaluations: EvaluationChoice;
  readonly #rows: RowStore;

  // By their text, so that another query in the address filters and sorts nothing anew.
  readonly #choicesText = $derived.by(() => JSON.stringify(choicesOf(this.#params(), this.#evaluations.ids.length)));
  readonly choices = $derived.by(() => JSON.parse(this.#choicesText) as Choices);
  readonly order = $derived.by(() => this.choices.order);
  readonly filter = $derived.by(() => this.choices.filter);
  /** Columns of the reference and of the method that it is compared with. */
  readonly pair = $derived.by(() => {
    const columns = this.#evaluations.evaluations.length;
    return { a: 0, b: Math.min(Math.max(this.choices.pairColumn, columns > 1 ? 1 : 0), Math.max(0, columns - 1)) };
  });

  readonly all = $derived.by(() => this.#evaluations.loaded?.queries ?? []);
  /** Those that pass, in no order. */
  readonly kept = $derived.by(() => this.passing(this.filter));
  readonly queries = $derived.by(() => sortQueries(this.kept, this.order, this.pair, this.#rows.get));
  readonly selectedId = $derived.by(() => {
    const wanted = Number(this.#params()['q']);
    return this.all.some((query) => query.trackletId === wanted) ? wanted : (this.queries[0]?.trackletId ?? this.all[0]?.trackletId ?? null);
  });
  readonly selected = $derived.by(() => this.all.find((query) => query.trackletId === this.selectedId) ?? null);
  /** Of the chosen one in the list; −1 where the filter leaves it out. */
  readonly place = $derived.by(() => this.queries.findIndex((query) => query.trackletId === this.selectedId));
  readonly nextId = $derived.by(() => this.queries[this.place + 1]?.trackletId ?? null);

  /** Call it while a component starts. */
  constructor(params: () => Record<string, string>, evaluations: EvaluationChoice, rows: RowStore) {
    this.#params = params;
    this.#evaluations = evaluations;
    this.#rows = rows;
    // A filter by text, and the order by identity, need every row.
    const needsAllRows = $derived(this.filter.text.trim() !== '' || this.order === 'identity' || this.all.length <= FEW);
    $effect(() => {
      if (needsAllRows) rows.need(this.all.map((query) => query.trackletId));
    });
  }

  passing(by: QueryFilter): CompareQuery[] {
    return this.all.filter((query) => passes(query, by.text === '' ? undefined : this.#rows.get(query.trackletId), by, this.pair));
  }

  /** So many places on, as far as the list goes; the first where the chosen one is not in it. Null in an empty list. */
  idAt(by: number): number | null {
    const at = this.place < 0 ? 0 : Math.min(this.queries.length - 1, Math.max(0, this.place + by));
    return this.queries[at]?.trackletId ?? null;
  }
}
