/** What TensorFlow prints at its start stays out of every log; what it prints when something is wrong does not. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, test } from 'vitest';
import { childEnvironment, computeInChild, isStartUpNote } from '../../../src-main/compute/local.ts';
import { ENGINE_TIMEOUT_MS, requireTensorFlowLibrary } from '../../support/engine.ts';
import { TINY_OPTIONS, TINY_RECIPE, tinyProject } from '../support/tinyProject.ts';

// Lines as TensorFlow 2.21 and 2.16 wrote them.
test('start-up notes are told from warnings and errors', () => {
  expect(isStartUpNote('WARNING: All log messages before absl::InitializeLog() is called are written to STDERR')).toBe(true);
  expect(
    isStartUpNote('I0000 00:00:1795260377.615174   27993 port.cc:153] oneDNN custom operations are on. You may see slightly different numerical results'),
  ).toBe(true);
  expect(isStartUpNote('W0000 00:00:1795260377.615174   27993 cpu_allocator_impl.cc:83] Allocation of 4294967296 exceeds 10% of free system memory.')).toBe(
    false,
  );
  expect(isStartUpNote('F0000 00:00:1795260377.615174   27993 cpu_feature_guard.cc:37] The TensorFlow library was compiled to use AVX instructions')).toBe(
    false,
  );
  expect(isStartUpNote('Illegal instruction')).toBe(false);
});

test('a child computes with one heap and without notes, unless the user has set it otherwise', () => {
  expect(childEnvironment({})).toEqual({ TF_CPP_MIN_LOG_LEVEL: '2', MALLOC_ARENA_MAX: '1' });
  expect(childEnvironment({ TF_CPP_MIN_LOG_LEVEL: '0', MALLOC_ARENA_MAX: '4' })).toEqual({ TF_CPP_MIN_LOG_LEVEL: '0', MALLOC_ARENA_MAX: '4' });
});

test(
  'a training prints nothing and logs one line an epoch and one a checkpoint',
  async () => {
    await requireTensorFlowLibrary();
    const project = await tinyProject();
    try {
      const printed: string[] = [];
      const log: string[] = [];
      await computeInChild(
        {
          kind: 'train',
          projectFolder: project.folder,
          runId: 'logged',
          method: 'resnet-tap',
          options: TINY_OPTIONS,
          recipe: { ...TINY_RECIPE, epochs: 3 },
          manifest: project.manifest,
          seed: 1,
          engine: { device: 'cpu', threads: 1, paths: {} },
        },
        {
          onOutput: (line) => void printed.push(line),
          onMessage: (message) => {
            if (message.type === 'log') log.push(message.text);
          },
        },
      );
      expect(printed).toEqual([]);
      const epochs = log.filter((line) => line.startsWith('Epoch '));
      expect(epochs).toHaveLength(3);
      expect(epochs[0]).toMatch(
        /^Epoch 1 of 3, 4 steps: loss \d+\.\d{3} \(identity \d+\.\d{3}, triplet \d+\.\d{3}\), learning rate 0\.001, [\d.]+ images\/s\.$/,
      );
      expect(epochs[2]).toContain('learning rate 0.0001,');
      expect(log).toContain('Kept step-00000012.');
    } finally {
      rmSync(dirname(project.folder), { recursive: true, force: true });
    }
  },
  ENGINE_TIMEOUT_MS,
);
