/** The recipe's schema: forms can be made of it, and what was stored by earlier programs reads as it did. */
import { expect, test } from 'vitest';
import resnetTap from '../../../models/methods/resnet-tap.ts';
import { ABSENT } from '../../../src-shared/recipe/absent.ts';
import { recipeJsonSchema, recipeKeys, recipeSchema } from '../../../src-shared/recipe/recipe.ts';

/** As the first program wrote it. */
const FIRST = {
  epochs: 8,
  stepsPerEpoch: 50,
  identitiesPerBatch: 8,
  clipsPerIdentity: 4,
  learningRate: 0.001,
  weightDecay: 0.0005,
  decayEpochs: [5, 7],
  decay: 0.1,
  warmupEpochs: 0,
  flip: true,
  erasing: 0.3,
};
const EVERYTHING = {
  ...FIRST,
  sampling: 'identities',
  clipSampling: 'consecutive',
  warmupFrom: 0.5,
  augmentPer: 'frame',
  cropPadding: 10,
  erasedColour: 'mean',
  accumulate: 2,
  precision: 'bfloat16',
  optimizer: 'sgd',
  momentum: 0,
  nesterov: true,
};

test('a stored recipe comes out with what it went in with, and nothing added', () => {
  expect(recipeSchema.parse(FIRST)).toEqual(FIRST);
  expect(recipeSchema.parse(EVERYTHING)).toEqual(EVERYTHING);
  expect(recipeKeys.toSorted()).toEqual(Object.keys(EVERYTHING).toSorted());
  expect(recipeSchema.safeParse({ ...FIRST, epochs: undefined }).success).toBe(false);
});

test.each<[string, unknown[], unknown[]]>([
  ['epochs', [1, 10_000], [0, 10_001, 1.5]],
  ['stepsPerEpoch', [0, 100_000], [-1, 100_001]],
  ['identitiesPerBatch', [2, 256], [1, 257]],
  ['clipsPerIdentity', [2, 64], [1, 65]],
  ['learningRate', [1e-9, 10], [0, 10.1]],
  ['weightDecay', [0, 1], [-0.1, 1.1]],
  ['decayEpochs', [[], [1, 99_999]], [[0], [1.5], 3]],
  ['decay', [1e-9, 1], [0, 1.1]],
  ['warmupEpochs', [0, 1e6], [-1]],
  ['warmupFrom', [0, 1, undefined], [1.1]],
  ['erasing', [0, 1], [1.1]],
  ['cropPadding', [0, 128, undefined], [129]],
  ['accumulate', [1, 64, undefined], [0, 65]],
  ['momentum', [0, 1, undefined], [1.1]],
  ['precision', ['float32', 'float16', undefined], ['int8']],
  ['optimizer', ['adam', 'sgd', undefined], ['lion']],
])('%s: %j fit, %j do not', (key, good, bad) => {
  const fits = (value: unknown) => recipeSchema.safeParse({ ...FIRST, [key]: value }).success;
  expect([good.map(fits), bad.map(fits)]).toEqual([good.map(() => true), bad.map(() => false)]);
});

test('every value has a title, and every one that may be absent says what that means', () => {
  for (const key of recipeKeys) {
    const property = recipeJsonSchema.properties[key];
    expect(property['title'], key).toMatch(/^[A-Z]/);
    const isOptional = recipeSchema.shape[key].safeParse(undefined).success;
    expect(property['default'], key).toBe(isOptional ? ABSENT[key as keyof typeof ABSENT] : undefined);
    if (isOptional) expect(recipeSchema.shape[key].safeParse(property['default']).success, key).toBe(true);
    for (const choice of Object.keys({ ...(property['labels'] as object), ...(property['hints'] as object) })) expect(property['enum'], key).toContain(choice);
    for (const [other, value] of Object.entries((property['onlyWith'] as object | undefined) ?? {}))
      expect(recipeJsonSchema.properties[other as typeof key]['enum'], key).toContain(value);
  }
  // What a method says is read by the same schema.
  for (const recipe of Object.values(resnetTap.recipe)) expect(recipeSchema.parse(recipe)).toEqual(recipe);
});
