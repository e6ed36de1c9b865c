/** `tracklet evaluate --run R… --project P --dataset D` */
import { protocolHelp, protocolNamed, protocols } from '../../../src-shared/protocols/index.ts';
import { distanceNames } from '../../../src-shared/protocols/protocol.ts';
import { defineCommand, distanceNamed, list, required, text, UsageError } from '../command.ts';
import { evaluationSentence, figuresOf, strataAsJson } from '../evaluationText.ts';
import { findDataset, findRun, stoppable, waitForJob, withProject } from '../project.ts';
import { withTodayFirst } from '../todayFirst.ts';

export default defineCommand({
  id: 'evaluate',
  positionals: [],
  summary: 'Extract features with runs and evaluate them: CMC, mAP, mINP, by stratum',
  options: {
    project: { type: 'string', value: 'dir', help: 'the project' },
    run: { type: 'string', multiple: true, value: 'name', help: 'a run; may be repeated' },
    dataset: { type: 'string', value: 'name', help: 'the data set; default: the one of the run' },
    protocol: { type: 'string', value: 'name', help: `${protocolHelp}; default: visits for one camera, else market` },
    distance: { type: 'string', value: 'name', help: `${distanceNames.join(' or ')}; default: that of the protocol` },
    'per-query': { type: 'boolean', help: 'with --json: results of every query' },
  },
  async run(args, io) {
    const askedDistance = distanceNamed(args);
    const named = text(args, 'protocol');
    const asked = named === null ? null : protocolNamed(named);
    const names = list(args, 'run');
    if (names.length === 0) throw new UsageError('--run is missing.');
    await withProject(required(args, 'project'), io, async (client) => {
      const runs = [];
      for (const name of names) {
        const runId = await findRun(client, name);
        const wanted = text(args, 'dataset');
        const datasetId = wanted === null ? (await client.call('runs.get', { id: runId })).datasetId : await findDataset(client, wanted);
        if (datasetId === null) throw new UsageError(`The data set of ${name} was removed; name another with --dataset.`);
        const detail = await client.call('datasets.get', { id: datasetId });
        const protocol = asked ?? (detail.cameras > 1 ? 'market' : 'visits');
        const distance = askedDistance ?? protocols[protocol].distance;
        const { jobId } = await stoppable(io, () => client.call('evaluations.start', { runId, datasetId, protocol, distance }));
        await waitForJob(client, jobId, io);
        const known = (await client.call('evaluations.list', { datasetId })).filter(
          (entry) => entry.runId === runId && entry.protocol === protocol && entry.distance === distance,
        );
        // Asked what was asked before, it is an older one that answers.
        const [evaluation] = await withTodayFirst(client, known);
        if (!evaluation) throw new Error('the evaluation left no result');
        const { queries, labels } = await client.call('compare.load', { evaluationIds: [evaluation.id], reference: evaluation.id });
        const { mAP, mINP, cmc, validQueries, gallery, datasetName, question, featuresHash, weightsHash } = evaluation;
        runs.push({
          run: evaluation.runName,
          dataset: datasetName,
          protocol,
          distance,
          mAP,
          mINP,
          cmc,
          queries: evaluation.queries,
          validQueries,
          gallery,
          question: question?.hash ?? null,
          featuresHash,
          weightsHash,
          labels: labels.revision,
          strata: strataAsJson(figuresOf([evaluation], queries), 0),
          ...(args.values['per-query'] === true
            ? {
                perQuery: queries.map((query) => ({
                  tracklet: query.trackletId,
                  valid: query.valid,
                  ap: query.ap[0],
                  inp: query.inp[0],
                  firstHit: query.firstHit[0],
                })),
              }
            : {}),
        });
        if (!io.json) io.out(evaluationSentence(evaluation));
      }
      if (io.json) io.out(JSON.stringify({ runs }));
    });
  },
});
