/**
 * Every task of the compute child is one file named as its kind. Whoever asks for one gets the type of its answer without loading its program
 * (`.dependency-cruiser.cjs` sees to that), and with it the engine's JavaScript.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, expectTypeOf, test } from 'vitest';
import type { MethodInfo, MethodSize } from '../../src-shared/contract/runs.ts';
import type { Compute } from '../../src-main/compute/backend.ts';
import type { TaskProgram } from '../../src-main/compute/defineTask.ts';
import type { TaskKind } from '../../src-main/compute/protocol.ts';

const FOLDER = new URL('../../src-main/compute/tasks/', import.meta.url);
const files = readdirSync(FOLDER);

test.each(files.map((file) => [file]))('%s has the program of the kind that it is named after', async (file) => {
  const { default: program } = (await import(new URL(file, FOLDER).href)) as { default: TaskProgram<TaskKind> };
  expect(program).toEqual({ id: basename(file, '.ts'), perform: expect.any(Function) as unknown });
});

test('an answer has the type that the file of its task names', () => {
  type Answer<Kind extends TaskKind> = Awaited<ReturnType<Compute<Kind>>>;
  expectTypeOf<Answer<'methods'>>().toEqualTypeOf<MethodInfo[]>();
  expectTypeOf<Answer<'describe'>>().toEqualTypeOf<MethodSize>();
  // @ts-expect-error There is no such task.
  expectTypeOf<Answer<'paint'>>().toBeNever();
});
