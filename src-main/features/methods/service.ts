/**
 * Methods as data. Loading one would load the engine's JavaScript, so the child that stays does it and the answer is kept: in memory,
 * and in `cache/methods.json` under the version and the times of the model files.
 * Tests: test/main/features/methodsService.test.ts, test/main/features/runs.test.ts.
 */
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../src-shared/errors.ts';
import type { MethodInfo, MethodSize } from '../../../src-shared/contract/runs.ts';
import type { Compute } from '../../compute/backend.ts';
import type { ResultOf, TaskOf } from '../../compute/protocol.ts';
import type { HostContext } from '../context.ts';
import { readRegular } from '../../platform/openRegular.ts';
import { createTurns } from '../../platform/turns.ts';
import { writeFileWhole } from '../../platform/writeFileWhole.ts';

export interface MethodsService {
  list(): Promise<MethodInfo[]>;
  /** @throws UNKNOWN_METHOD */
  get(id: string): Promise<MethodInfo>;
  /** Complete options with size and cost. @throws UNKNOWN_METHOD, UNKNOWN_OPTION, BAD_INPUT naming the key. */
  describe(id: string, options: Record<string, unknown>, identities?: number): Promise<MethodSize>;
}

type Asked = 'methods' | 'describe';

const MODELS = fileURLToPath(new URL('../../../models', import.meta.url));
const KEPT = 200;

/** `compute`: does the tasks; `models`: the folder whose files the answer follows. */
export function createMethodsService(
  { project, version, log }: Pick<HostContext, 'project' | 'version' | 'log'>,
  compute: Compute<Asked>,
  { models = MODELS } = {},
): MethodsService {
  const file = project.file('cache/methods.json');
  let listed: Promise<MethodInfo[]> | null = null;
  const sizes = new Map<string, Promise<MethodSize>>();

  async function read(): Promise<MethodInfo[]> {
    const stamp = `${version}/${await stampOf(models)}`;
    // Damaged is as good as not there.
    const stored = await readRegular(file)
      .then((text) => JSON.parse(String(text)) as { stamp: string; methods: MethodInfo[] })
      .catch(() => null);
    if (stored?.stamp === stamp) return stored.methods;
    const methods = await ask({ kind: 'methods' });
    // Only a shortcut: without it the next start asks again.
    await project
      .makeFolder(dirname(file))
      .then(() => writeFileWhole(file, JSON.stringify({ stamp, methods })))
      .catch((error: unknown) => log.warn({ err: error }, 'the list of methods could not be kept'));
    return methods;
  }

  function list(): Promise<MethodInfo[]> {
    if (!listed) {
      listed = read();
      listed.catch(() => (listed = null));
    }
    return listed;
  }

  async function get(id: string): Promise<MethodInfo> {
    const methods = await list();
    const method = methods.find((one) => one.id === id);
    if (!method) throw new AppError('UNKNOWN_METHOD', `There is no method "${id}"; known are ${methods.map((one) => one.id).join(', ')}.`, { method: id });
    return method;
  }

  function ask<Kind extends Asked>(task: TaskOf<Kind>): Promise<ResultOf<Kind>> {
    return turns.take(1, () => compute(task, { silence: 120_000 }));
  }

  return {
    list,
    get,
    async describe(id, options, identities) {
      await get(id);
      const key = JSON.stringify([id, identities, Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1))]);
      let size = sizes.get(key);
      if (!size) {
        size = ask({ kind: 'describe', method: id, options, identities });
        size.catch(() => sizes.delete(key));
        if (sizes.size >= KEPT) sizes.delete(sizes.keys().next().value as string);
        sizes.set(key, size);
      }
      return size;
    },
  };
}

/** What more would wait for, nobody looks at any more. */
const turns = createTurns({ atOnce: 1, waiting: 32, what: 'sizes of methods' });

/** Changes with every model file. */
async function stampOf(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts')).sort();
  const hash = createHash('sha256');
  for (const name of names) {
    const { mtimeMs, size } = await stat(join(folder, name));
    hash.update(`${name}:${mtimeMs}:${size}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}
