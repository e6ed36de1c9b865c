/**
 * Which evaluations stand side by side: those that the address names and that answer one question, what is known of them, and what is to be
 * said of those left out. Test: test/renderer/compare/evaluationChoice.svelte.test.ts.
 */
import type { Output } from '../../../src-shared/contract/index.ts';
import { askedSeveralWays, questionKey, requestKey, todayFirst } from '../../../src-shared/evaluation/question.ts';
import { seriesLook } from '../../charts/marks.ts';
import type { QueryState } from '../../lib/query.svelte.ts';
import { chosenIds, defaultChoice, groupEvaluations, newestFirst, withNewOnes } from '../../lib/questionGroups.ts';
import { useToday } from '../../lib/today.svelte.ts';
import type { CompareOutside } from './outside.ts';

/** So many can be checked in one call. */
const MOST_CHECKED = 64;

export class EvaluationChoice {
  readonly #client: CompareOutside['client'];
  readonly #params: () => Record<string, string>;
  /** Every evaluation of the project. */
  readonly known: QueryState<Output<'evaluations.list'>>;
  readonly loading: QueryState<Output<'compare.load'>>;
  readonly #checking: QueryState<Output<'compare.check'>>;
  /** What is on screen stays until the next answer is there. */
  loaded = $state.raw<Output<'compare.load'> | null>(null);

  readonly #today: ReturnType<typeof useToday>;
  readonly groups = $derived.by(() => groupEvaluations(this.known.data ?? [], this.#today.reasons ?? undefined));
  readonly asked = $derived.by(() => chosenIds(this.#params()['e'], this.known.data ?? []));
  /** The reference first. */
  readonly ids = $derived.by(() => (this.asked.ids.length > 0 ? this.asked.ids : this.#today.reasons ? defaultChoice(this.groups) : []));

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
  constructor({ client, query }: Pick<CompareOutside, 'client' | 'query'>, params: () => Record<string, string>) {
    this.#client = client;
    this.#params = params;
    this.known = query('evaluations.list', () => ({}));
    this.#today = useToday(() => this.known.data, query, askedSeveralWays);
    this.loading = query('compare.load', () => (this.ids.length > 0 ? { evaluationIds: [...this.ids], reference: this.ids[0]! } : null));
    $effect(() => {
      if (this.loading.data) this.loaded = this.loading.data;
      else if (this.ids.length === 0) this.loaded = null;
    });
    this.#checking = query('compare.check', () =>
      this.ids.length > 0 ? { evaluationIds: [...this.ids, ...this.asked.others].slice(0, MOST_CHECKED), reference: this.ids[0]! } : null,
    );
  }

  /**
   * Those shown, with the evaluations of these runs that answer the question of today, now that they were evaluated again, in the place of theirs;
   * null where nothing is shown.
   */
  async withRuns(runIds: readonly string[]): Promise<number[] | null> {
    const first = this.known.data?.find((evaluation) => evaluation.id === this.ids[0]);
    if (!first) return null;
    const all = newestFirst(await this.#client.call('evaluations.list', { datasetId: first.datasetId }));
    const fits = all.filter((one) => runIds.includes(one.runId) && requestKey(one) === requestKey(first));
    const several = askedSeveralWays(fits).slice(0, MOST_CHECKED);
    const answers = several.length > 0 ? await this.#client.call('compare.today', { evaluationIds: several.map(({ id }) => id) }) : [];
    const reasons = new Map(several.map((one) => [questionKey(one), answers.find(({ evaluationId }) => evaluationId === one.id)?.reasons ?? []]));
    const ofToday = todayFirst(fits, reasons);
    const again = runIds.flatMap((runId) => ofToday.find((one) => one.runId === runId) ?? []);
    return withNewOnes(
      this.ids.flatMap((id) => all.find((one) => one.id === id) ?? []),
      again,
    );
  }
}
