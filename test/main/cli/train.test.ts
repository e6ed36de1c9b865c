/** `tracklet train` as a program: one that is interrupted says what is kept, and the command it names goes on from there. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { attach } from '../../../src-main/cli/attach.ts';
import { servedAt } from '../../../src-main/cli/project.ts';
import { openHost } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { ended, startTracklet, tracklet } from '../../support/commandLine.ts';
import { requireTensorFlowLibrary } from '../../support/engine.ts';
import { ownHome } from '../../support/ownHome.ts';
import { until } from '../../support/until.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject } from '../support/tinyProject.ts';

let folder = '';
let env: { TRACKLET_HOME: string };

beforeAll(async () => {
  await requireTensorFlowLibrary();
  ({ folder } = await tinyProject());
  env = await ownHome(dirname(folder));
});
afterAll(() => rmSync(dirname(folder), { recursive: true, force: true }));

/** Ends once its training moves. */
function untilItMoves(child: ChildProcess): Promise<void> {
  let said = '';
  return new Promise((moves) =>
    child.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
      if (/Train \S+: [1-9]\d* %/.test(said)) moves();
    }),
  );
}

function trainArgs(name: string): string[] {
  // Far more steps than are done before the interrupt arrives.
  const set = Object.entries({ ...TINY_OPTIONS, ...TINY_RECIPE, stepsPerEpoch: 5000 }).flatMap(([key, value]) => ['--set', `${key}=${String(value)}`]);
  return ['train', 'resnet-tap', '--project', folder, '--dataset', 'Tiny', '--name', name, ...set];
}

test.each(['SIGHUP', 'SIGTERM'] as const)(
  '%s, also with a second signal right after it, keeps a checkpoint as an interrupt does; --json prints one document',
  async (name) => {
    const child = startTracklet([...trainArgs(name), '--json'], { env });
    const end = ended(child);
    await untilItMoves(child);
    child.kill(name);
    // As a wrapper delivers it: what the terminal tells to all is passed on once more. Another signal, since two of a kind may become one.
    child.kill('SIGINT');
    const { code, out } = await end;
    expect(code).toBe(1);
    const { error } = JSON.parse(out) as { error: { code: string; message: string; params: { checkpoint: string | null; step: number } } };
    expect(error).toMatchObject({ code: 'CANCELLED', message: `"${name}" was stopped at step ${error.params.step} of 10000.` });
    expect(error.params.step).toBeGreaterThan(0);
    expect(error.params.checkpoint).toMatch(/\w/);
  },
);

test('a signal while a command waits for the project ends it with a sentence, as one JSON document where that was asked for', async () => {
  // Held and not served: a command waits for it, and has begun nothing.
  const host = await openHost({ folder, paths: { ...userPaths(), home: env.TRACKLET_HOME }, log: openLog('silent') });
  for (const json of [[], ['--json']]) {
    const child = startTracklet(['stats', '--project', folder, '--dataset', 'Tiny', ...json], { env });
    const end = ended(child);
    // From the moment the program itself decides about signals; the lowest bits stand for HUP and INT.
    await until(() => (Number.parseInt(/SigCgt:\s*(\S+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]?.slice(-4) ?? '', 16) & 3) === 3);
    child.kill('SIGINT');
    const { code, out, err } = await end;
    expect({ code, err }).toEqual({ code: 130, err: 'Stopped by SIGINT.\nStart it again when you want it.\n' });
    if (json.length > 0) expect(JSON.parse(out)).toMatchObject({ error: { code: 'CANCELLED', message: 'Stopped by SIGINT.' } });
    else expect(out).toBe('');
  }
  await host.close();
});

test('a run that trains already is not joined; stopped by another, its command says what is kept and how to go on', async () => {
  const child = startTracklet(trainArgs('shared'), { env });
  const end = ended(child);
  await untilItMoves(child);
  const second = await tracklet(['train', '--resume', 'shared', '--project', folder], { env });
  expect(second.code).toBe(1);
  expect(second.err).toMatch(/^"shared" is training already, at step \d+ of 10000, in the program that has the project open \(process \d+\)\.$/m);
  const client = await attach(servedAt(folder) as { port: number; token: string });
  const [run] = await client.call('runs.list', {});
  expect(run).toMatchObject({ name: 'shared', state: 'running' });
  await client.call('runs.stop', { id: run?.id ?? '' });
  client.close();
  const { code, err } = await end;
  expect(code).toBe(1);
  expect(err).toMatch(/^"shared" was stopped at step [1-9]\d* of 10000\.\nIts checkpoint is kept\. Go on with: tracklet train --resume \S+ --project \S+$/m);
});

