/** What a recipe means where it does not say: also of every run stored before a value existed, so these never change. Test: test/shared/recipe/recipe.test.ts. */
export const ABSENT = {
  sampling: 'tracklets',
  clipSampling: 'strided',
  warmupFrom: 0.01,
  augmentPer: 'clip',
  cropPadding: 0,
  erasedColour: 'fixed',
  accumulate: 1,
  precision: 'float32',
  optimizer: 'adam',
  momentum: 0.9,
  nesterov: false,
} as const;
