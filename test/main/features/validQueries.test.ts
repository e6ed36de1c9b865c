/**
 * Datasets counts valid queries without computing anything; an evaluation finds them by ranking. Both must say the same number, under every
 * protocol, on both sample sets. Features are random numbers: who is valid does not depend on them.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRng } from '../../../models/rng.ts';
import { protocolNames } from '../../../src-shared/protocols/index.ts';
import { evaluateFeatures } from '../../../src-main/compute/tasks/evaluate.ts';
import { SAMPLE_PLAN } from '../../../src-main/features/sample/sample.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';

let project: TestProject;
const ids: Record<string, number> = {};

beforeAll(async () => {
  project = await openTestProject();
  const { jobs } = project.host.context;
  const client = project.host.client();
  const synth = await client.call('synth.start', { identities: 12, cameras: 3, seed: 5, name: 'Synthetic' });
  const pets = await client.call('imports.start', {
    path: fileURLToPath(new URL('../../../datasets/samples/pets09-s2l1', import.meta.url)),
    importer: SAMPLE_PLAN.pets.importer,
    options: SAMPLE_PLAN.pets.options,
    name: 'PETS',
  });
  for (const { jobId } of [synth, pets]) await jobs.wait(jobId);
  for (const { id, name } of await client.call('datasets.list', {})) ids[name] = id;
});
afterAll(() => project[Symbol.asyncDispose]());

test.each(['Synthetic', 'PETS'].flatMap((name) => protocolNames.map((protocol) => [name, protocol] as const)))('%s, %s', async (name, protocol) => {
  const datasetId = ids[name] as number;
  const { validQueries } = await project.host.client().call('datasets.get', { id: datasetId });
  const rows = await project.host.context.db.read('evaluations', 'sideRows', { datasetId });
  const rng = createRng(7);
  const features = {
    trackletIds: Int32Array.from(rows, ({ id }) => id),
    values: Float32Array.from({ length: rows.length * 4 }, () => rng.normal()),
    dims: 4,
    metadata: {},
  };
  const evaluated = await evaluateFeatures({ rows, features, protocol, distance: 'cosine' }).then(
    ({ metrics }) => metrics.validQueries,
    (error: { code: string }) => (error.code === 'NO_VALID_QUERY' ? 0 : Promise.reject(error as unknown as Error)),
  );
  expect(validQueries[protocol]).toBe(evaluated);
  if (protocol === 'visits' || name === 'Synthetic') expect(evaluated).toBeGreaterThan(0);
});
