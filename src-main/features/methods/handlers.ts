/** Calls of domain `methods`. Test: test/main/features/experimentCalls.test.ts. */
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { MethodsService } from './service.ts';

export function createMethodsHandlers(methods: MethodsService): Pick<Handlers, 'methods.list' | 'methods.describe'> {
  return {
    'methods.list': () => methods.list(),
    'methods.describe': ({ id, options, identities }) => methods.describe(id, options, identities),
  };
}
