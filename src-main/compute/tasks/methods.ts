/** The registry of methods as data, for the host, which never loads one. Needs no engine. Test: test/main/compute/child.test.ts. */
import { z } from 'zod';
import type { MethodInfo } from '../../../src-shared/contract/runs.ts';
import type { MethodDefinition } from '../../../models/method.ts';
import { defineTask } from '../defineTask.ts';
import { loadMethods } from '../methods.ts';

export interface MethodsTask {
  kind: 'methods';
}

declare module '../protocol.ts' {
  interface TaskKinds {
    methods: { task: MethodsTask; result: MethodInfo[] };
  }
}

export default defineTask({ id: 'methods', perform: methodsJob });

export async function methodsJob(): Promise<MethodInfo[]> {
  return [...(await loadMethods()).values()].sort(inListOrder).map((method) => ({
    id: method.id,
    title: method.title,
    paper: method.paper,
    inputKind: method.input.kind,
    optionsSchema: z.toJSONSchema(method.options, { io: 'input' }) as Record<string, unknown>,
    defaults: method.options.parse({}) as Record<string, unknown>,
    smallOptions: method.smallOptions as Record<string, unknown>,
    recipes: method.recipe,
    card: method.card,
  }));
}

/** Baselines first, since a form proposes the first; then by year and name. */
function inListOrder(a: MethodDefinition, b: MethodDefinition): number {
  return (a.order ?? Infinity) === (b.order ?? Infinity)
    ? a.paper.year - b.paper.year || (a.id < b.id ? -1 : 1)
    : (a.order ?? Infinity) - (b.order ?? Infinity);
}
