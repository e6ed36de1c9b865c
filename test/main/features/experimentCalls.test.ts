/** Calls of `runs`, `evaluations`, `features`, `compare` and `methods`: what is asked reaches the service, what it answers comes back. */
import { beforeEach, describe, expect, test } from 'vitest';
import { createCompareHandlers } from '../../../src-main/features/compare/handlers.ts';
import { createEvaluationsHandlers } from '../../../src-main/features/evaluations/handlers.ts';
import { createMethodsHandlers } from '../../../src-main/features/methods/handlers.ts';
import { createRunsHandlers } from '../../../src-main/features/runs/handlers.ts';

/** Every service answers with its own name, and notes what it was asked. */
let asked: unknown[];
const service = (name: string): never => new Proxy({}, { get: (_, call: string) => answering(`${name}.${call}`) }) as never;
const ANSWERS: Record<string, unknown> = {
  'runs.start': { jobId: 5, runId: 'r', evaluationJobs: [6] },
  'runs.resume': 7,
  'evaluations.extract': 8,
  'evaluations.start': 9,
};
const answering =
  (name: string) =>
  (...input: unknown[]) => {
    asked.push([name, ...input]);
    return Promise.resolve(ANSWERS[name] ?? `answer of ${name}`);
  };

/** Data set 2 has nobody with a match, 3 is not there, the others are fine. */
const sides = (datasetId: number) => {
  const side = { kind: 'person', firstFrame: 0, identityId: 1 };
  const query = { ...side, id: 1, camid: 0, split: 'query' };
  return datasetId === 3 ? [] : datasetId === 2 ? [query] : [query, { ...side, id: 2, camid: 1, split: 'gallery' }];
};
const context = { db: { read: (_table: string, _fn: string, { datasetId }: { datasetId: number }) => Promise.resolve(sides(datasetId)) } } as never;
const handlers = {
  ...createRunsHandlers(context, service('runs')),
  ...createEvaluationsHandlers(context, service('evaluations')),
  ...createCompareHandlers(service('compare')),
  ...createMethodsHandlers(service('methods')),
} as unknown as Record<string, (input: unknown, call: unknown) => Promise<unknown>>;
const call = (name: string, input: unknown) => handlers[name]!(input, { key: 'k', origin: 'page' });

beforeEach(() => {
  asked = [];
});

const request = { runId: 'r', datasetId: 1, protocol: 'market', distance: 'cosine' };
test.each<[string, object, unknown[], unknown]>([
  ['runs.list', {}, ['runs.list'], 'answer of runs.list'],
  ['runs.get', { id: 'r' }, ['runs.get', 'r'], 'answer of runs.get'],
  ['runs.metrics', { id: 'r', afterStep: 3 }, ['runs.metrics', 'r', 3], 'answer of runs.metrics'],
  ['runs.log', { id: 'r', from: 3 }, ['runs.log', 'r', 3], 'answer of runs.log'],
  ['runs.resume', { id: 'r', batch: { accumulate: 2 } }, ['runs.resume', 'r', { accumulate: 2 }], { jobId: 7 }],
  ['runs.stop', { id: 'r' }, ['runs.stop', 'r'], {}],
  ['runs.rename', { id: 'r', name: 'n' }, ['runs.rename', 'r', 'n', { key: 'k', tags: ['Runs', 'Evaluations', 'History'] }], {}],
  ['runs.remove', { id: 'r' }, ['runs.remove', 'r', { key: 'k', tags: ['Runs', 'Evaluations', 'Jobs', 'Trash', 'History'] }], {}],
  ['evaluations.list', { datasetId: 1 }, ['evaluations.list', 1], 'answer of evaluations.list'],
  ['evaluations.start', request, ['evaluations.start', request], { jobId: 9 }],
  ['features.list', { runId: 'r' }, ['evaluations.featureSets', 'r'], 'answer of evaluations.featureSets'],
  ['features.extract', { runId: 'r', datasetId: 1 }, ['evaluations.extract', 'r', 1], { jobId: 8 }],
  ['compare.check', { evaluationIds: [1, 2], reference: 1 }, ['compare.check', [1, 2], 1], 'answer of compare.check'],
  ['compare.today', { evaluationIds: [1, 2] }, ['compare.today', [1, 2]], 'answer of compare.today'],
  ['compare.load', { evaluationIds: [1, 2], reference: 1 }, ['compare.load', [1, 2], 1], 'answer of compare.load'],
  ['compare.ranks', { evaluationIds: [1, 2], trackletId: 4, top: 5 }, ['compare.ranks', [1, 2], 4, 5], 'answer of compare.ranks'],
  ['methods.list', {}, ['methods.list'], 'answer of methods.list'],
  ['methods.describe', { id: 'm', options: { a: 1 }, identities: 3 }, ['methods.describe', 'm', { a: 1 }, 3], 'answer of methods.describe'],
])('%s', async (name, input, reached, answer) => {
  expect(await call(name, input)).toEqual(answer);
  expect(asked).toEqual([reached]);
});

describe('an evaluation that could only end without a valid query is refused before anything is computed', () => {
  const start = { method: 'm', evaluateOn: [1, 3].map((datasetId) => ({ datasetId, protocol: 'market' })) };

  test('with a training', async () => {
    expect(await call('runs.start', start)).toEqual({ jobId: 5, runId: 'r', evaluationJobs: [6] });
    expect(asked).toEqual([['runs.start', start]]);
    const bad = { ...start, evaluateOn: [...start.evaluateOn, { datasetId: 2, protocol: 'market' }] };
    await expect(call('runs.start', bad)).rejects.toMatchObject({ code: 'NO_VALID_QUERY' });
    expect(asked).toHaveLength(1);
  });

  test('alone', async () => {
    await expect(call('evaluations.start', { ...request, datasetId: 2 })).rejects.toMatchObject({ code: 'NO_VALID_QUERY' });
    expect(asked).toEqual([]);
  });
});
