/**
 * Which questions are of today, where a data set was asked in one way several times: only the host knows its lists. Nothing is asked where there
 * is nothing to tell apart. Test: test/renderer/today.svelte.test.ts.
 */
import type { Evaluation } from '../../src-shared/contract/evaluations.ts';
import { askedSeveralWays, questionKey, type Reasons } from '../../src-shared/evaluation/question.ts';
import type { useQuery } from './query.svelte.ts';
import { newestFirst } from './questionGroups.ts';

/** So many in one call. */
const MOST = 1000;

/** `reasons` is null until they are known. Call it while a component starts. */
export function useToday(evaluations: () => readonly Evaluation[] | undefined, query: typeof useQuery): { readonly reasons: Reasons | null } {
  const several = $derived(askedSeveralWays(newestFirst(evaluations() ?? [])).slice(0, MOST));
  const answer = query('compare.today', () => (several.length > 0 ? { evaluationIds: several.map(({ id }) => id) } : null));
  const now = $derived.by((): Reasons | null => {
    if (!evaluations()) return null;
    // Without an answer the newest stands for today.
    if (several.length === 0 || answer.error) return new Map();
    if (!answer.data) return null;
    const reasonsOf = new Map(answer.data.map(({ evaluationId, reasons }) => [evaluationId, reasons]));
    return new Map(several.map((one) => [questionKey(one), reasonsOf.get(one.id) ?? []]));
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
