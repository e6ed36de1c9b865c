/**
 * The state of the new-run form: what is chosen and typed, what it starts from, what keeps it from being started, and starting it.
 * It knows no document; whatever reaches outside is given to it. Test: test/renderer/runs/newRunForm.svelte.test.ts.
 */
import { untrack } from 'svelte';
import type { Input, Output } from '../../../src-shared/contract/index.ts';
import type { DatasetSummary } from '../../../src-shared/contract/datasets.ts';
import type { ProtocolName } from '../../../src-shared/contract/evaluations.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import type { ProjectInfo } from '../../../src-shared/contract/project.ts';
import type { MethodInfo, RunDetail, RunSummary } from '../../../src-shared/contract/runs.ts';
import { trainCommand } from '../../../src-shared/commandLine.ts';
import { toErrorShape, type ErrorShape } from '../../../src-shared/errors.ts';
import { protocols } from '../../../src-shared/protocols/index.ts';
import { ABSENT } from '../../../src-shared/recipe/absent.ts';
import { misfitOf, recipeFor } from '../../../src-shared/recipe/fit.ts';
import type { RecipeValues } from '../../../src-shared/recipe/recipe.ts';
import { holdsProcessor } from '../../lib/jobState.ts';
import type { useQuery } from '../../lib/query.svelte.ts';
import { fieldsOf, problemsOf, type FieldProblem, type SchemaField } from '../../lib/schemaForm.ts';
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
  jobs: { readonly list: readonly Job[] };
  start(input: Input<'runs.start'>): Promise<Output<'runs.start'>>;
  started(runId: string): void;
  /** Calls when typing pauses; returns how to take that back. */
  whenPaused(call: () => void): () => void;
}

export class NewRunForm {
  readonly #inputs: () => NewRunInputs;
  readonly #outside: NewRunOutside;
  readonly #recipeFields: readonly SchemaField[];

  methodId = $state('');
  datasetId = $state(0);
  recipeName = $state<RecipeName>('small');
  options = $state.raw<Record<string, unknown>>({});
  typedOptions = $state.raw<Record<string, string>>({});
  #recipe = $state.raw<RecipeValues | null>(null);
  typedRecipe = $state.raw<Record<string, string>>({});
  seedText = $state('1');
  name = $state('');
  #evaluateOn = $state.raw<string[] | null>(null);
  isStarting = $state(false);
  failure = $state.raw<ErrorShape | null>(null);