test('a run without a checkpoint begins again, which is said; a program that ends under it leaves the command that goes on', async () => {
  const host = await openHost({ folder, paths: { ...userPaths(), home: env.TRACKLET_HOME }, log: openLog('silent') });
  await host.serve();
  const client = host.client();
  const datasetId = (await client.call('datasets.list', {}))[0]?.id ?? 0;
  const { runId, jobId } = await client.call('runs.start', {
    name: 'bare',
    method: 'resnet-tap',
    options: TINY_OPTIONS,
    recipe: { ...TINY_RECIPE, stepsPerEpoch: 5000 },
    datasetId,
    seed: 1,
    evaluateOn: [],
  });
  await client.call('runs.stop', { id: runId });
  await until(async () => (await client.call('jobs.list', {})).some((job) => job.id === jobId && job.state === 'cancelled'));
  const child = startTracklet(['train', '--resume', 'bare', '--project', folder], { env });
  const end = ended(child);
  await untilItMoves(child);
  await host.close();
  const { code, err } = await end;
  expect(code).toBe(1);
  expect(err).toContain('"bare" has no checkpoint; it begins again at step 0.');
  expect(err).toContain(`Go on with: tracklet train --resume ${runId} --project ${folder}`);
});

test('an interrupt keeps a checkpoint, says so with the command that goes on, and leaves no news in the page', async () => {
  const child = startTracklet(trainArgs('long'), { env });
  const end = ended(child);
  await untilItMoves(child);
  child.kill('SIGINT');
  const { code, err } = await end;
  expect(code).toBe(1);
  const kept = /^"long" was stopped at step (\d+) of 10000\.\nIts checkpoint is kept\. Go on with: tracklet (train --resume \S+ --project \S+)$/m.exec(err);
  expect(kept, err).not.toBeNull();
  const step = Number(kept?.[1]);
  expect(step).toBeGreaterThan(0);

  const host = await openHost({ folder, paths: { ...userPaths(), home: env.TRACKLET_HOME }, log: openLog('silent') });
  const client = host.client();
  const [run] = await client.call('runs.list', {});
  expect(run).toMatchObject({ name: 'long', state: 'stopped', step });
  const [job] = await client.call('jobs.list', {});
  expect(job).toMatchObject({ state: 'cancelled', dismissed: true });
  await host.close();

  const again = startTracklet(kept?.[2]?.split(' ') ?? [], { env });
  const gone = ended(again);
  await new Promise<void>((moves) => again.stderr?.on('data', (text: Buffer) => void (/Train long: \d/.test(text.toString()) && moves())));
  again.kill('SIGINT');
  expect(Number(/was stopped at step (\d+)/.exec((await gone).err)?.[1])).toBeGreaterThanOrEqual(step);
});

test('of two that go on with a run at once, one does; an evaluation that is interrupted beside it leaves none of its jobs', async () => {
  const host = await openHost({ folder, paths: { ...userPaths(), home: env.TRACKLET_HOME }, log: openLog('silent') });
  await host.serve();
  const client = host.client();
  const jobs = async (kind: string) => (await client.call('jobs.list', {})).filter((job) => job.kind === kind);
  const both = [1, 2].map(() => {
    const child = startTracklet(['train', '--resume', 'long', '--project', folder], { env });
    return { child, end: ended(child), moves: untilItMoves(child) };
  });
  await Promise.race(both.map(({ moves }) => moves));
  const refused = await Promise.race(both.map(({ end }) => end));
  expect(refused.code).toBe(1);
  // As in the sentence of one that comes later; the run may still wait for its turn at that moment.
  expect(refused.err).toMatch(/^"long" (is training already, at step \d+ of 10000|waits for its turn already), in the program that has the project open/m);
  expect((await jobs('train')).filter(({ state }) => state === 'running')).toHaveLength(1);

  // Its extraction waits for the training's device.
  const evaluation = startTracklet(['evaluate', '--run', 'long', '--project', folder], { env });
  const interrupted = ended(evaluation);
  await until(async () => (await jobs('evaluate')).length > 0);
  evaluation.kill('SIGINT');
  expect((await interrupted).code).toBe(1);
  expect([...(await jobs('evaluate')), ...(await jobs('extract'))].map(({ state }) => state)).toEqual(['cancelled', 'cancelled']);
  expect((await jobs('train')).filter(({ state }) => state === 'running')).toHaveLength(1);
  await client.call('runs.stop', { id: (await jobs('train')).find(({ state }) => state === 'running')?.runId ?? '' });
  await Promise.all(both.map(({ end }) => end));
  await host.close();
});

test('evaluates where it was asked to once it is trained, and says the figures; a run that goes on is asked elsewhere', async () => {
  const set = Object.entries({ ...TINY_OPTIONS, ...TINY_RECIPE }).flatMap(([key, value]) => ['--set', `${key}=${String(value)}`]);
  const { code, out, err } = await tracklet(
    ['train', 'resnet-tap', '--project', folder, '--dataset', 'Tiny', '--name', 'judged', ...set, '--evaluate-on', 'Tiny:visits'],
    { env },
  );
  expect(code, err).toBe(0);
  expect(out).toMatch(/^judged: 8 steps, \S+\njudged on .*: mAP \d/);
  const unknown = await tracklet(['train', 'resnet-tap', '--project', folder, '--dataset', 'Tiny', '--evaluate-on', 'None:visits'], { env });
  expect([unknown.code, unknown.err]).toEqual([1, expect.stringContaining('The project has no data set "None". It has: Tiny.')]);
  const resumed = await tracklet(['train', '--resume', 'judged', '--project', folder, '--evaluate-on', 'Tiny'], { env });
  expect([resumed.code, resumed.err]).toEqual([2, expect.stringContaining('--evaluate-on is for a new run')]);
});
