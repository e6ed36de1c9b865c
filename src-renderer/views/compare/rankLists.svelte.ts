/**
 * The rank lists of the chosen query, a row a method: which cells stand in them, which one is active, and how they are laid out in the room
 * there is. Test: test/renderer/compare/rankLists.svelte.test.ts.
 */
import type { RankList } from '../../../src-shared/contract/evaluations.ts';
import type { Output } from '../../../src-shared/contract/index.ts';
import type { QueryState, useQuery } from '../../lib/query.svelte.ts';
import type { EvaluationChoice } from './evaluationChoice.svelte.ts';
import type { QueryQueue } from './queryQueue.svelte.ts';
import { layoutRanks, scrollTo, shownCells } from './rankRow.ts';
import type { RowStore } from './rows.svelte.ts';

/** Entries that are read of each list. */
const TOP = 50;
const LEAST_ROW = 108;

export class RankLists {
  readonly #evaluations: EvaluationChoice;
  readonly #rows: RowStore;
  lists = $state.raw<Output<'compare.ranks'>>([]);
  /** Query that the lists are of: those of the one before stay until the next ones are there. */
  listsOf = $state<number | null>(null);
  /** The tracklet that asks. */
  readonly detail: QueryState<Output<'tracklets.get'>>;

  isJunkHidden = $state(false);
  hasDistance = $state(true);
  method = $state(0);
  /** Index of the active cell in its row. */
  rank = $state(0);
  /** First cell that is in sight. */
  from = $state(0);
  hoveredId = $state<number | null>(null);
  /** Room of all rows, px. */
  width = $state(1160);
  height = $state(430);

  readonly cells = $derived.by(() =>
    this.#evaluations.evaluations.map((evaluation) => {
      const list = this.listOf(evaluation.id);
      return list ? shownCells(list, this.isJunkHidden) : [];
    }),
  );
  readonly most = $derived.by(() => Math.max(1, ...this.cells.map((row) => row.length)));
  readonly layout = $derived.by(() => {
    const rowHeight = Math.max(LEAST_ROW, this.height / Math.max(1, this.#evaluations.evaluations.length));
    return layoutRanks({ width: this.width, rowHeight, cells: this.most });
  });
  /** Column of the active method. */
  readonly active = $derived.by(() => Math.min(this.method, Math.max(0, this.#evaluations.evaluations.length - 1)));
  readonly activeCell = $derived.by(() => this.cells[this.active]?.[this.rank] ?? null);
  readonly hovered = $derived.by(() => (this.hoveredId === null ? null : { trackletId: this.hoveredId, name: this.#rows.get(this.hoveredId)?.identity ?? '' }));

  /** Call it while a component starts. */
  constructor(query: typeof useQuery, evaluations: EvaluationChoice, queue: QueryQueue, rows: RowStore) {
    this.#evaluations = evaluations;
    this.#rows = rows;
    const listsFor = (trackletId: number | null) =>
      trackletId !== null && evaluations.ids.length > 0 ? { evaluationIds: [...evaluations.ids], trackletId, top: TOP } : null;
    const ranks = query('compare.ranks', () => listsFor(queue.selectedId));
    // The next query's lists are read ahead, so that the arrow key shows them at once.
    query('compare.ranks', () => listsFor(queue.nextId));
    $effect(() => {
      if (!ranks.data) return;
      this.lists = ranks.data;
      this.listsOf = queue.selectedId;
    });
    $effect(() => rows.need(this.lists.flatMap((list) => list.cells.map((cell) => cell.trackletId))));
    this.detail = query('tracklets.get', () => (queue.selectedId === null ? null : { id: queue.selectedId }));
  }

  listOf(evaluationId: number): RankList | null {
    return this.lists.find((list) => list.evaluationId === evaluationId) ?? null;
  }

  /** To the first rank, for another query. */
  toStart(): void {
    this.rank = 0;
    this.from = 0;
  }
  moveRank(by: number): void {
    const total = this.cells[this.active]?.length ?? 0;
    if (total === 0) return;
    const { lines, columns } = this.layout;
    this.rank = Math.min(total - 1, Math.max(0, this.rank + by));
    const to = scrollTo(this.rank, this.from, columns * lines, this.most);
    // With several lines the window moves by whole lines, so that columns keep their ranks.
    this.from = lines > 1 ? Math.ceil(to / columns) * columns : to;
  }
  activate(row: number, index: number): void {
    this.method = row;
    this.rank = index;
  }
}