  readonly methods = $derived.by(() => this.#inputs().methods ?? []);
  readonly #datasets = $derived.by(() => this.#inputs().datasets ?? []);
  readonly method = $derived.by(() => this.methods.find((candidate) => candidate.id === this.methodId) ?? this.methods[0]);
  readonly trainable = $derived.by(() => this.#datasets.filter(canTrainOn));
  readonly dataset = $derived.by(() => this.trainable.find((candidate) => candidate.id === this.datasetId) ?? this.trainable[0]);
  readonly #detail: ReturnType<typeof useQuery<'datasets.get'>>;
  /** The answer may still be that of the data set before. */
  readonly train = $derived.by(() => {
    const { data } = this.#detail;
    return data && data.id === this.dataset?.id ? data.training : null;
  });
  readonly #base = $derived.by(() => (this.method ? recipeFor(this.method.recipes[this.recipeName], this.train) : null));
  readonly baseOptions = $derived.by(() => (this.method ? recipeOptions(this.method, this.recipeName) : {}));

  readonly #recipeProblems = $derived.by(() =>
    this.#recipe ? problemsOf(this.#recipeFields, { values: this.#recipe, typed: this.typedRecipe }, this.misfit) : {},
  );
  readonly #optionProblems = $derived.by(() => problemsOf(fieldsOf(this.method?.optionsSchema), { values: this.options, typed: this.typedOptions }));
  /** Among what is shown only on demand. */
  readonly hiddenProblems = $derived.by(
    () =>
      Object.keys(this.#optionProblems).length +
      this.#recipeFields.filter((field) => field.group !== '' && this.#recipeProblems[field.key] !== undefined).length,
  );
  /** As the host takes it. */
  readonly seed = $derived.by(() => {
    const text = this.seedText.trim();
    return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null;
  });
  /** False while an option does not fit: the size would be that of another network. */
  readonly isSized = $derived.by(() => Object.keys(this.#optionProblems).length === 0);
  readonly isValid = $derived.by(
    () =>
      this.method !== undefined &&
      this.dataset !== undefined &&
      this.#recipe !== null &&
      this.seed !== null &&
      Object.keys(this.#recipeProblems).length === 0 &&
      this.isSized,
  );

  /** Waits until typing pauses, so that not every key asks for a description. */
  #settled = $state.raw<Input<'methods.describe'> | null>(null);
  readonly size: ReturnType<typeof useQuery<'methods.describe'>>;
  readonly #earlier = $derived.by(() => {
    const timed = this.#inputs().runs.filter((run) => run.imagesPerSecond !== null);
    return timed.find((run) => run.method === this.method?.id) ?? timed[0] ?? null;
  });
  readonly #earlierDetail: ReturnType<typeof useQuery<'runs.get'>>;
  readonly guess = $derived.by(() => {
    const { method, options, train } = this;
    if (!this.#recipe || !train || !this.isValid) return null;
    const frames = options['modality'] === 'image' || method?.inputKind === 'image' ? 1 : Number(options['frames'] ?? 1);
    return estimate(this.#recipe, frames, train, this.size.data?.macsPerFrame ?? null, this.#earlierDetail.data ?? null);
  });

  readonly evaluations = $derived.by(() =>
    this.#datasets.flatMap((each) =>
      protocolsFor(each)
        .slice(0, 1)
        .map((protocol) => ({
          key: `${each.id} ${protocol}`,
          datasetId: each.id,
          dataset: each.name,
          protocol,
          label: `${each.name}, ${protocols[protocol].short}`,
        })),
    ),
  );
  readonly #chosenEvaluations = $derived.by(() => this.evaluations.filter((each) => this.isEvaluatedOn(each.key)));
  readonly #changedRecipe = $derived.by(() => (this.#base && this.#recipe ? changedEntries(this.#recipe, { ...ABSENT, ...this.#base }) : {}));
  readonly #changes = $derived.by(() => (this.#base && this.#recipe ? { ...changedEntries(this.options, this.baseOptions), ...this.#changedRecipe } : {}));
  readonly isChanged = $derived.by(() => Object.keys(this.#changes).length > 0);
  /** Empty while something does not fit: it would be another run. */
  readonly command = $derived.by(() =>
    this.method && this.dataset && this.#base && this.isValid
      ? trainCommand({
          method: this.method.id,
          project: this.#inputs().project?.folder ?? 'project',
          dataset: this.dataset.name,
          name: this.name.trim() || null,
          // What the command takes where nothing is said is left out.
          ...(this.recipeName === 'small' ? {} : { recipe: this.recipeName }),
          ...(this.seed === null || this.seed === 1 ? {} : { seed: this.seed }),
          changes: this.#changes,
          evaluateOn: this.#chosenEvaluations,
        })
      : '',
  );

  readonly #settings: ReturnType<typeof useQuery<'settings.get'>>;
  /** Others compute: a run that is started now waits for them. Those that wait while nobody computes wait for something else. */
  readonly isQueued = $derived.by(() => {
    const atOnce = this.#settings.data?.['engine.jobs'];
    return this.#outside.jobs.list.filter(holdsProcessor).length >= (typeof atOnce === 'number' ? atOnce : 1);
  });

  /** Why there is nothing to fill in; null where there is. */
  readonly obstacle = $derived.by((): string | null => {
    if (this.methods.length > 0 && this.trainable.length > 0) return null;
    if (!this.#inputs().methods) return 'Reading the methods';
    if (!this.#inputs().datasets) return 'Reading the data sets';
    return this.#datasets.some((each) => each.state === 'importing')
      ? 'A data set is being made. Runs can start when it is there.'
      : 'No data set has a training split with two or more tracklets. Import one, or make a synthetic set.';
  });
  readonly isRead = $derived.by(() => this.#inputs().methods !== undefined && this.#inputs().datasets !== undefined);

  /** Call it while a component starts. `inputs` are read again whenever they change, such as the props of a component. */
  constructor(inputs: () => NewRunInputs, outside: NewRunOutside) {
    this.#inputs = inputs;
    this.#outside = outside;
    this.#recipeFields = fieldsOf(outside.recipeSchema);
    const { query } = outside;
    this.#settings = query('settings.get', () => ({}));
    this.#detail = query('datasets.get', () => (this.dataset ? { id: this.dataset.id } : null));

    // Another method or recipe starts from its own values.
    let filledFor = '';
    let filledWith: RecipeValues | null = null;
    $effect(() => {
      if (!this.method || !this.#base) return;
      const key = `${this.method.id} ${this.recipeName}`;
      const start = this.#base;
      untrack(() => {
        if (key !== filledFor) this.#fill(start, this.baseOptions);
        // Another data set: what still stands as the recipe has it follows.
        else if (this.#recipe && filledWith) this.#recipe = followed(this.#recipe, filledWith, start, this.typedRecipe);
        filledFor = key;
        filledWith = start;
      });
    });
    $effect(() => {
      const run = inputs().like;
      if (!run) return;
      untrack(() => {
        const known = this.methods.find((candidate) => candidate.id === run.method);
        if (!known) return;
        this.methodId = run.method;
        if (run.datasetId !== null) this.datasetId = run.datasetId;
        this.recipeName = nearerRecipe(known, run.options);
        filledFor = `${known.id} ${this.recipeName}`;
        filledWith = this.#base;
        this.#fill({ ...this.#base, ...run.recipe }, run.options);
        this.seedText = String(run.seed + 1);
      });
    });
    $effect(() => {
      if (!this.method || !this.isSized) return;
      const input = { id: this.method.id, options: this.options, ...(this.train?.identities ? { identities: this.train.identities } : {}) };
      return outside.whenPaused(() => (this.#settled = input));
    });
    this.size = query('methods.describe', () => this.#settled);
    this.#earlierDetail = query('runs.get', () => (this.#earlier ? { id: this.#earlier.id } : null));
  }

  get recipe(): Record<string, unknown> {
    return this.#recipe ?? {};
  }
  set recipe(values: Record<string, unknown>) {
    this.#recipe = values as RecipeValues;
  }
  get base(): Record<string, unknown> {
    return this.#base ?? {};
  }

  readonly misfit = (key: string): FieldProblem | null => (this.#recipe ? misfitOf(key, this.#recipe, this.train) : null);
  readonly isEvaluatedOn = (key: string): boolean => this.#evaluateOn === null || this.#evaluateOn.includes(key);

  evaluateOn(key: string, isWanted: boolean): void {
    const now = this.evaluations.map((each) => each.key).filter(this.isEvaluatedOn);
    this.#evaluateOn = isWanted ? [...now, key] : now.filter((other) => other !== key);
  }

  #fill(values: RecipeValues, options: Record<string, unknown>): void {
    this.#recipe = { ...values };
    this.typedRecipe = {};
    this.options = { ...options };
    this.typedOptions = {};
    this.failure = null;
  }

  async start(): Promise<void> {
    const { method, dataset, seed } = this;
    if (!method || !dataset || !this.#recipe || seed === null || !this.isValid || this.isStarting) return;
    this.isStarting = true;
    this.failure = null;
    const asked = { name: this.name, seedText: this.seedText };
    try {
      const { runId } = await this.#outside.start({
        name: this.name.trim() || null,
        method: method.id,
        options: this.options,
        // As the command has it: what was changed and changed back is not said.
        recipe: { ...this.#base, ...this.#changedRecipe } as RecipeValues,
        datasetId: dataset.id,
        seed,
        evaluateOn: this.#chosenEvaluations.map((each) => ({ datasetId: each.datasetId, protocol: each.protocol as ProtocolName })),
      });
      // What was typed for the next run while the answer was on its way stays.
      if (this.name === asked.name) this.name = '';
      if (this.seedText === asked.seedText) this.seedText = String(Number(this.seedText) + 1);
      this.#outside.started(runId);
    } catch (error) {
      this.failure = toErrorShape(error);
    } finally {
      this.isStarting = false;
    }
  }
}
