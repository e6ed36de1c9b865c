/** Calls of domain `methods`. Test: test/main/features/experimentCalls.test.ts. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../../host/context.ts';
import { computeServices } from '../../jobs/computeServices.ts';

export function createMethodsHandlers(context: HostContext): Pick<Handlers, 'methods.list' | 'methods.describe'> {
  const { methods } = computeServices(context);
  return {
    'methods.list': () => methods.list(),
    'methods.describe': ({ id, options, identities }) => methods.describe(id, options, identities),
  };
}
