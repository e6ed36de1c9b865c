/** `tracklet train <method> --project P --dataset D` */
import { resolve } from 'node:path';
import type { Evaluation, ProtocolName } from '../../../src-shared/contract/evaluations.ts';
import { batchChange, type BatchChange } from '../../../src-shared/contract/runs.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { commandLine } from '../../../src-shared/commandLine.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { protocolNames, protocols } from '../../../src-shared/protocols/index.ts';
import { recipeFor } from '../../../src-shared/recipe/fit.ts';
import { recipeJsonSchema, type RecipeValues } from '../../../src-shared/recipe/recipe.ts';
import { holderOf } from '../../db/projectLock.ts';
import { connectionLost } from '../attach.ts';
import { defineCommand, integer, list, required, settings, text, UsageError, withLists, type CommandIo } from '../command.ts';
import { evaluationSentence } from '../evaluationText.ts';
import { recipeHelp } from '../recipeHelp.ts';
import { findDataset, findRun, stoppable, waitForJob, wentOnByItself, withProject } from '../project.ts';

export default defineCommand({
  id: 'train',
  positionals: ['[method]'],
  summary: 'Train a method, or continue a run',
  lost: 'the steps since the last checkpoint are lost',
  options: {
    project: { type: 'string', value: 'dir', help: 'the project' },
    dataset: { type: 'string', value: 'name', help: 'the data set' },
    name: { type: 'string', value: 'text', help: 'name of the run' },
    seed: { type: 'string', value: 'n', help: 'default 1' },
    recipe: {
      type: 'string',
      value: 'small|paper',
      help: 'where options and recipe start from; default small; a batch has at most the training identities of the set',
    },
    set: { type: 'string', multiple: true, value: 'key=value', help: 'an option of the method or a value of the recipe; may be repeated' },
    'evaluate-on': {
      type: 'string',
      multiple: true,
      value: 'name:protocol',
      help: 'a data set to evaluate on when it is trained, under visits for one camera, else market, where no protocol is named; may be repeated',
    },
    resume: { type: 'string', value: 'run', help: 'continue this run from its last checkpoint; --set may give it another batch' },
    device: { type: 'string', value: 'device', help: 'auto, cpu, wasm, cuda or cuda:<n>, for this run alone' },
  },
  details: recipeHelp,
  async run(args, io) {
    const project = required(args, 'project');
    await withProject(project, io, async (client) => {
      const resume = text(args, 'resume');
      let runId: string;
      let jobId: number;
      let evaluationJobs: number[] = [];
      const evaluateOn: EvaluateOn[] = [];
      if (resume !== null) {
        runId = await findRun(client, resume);
        if (list(args, 'evaluate-on').length > 0)
          throw new UsageError('--evaluate-on is for a new run; evaluate one that is resumed with "tracklet evaluate".');
        const batch = settings(args);
        const strange = Object.keys(batch).find((key) => !(key in batchChange.shape));
        if (strange !== undefined) throw new UsageError(`Resuming can change ${Object.keys(batchChange.shape).join(', ')}, not "${strange}".`);
        const before = await client.call('runs.get', { id: runId });
        const isActive = before.state === 'running' || before.state === 'waiting';
        if (isActive && before.jobId !== null && Object.keys(batch).length === 0 && wentOnByItself(client, before.jobId)) jobId = before.jobId;
        else {
          const resumed = () => client.call('runs.resume', { id: runId, batch: batch as BatchChange });
          ({ jobId } = await stoppable(io, resumed).catch((error: unknown) => {
            throw connectionLost(client) === null ? error : withPlace(error, project);
          }));
          if (before.checkpoint === null) io.note(`"${before.name}" has no checkpoint; it begins again at step 0.`);
        }
      } else {
        const method = args.positionals[0];
        if (method === undefined) throw new UsageError('<method> is missing.');
        const from = text(args, 'recipe') ?? 'small';
        if (from !== 'small' && from !== 'paper') throw new UsageError(`--recipe is small or paper, not "${from}".`);
        const datasetId = await findDataset(client, required(args, 'dataset'));
        const info = (await client.call('methods.list', {})).find((entry) => entry.id === method);
        const given = withLists(settings(args), (key) => isList(isRecipe(key) ? recipeJsonSchema : info?.optionsSchema, key));
        const { training } = await client.call('datasets.get', { id: datasetId });
        const recipe = { ...(info && recipeFor(info.recipes[from], training)), ...pick(given, isRecipe) } as Partial<RecipeValues>;
        const options = { ...(from === 'small' ? info?.smallOptions : {}), ...pick(given, (key) => !isRecipe(key)) };
        for (const wanted of list(args, 'evaluate-on')) evaluateOn.push(await evaluationNamed(client, wanted));
        ({ jobId, runId, evaluationJobs } = await stoppable(io, () =>
          client.call('runs.start', {
            name: text(args, 'name'),
            method,
            options,
            recipe,
            datasetId,
            seed: integer(args, 'seed', 1),
            evaluateOn,
            ...(text(args, 'device') === null ? {} : { device: text(args, 'device') as string }),
          }),
        ));
      }
      const stop = (): void => void client.call('runs.stop', { id: runId }).catch(() => undefined);
      io.signal.addEventListener('abort', stop, { once: true });
      if (io.signal.aborted) stop();
      // The abort signal asks for a stop with a checkpoint, so the wait itself must not cancel the job.
      await waitForJob(client, jobId, { ...io, signal: new AbortController().signal }).catch(async (error: unknown) => {
        throw await stopped(client, runId, project, error);
      });
      const run = await client.call('runs.get', { id: runId });
      const evaluations = await evaluated(client, runId, evaluateOn, evaluationJobs, io);
      const result = {
        run: run.id,
        name: run.name,
        steps: run.step,
        checkpoint: run.checkpoint,
        weightsHash: run.weightsHash,
        ...(evaluateOn.length > 0 ? { evaluations } : {}),
      };
      io.out(
        io.json
          ? JSON.stringify(result)
          : [`${run.name}: ${run.step} steps, ${run.checkpoint ?? 'no checkpoint'}`, ...evaluations.map(evaluationSentence)].join('\n'),
      );
    });
  },
});

