/**
 * Which questions are of today: only the host knows the lists of a data set. Who shows figures as those of today asks about every question, who
 * only chooses among several about those of which a data set was asked in one way several times. Test: test/renderer/today.svelte.test.ts.
 */
import type { Evaluation } from '../../src-shared/contract/evaluations.ts';
import { questionKey, type Reasons } from '../../src-shared/evaluation/question.ts';
import type { useQuery } from './query.svelte.ts';
import { newestFirst } from './questionGroups.ts';

/** So many in one call. */
const MOST = 1000;

/** `of`: which are asked about, of all with the newest first. `reasons` is null until they are known. Call it while a component starts. */
export function useToday(
  evaluations: () => readonly Evaluation[] | undefined,
  query: typeof useQuery,
  of: (newestFirst: readonly Evaluation[]) => Evaluation[],
): { readonly reasons: Reasons | null } {
  const asked = $derived(of(newestFirst(evaluations() ?? [])).slice(0, MOST));
  const answer = query('compare.today', () => (asked.length > 0 ? { evaluationIds: asked.map(({ id }) => id) } : null));
  const now = $derived.by((): Reasons | null => {
    if (!evaluations()) return null;
    // Without an answer the newest stands for today.
    if (asked.length === 0 || answer.error) return new Map();
    if (!answer.data) return null;
    const reasonsOf = new Map(answer.data.map(({ evaluationId, reasons }) => [evaluationId, reasons]));
    return new Map(asked.map((one) => [questionKey(one), reasonsOf.get(one.id) ?? []]));
  });
  // What is shown stays until the next answer is there.
  let last = $state.raw<Reasons | null>(null);
  $effect(() => {
    if (now) last = now;
  });
  return {
    get reasons() {
      return now ?? last;
    },
  };
}
