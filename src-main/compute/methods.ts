/**
 * Methods by their names, and their options checked. Loading one loads the engine's JavaScript: for programs of tasks and the command line, never
 * for the host. Test: test/main/compute/child.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import type { MethodDefinition } from '../../models/method.ts';
import { loadRegistry } from '../platform/registry.ts';

const FOLDER = new URL('../../models/methods/', import.meta.url);

export function loadMethods(): Promise<Map<string, MethodDefinition>> {
  return loadRegistry<MethodDefinition>(FOLDER);
}

/** @throws UNKNOWN_METHOD naming what there is. */
export async function loadMethod(id: string): Promise<MethodDefinition> {
  const methods = await loadMethods();
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
