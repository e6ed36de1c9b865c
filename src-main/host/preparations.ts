/**
 * What starts of jobs do before they take their turn among the commands, since it takes long and decides nothing: a copy of the project, and the
 * size of a method, which a child of its own works out. It is kept, so the handler finds it in its turn.
 * Test: test/main/host/starts.test.ts.
 */
import { calls, type CallContext, type CallName, type Parsed } from '../../src-shared/contract/index.ts';
import { reasonBefore } from '../features/backups/bulk.ts';
import type { HostContext } from '../features/context.ts';
import type { Services } from '../features/services.ts';

export type Preparations = { [N in CallName]?: (input: Parsed<N>, context: CallContext) => Promise<unknown> };

export function createPreparations(context: Pick<HostContext, 'backups'>, { methods }: Pick<Services, 'methods'>): Preparations {
  const own: Preparations = {
    'runs.start': ({ method, options }) => methods.describe(method, options),
    'runs.resume': () => methods.list(),
  };
  const starts = (Object.keys(calls) as CallName[]).filter((name) => calls[name].kind === 'job');
  return Object.fromEntries(
    starts.map((name) => [
      name,
      async (input: never, of: CallContext) => {
        const reason = reasonBefore(name, input);
        if (reason !== null) await context.backups.before(reason);
        await own[name]?.(input, of);
      },
    ]),
  );
}
