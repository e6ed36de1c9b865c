/** `tracklet extract --run R --project P --dataset D`: features of every tracklet into a safetensors file. */
import { AppError } from '../../../src-shared/errors.ts';
import { defineCommand, required } from '../command.ts';
import { findDataset, findRun, stoppable, waitForJob, withProject } from '../project.ts';

export default defineCommand({
  id: 'extract',
  positionals: [],
  summary: 'Extract the features of a data set with a run',
  options: {
    project: { type: 'string', value: 'dir', help: 'the project' },
    run: { type: 'string', value: 'name', help: 'the run' },
    dataset: { type: 'string', value: 'name', help: 'the data set' },
  },
  async run(args, io) {
    await withProject(required(args, 'project'), io, async (client) => {
      const runId = await findRun(client, required(args, 'run'));
      const datasetId = await findDataset(client, required(args, 'dataset'));
      const { jobId } = await stoppable(io, () => client.call('features.extract', { runId, datasetId }));
      await waitForJob(client, jobId, io);
      const found = (await client.call('features.list', { runId })).find((entry) => entry.datasetId === datasetId);
      if (!found) throw new AppError('INTERNAL', 'The extraction left no features.');
      io.out(io.json ? JSON.stringify(found) : `${found.count} features of ${found.dims} numbers in ${found.path}`);
    });
  },
});
