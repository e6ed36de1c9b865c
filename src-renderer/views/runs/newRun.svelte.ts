/**
 * The state of the new-run form: what is chosen and typed, what it starts from, what keeps it from being started, and starting it.
 * It knows no document; whatever reaches outside is given to it. Test: test/renderer/runs/newRunForm.svelte.test.ts.
 */
import { untrack } from 'svelte';
import type { Input, Output } from '../../../src-shared/contract/index.ts';
import type { DatasetSummary } from '../../../src-shared/contract/datasets.ts';
import type { ProtocolName } from '../../../src-shared/contract/evaluations.ts';
import type { ProjectInfo } from '../../../src-shared/contract/project.ts';
import type { MethodInfo, RunDetail, RunSummary } from '../../../src-shared/contract/runs.ts';
import { trainCommand } from '../../../src-shared/commandLine.ts';
import { toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';
import { protocols } from '../../../src-shared/protocols/index.ts';
import { ABSENT } from '../../../src-shared/recipe/absent.ts';
import { misfitOf, recipeFor } from '../../../src-shared/recipe/fit.ts';
import type { RecipeValues } from '../../../src-shared/recipe/recipe.ts';
import type { useQuery } from '../../lib/query.svelte.ts';
import { fieldsOf, problemsOf, type FieldProblem } from '../../lib/schemaForm.ts';
import { changedEntries, estimate, followed, nearerRecipe, recipeOptions, type RecipeName } from './newRun.ts';
import { canTrainOn, protocolsFor } from './protocols.ts';

export interface NewRunInputs {
  /** Undefined: not read yet. */
  readonly methods: readonly MethodInfo[] | undefined;
  readonly datasets: readonly DatasetSummary[] | undefined;
  readonly project: ProjectInfo | undefined;
  readonly runs: readonly RunSummary[];
  /** Fills the form with the values of a run; a new object fills it again. */
  readonly like: RunDetail | null;
}

export interface NewRunOutside {
  /** JSON schema of a recipe. */
  recipeSchema: unknown;
  query: typeof useQuery;
  start(input: Input<'runs.start'>): Promise<Output<'runs.start'>>;
  started(runId: string): void;
  /** Calls when typing pauses; returns how to take that back. */
  whenPaused(call: () => void): () => void;
}

/** `inputs` are read again whenever they change, such as the props of a component. */
export function createNewRun(inputs: () => NewRunInputs, { recipeSchema, query, start: startRun, started, whenPaused }: NewRunOutside) {
  const recipeFields = fieldsOf(recipeSchema);

  let methodId = $state('');
  let datasetId = $state(0);
  let recipeName = $state<RecipeName>('small');
  let options = $state.raw<Record<string, unknown>>({});
  let typedOptions = $state.raw<Record<string, string>>({});
  let recipe = $state.raw<RecipeValues | null>(null);
  let typedRecipe = $state.raw<Record<string, string>>({});
  let seedText = $state('1');
  let name = $state('');
  let evaluateOn = $state.raw<string[] | null>(null);
  let isStarting = $state(false);
  let failure = $state.raw<ErrorShape | null>(null);

  const methods = $derived(inputs().methods ?? []);
  const datasets = $derived(inputs().datasets ?? []);
  const method = $derived(methods.find((candidate) => candidate.id === methodId) ?? methods[0]);
  const trainable = $derived(datasets.filter(canTrainOn));
  const dataset = $derived(trainable.find((candidate) => candidate.id === datasetId) ?? trainable[0]);
  const detail = query('datasets.get', () => (dataset ? { id: dataset.id } : null));
  /** The answer may still be that of the data set before. */
  const train = $derived(detail.data && detail.data.id === dataset?.id ? detail.data.training : null);
  const base = $derived(method ? recipeFor(method.recipes[recipeName], train) : null);
  const baseOptions = $derived(method ? recipeOptions(method, recipeName) : {});

  // Another method or recipe starts from its own values.
  let filledFor = '';
  let filledWith: RecipeValues | null = null;
  $effect(() => {
    if (!method || !base) return;
    const key = `${method.id} ${recipeName}`;
    const start = base;
    untrack(() => {
      if (key !== filledFor) fill(start, baseOptions);
      // Another data set: what still stands as the recipe has it follows.
      else if (recipe && filledWith) recipe = followed(recipe, filledWith, start, typedRecipe);
      filledFor = key;
      filledWith = start;
    });
  });
  $effect(() => {
    const run = inputs().like;
    if (!run) return;
    untrack(() => {
      const known = methods.find((candidate) => candidate.id === run.method);
      if (!known) return;
      methodId = run.method;
      if (run.datasetId !== null) datasetId = run.datasetId;
      recipeName = nearerRecipe(known, run.options);
      filledFor = `${known.id} ${recipeName}`;
      filledWith = base;
      fill({ ...base, ...run.recipe }, run.options);
      seedText = String(run.seed + 1);
    });
  });
  function fill(values: RecipeValues, opts: Record<string, unknown>): void {
    recipe = { ...values };
    typedRecipe = {};
    options = { ...opts };
    typedOptions = {};
    failure = null;
  }

  const misfit = (key: string): FieldProblem | null => (recipe ? misfitOf(key, recipe, train) : null);
  const recipeProblems = $derived(recipe ? problemsOf(recipeFields, { values: recipe, typed: typedRecipe }, misfit) : {});
  const optionProblems = $derived(problemsOf(fieldsOf(method?.optionsSchema), { values: options, typed: typedOptions }));
  /** Among what is shown only on demand. */
  const hiddenProblems = $derived(
    Object.keys(optionProblems).length + recipeFields.filter((field) => field.group !== '' && recipeProblems[field.key] !== undefined).length,
  );
  // As the host takes it.
  const seed = $derived(/^\d+$/.test(seedText.trim()) && Number.isSafeInteger(Number(seedText.trim())) ? Number(seedText.trim()) : null);
  const isValid = $derived(
    method !== undefined &&
      dataset !== undefined &&
      recipe !== null &&
      seed !== null &&
      Object.keys(recipeProblems).length === 0 &&
      Object.keys(optionProblems).length === 0,
  );

  /** Waits until typing pauses, so that not every key asks for a description. */
  let settled = $state.raw<Input<'methods.describe'> | null>(null);
  $effect(() => {
    if (!method || Object.keys(optionProblems).length > 0) return;
    const input = { id: method.id, options, ...(train?.identities ? { identities: train.identities } : {}) };
    return whenPaused(() => (settled = input));
  });
  const size = query('methods.describe', () => settled);
  const earlier = $derived(
    inputs().runs.find((run) => run.imagesPerSecond !== null && run.method === method?.id) ?? inputs().runs.find((run) => run.imagesPerSecond !== null) ?? null,
  );
  const earlierDetail = query('runs.get', () => (earlier ? { id: earlier.id } : null));
  const guess = $derived.by(() => {
    if (!recipe || !train || !isValid) return null;
    const frames = options['modality'] === 'image' || method?.inputKind === 'image' ? 1 : Number(options['frames'] ?? 1);
    return estimate(recipe, frames, train, size.data?.macsPerFrame ?? null, earlierDetail.data ?? null);
  });

  const evaluations = $derived(
    datasets.flatMap((each) =>
      protocolsFor(each)
        .slice(0, 1)
        .map((protocol) => ({ key: `${each.id} ${protocol}`, datasetId: each.id, protocol, label: `${each.name}, ${protocols[protocol].short}` })),
    ),
  );
  const isEvaluatedOn = (key: string): boolean => evaluateOn === null || evaluateOn.includes(key);
  const changes = $derived(base && recipe ? { ...changedEntries(options, baseOptions), ...changedEntries(recipe, { ...ABSENT, ...base }) } : {});
  /** Empty while something does not fit: it would be another run. */
  const command = $derived(
    method && dataset && recipe && base && isValid
      ? trainCommand({
          method: method.id,
          project: inputs().project?.folder ?? 'project',
          dataset: dataset.name,
          name: name.trim() || null,
          // What the command takes where nothing is said is left out.
          ...(recipeName === 'small' ? {} : { recipe: recipeName }),
          ...(seed === null || seed === 1 ? {} : { seed }),
          changes,
        })
      : '',
  );

  async function start(): Promise<void> {
    if (!method || !dataset || !recipe || seed === null || !isValid || isStarting) return;
    isStarting = true;
    failure = null;
    const asked = { name, seedText };
    try {
      const { runId } = await startRun({
        name: name.trim() || null,
        method: method.id,
        options,
        recipe,
        datasetId: dataset.id,
        seed,
        evaluateOn: evaluations
          .filter((each) => isEvaluatedOn(each.key))
          .map((each) => ({ datasetId: each.datasetId, protocol: each.protocol as ProtocolName })),
      });
      // What was typed for the next run while the answer was on its way stays.
      if (name === asked.name) name = '';
      if (seedText === asked.seedText) seedText = String(Number(seedText) + 1);
      started(runId);
    } catch (error) {
      failure = toErrorShape(error);
    } finally {
      isStarting = false;
    }
  }

  return {
    /** Why there is nothing to fill in; null where there is. */
    get obstacle(): string | null {
      if (methods.length > 0 && trainable.length > 0) return null;
      if (!inputs().methods) return 'Reading the methods';
      if (!inputs().datasets) return 'Reading the data sets';
      return datasets.some((each) => each.state === 'importing')
        ? 'A data set is being made. Runs can start when it is there.'
        : 'No data set has a training split with two or more tracklets. Import one, or make a synthetic set.';
    },
    get isRead(): boolean {
      return inputs().methods !== undefined && inputs().datasets !== undefined;
    },
    get methods() {
      return methods;
    },
    get method() {
      return method;
    },
    set methodId(id: string) {
      methodId = id;
    },
    get trainable() {
      return trainable;
    },
    get dataset() {
      return dataset;
    },
    set datasetId(id: number) {
      datasetId = id;
    },
    get recipeName() {
      return recipeName;
    },
    set recipeName(name: RecipeName) {
      recipeName = name;
    },
    get recipe(): Record<string, unknown> {
      return recipe ?? {};
    },
    set recipe(values: Record<string, unknown>) {
      recipe = values as RecipeValues;
    },
    get typedRecipe() {
      return typedRecipe;
    },
    set typedRecipe(typed: Record<string, string>) {
      typedRecipe = typed;
    },
    get base(): Record<string, unknown> {
      return base ?? {};
    },
    misfit,
    get options() {
      return options;
    },
    set options(values: Record<string, unknown>) {
      options = values;
    },
    get typedOptions() {
      return typedOptions;
    },
    set typedOptions(typed: Record<string, string>) {
      typedOptions = typed;
    },
    get baseOptions() {
      return baseOptions;
    },
    get isChanged() {
      return Object.keys(changes).length > 0;
    },
    get hiddenProblems() {
      return hiddenProblems;
    },
    get seed() {
      return seed;
    },
    get seedText() {
      return seedText;
    },
    set seedText(text: string) {
      seedText = text;
    },
    get name() {
      return name;
    },
    set name(text: string) {
      name = text;
    },
    get evaluations() {
      return evaluations;
    },
    isEvaluatedOn,
    evaluateOn(key: string, isWanted: boolean): void {
      const now = evaluations.map((each) => each.key).filter(isEvaluatedOn);
      evaluateOn = isWanted ? [...now, key] : now.filter((other) => other !== key);
    },
    get size() {
      return size;
    },
    /** False while an option does not fit: the size would be that of another network. */
    get isSized() {
      return Object.keys(optionProblems).length === 0;
    },
    get train() {
      return train;
    },
    get guess() {
      return guess;
    },
    get command() {
      return command;
    },
    get isValid() {
      return isValid;
    },
    get isStarting() {
      return isStarting;
    },
    get failure() {
      return failure;
    },
    start,
  };
}
