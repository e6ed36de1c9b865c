/**
 * The user's settings of the engine and what fits each, for the page that asks and the host that keeps them.
 * Test: test/shared/engineSettings.test.ts.
 */
const ENGINE_DEVICES = ['auto', 'cuda', 'cpu', 'wasm'] as const;

export type EngineDevice = (typeof ENGINE_DEVICES)[number];

export type EngineSetting = 'engine.device' | 'engine.gpu' | 'engine.tf32' | 'engine.threads' | 'engine.jobs' | 'engine.tensorflow';

const PROBLEMS: Record<EngineSetting, (value: unknown, cores: number) => string | null> = {
  'engine.device': (value) => (isDevice(value) ? null : `A device is one of ${ENGINE_DEVICES.join(', ')}; ${shown(value)} is none.`),
  'engine.gpu': (value) => (isWhole(value, 0) ? null : `A card has a whole number from 0; ${shown(value)} is none.`),
  'engine.tf32': (value) => (typeof value === 'boolean' ? null : `TensorFloat-32 is on or off, not ${shown(value)}.`),
  'engine.threads': (value, cores) => {
    if (!isWhole(value, 1)) return `The number of threads must be a whole number from 1, not ${shown(value)}.`;
    return (value as number) <= cores ? null : `This machine has ${cores} cores; ${shown(value)} threads would only wait for each other.`;
  },
  'engine.jobs': (value) => (isWhole(value, 1) ? null : `The number of jobs at once must be a whole number from 1, not ${shown(value)}.`),
  'engine.tensorflow': (value) => (typeof value === 'string' && value !== '' ? null : `The place of TensorFlow is a path, not ${shown(value)}.`),
};

/**
 * A sentence, when the value does not fit that setting. null takes a setting back and always fits; other settings are not looked at.
 * `cores`: of the machine that computes.
 */
export function engineSettingProblem(key: string, value: unknown, cores: number): string | null {
  if (!isEngineSetting(key) || value === null || value === undefined) return null;
  return PROBLEMS[key](value, cores);
}

export function isEngineSetting(key: string): key is EngineSetting {
  return Object.hasOwn(PROBLEMS, key);
}

export function isDevice(value: unknown): value is EngineDevice {
  return ENGINE_DEVICES.some((device) => device === value);
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}
