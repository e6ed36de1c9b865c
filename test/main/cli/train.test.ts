/** `tracklet train` as a program: one that is interrupted says what is kept, and the command it names goes on from there. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openHost } from '../../../src-main/host/host.ts';
import { openLog } from '../../../src-main/platform/log.ts';
import { userPaths } from '../../../src-main/platform/paths.ts';
import { ended, startTracklet } from '../../support/commandLine.ts';
import { requireTensorFlowLibrary } from '../../support/engine.ts';
import { ownHome } from '../../support/ownHome.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject } from '../support/tinyProject.ts';

let folder = '';
let env: { TRACKLET_HOME: string };

beforeAll(async () => {
  await requireTensorFlowLibrary();
  ({ folder } = await tinyProject());
  env = await ownHome(dirname(folder));
});
afterAll(() => rmSync(dirname(folder), { recursive: true, force: true }));

test('an interrupt keeps a checkpoint, says so with the command that goes on, and leaves no news in the page', async () => {
  // Far more steps than are done before the interrupt arrives.
  const set = Object.entries({ ...TINY_OPTIONS, ...TINY_RECIPE, stepsPerEpoch: 5000 }).flatMap(([key, value]) => ['--set', `${key}=${String(value)}`]);
  const child = startTracklet(['train', 'resnet-tap', '--project', folder, '--dataset', 'Tiny', '--name', 'long', ...set], { env });
  const end = ended(child);
  let said = '';
  await new Promise<void>((moves) =>
    child.stderr?.on('data', (text: Buffer) => {
      said += text.toString();
      if (/Train long: [1-9]\d* %/.test(said)) moves();
    }),
  );
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
