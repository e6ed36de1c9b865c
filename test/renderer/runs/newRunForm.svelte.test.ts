/** The form of a new run without a document: what it starts from, what follows, what stays, what keeps it from being started. */
import { flushSync } from 'svelte';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { NewRunForm, type NewRunInputs } from '../../../src-renderer/views/runs/newRun.svelte.ts';
import type { Job } from '../../../src-shared/contract/jobs.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { recipeJsonSchema, type RecipeValues } from '../../../src-shared/recipe/recipe.ts';

const SMALL: RecipeValues = {
  epochs: 8,
  stepsPerEpoch: 50,
  identitiesPerBatch: 8,
  clipsPerIdentity: 4,
  learningRate: 1e-3,
  weightDecay: 5e-4,
  decayEpochs: [5, 7],
  decay: 0.1,
  warmupEpochs: 0,
  flip: true,
  erasing: 0.3,
};
const METHOD = {
  id: 'plain',
  title: 'Plain',
  inputKind: 'clip',
  optionsSchema: { properties: { frames: { type: 'integer', minimum: 1, maximum: 64 }, depth: { enum: [18, 50] } } },
  defaults: { frames: 4, depth: 50 },
  smallOptions: { depth: 18 },
  recipes: { small: SMALL, paper: { ...SMALL, epochs: 240, stepsPerEpoch: 0, cropPadding: 10 } },
};
const dataset = (id: number, name: string, more: object = {}) => ({
  id,
  name,
  state: 'ready',
  cameras: 2,
  splits: { train: 40, query: 4, gallery: 8 },
  tracklets: 52,
  ...more,
});
const TRAINING: Record<number, { identities: number; tracklets: number }> = { 1: { identities: 20, tracklets: 80 }, 2: { identities: 5, tracklets: 20 } };
const run = (more: object = {}) =>
  ({
    id: 'r',
    name: 'first',
    method: 'plain',
    datasetId: 1,
    options: { frames: 8, depth: 18 },
    recipe: { ...SMALL, epochs: 3 },
    seed: 4,
    imagesPerSecond: 40,
    macsPerFrame: 1e9,
    ...more,
  }) as never;

let inputs: { methods: unknown; datasets: unknown; project: unknown; runs: unknown[]; like: unknown };
let form: NewRunForm;
let close: () => void;
let asked: Record<string, unknown>[];
let answer: PromiseWithResolvers<{ runId: string }>;
let opened: string[];
const jobs = $state({ list: [] as Job[] });
let settings: Record<string, unknown>;

beforeEach(() => {
  let given = $state.raw<typeof inputs>({
    methods: [METHOD],
    datasets: [dataset(1, 'Big'), dataset(2, 'Tiny')],
    project: { folder: '/p' },
    runs: [],
    like: null,
  });
  inputs = new Proxy({} as typeof inputs, {
    get: (_, key) => given[key as keyof typeof inputs],
    set(_, key, value) {
      given = { ...given, [key]: value };
      return true;
    },
  });
  asked = [];
  opened = [];
  jobs.list = [];
  settings = {};
  answer = Promise.withResolvers();
  const answers: Record<string, (input: never) => unknown> = {
    'datasets.get': ({ id }: { id: number }) => ({ id, training: TRAINING[id] }),
    'methods.describe': () => ({ parameters: 5, macsPerFrame: 2e9 }),
    'runs.get': () => run(),
    'settings.get': () => settings,
  };
  close = $effect.root(() => {
    form = new NewRunForm(() => inputs as unknown as NewRunInputs, {
      recipeSchema: recipeJsonSchema,
      query: ((name: string, input: () => unknown) => ({
        get data() {
          const wanted = input();
          return wanted === null ? undefined : answers[name]!(wanted as never);
        },
        error: null,
        loading: false,
        refresh: () => undefined,
      })) as never,
      jobs,
      start(input) {
        asked.push(input as never);
        return answer.promise as never;
      },
      started: (id) => void opened.push(id),
      whenPaused(call) {
        call();
        return () => undefined;
      },
    });
  });
  flushSync();
});
afterEach(() => close());

function change(what: () => void): void {
  what();
  flushSync();
}
const type = (key: string, text: string, value?: unknown) =>
  change(() => {
    form.typedRecipe = { ...form.typedRecipe, [key]: text };
    if (value !== undefined) form.recipe = { ...form.recipe, [key]: value };
  });

