/** Evaluations in the order in which one is looked for: those of the question of today first, then the newest. Test: test/main/cli/compare.test.ts. */
import type { Evaluation } from '../../src-shared/contract/evaluations.ts';
import { askedSeveralWays, questionKey, todayFirst } from '../../src-shared/evaluation/question.ts';
import type { RpcClient } from '../../src-shared/rpc.ts';

/** So many in one call. */
const MOST = 1000;

/** `newestFirst`: as `evaluations.list` has them. */
export async function withTodayFirst(client: RpcClient, newestFirst: readonly Evaluation[]): Promise<Evaluation[]> {
  const several = askedSeveralWays(newestFirst).slice(0, MOST);
  if (several.length === 0) return [...newestFirst];
  const answers = await client.call('compare.today', { evaluationIds: several.map(({ id }) => id) });
  const reasonsOf = new Map(answers.map(({ evaluationId, reasons }) => [evaluationId, reasons]));
  return todayFirst(newestFirst, new Map(several.map((one) => [questionKey(one), reasonsOf.get(one.id) ?? []])));
}
