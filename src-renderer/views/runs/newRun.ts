/**
 * The rules of the new-run form: which recipe values differ, which are wrong and what fits and how long it may take.
 * Pure; `NewRun.svelte` holds the state. Test: test/renderer/runs/newRun.test.ts.
 */
import type { MethodInfo, RecipeValues, RunDetail } from '../../../src-shared/contract/runs.ts';
import { tooManyIdentities } from '../../../src-shared/recipeFor.ts';
import { batchesInPass, stepsInRun } from '../../../src-shared/recipe/steps.ts';

export type RecipeName = 'small' | 'paper';
export type RecipeKey = keyof RecipeValues;

export interface RecipeField {
  key: RecipeKey;
  label: string;
  kind: 'integer' | 'number' | 'list' | 'flag' | 'choice';
  /** Of a choice; the first is what an absent value means. */
  choices?: readonly { value: string; label: string }[];
  /** Shown for an absent value. */
  absent?: string;
  min: number;
  max: number;
  help?: string;
}

/** What rounding the products costs and brings: speed and memory of ResNet-50 steps, accuracy by test/bench/precision.ts on the sample method. */
export const PRECISION_MEASURED =
  'Weights, sums and losses stay float32. Measured for bfloat16 on a processor with AVX512_BF16: 1.5 to 2.1 × as fast, 0.82 of the memory; the sample ended at a loss of 1.253, in float32 at 1.261; three other seeds of the sample method at 0.338 and mAP 99.5, in float32 at 0.331 and 98.7. ' +
  'float16 scales the loss and skips the first steps until nothing overflows: after 60 steps a loss of 1.83 and mAP 95.6, in float32 1.76 and 96.1; its speed on a card has not been measured.';

export const RECIPE_FIELDS: readonly RecipeField[] = [
  { key: 'epochs', label: 'Epochs', kind: 'integer', min: 1, max: 10_000 },
  { key: 'stepsPerEpoch', label: 'Steps an epoch', kind: 'integer', min: 0, max: 100_000, help: '0 = one pass over the identities' },
  { key: 'identitiesPerBatch', label: 'Identities a batch', kind: 'integer', min: 2, max: 256 },
  { key: 'clipsPerIdentity', label: 'Clips an identity', kind: 'integer', min: 2, max: 64 },
  { key: 'learningRate', label: 'Learning rate', kind: 'number', min: 1e-9, max: 10 },
  { key: 'weightDecay', label: 'Weight decay', kind: 'number', min: 0, max: 1 },
  { key: 'decayEpochs', label: 'Drop at epochs', kind: 'list', min: 1, max: 10_000 },
  { key: 'decay', label: 'Drop factor', kind: 'number', min: 1e-9, max: 1 },
  { key: 'warmupEpochs', label: 'Warm-up epochs', kind: 'integer', min: 0, max: 10_000 },
  { key: 'warmupFrom', label: 'Warm-up from', kind: 'number', min: 0, max: 1, help: 'Share of the full rate', absent: '0.01' },
  { key: 'erasing', label: 'Random erasing', kind: 'number', min: 0, max: 1, help: 'Probability' },
  {
    key: 'sampling',
    label: 'An epoch draws',
    kind: 'choice',
    min: 0,
    max: 1,
    choices: [
      { value: 'tracklets', label: 'Every tracklet' },
      { value: 'identities', label: 'Every identity' },
    ],
    absent: 'tracklets',
  },
  {
    key: 'clipSampling',
    label: 'Frames of a clip',
    kind: 'choice',
    min: 0,
    max: 1,
    choices: [
      { value: 'strided', label: 'Strided' },
      { value: 'restricted', label: 'Restricted random' },
      { value: 'consecutive', label: 'Consecutive' },
    ],
    absent: 'strided',
  },
  {
    key: 'augmentPer',
    label: 'Augment each',
    kind: 'choice',
    min: 0,
    max: 1,
    choices: [
      { value: 'clip', label: 'Clip' },
      { value: 'frame', label: 'Frame' },
    ],
    absent: 'clip',
  },
  { key: 'cropPadding', label: 'Crop border, px', kind: 'integer', min: 0, max: 128, help: 'Added before a random crop', absent: '0' },
  {
    key: 'erasedColour',
    label: 'Erased with',
    kind: 'choice',
    min: 0,
    max: 1,
    choices: [
      { value: 'fixed', label: 'Fixed colour' },
      { value: 'mean', label: 'Mean colour' },
    ],
    absent: 'fixed',
  },
  {
    key: 'accumulate',
    label: 'Batch in parts',
    kind: 'integer',
    min: 1,
    max: 64,
    help: 'Computes a batch part by part, in less memory; batch norm and the triplet see one part at a time',
    absent: '1',
  },
  {
    key: 'precision',
    label: 'Products in',
    kind: 'choice',
    min: 0,
    max: 1,
    choices: [
      { value: 'float32', label: 'float32' },
      { value: 'bfloat16', label: 'bfloat16, on CPU' },
      { value: 'float16', label: 'float16, on NVIDIA' },
    ],
    help: PRECISION_MEASURED,
    absent: 'float32',
  },
  {
    key: 'optimizer',
    label: 'Optimizer',
    kind: 'choice',
    min: 0,
    max: 1,
    choices: [
      { value: 'adam', label: 'Adam' },
      { value: 'sgd', label: 'SGD' },
    ],
    absent: 'adam',
  },
  { key: 'momentum', label: 'Momentum', kind: 'number', min: 0, max: 1, help: 'Of SGD; 0 = none', absent: '0.9' },
  { key: 'nesterov', label: 'Nesterov, for SGD', kind: 'flag', min: 0, max: 1 },
  { key: 'flip', label: 'Flip left and right', kind: 'flag', min: 0, max: 1 },
];