it('starts from the small recipe and network, and says the command that does the same', () => {
  expect(form.recipe).toEqual(SMALL);
  expect(form.options).toEqual({ frames: 4, depth: 18 });
  expect([form.isChanged, form.isValid, form.command]).toEqual([
    false,
    true,
    'tracklet train plain --project /p --dataset Big --evaluate-on Big:market --evaluate-on Tiny:market',
  ]);
});

it('another recipe starts from its own values; a change is marked and said', () => {
  change(() => (form.recipeName = 'paper'));
  expect(form.recipe).toMatchObject({ epochs: 240, cropPadding: 10 });
  expect(form.options).toEqual({ frames: 4, depth: 50 });
  type('epochs', '12', 12);
  expect([form.isChanged, form.command]).toEqual([
    true,
    'tracklet train plain --project /p --dataset Big --recipe paper --set epochs=12 --evaluate-on Big:market --evaluate-on Tiny:market',
  ]);
});

it('what is meant where nothing is said is no change', () => {
  change(() => (form.recipe = { ...form.recipe, optimizer: 'adam', momentum: 0.9 }));
  expect(form.isChanged).toBe(false);
});

it('a small set starts with as many identities as it has; what was typed stays, and is refused with what fits', () => {
  change(() => (form.datasetId = 2));
  expect(form.recipe).toEqual({ ...SMALL, identitiesPerBatch: 5 });
  expect([form.isChanged, form.isValid]).toEqual([false, true]);
  change(() => (form.datasetId = 1));
  expect(form.recipe).toEqual(SMALL);
  type('identitiesPerBatch', '8', 8);
  change(() => (form.datasetId = 2));
  expect(form.recipe).toEqual(SMALL);
  expect(form.misfit('identitiesPerBatch')).toEqual({ problem: 'The set has 5 training identities', fit: 5 });
  expect([form.isValid, form.hiddenProblems]).toEqual([false, 0]);
});

it('counts what does not fit among what is not shown', () => {
  type('weightDecay', '7');
  change(() => (form.typedOptions = { frames: '900' }));
  expect([form.hiddenProblems, form.isValid]).toEqual([2, false]);
  // Momentum changes nothing with Adam.
  change(() => ((form.typedOptions = {}), (form.typedRecipe = { momentum: 'x' })));
  expect([form.hiddenProblems, form.isValid]).toEqual([0, true]);
  change(() => (form.recipe = { ...form.recipe, optimizer: 'sgd' }));
  expect([form.hiddenProblems, form.isValid]).toEqual([1, false]);
});

it.each([
  ['', null],
  ['0', 0],
  [' 12 ', 12],
  ['1.5', null],
  ['-1', null],
  ['4000000000', 4_000_000_000],
  ['9007199254740992', null],
])('the seed %j is %s; without one there is no command, which would be that of another run', (text, seed) => {
  change(() => (form.seedText = text));
  expect([form.seed, form.isValid, form.command !== '']).toEqual([seed, seed !== null, seed !== null]);
});

it('takes over a run, its seed one further; a new object fills it again', () => {
  change(() => (inputs.like = run({ datasetId: 2, recipe: { ...SMALL, epochs: 3, identitiesPerBatch: 4 } })));
  expect([form.dataset?.id, form.recipeName, form.seedText]).toEqual([2, 'small', '5']);
  expect(form.recipe).toEqual({ ...SMALL, epochs: 3, identitiesPerBatch: 4 });
  expect(form.options).toEqual({ frames: 8, depth: 18 });
  type('epochs', '30', 30);
  change(() => (inputs.like = run({ options: { frames: 4, depth: 50 } })));
  expect([form.recipeName, form.recipe['epochs'], form.typedRecipe]).toEqual(['paper', 3, {}]);
  // A run of a method that is not known fills nothing in.
  change(() => (inputs.like = run({ method: 'gone', seed: 90 })));
  expect(form.seedText).toBe('5');
});

it('foretells steps and time from an earlier run', () => {
  expect(form.guess).toEqual({ steps: 400, seconds: null, from: null, imagesPerSecond: null });
  change(() => (inputs.runs = [run()]));
  // 400 steps of 8 × 4 clips of 4 frames at 40 img/s, at twice the cost.
  expect(form.guess).toEqual({ steps: 400, seconds: (400 * 128) / 20, from: 'first', imagesPerSecond: 20 });
  type('epochs', 'x');
  expect(form.guess).toBeNull();
});

