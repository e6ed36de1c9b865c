/**
 * Calls of two clients that meet within the same moment, while every reader answers after a random while: whoever looks and then acts does so as
 * if the others had come before or after, never half way. Queue, tables and the rules of runs and data sets are real; what trains is played.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CallName, Handlers } from '../../../src-shared/contract/index.ts';
import { AppError, type ErrorShape } from '../../../src-shared/errors.ts';
import { createDatasetsHandlers } from '../../../src-main/features/datasets/handlers.ts';
import { createDispatcher, type Connection } from '../../../src-main/host/dispatch.ts';
import type { Preparations } from '../../../src-main/host/preparations.ts';
import { numbersFrom } from '../../support/bigProject.ts';
import { playedRuns, type PlayedRuns } from '../../support/playedRuns.ts';

type Asked = [call: CallName, input: unknown];
type Answer = { call: CallName; output?: unknown; error?: ErrorShape };

/** Some turns of the event loop, now and then some milliseconds. */
function pauses(random: () => number): () => Promise<void> {
  return async () => {
    for (let n = Math.floor(random() * 4); n > 0; n--) await new Promise((resolve) => setImmediate(resolve));
    if (random() < 0.05) await new Promise((resolve) => setTimeout(resolve, random() * 3));
  };
}

interface Clients extends AsyncDisposable {
  all: PlayedRuns;
  /** Sends all of them within one moment, each from the one or the other client. */
  atOnce(asked: readonly Asked[]): Promise<Answer[]>;
}

async function clients(seed: number, prepare: Preparations = {}): Promise<Clients> {
  const random = numbersFrom(seed);
  const pause = pauses(random);
  const all = await playedRuns(pause);
  const { runs, context } = all;
  const handlers = {
    ...createDatasetsHandlers(context),
    'runs.start': (input: never) => runs.start(input),
    'runs.resume': async ({ id }: { id: string }) => ({ jobId: await runs.resume(id) }),
    'runs.rename': async ({ id, name }: { id: string; name: string }) => (await runs.rename(id, name, { key: null, tags: [] }), {}),
    'runs.remove': async ({ id }: { id: string }) => (await runs.remove(id, { key: null, tags: [] }), {}),
  } as unknown as Handlers;
  const dispatcher = createDispatcher(context, handlers, { validateOutputs: false, prepare: { 'runs.start': pause, ...prepare } });
  let id = 0;
  const waiting = new Map<number, (answer: object) => void>();
  const connections = ['a', 'b'].map((client): Connection =>
    dispatcher.connect(client, (message) => {
      if (message.type === 'reply') waiting.get(message.id)?.(message);
    }),
  );
  return {
    all,
    atOnce: (asked) =>
      Promise.all(
        asked.map(
          ([call, input]) =>
            new Promise<Answer>((resolve) => {
              id += 1;
              const mine = id;
              waiting.set(mine, (answer) => resolve({ call, ...answer }));
              const send = (): void => connections[random() < 0.5 ? 0 : 1]?.receive({ type: 'call', id: mine, call, input, key: null });
              if (random() < 0.5) send();
              else void pause().then(send);
            }),
        ),
      ),
    [Symbol.asyncDispose]: () => all.close(),
  };
}

const start = (name: string | null): Asked => ['runs.start', { name, method: 'm', options: {}, recipe: {}, datasetId: 1, seed: 3, evaluateOn: [] }];
const told = (answers: readonly Answer[]): string[] => answers.map(({ error }) => error?.message ?? 'done').sort();

/** A run that was stopped. */
async function stoppedRun(all: PlayedRuns): Promise<{ id: string; jobId: number }> {
  const { runId, jobId } = await all.start({ name: 'one' });
  (await all.child()).end.reject(new AppError('ENGINE_FAILED', 'x'));
  await all.jobs.wait(jobId).catch(() => undefined);
  return { id: runId, jobId };
}

const many = { numRuns: 25, seed: 20261130 };

test('of several who go on with one run at once, one may; the others are told what those are told that come later', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 4 }), fc.boolean(), async (seed, n, isForgotten) => {
      await using both = await clients(seed);
      const { all, atOnce } = both;
      const { id } = await stoppedRun(all);
      if (isForgotten) await all.jobs.clear();
      const answers = await atOnce(Array.from({ length: n }, (): Asked => ['runs.resume', { id }]));
      const [later] = await atOnce([['runs.resume', { id }]]);
      expect(later?.error).toMatchObject({ code: 'CONFLICT', message: '"one" is training already, at step 0 of 8.', params: { id } });
      expect(told(answers)).toEqual([...Array.from({ length: n - 1 }, () => later?.error?.message), 'done'].sort());
      expect((await all.jobs.list()).filter(({ state }) => state === 'running' || state === 'waiting')).toHaveLength(1);
    }),
    many,
  );
});

test('of several runs that are given one name at once, one gets it; those without a name get names and folders of their own', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 3 }), async (seed, same, nameless) => {
      await using both = await clients(seed);
      const { all, atOnce } = both;
      const { id } = await stoppedRun(all);
      const taking = Array.from({ length: same }, () => start('two'));
      const answers = await atOnce([...taking, ['runs.rename', { id, name: 'two' }], ...Array.from({ length: nameless }, () => start(null))]);
      const refused = Array.from({ length: same }, () => 'There is a run named "two" already.');
      expect(told(answers)).toEqual([...refused, 'done', ...Array.from({ length: nameless }, () => 'done')].sort());
      const names = (await all.runs.list()).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }),
    many,
  );
});

test('a run that starts and its data set that is removed: never a training on a set that is gone', async () => {
  let began = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 2 }), async (seed, before) => {
      await using both = await clients(seed);
      const { all, atOnce } = both;
      all.atOnce = 9;
      const remove: Asked = ['datasets.remove', { id: 1 }];
      const answers = await atOnce([...Array.from({ length: before }, () => start(null)), remove, start(null)]);
      const isGone = answers.find(({ call }) => call === 'datasets.remove')?.error === undefined;
      const started = answers.filter(({ call, error }) => call === 'runs.start' && !error).length;
      if (started > 0) began += 1;
      if (isGone) refused += 1;
      expect([isGone, started > 0]).toEqual([isGone, !isGone]);
    }),
    { ...many, numRuns: 60 },
  );
  // Both came about, so that the test has looked at something.
  expect([began > 5, refused > 5]).toEqual([true, true]);
});

test('a run that is gone on with and removed at once is the one or the other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.boolean(), async (seed, isFirst) => {
      await using both = await clients(seed);
      const { id } = await stoppedRun(both.all);
      const calls: Asked[] = [
        ['runs.resume', { id }],
        ['runs.remove', { id }],
      ];
      const answers = await both.atOnce(isFirst ? calls : calls.toReversed());
      expect(answers.filter(({ error }) => !error)).toHaveLength(1);
    }),
    many,
  );
});

test('what takes long before a start keeps no command waiting, and what fails in it is its answer', async () => {
  const gate = Promise.withResolvers<void>();
  await using both = await clients(1, { 'runs.start': () => gate.promise });
  const { id } = await stoppedRun(both.all);
  const starting = both.atOnce([start('two')]);
  expect(told(await both.atOnce([['runs.rename', { id, name: 'other' }]]))).toEqual(['done']);
  gate.reject(new AppError('UNKNOWN_METHOD', 'There is none.'));
  expect(told(await starting)).toEqual(['There is none.']);
});