/** Text of a recipe value as the form shows it. */
export function recipeText(value: RecipeValues[RecipeKey] | undefined, absent = ''): string {
  return value === undefined ? absent : Array.isArray(value) ? value.join(', ') : String(value);
}

export interface FieldProblem {
  message: string;
  /** A value that fits, offered as a link. */
  fits: string | null;
}

/** Reads what was typed into a recipe field. */
export function readRecipeField(
  field: RecipeField,
  text: string,
  trainIdentities: number | null = null,
): { value: number | number[] } | { problem: FieldProblem } {
  const trimmed = text.trim();
  if (field.kind === 'list') {
    const parts =
      trimmed === ''
        ? []
        : trimmed
            .split(/[\s,;]+/)
            .filter(Boolean)
            .map(Number);
    if (parts.some((part) => !Number.isInteger(part) || part < 1)) return bad('Whole epochs from 1, with commas between', null);
    return { value: [...new Set(parts)].sort((a, b) => a - b) };
  }
  const value = Number(trimmed);
  if (trimmed === '' || !Number.isFinite(value)) return bad('A number is needed here', null);
  if (field.kind === 'integer' && !Number.isInteger(value)) return bad('Whole numbers only', String(Math.round(value)));
  if (value < field.min) return bad(field.min <= 1e-9 ? 'Must be above 0' : `At least ${field.min}`, field.min <= 1e-9 ? null : String(field.min));
  if (value > field.max) return bad(`At most ${field.max}`, String(field.max));
  const tooMany = field.key === 'identitiesPerBatch' && trainIdentities !== null ? tooManyIdentities(value, { identities: trainIdentities }) : null;
  if (tooMany !== null) return bad(tooMany, String(trainIdentities));
  return { value };
}

function bad(message: string, fits: string | null): { problem: FieldProblem } {
  return { problem: { message, fits } };
}

export function sameValue(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Options of a recipe: the small one brings its own small network. */
export function recipeOptions(method: MethodInfo, recipe: RecipeName): Record<string, unknown> {
  return recipe === 'small' ? { ...method.defaults, ...method.smallOptions } : { ...method.defaults };
}

/** Entries of `values` that differ from `base`. */
export function changedEntries<T extends Record<string, unknown>>(values: T, base: Record<string, unknown>): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([key, value]) => !sameValue(value, base[key]))) as Partial<T>;
}

/** When the recipe to start from changes, such as with the data set: what stood as it had it follows, unless it was typed. */
export function followed(recipe: RecipeValues, before: RecipeValues, now: RecipeValues, typed: Partial<Record<RecipeKey, string>>): RecipeValues {
  const keys = (Object.keys({ ...before, ...now }) as RecipeKey[]).filter((key) => typed[key] === undefined && sameValue(recipe[key], before[key]));
  return { ...recipe, ...Object.fromEntries(keys.map((key) => [key, now[key]])) };
}

export interface Estimate {
  steps: number;
  seconds: number | null;
  /** The run the rate was taken from. */
  from: string | null;
  imagesPerSecond: number | null;
}

/** Time from the rate of an earlier run, scaled by cost: twice the work a frame is taken to be half as fast. */
export function estimate(
  recipe: Pick<RecipeValues, 'epochs' | 'stepsPerEpoch' | 'identitiesPerBatch' | 'clipsPerIdentity' | 'sampling'>,
  framesPerClip: number,
  train: { identities: number; tracklets: number },
  macsPerFrame: number | null,
  earlier: Pick<RunDetail, 'name' | 'imagesPerSecond' | 'macsPerFrame'> | null,
): Estimate {
  const steps = stepsInRun(recipe, batchesInPass(recipe, train));
  if (!earlier?.imagesPerSecond || !earlier.macsPerFrame || !macsPerFrame) return { steps, seconds: null, from: null, imagesPerSecond: null };
  const imagesPerSecond = (earlier.imagesPerSecond * earlier.macsPerFrame) / macsPerFrame;
  const images = steps * recipe.identitiesPerBatch * recipe.clipsPerIdentity * framesPerClip;
  return { steps, seconds: images / imagesPerSecond, from: earlier.name, imagesPerSecond };
}
