/**
 * The one rule that says before which calls a copy of the project is made: everything that removes, and everything that changes or adds many
 * rows at once. Migrations and restoring make theirs themselves. Test: test/main/features/bulk.test.ts.
 */
import { calls, type CallName, type Handlers } from '../../../src-shared/contract/index.ts';

/** One step of the grid or of a paste touches fewer; from here on no one remembers what was there. */
export const MANY = 100;

type Rule = (input: never) => string | null;

const RULES: Partial<Record<CallName, Rule>> = {
  'datasets.remove': () => 'Before removing a data set',
  'runs.remove': () => 'Before removing a run',
  'datasets.putBack': ({ values }: { values?: number[] }) => (values && values.length < MANY ? null : 'Before putting back values that were set aside'),
  'trash.empty': () => 'Before deleting removed things',
  'imports.start': () => 'Before an import',
  'imports.again': () => 'Before an import',
  'synth.start': () => 'Before making a synthetic set',
  'tracklets.setSplit': ({ ids, split }: { ids: number[]; split: string }) => (ids.length >= MANY ? `Before moving ${ids.length} tracklets to ${split}` : null),
  'annotations.apply': ({ edits }: { edits: unknown[] }) => (edits.length >= MANY ? `Before ${edits.length} edits in one step` : null),
};

export function reasonBefore(name: CallName, input: unknown): string | null {
  return RULES[name]?.(input as never) ?? null;
}

/**
 * The same handlers of commands, with a copy made first where the rule says so; in the turn of the command, so nothing comes between. What starts
 * a job has its copy made before its turn (host/preparations.ts): the job itself comes later anyway, and nobody's stroke waits for it.
 */
export function copyBefore(handlers: Handlers, before: (reason: string) => Promise<void>): Handlers {
  const wrapped = Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [
      name,
      calls[name as CallName].kind === 'job'
        ? handler
        : async (input: unknown, context: unknown) => {
            const reason = reasonBefore(name as CallName, input);
            if (reason !== null) await before(reason);
            return (handler as (input: unknown, context: unknown) => unknown)(input, context);
          },
    ]),
  );
  return wrapped as unknown as Handlers;
}
