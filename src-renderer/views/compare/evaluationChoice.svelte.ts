/**
 * Which evaluations stand side by side: those that the address names and that answer one question, what is known of them, and what is to be
 * said of those left out. Test: test/renderer/compare/evaluationChoice.svelte.test.ts.
 */
import type { Output } from '../../../src-shared/contract/index.ts';
import { seriesLook } from '../../charts/marks.ts';
import { client } from '../../client.ts';
import { useQuery, type QueryState } from '../../lib/query.svelte.ts';
import { chosenIds, defaultChoice, groupEvaluations } from '../../lib/questionGroups.ts';

/** So many can be checked in one call. */
const MOST_CHECKED = 64;

export class EvaluationChoice {
  readonly #params: () => Record<string, string>;
  /** Every evaluation of the project. */
  readonly known: QueryState<Output<'evaluations.list'>>;
  readonly loading: QueryState<Output<'compare.load'>>;
  readonly #checking: QueryState<Output<'compare.check'>>;
  /** What is on screen stays until the next answer is there. */
  loaded = $state.raw<Output<'compare.load'> | null>(null);

  readonly groups = $derived.by(() => groupEvaluations(this.known.data ?? []));
  readonly asked = $derived.by(() => chosenIds(this.#params()['e'], this.known.data ?? []));
  /** The reference first. */
  readonly ids = $derived.by(() => (this.asked.ids.length > 0 ? this.asked.ids : defaultChoice(this.groups)));

  readonly evaluations = $derived.by(() => this.loaded?.evaluations ?? []);
  readonly looks = $derived.by(() => this.evaluations.map((_, i) => seriesLook(i)));
  readonly letters = $derived.by(() => this.looks.map((look) => look.letter));
  readonly names = $derived.by(() => this.evaluations.map((evaluation, i) => `${this.letters[i]} ${evaluation.runName}`));

  /** Evaluations shown and those that the address names as well: do they answer one question? */
  readonly checks = $derived.by(() => this.#checking.data ?? []);
  /** Differences that are named and part nobody. */
  readonly told = $derived.by(() =>
    this.checks
      .filter((check) => this.ids.includes(check.evaluationId))
      .flatMap((check) => check.differences.filter(({ parts }) => !parts).map(({ words }) => words)),
  );
  readonly outdated = $derived.by(() => this.evaluations.filter((evaluation) => this.checks.find((check) => check.evaluationId === evaluation.id)?.isOutdated));

  /** Call it while a component starts. */
  constructor(params: () => Record<string, string>) {
    this.#params = params;
    this.known = useQuery('evaluations.list', () => ({}));
    this.loading = useQuery('compare.load', () => (this.ids.length > 0 ? { evaluationIds: [...this.ids], reference: this.ids[0]! } : null));
    $effect(() => {
      if (this.loading.data) this.loaded = this.loading.data;
      else if (this.ids.length === 0) this.loaded = null;
    });
    this.#checking = useQuery('compare.check', () =>
      this.ids.length > 0 ? { evaluationIds: [...this.ids, ...this.asked.others].slice(0, MOST_CHECKED), reference: this.ids[0]! } : null,
    );
  }

  /** Those shown, and the evaluations of these runs that answer the question now that they were evaluated again; null where nothing is shown. */
  async withRuns(runIds: readonly string[]): Promise<number[] | null> {
    const first = this.known.data?.find((evaluation) => evaluation.id === this.ids[0]);
    if (!first) return null;
    const now = await client.call('evaluations.list', { datasetId: first.datasetId });
    const fits = now.filter((one) => runIds.includes(one.runId) && one.protocol === first.protocol && one.distance === first.distance);
    return [...new Set([...this.ids, ...fits.map(({ id }) => id)])];
  }
}
