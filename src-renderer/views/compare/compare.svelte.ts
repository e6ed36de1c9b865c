/**
 * Everything about comparing evaluations query by query: what is shown, and what keys and pointer do with it. Components show it and call its
 * methods; whatever reaches outside is given to it. What is shown stands in the address (`address.ts`): #/compare?e=<evaluations, reference first>&q=<query> and the filter.
 * Test: test/renderer/compare/compare.svelte.test.ts.
 */
import { questionInWords } from '../../../src-shared/evaluation/question.ts';
import type { CommandHandler } from '../../lib/commands.svelte.ts';
import type { useQuery } from '../../lib/query.svelte.ts';
import { routePath } from '../../lib/route.ts';
import { choiceParams, type Choices } from './address.ts';
import { EvaluationChoice } from './evaluationChoice.svelte.ts';
import type { CompareOutside } from './outside.ts';
import { NO_FILTER, ORDER_TITLES, filterWords, type QueryFilter } from './queries.ts';
import { QueryQueue } from './queryQueue.svelte.ts';
import { RankLists } from './rankLists.svelte.ts';
import { createRowStore, type RowStore } from './rows.svelte.ts';
import { ShownFigures } from './shownFigures.svelte.ts';
import { checkList, checkReports, type Finding } from './trust.ts';

const MS_PER_TICK = 125;

export class Comparison {
  readonly #outside: CompareOutside;
  #params = $state.raw<Record<string, string>>({});
  readonly rows: RowStore;
  readonly choice: EvaluationChoice;
  readonly queue: QueryQueue;
  readonly ranks: RankLists;
  readonly figures: ShownFigures;
  readonly #dataset: ReturnType<typeof useQuery<'datasets.get'>>;

  isPlaying = $state(false);
  /** Grows while strips play. */
  tick = $state(0);
  isPairOpen = $state(false);

