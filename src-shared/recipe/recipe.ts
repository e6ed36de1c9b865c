/**
 * The one recipe: how a method is trained. Every value carries its title, unit, hint, bounds, what its absence means (`default`) and when it applies
 * (`onlyWith`); contract, host, command line and form derive from here. The page has it as JSON schema, without zod (vite.config.ts).
 * The defaults of a method, small and as published, stand in the method's own file. Test: test/shared/recipe/recipe.test.ts.
 */
import { z } from 'zod';
import { ABSENT } from './absent.ts';
import { PRECISION_MEASURED } from './precisionMeasured.ts';

/** Without a group: what a form shows at once. */
const group = 'Recipe';
const onlyWith = { optimizer: 'sgd' };

export const recipeSchema = z.object({
  epochs: z.int().min(1).max(10_000).meta({ title: 'Epochs' }),
  stepsPerEpoch: z.int().min(0).max(100_000).meta({ title: 'Steps an epoch', description: '0 = one pass over the identities' }),
  identitiesPerBatch: z.int().min(2).max(256).meta({ title: 'Identities a batch' }),
  clipsPerIdentity: z.int().min(2).max(64).meta({ title: 'Clips an identity' }),
  learningRate: z.number().positive().max(10).meta({ title: 'Learning rate' }),
  /** Epochs at whose beginning the rate is multiplied by `decay`. */
  decayEpochs: z.array(z.int().min(1)).meta({ title: 'Drop at epochs', isAscending: true }),
  weightDecay: z.number().min(0).max(1).meta({ title: 'Weight decay', group }),
  decay: z.number().positive().max(1).meta({ title: 'Drop factor', group }),
  warmupEpochs: z.int().min(0).meta({ title: 'Warm-up epochs', group }),
  /** Rate at the first step of the warm-up. */
  warmupFrom: z.number().min(0).max(1).optional().meta({ title: 'Warm-up from', description: 'Share of the full rate', group, default: ABSENT.warmupFrom }),
  erasing: z.number().min(0).max(1).meta({ title: 'Random erasing', description: 'Probability', group }),
  /** Every tracklet in chunks of one identity, or one group per identity. */
  sampling: z
    .enum(['tracklets', 'identities'])
    .optional()
    .meta({ title: 'An epoch draws', labels: { tracklets: 'Every tracklet', identities: 'Every identity' }, group, default: ABSENT.sampling }),
  clipSampling: z
    .enum(['strided', 'restricted', 'consecutive'])
    .optional()
    .meta({ title: 'Frames of a clip', labels: { restricted: 'Restricted random' }, group, default: ABSENT.clipSampling }),
  /** Flip, crop and erasing are drawn once for a clip, or for every frame of it. */
  augmentPer: z.enum(['clip', 'frame']).optional().meta({ title: 'Augment each', group, default: ABSENT.augmentPer }),
  /** Black border, cropped back to the input size. */
  cropPadding: z
    .int()
    .min(0)
    .max(128)
    .optional()
    .meta({ title: 'Crop border', unit: 'px', description: 'Added before a random crop', group, default: ABSENT.cropPadding }),
  /** The fixed colour of most repositories, or the method's pixel mean. */
  erasedColour: z
    .enum(['fixed', 'mean'])
    .optional()
    .meta({ title: 'Erased with', labels: { fixed: 'Fixed colour', mean: 'Mean colour' }, group, default: ABSENT.erasedColour }),
  /** The result is that of the whole batch only for losses that are means over clips. */
  accumulate: z.int().min(1).max(64).optional().meta({
    title: 'Batch in parts',
    description: 'Computes a batch part by part, in less memory; batch norm and the triplet see one part at a time',
    group,
    default: ABSENT.accumulate,
  }),
  /** Of convolutions and matrix products; float16 scales the loss. */
  precision: z
    .enum(['float32', 'bfloat16', 'float16'])
    .optional()
    .meta({
      title: 'Products in',
      labels: { float32: 'float32', bfloat16: 'bfloat16, on CPU', float16: 'float16, on NVIDIA' },
      hints: { bfloat16: PRECISION_MEASURED, float16: PRECISION_MEASURED },
      group,
      default: ABSENT.precision,
    }),
  optimizer: z
    .enum(['adam', 'sgd'])
    .optional()
    .meta({ title: 'Optimizer', labels: { sgd: 'SGD' }, group, default: ABSENT.optimizer }),
  momentum: z.number().min(0).max(1).optional().meta({ title: 'Momentum', description: 'Of SGD; 0 = none', group, onlyWith, default: ABSENT.momentum }),
  /** SGD looks ahead along its velocity. */
  nesterov: z.boolean().optional().meta({ title: 'Nesterov, for SGD', group, onlyWith, default: ABSENT.nesterov }),
  flip: z.boolean().meta({ title: 'Flip left and right', group }),
});

export type RecipeValues = z.output<typeof recipeSchema>;

/** For who has no zod, and for whoever lists the values. */
export const recipeJsonSchema = z.toJSONSchema(recipeSchema, { io: 'input' }) as { properties: Record<keyof RecipeValues, Record<string, unknown>> };

export const recipeKeys = Object.keys(recipeSchema.shape) as (keyof RecipeValues)[];
