/**
 * Facts about methods for the host, which never loads one: the registry as data, and size and cost of one method with given options.
 * Runs in a short-lived child without an engine. Test: test/main/compute/child.test.ts.
 */
import { z } from 'zod';
import { AppError } from '../../../src-shared/errors.ts';
import type { MethodInfo, MethodSize } from '../../../src-shared/contract/runs.ts';
import { describe } from '../../../models/describe.ts';
import type { MethodDefinition } from '../../../models/method.ts';
import { loadRegistry } from '../../platform/registry.ts';
import type { DescribeTask } from '../protocol.ts';

const FOLDER = new URL('../../../models/methods/', import.meta.url);

export async function methodsJob(): Promise<MethodInfo[]> {
  return [...(await loadRegistry<MethodDefinition>(FOLDER)).values()].sort(inListOrder).map((method) => ({
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

export async function describeJob(task: DescribeTask): Promise<MethodSize> {
  const method = await loadMethod(task.method);
  const options = parseOptions(method, task.options);
  return { id: method.id, ...(await describe(method, options, task.identities)), options };
}

/** @throws UNKNOWN_METHOD naming what there is. */
export async function loadMethod(id: string): Promise<MethodDefinition> {
  const methods = await loadRegistry<MethodDefinition>(FOLDER);
  const method = methods.get(id);
  if (!method) throw new AppError('UNKNOWN_METHOD', `There is no method "${id}"; known are ${[...methods.keys()].join(', ')}.`, { method: id });
  return method;
}

/** Complete options. @throws UNKNOWN_OPTION or BAD_INPUT naming the key. */
export function parseOptions(method: MethodDefinition, options: Record<string, unknown>): Record<string, unknown> {
  const known = Object.keys(method.options.shape);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new AppError('UNKNOWN_OPTION', `"${method.id}" has no option "${unknown}"; known are ${known.join(', ')}.`, { key: unknown, method: method.id });
  const parsed = method.options.safeParse(options);
  if (parsed.success) return parsed.data as Record<string, unknown>;
  const issue = parsed.error.issues[0];
  const key = issue?.path.join('.') ?? '';
  throw new AppError('BAD_INPUT', `The option "${key}" of "${method.id}" does not fit: ${issue?.message ?? 'unknown reason'}.`, { key, method: method.id });
}