  readonly findings = $derived.by((): Finding[] => {
    const { evaluations } = this.choice;
    const { all, selected } = this.queue;
    const found = checkReports(evaluations, all);
    if (selected && this.ranks.listsOf === selected.trackletId) {
      for (const [i, evaluation] of evaluations.entries()) {
        const list = this.ranks.listOf(evaluation.id);
        if (list) found.push(...checkList(list, evaluation.protocol, selected.ap[i] ?? NaN, selected.firstHit[i] ?? NaN, evaluation.runName));
      }
    }
    return found;
  });
  readonly cameras = $derived.by(() => this.#dataset.data?.cameraRows ?? []);
  /** The filter in words. */
  readonly inForce = $derived.by(() =>
    filterWords(this.queue.filter, this.choice.letters, this.queue.pair, (id) => this.cameras.find((camera) => camera.id === id)?.name),
  );
  readonly caption = $derived.by(() => {
    const [first] = this.choice.evaluations;
    if (!first) return '';
    return [
      questionInWords(first),
      this.inForce.length > 0 ? `only: ${this.inForce.map(({ words }) => words).join(', ')}` : '',
      this.choice.loaded ? `labels ${this.choice.loaded.labels.revision}` : '',
      ...this.choice.told,
    ]
      .filter(Boolean)
      .join(' · ');
  });
  readonly orderWords = $derived.by(() => {
    const { order, pair } = this.queue;
    if (order !== 'gain' && order !== 'loss') return ORDER_TITLES[order];
    const { letters } = this.choice;
    return `Sorted by ${letters[pair.b] ?? ''} − ${letters[pair.a] ?? ''}, ${order === 'gain' ? 'largest gain' : 'largest loss'} first`;
  });

  /** Call it while a component starts. */
  constructor(outside: CompareOutside) {
    const { client, query, route } = outside;
    this.#outside = outside;
    this.#params = route.params;
    this.rows = createRowStore(client);
    // The address may name the next view already while this one is still shown.
    $effect.pre(() => {
      if (route.view === 'compare') this.#params = route.params;
    });
    const params = (): Record<string, string> => this.#params;
    this.choice = new EvaluationChoice(outside, params);
    this.queue = new QueryQueue(params, this.choice, this.rows);
    this.ranks = new RankLists(query, this.choice, this.queue, this.rows);
    this.figures = new ShownFigures(this.choice, this.queue);
    this.#dataset = query('datasets.get', () => (this.choice.evaluations[0] ? { id: this.choice.evaluations[0].datasetId } : null));
    $effect(() => {
      if (!this.isPlaying || this.isPairOpen) return;
      const timer = setInterval(() => (this.tick += 1), MS_PER_TICK);
      return () => clearInterval(timer);
    });
  }

  show({ e = this.choice.ids, q = this.queue.selectedId, ...changed }: { e?: readonly number[]; q?: number | null } & Partial<Choices>): void {
    this.#outside.navigate(routePath('compare', null, { e: e.join(','), q, ...choiceParams({ ...this.queue.choices, ...changed }) }), { replace: true });
  }
  setFilter(change: Partial<QueryFilter>): void {
    this.show({ filter: { ...this.queue.filter, ...change } });
  }
  clearFilters(): void {
    this.show({ filter: NO_FILTER });
  }
  select(id: number): void {
    this.ranks.toStart();
    this.show({ q: id });
  }
  step(by: number): void {
    const next = this.queue.idAt(by);
    if (next !== null) this.select(next);
  }
  moveMethod(by: number): void {
    const { length } = this.choice.evaluations;
    if (length === 0) return;
    const method = (this.ranks.active + by + length) % length;
    this.ranks.method = method;
    if (method !== 0) this.show({ pairColumn: method });
  }
  comparedWith(column: number): void {
    this.show({ pairColumn: column });
    this.ranks.method = column;
  }
  choose(next: number[]): void {
    if (next.length > 0) this.show({ e: next, q: next.some((id) => this.choice.ids.includes(id)) ? this.queue.selectedId : null });
  }
  makeReference(id: number): void {
    this.show({ e: [id, ...this.choice.ids.filter((other) => other !== id)] });
    this.ranks.method = 0;
  }
  /** Runs were evaluated again: theirs stand beside those shown. */
  async showAgain(runIds: string[]): Promise<void> {
    const e = await this.choice.withRuns(runIds);
    if (e) this.show({ e });
  }
  togglePlaying(): void {
    this.isPlaying = !this.isPlaying;
  }

  /** What the keys of the view do; `search` puts the focus where queries are searched. */
  commands(search: () => void): Record<string, CommandHandler | (() => void)> {
    const { choice, queue, ranks } = this;
    return {
      'compare.nextQuery': () => this.step(1),
      'compare.previousQuery': () => this.step(-1),
      'compare.firstQuery': () => this.step(-queue.queries.length),
      'compare.lastQuery': () => this.step(queue.queries.length),
      'compare.nextMethod': () => this.moveMethod(1),
      'compare.previousMethod': () => this.moveMethod(-1),
      'compare.nextRank': () => ranks.moveRank(1),
      'compare.previousRank': () => ranks.moveRank(-1),
      'compare.play': { press: () => this.togglePlaying(), repeats: false, enabled: () => choice.loaded !== null },
      'compare.open': { press: () => (this.isPairOpen = true), enabled: () => ranks.activeCell !== null },
      'compare.back': { press: () => (this.isPairOpen = false), enabled: () => this.isPairOpen },
      'compare.distances': () => (ranks.hasDistance = !ranks.hasDistance),
      'compare.junk': () => (ranks.isJunkHidden = !ranks.isJunkHidden),
      'compare.search': search,
      'compare.clearFilters': { press: () => this.clearFilters(), enabled: () => this.inForce.length > 0 },
      'compare.reference': {
        press: () => {
          const evaluation = choice.evaluations[ranks.active];
          if (evaluation) this.makeReference(evaluation.id);
        },
        enabled: () => ranks.active > 0,
      },
      'compare.annotateQuery': {
        press: () => queue.selectedId !== null && this.#outside.navigate(routePath('annotate', queue.selectedId)),
        enabled: () => queue.selectedId !== null,
      },
    };
  }
}
