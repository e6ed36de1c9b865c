/** The command line of a run: what differs from the recipe and nothing else, as a shell takes it. */
import { describe, expect, test } from 'vitest';
import { commandOf } from '../../../src-main/features/runs/command.ts';
import type { MethodInfo } from '../../../src-shared/contract/runs.ts';

const METHOD = {
  defaults: { depth: 50, width: 1, sizes: [1, 2] },
  smallOptions: { width: 0.5 },
  recipes: { small: { epochs: 2, decayEpochs: [1], identitiesPerBatch: 4, clipsPerIdentity: 2 }, paper: { epochs: 9 } },
} as unknown as MethodInfo;
const run = (more: { options?: object; recipe?: object; name?: string; datasetName?: string } = {}) =>
  ({
    name: 'one',
    method: 'm',
    datasetName: 'MARS',
    seed: 3,
    ...more,
    options: { depth: 50, width: 0.5, sizes: [1, 2], ...more.options },
    recipe: { epochs: 2, decayEpochs: [1], identitiesPerBatch: 4, clipsPerIdentity: 2, ...more.recipe },
  }) as never;
const HEAD = 'tracklet train m --project . --dataset MARS --name one --seed 3 --recipe small';
const batch = (fromStep: number, identitiesPerBatch: number, clipsPerIdentity: number, accumulate = 1) => ({
  fromStep,
  identitiesPerBatch,
  clipsPerIdentity,
  accumulate,
});

test.each<[string, object, string]>([
  ['nothing differs', {}, HEAD],
  ['numbers and lists', { options: { width: 1, sizes: [1] }, recipe: { decayEpochs: [] } }, `${HEAD} --set width=1 --set sizes=1 --set decayEpochs=`],
  ['texts stand as they are', { options: { layer: 'last', note: "it's" } }, `${HEAD} --set layer=last --set 'note=it'\\''s'`],
  ['names are quoted', { name: 'a b', datasetName: "O'Hara" }, HEAD.replace('MARS', `'O'\\''Hara'`).replace('one', `'a b'`)],
])('%s', (_name, more, command) => {
  expect(commandOf(run(more), METHOD)).toBe(command);
});

test('of a method that is not known any more everything is said', () => {
  expect(commandOf(run(), null)).toBe(
    `${HEAD} --set depth=50 --set width=0.5 --set sizes=1,2 --set epochs=2 --set decayEpochs=1 --set identitiesPerBatch=4 --set clipsPerIdentity=2`,
  );
});

describe('a batch', () => {
  test('that was never changed is that of the recipe', () => {
    expect(commandOf(run({ recipe: { identitiesPerBatch: 8 } }), METHOD, [batch(0, 6, 2)])).toBe(`${HEAD} --set identitiesPerBatch=8`);
  });

  test('that was changed: begun with the first, then remarks', () => {
    expect(commandOf(run({ recipe: { identitiesPerBatch: 8 } }), METHOD, [batch(0, 4, 2), batch(5, 6, 2), batch(9, 8, 2, 2)])).toBe(
      `${HEAD} # resumed after step 5 with --set identitiesPerBatch=6 --set clipsPerIdentity=2 # resumed after step 9 with --set identitiesPerBatch=8 --set clipsPerIdentity=2 --set accumulate=2`,
    );
  });

  test('in parts: told where the recipe speaks of parts, also where it is one', () => {
    expect(commandOf(run({ recipe: { accumulate: 2 } }), METHOD, [batch(0, 4, 4), batch(5, 4, 2)])).toBe(
      `${HEAD} --set clipsPerIdentity=4 --set accumulate=1 # resumed after step 5 with --set identitiesPerBatch=4 --set clipsPerIdentity=2 --set accumulate=1`,
    );
  });
});
