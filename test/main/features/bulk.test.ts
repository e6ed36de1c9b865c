/** Before which calls the project is copied, and that nothing comes between the copy and the call. */
import { expect, test } from 'vitest';
import { copyBefore, MANY, reasonBefore } from '../../../src-main/features/backups/bulk.ts';
import { calls, type CallName, type Handlers } from '../../../src-shared/contract/index.ts';

const many = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

test.each<[CallName, unknown, string | null]>([
  ['datasets.remove', { id: 1 }, 'Before removing a data set'],
  ['runs.remove', { id: 'r' }, 'Before removing a run'],
  ['trash.empty', {}, 'Before deleting removed things'],
  ['imports.start', {}, 'Before an import'],
  ['imports.again', {}, 'Before an import'],
  ['synth.start', {}, 'Before making a synthetic set'],
  ['datasets.putBack', { id: 1 }, 'Before putting back values that were set aside'],
  ['datasets.putBack', { id: 1, values: many(MANY) }, 'Before putting back values that were set aside'],
  ['datasets.putBack', { id: 1, values: many(MANY - 1) }, null],
  ['tracklets.setSplit', { ids: many(MANY), split: 'train' }, `Before moving ${MANY} tracklets to train`],
  ['tracklets.setSplit', { ids: many(MANY - 1), split: 'train' }, null],
  ['annotations.apply', { edits: many(MANY) }, `Before ${MANY} edits in one step`],
  ['annotations.apply', { edits: many(MANY - 1) }, null],
  ['datasets.list', {}, null],
  ['datasets.rename', { id: 1, name: 'x' }, null],
])('%s %j: %s', (name, input, reason) => {
  expect(reasonBefore(name, input)).toBe(reason);
});

test('every call that removes has a rule', () => {
  const removing = (Object.keys(calls) as CallName[]).filter((name) => /[.](remove|empty)$/.test(name));
  expect(removing.length).toBeGreaterThan(2);
  for (const name of removing) expect(reasonBefore(name, {}), name).not.toBeNull();
});

test('the copy is made first, in the turn of the call; a call without a reason is handed on alone', async () => {
  const happened: unknown[] = [];
  const handler = (name: string) => (input: unknown, context: unknown) => {
    happened.push([name, input, context]);
    return `${name} done`;
  };
  const handlers = {
    'runs.remove': handler('runs.remove'),
    'runs.list': handler('runs.list'),
    'imports.start': handler('imports.start'),
  } as unknown as Handlers;
  const wrapped = copyBefore(handlers, async (reason) => {
    await Promise.resolve();
    happened.push(reason);
  });
  const context = { key: 'k' } as never;
  expect(Object.keys(wrapped)).toEqual(['runs.remove', 'runs.list', 'imports.start']);
  expect(await wrapped['runs.remove']({ id: 'r' }, context)).toBe('runs.remove done');
  expect(await wrapped['runs.list']({}, context)).toBe('runs.list done');
  // The copy before a start of a job is made before its turn.
  expect(await wrapped['imports.start']({} as never, context)).toBe('imports.start done');
  expect(happened).toEqual(['Before removing a run', ['runs.remove', { id: 'r' }, context], ['runs.list', {}, context], ['imports.start', {}, context]]);
});
