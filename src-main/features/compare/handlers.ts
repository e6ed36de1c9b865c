/** Calls of domain `compare`. Test: test/main/features/experimentCalls.test.ts. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../../host/context.ts';
import { computeServices } from '../../jobs/computeServices.ts';

export function createCompareHandlers(context: HostContext): Pick<Handlers, 'compare.check' | 'compare.load' | 'compare.ranks'> {
  const { compare } = computeServices(context);
  return {
    'compare.check': ({ evaluationIds, reference }) => compare.check(evaluationIds, reference),
    'compare.load': ({ evaluationIds, reference }) => compare.load(evaluationIds, reference),
    'compare.ranks': ({ evaluationIds, trackletId, top }) => compare.ranks(evaluationIds, trackletId, top),
  };
}
