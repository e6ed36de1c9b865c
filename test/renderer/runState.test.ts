import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../src-shared/contract/runs.ts';
import type { Job } from '../../src-shared/contract/jobs.ts';
import { describeRun, endsAbout, waitingFor } from '../../src-renderer/lib/runState.ts';

const run: RunSummary = {
  id: 'r1',
  name: 'tap-small',
  method: 'resnet-tap',
  methodTitle: 'ResNet + TAP',
  methodKnown: true,
  datasetId: 2,
  datasetName: 'Synthetic',
  state: 'running',
  jobId: 5,
  seed: 0,
  step: 60,
  steps: 120,
  epoch: 3,
  epochs: 6,
  secondsLeft: null,
  elapsedSeconds: 90,
  imagesPerSecond: 30,
  error: null,
  createdAt: 0,
  endedAt: null,
};
const job: Job = {
  id: 5,
  kind: 'train',
  kindTitle: 'Training',
  group: 'compute',
  resource: 'compute',
  shows: 'run',
  title: 'Train tap-small',
  state: 'running',
  done: 60,
  total: 120,
  unit: 'steps',
  message: '',
  secondsLeft: 80,
  runId: 'r1',
  datasetId: 2,
  after: [],
  error: null,
  resumable: false,
  createdAt: 0,
  startedAt: 0,
  endedAt: null,
  dismissed: false,
};

describe('describeRun', () => {
  it('takes progress and time left from the job', () => {
    expect(describeRun(run, [job])).toMatchObject({ state: 'running', progress: 0.5, secondsLeft: 80, line: 'Epoch 4 of 6', canStop: true, canResume: false });
  });

  it('says what starts before the first step', () => {
    expect(describeRun({ ...run, step: 0 }, [{ ...job, done: 0, message: 'Loading TensorFlow' }])).toMatchObject({ line: 'Loading TensorFlow', progress: 0 });
  });

  it('calls a run stalled after three times its median step, not sooner', () => {
    expect(describeRun(run, [job], { quietSeconds: 94, medianStep: 2 })).toMatchObject({ state: 'stalled', line: 'Stalled: no step for 1 min 34 s' });
    expect(describeRun(run, [job], { quietSeconds: 94, medianStep: 40 }).state).toBe('running');
  });

  it('names what a waiting run waits for', () => {
    const before = { ...job, id: 4, title: 'Import Synthetic', kind: 'synth' as const };
    expect(describeRun({ ...run, state: 'waiting' }, [before, { ...job, state: 'waiting', after: [4] }]).line).toBe('Waits for Import Synthetic');
    expect(waitingFor({ ...job, id: 6, state: 'waiting' }, [job])).toBe('Waits for Train tap-small');
    expect(waitingFor({ ...job, id: 6, state: 'waiting', after: [4] }, [{ ...before, state: 'interrupted' }])).toBe(
      'Waits for Import Synthetic, which was interrupted',
    );
  });

  it('puts the cause of a failure into the row and offers to resume', () => {
    const error = { code: 'DISK_FULL', message: 'The disk is full: checkpoint.safetensors', remedy: 'Free some space.', params: {} };
    expect(describeRun({ ...run, state: 'failed', error }, [])).toMatchObject({ line: error.message, canResume: true, canStop: false });
    expect(describeRun({ ...run, state: 'failed', error, methodKnown: false }, []).canResume).toBe(false);
  });
});

it('guesses the end as a time of day', () => {
  const noon = new Date(2026, 0, 5, 12, 0).getTime();
  expect([endsAbout(325 * 60, noon), endsAbout(null, noon)]).toEqual(['17:25', null]);
});
