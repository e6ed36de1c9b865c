/** What table and charts of Compare draw: the figures of the queries that the filter leaves. Test: test/renderer/compare/compare.svelte.test.ts. */
import type { Figures } from '../../../src-shared/evaluation/figures.ts';
import { drawnFigures } from './drawnFigures.svelte.ts';
import type { EvaluationChoice } from './evaluationChoice.svelte.ts';
import type { QueryQueue } from './queryQueue.svelte.ts';

export class ShownFigures {
  readonly #evaluations: EvaluationChoice;
  readonly #queue: QueryQueue;
  readonly #drawn: { readonly now: Figures | null };
  readonly #drawnStrata: { readonly now: Figures | null };

  /** Null until those of the evaluations shown are there. */
  readonly all = $derived.by(() => this.#fitting(this.#drawn.now));
  readonly paired = $derived.by(() => this.all?.methods[this.#queue.pair.b]?.paired ?? null);
  readonly byStratum = $derived.by(() => (this.#queue.filter.stratum === null ? this.all : (this.#fitting(this.#drawnStrata.now) ?? this.all)));
  readonly curves = $derived.by(() =>
    (this.all?.methods ?? []).map(({ cmc, band }, i) => {
      const known = band.filter(({ estimate }) => estimate.interval !== null);
      return {
        look: this.#evaluations.looks[i]!,
        name: this.#evaluations.names[i]!,
        cmc,
        band:
          known.length > 0
            ? {
                rank: known.map(({ rank: at }) => at),
                low: known.map(({ estimate }) => estimate.interval!.low),
                high: known.map(({ estimate }) => estimate.interval!.high),
              }
            : null,
      };
    }),
  );

  /** Call it while a component starts. */
  constructor(evaluations: EvaluationChoice, queue: QueryQueue) {
    this.#evaluations = evaluations;
    this.#queue = queue;
    // Table, charts and intervals are of the queries that the filter leaves.
    this.#drawn = drawnFigures(() => {
      const [first] = evaluations.evaluations;
      if (!first) return null;
      const { pair } = queue;
      return { queries: queue.kept, protocol: first.protocol, methods: evaluations.evaluations.length, maxRank: first.cmc.length, banded: [pair.a, pair.b] };
    });
    // The chart by stratum is what a stratum is chosen on: it shows the others too, under the rest of the filter.
    this.#drawnStrata = drawnFigures(() => {
      const [first] = evaluations.evaluations;
      if (!first || queue.filter.stratum === null) return null;
      return { queries: queue.passing({ ...queue.filter, stratum: null }), protocol: first.protocol, methods: evaluations.evaluations.length, maxRank: 1 };
    });
  }

  #fitting(figures: Figures | null): Figures | null {
    return figures?.methods.length === this.#evaluations.evaluations.length ? figures : null;
  }
}
