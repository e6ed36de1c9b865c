/**
 * A project of the program before results stood beside each other, with its files in the folders of its runs: it opens with features and
 * evaluations in place, compares to the same numbers, makes nothing anew, and what is made later writes over none of it.
 */
import { copyFileSync, cpSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openHost } from '../../../src-main/host/host.ts';
import { sha256 } from '../../../src-main/compute/checkpoint.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { closeTakenBack, takenBack } from '../../support/projectOfBefore.ts';
import { angle, evaluatedProject } from '../support/evaluatedProject.ts';

const RUNS = ['one', 'two'];

test('opens with all of it, and goes on', async () => {
  await using project = await evaluatedProject();
  const { folder } = project;
  for (const [i, run] of RUNS.entries()) await project.addRun(run, (id) => angle(Math.ceil(id / 2) * 20 + (id % 2) * i * 50));
  for (const run of RUNS) await project.evaluate(run);
  const load = (client: typeof project.client, ids: number[]) => client.call('compare.load', { evaluationIds: ids, reference: ids[0] as number });
  const evaluations = await project.client.call('evaluations.list', {});
  const ids = evaluations.map(({ id }) => id).sort();
  const compared = await load(project.client, ids);
  await project.host.close();

  // As they were kept before: one file a run and data set, one folder a run, data set, protocol and distance.
  const before = await takenBack(folder, '20261201-3-results', ['feature_set', 'evaluation']);
  for (const run of RUNS) {
    const own = join(folder, 'runs', run);
    copyFileSync(join(folder, 'features', `${run}.safetensors`), join(own, 'features-1.safetensors'));
    const [made] = readdirSync(join(own, 'evaluations'));
    cpSync(join(own, 'evaluations', made as string), join(own, 'evaluations', 'market-1'), { recursive: true });
    rmSync(join(own, 'evaluations', made as string), { recursive: true });
    before
      .prepare(
        `INSERT INTO main.feature_set (run_id, dataset_id, path, hash, count, dims, created_at)
         SELECT run_id, dataset_id, 'runs/' || run_id || '/features-1.safetensors', hash, count, dims, created_at FROM now.feature_set WHERE run_id = ?`,
      )
      .run(run);
    before
      .prepare(
        `INSERT INTO main.evaluation (id, run_id, dataset_id, protocol, distance, features_hash, folder, metrics, created_at, question, weights_hash, files)
         SELECT id, run_id, dataset_id, protocol, distance, features_hash, 'runs/' || run_id || '/evaluations/market-1', metrics, created_at, question, weights_hash, files
         FROM now.evaluation WHERE run_id = ?`,
      )
      .run(run);
  }
  rmSync(join(folder, 'features'), { recursive: true });
  closeTakenBack(before, folder);
  const filesOf = (run: string): Record<string, string> =>
    Object.fromEntries(
      ['features-1.safetensors', 'evaluations/market-1/per-query.safetensors', 'evaluations/market-1/metrics.json'].map((name) => [
        name,
        sha256(readFileSync(join(folder, 'runs', run, name))),
      ]),
    );
  const kept = RUNS.map(filesOf);

  const host = await openHost({ folder, paths: { ...userPaths(), home: join(folder, 'home') }, validateOutputs: true });
  try {
    const client = host.client();
    expect(await client.call('project.info', {})).toMatchObject({ readOnly: null });
    expect(await client.call('evaluations.list', {})).toEqual(evaluations);
    expect(await load(client, ids)).toEqual(compared);
    expect(await client.call('compare.check', { evaluationIds: ids, reference: ids[0] as number })).toMatchObject([
      { isOutdated: false, reasons: [] },
      { isOutdated: false, reasons: [], differences: [] },
    ]);
    expect(await client.call('features.list', { runId: 'one' })).toMatchObject([
      { madeBy: 'one', weightsHash: 'weights of one', path: 'runs/one/features-1.safetensors', count: 8 },
    ]);

    const evaluate = async (runId: string): Promise<{ id: number; logs: string }> => {
      const { jobId } = await client.call('evaluations.start', { runId, datasetId: 1, protocol: 'market', distance: 'cosine' });
      const { evaluationId } = (await host.context.jobs.wait(jobId)) as { evaluationId: number };
      const extract = (await client.call('jobs.list', {})).find(({ id }) => id === jobId)?.after[0] as number;
      const lines = await Promise.all([extract, jobId].map((id) => client.call('jobs.log', { id, from: 0 })));
      return { id: evaluationId, logs: lines.flatMap((log) => log.lines.map(({ text }) => text)).join('\n') };
    };
    // Asked the same again, features and results of before answer.
    const again = await evaluate('one');
    expect(ids).toContain(again.id);
    expect(again.logs).toContain('The features of these weights are there already.');
    expect(again.logs).toContain('its results are there already');
    expect(await client.call('evaluations.list', {})).toEqual(evaluations);

    // Asked of other lists, a row and a folder of its own: that of before is kept, says by what it is out of date, and is not mixed with it.
    await client.call('tracklets.setSplit', { ids: [14, 16], split: 'none' });
    const other = await evaluate('one');
    expect(ids).not.toContain(other.id);
    const reasons = ['the query and gallery lists were changed after this evaluation'];
    expect(await client.call('compare.today', { evaluationIds: [...ids, other.id] })).toEqual([
      ...ids.map((evaluationId) => ({ evaluationId, reasons })),
      { evaluationId: other.id, reasons: [] },
    ]);
    await expect(load(client, [other.id, ids.find((id) => id !== again.id) as number])).rejects.toMatchObject({ code: 'BAD_INPUT' });
    expect(await load(client, ids)).toEqual(compared);
    expect(RUNS.map(filesOf)).toEqual(kept);

    // Undone, the first answers again, from its row.
    await client.call('history.undo', {});
    expect((await evaluate('one')).id).toBe(again.id);
    expect(await client.call('compare.today', { evaluationIds: [again.id, other.id] })).toMatchObject([{ reasons: [] }, { reasons }]);

    // Emptied, a run takes the files in its own folder along; the other compares as ever.
    await client.call('runs.remove', { id: 'one' });
    await client.call('trash.empty', {});
    expect(await client.call('features.list', { runId: 'two' })).toMatchObject([{ path: 'runs/two/features-1.safetensors' }]);
    const [second] = evaluations.filter(({ runId }) => runId === 'two').map(({ id }) => id);
    expect((await load(client, [second as number])).evaluations).toEqual(evaluations.filter(({ runId }) => runId === 'two'));
    expect(filesOf('two')).toEqual(kept[1]);
  } finally {
    await host.close();
  }
});
