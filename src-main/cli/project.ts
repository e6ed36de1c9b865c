/** Opens a project for one command, through the same client that the page uses, and waits for jobs with progress on standard error. */
import type { Job } from '../../src-shared/entities.ts';
import { AppError, fromErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import type { RpcClient } from '../../src-shared/rpc.ts';
import type { CommandIo } from './command.ts';

export async function withProject<T>(folder: string, use: (client: RpcClient) => Promise<T>): Promise<T> {
  const { openHost } = await import('../host/host.ts');
  const host = await openHost({ folder });
  try {
    return await use(host.client());
  } finally {
    await host.close();
  }
}

/** Ends when the job and everything it started has ended; throws its error. Cancels it when the command is interrupted. */
export async function waitForJob(client: RpcClient, jobId: number, io: CommandIo): Promise<Job> {
  const ended = Promise.withResolvers<Job>();
  let shown = '';
  const seen = (job: Job): void => {
    if (job.id !== jobId) return;
    const line = progressLine(job);
    if (line !== shown && job.state === 'running') io.note(line);
    shown = line;
    if (job.state === 'done') ended.resolve(job);
    else if (job.state === 'failed' || job.state === 'cancelled' || job.state === 'interrupted')
      ended.reject(job.error ? fromErrorShape(job.error as ErrorShape) : new AppError('CANCELLED', `${job.title} was ${job.state}.`));
  };
  const off = client.on('job', seen);
  const cancel = (): void => void client.call('jobs.cancel', { id: jobId }).catch(() => undefined);
  io.signal.addEventListener('abort', cancel, { once: true });
  try {
    // It may have ended before the listener was there.
    for (const job of await client.call('jobs.list', {})) seen(job);
    return await ended.promise;
  } finally {
    off();
    io.signal.removeEventListener('abort', cancel);
  }
}

function progressLine(job: Job): string {
  // Steps of one percent, so that a log file stays readable.
  const share = job.total > 0 ? `${Math.floor((100 * job.done) / job.total)} %` : '';
  const left = job.secondsLeft === null ? '' : `, about ${Math.ceil(job.secondsLeft / 10) * 10} s left`;
  return `${job.title}: ${[share, job.total > 0 ? '' : job.message].filter(Boolean).join(' ')}${left}`;
}

/** A data set by id or name. */
export async function findDataset(client: RpcClient, wanted: string): Promise<number> {
  const datasets = await client.call('datasets.list', {});
  const found = datasets.find((dataset) => String(dataset.id) === wanted) ?? datasets.find((dataset) => dataset.name.toLowerCase() === wanted.toLowerCase());
  if (found) return found.id;
  throw new AppError('NOT_FOUND', `The project has no data set "${wanted}". It has: ${datasets.map((dataset) => dataset.name).join(', ') || 'none'}.`, {
    dataset: wanted,
  });
}

/** A run by id or name. */
export async function findRun(client: RpcClient, wanted: string): Promise<string> {
  const runs = await client.call('runs.list', {});
  const found = runs.find((run) => run.id === wanted) ?? runs.find((run) => run.name === wanted);
  if (found) return found.id;
  throw new AppError('NOT_FOUND', `The project has no run "${wanted}". It has: ${runs.map((run) => run.name).join(', ') || 'none'}.`, { run: wanted });
}