it('starts what stands there, evaluated where it is ticked, once', async () => {
  expect(form.evaluations.map(({ key }) => [key, form.isEvaluatedOn(key)])).toEqual(form.evaluations.map(({ key }) => [key, true]));
  const [first, second] = form.evaluations;
  change(() => form.evaluateOn(first!.key, false));
  change(() => ((form.name = ' mine '), (form.seedText = '7')));
  void form.start();
  void form.start();
  expect(form.isStarting).toBe(true);
  expect(asked).toEqual([
    {
      name: 'mine',
      method: 'plain',
      options: { frames: 4, depth: 18 },
      recipe: SMALL,
      datasetId: 1,
      seed: 7,
      evaluateOn: [{ datasetId: second!.datasetId, protocol: second!.protocol }],
    },
  ]);
  answer.resolve({ runId: 'mine' });
  await expect.poll(() => form.isStarting).toBe(false);
  expect([form.name, form.seedText, opened]).toEqual(['', '8', ['mine']]);
});

it('what was changed and changed back is started as the command has it: not said', () => {
  for (const padding of [10, 0]) type('cropPadding', String(padding), padding);
  for (const epochs of [12, 8]) type('epochs', String(epochs), epochs);
  expect([form.recipe['cropPadding'], form.command.includes('--set')]).toEqual([0, false]);
  void form.start();
  expect(asked[0]!['recipe']).toEqual(SMALL);
});

it('the command evaluates where it is ticked', () => {
  const [first, second] = form.evaluations;
  change(() => form.evaluateOn(first!.key, false));
  expect(form.command).toBe('tracklet train plain --project /p --dataset Big --evaluate-on Tiny:market');
  change(() => form.evaluateOn(second!.key, false));
  expect(form.command).toBe('tracklet train plain --project /p --dataset Big');
});

it.each([
  ['an evaluation runs', [{ kind: 'evaluate', resource: 'compute', state: 'running' }], {}, true],
  ['a set is made', [{ kind: 'synth', resource: 'compute', state: 'running' }], {}, true],
  ['a folder is read', [{ kind: 'import', resource: 'io', state: 'running' }], {}, false],
  ['one waits for what was interrupted', [{ kind: 'train', resource: 'compute', state: 'waiting' }], {}, false],
  ['two may compute at once', [{ kind: 'train', resource: 'compute', state: 'running' }], { 'engine.jobs': 2 }, false],
])('says before whether it will wait: %s', (_, list, kept, expected) => {
  settings = kept;
  change(() => {
    jobs.list = list as Job[];
  });
  expect(form.isQueued).toBe(expected);
});

it('keeps a name and a seed that were typed while the answer was on its way', async () => {
  change(() => (form.name = 'one'));
  const started = form.start();
  change(() => ((form.name = 'two'), (form.seedText = '50')));
  answer.resolve({ runId: 'one' });
  await started;
  expect([form.name, form.seedText]).toEqual(['two', '50']);
});

it('shows a refusal and keeps everything; filling it anew forgets it', async () => {
  change(() => (form.name = 'one'));
  const started = form.start();
  answer.reject(new AppError('CONFLICT', 'There is a run named "one" already.', { key: 'name' }));
  await started;
  expect([form.failure?.message, form.name, form.isStarting, opened]).toEqual(['There is a run named "one" already.', 'one', false, []]);
  change(() => (form.recipeName = 'paper'));
  expect(form.failure).toBeNull();
});

it.each([
  ['Reading the methods', { methods: undefined }, false],
  ['Reading the data sets', { datasets: undefined }, false],
  ['A data set is being made. Runs can start when it is there.', { datasets: [dataset(1, 'New', { state: 'importing' })] }, true],
  ['No data set has a training split with two or more tracklets. Import one, or make a synthetic set.', { datasets: [] }, true],
])('%s', (sentence, given, isRead) => {
  change(() => Object.assign(inputs, given));
  expect([form.obstacle, form.isRead]).toEqual([sentence, isRead]);
  void form.start();
  expect(asked).toEqual([]);
});