interface EvaluateOn {
  datasetId: number;
  protocol: ProtocolName;
}

/** `name:protocol`, or a name alone, which may hold a colon of its own. */
async function evaluationNamed(client: RpcClient, wanted: string): Promise<EvaluateOn> {
  const at = wanted.lastIndexOf(':');
  const protocol = protocolNames.find((name) => name === wanted.slice(at + 1));
  const datasetId = await findDataset(client, at > 0 && protocol !== undefined ? wanted.slice(0, at) : wanted);
  if (at > 0 && protocol !== undefined) return { datasetId, protocol };
  const { cameras } = await client.call('datasets.get', { id: datasetId });
  return { datasetId, protocol: cameras > 1 ? 'market' : 'visits' };
}

/** What the run's own evaluations have found, each when its job has ended. */
async function evaluated(client: RpcClient, runId: string, asked: readonly EvaluateOn[], jobIds: readonly number[], io: CommandIo): Promise<Evaluation[]> {
  for (const jobId of jobIds) await waitForJob(client, jobId, io);
  const found: Evaluation[] = [];
  for (const { datasetId, protocol } of asked) {
    const all = await client.call('evaluations.list', { datasetId });
    found.push(...all.filter((one) => one.runId === runId && one.protocol === protocol && one.distance === protocols[protocol].distance));
  }
  return found;
}

/** Where a run that cannot be gone on with is computed. */
function withPlace(error: unknown, project: string): unknown {
  if (!(error instanceof AppError) || error.code !== 'CONFLICT' || error.params['isActive'] !== true) return error;
  const pid = holderOf(resolve(project))?.pid;
  const where = `in the program that has the project open${pid === undefined ? '' : ` (process ${pid})`}`;
  return new AppError(error.code, error.message.replace(/\.$/, `, ${where}.`), error.params, { cause: error, remedy: 'Wait for its end, or stop it there.' });
}

/** What is left of a run that was stopped, here or by another command or window, and how to go on with it. Other errors stay as they are. */
async function stopped(client: RpcClient, runId: string, project: string, cause: unknown): Promise<unknown> {
  const resume = commandLine(['train'], { resume: runId, project });
  const run = await client.call('runs.get', { id: runId }).catch(() => null);
  if (run === null)
    return cause instanceof AppError && cause.code === 'CONNECTION_LOST'
      ? new AppError(
          'CONNECTION_LOST',
          `The program that was training the run ${runId} has ended.`,
          { run: runId },
          { cause, remedy: `What the last checkpoint holds is kept. Go on with: ${resume}` },
        )
      : cause;
  const { name, state, step, steps, checkpoint } = run;
  if (state !== 'stopped' && state !== 'interrupted') return cause;
  const remedy = checkpoint === null ? `No checkpoint was made yet. Begin it again with: ${resume}` : `Its checkpoint is kept. Go on with: ${resume}`;
  return new AppError('CANCELLED', `"${name}" was stopped at step ${step} of ${steps}.`, { run: runId, step, checkpoint }, { cause, remedy });
}

function isRecipe(key: string): key is keyof RecipeValues {
  return key in recipeJsonSchema.properties;
}

function isList(schema: { properties?: unknown } | undefined, key: string): boolean {
  const properties = (schema?.properties ?? {}) as Record<string, { type?: unknown }>;
  return properties[key]?.type === 'array';
}

function pick(values: Record<string, unknown>, wanted: (key: string) => boolean): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => wanted(key)));
}
