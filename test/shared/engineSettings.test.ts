/** What fits a setting of the engine; the same rules for the field on the page and for the call that keeps the value. */
import { expect, it } from 'vitest';
import { engineSettingProblem, isEngineSetting } from '../../src-shared/engineSettings.ts';

const problem = (key: string, value: unknown): string | null => engineSettingProblem(key, value, 8);

it('lets pass what fits, and null, which takes a setting back', () => {
  const fitting: [string, unknown][] = [
    ['engine.device', 'wasm'],
    ['engine.gpu', 0],
    ['engine.tf32', false],
    ['engine.threads', 1],
    ['engine.threads', 8],
    ['engine.jobs', 12],
    ['engine.tensorflow', '/opt/tensorflow'],
  ];
  for (const [key, value] of fitting) expect([problem(key, value), problem(key, null), isEngineSetting(key)], key).toEqual([null, null, true]);
});

it('says of what does not fit what it is and what would', () => {
  expect(problem('engine.threads', 0)).toBe('The number of threads must be a whole number from 1, not 0.');
  expect(problem('engine.threads', 2.5)).toBe('The number of threads must be a whole number from 1, not 2.5.');
  expect(problem('engine.threads', 999)).toBe('This machine has 8 cores; 999 threads would only wait for each other.');
  expect(problem('engine.jobs', 'two')).toBe('The number of jobs at once must be a whole number from 1, not "two".');
  expect(problem('engine.gpu', -1)).toBe('A card has a whole number from 0; -1 is none.');
  expect(problem('engine.device', 'tpu')).toBe('A device is one of auto, cuda, cpu, wasm; "tpu" is none.');
  expect(problem('engine.tf32', 'no')).toContain('not "no"');
  expect(problem('engine.tensorflow', '')).toContain('a path');
  expect(problem('engine.threads', Number.NaN)).not.toBeNull();
});

it('leaves other settings alone', () => {
  expect([problem('theme', 7), problem('constructor', 7), isEngineSetting('toString')]).toEqual([null, null, false]);
});
