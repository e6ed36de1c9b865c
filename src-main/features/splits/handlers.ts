/** Calls of domain `splits`. Test: test/main/features/splits/splits.test.ts. */
import { calls, tagsOf, type Handlers } from '../../../src-shared/contract/index.ts';
import type { HostContext } from '../context.ts';

export function createSplitsHandlers({ db, clock }: HostContext): Pick<Handlers, 'splits.list' | 'splits.use'> {
  return {
    'splits.list': (input) => db.read('splits', 'list', input),
    'splits.use': async (input, { key }) => {
      await db.write('splits', 'use', { ...input, at: clock(), tags: tagsOf(calls['splits.use'], 'invalidates', input) }, { key });
      return {};
    },
  };
}
