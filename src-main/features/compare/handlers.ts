/** Calls of domain `compare`. Test: test/main/features/experimentCalls.test.ts. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { CompareService } from './service.ts';

export function createCompareHandlers(compare: CompareService): Pick<Handlers, 'compare.check' | 'compare.today' | 'compare.load' | 'compare.ranks'> {
  return {
    'compare.check': ({ evaluationIds, reference }) => compare.check(evaluationIds, reference),
    'compare.today': ({ evaluationIds }) => compare.today(evaluationIds),
    'compare.load': ({ evaluationIds, reference }) => compare.load(evaluationIds, reference),
    'compare.ranks': ({ evaluationIds, trackletId, top }) => compare.ranks(evaluationIds, trackletId, top),
  };
}
