/**
 * The user's settings of the engine as options of a compute child: `engine.device` (auto, cpu, cuda, wasm), `engine.gpu` (number of the card),
 * `engine.threads`, `engine.tf32` and `engine.tensorflow` (a path). What does not fit counts as not set. A job may name a device of its own.
 * Test: test/main/features/engineOptions.test.ts.
 */
import { availableParallelism } from 'node:os';
import { engineSettingProblem, isDevice, type EngineSetting } from '../../../src-shared/engineSettings.ts';
import type { EngineOptions } from '../../engine/openEngine.ts';
import type { Settings } from '../../platform/settings.ts';

/** `wanted`: a device for this job alone, such as `cuda:1`. */
export function engineOptions(settings: Pick<Settings, 'get'>, provisioned: string, wanted?: string, cores = availableParallelism()): EngineOptions {
  const kept = (key: EngineSetting): unknown => fitting(key, settings.get(key), cores);
  const [name, card] = (wanted ?? '').split(':');
  const set = {
    gpu: card === undefined ? kept('engine.gpu') : fitting('engine.gpu', Number(card), cores),
    threads: kept('engine.threads'),
    tf32: kept('engine.tf32'),
  };
  const tensorflow = kept('engine.tensorflow');
  return {
    device: [name, kept('engine.device')].find(isDevice) ?? 'auto',
    ...(Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined)) as Pick<EngineOptions, keyof typeof set>),
    paths: { provisioned, ...(tensorflow === undefined ? {} : { tensorflow: tensorflow as string }) },
  };
}

/** How many jobs share a device. */
export function jobsPerDevice(settings: Pick<Settings, 'get'>): number {
  return (fitting('engine.jobs', settings.get('engine.jobs')) as number | undefined) ?? 1;
}

/** The value, undefined when it does not fit. */
function fitting(key: EngineSetting, value: unknown, cores = availableParallelism()): unknown {
  return value === null || engineSettingProblem(key, value, cores) !== null ? undefined : value;
}

/** Jobs of one key share a device: `cpu`, `cuda:0`, … `hasCard`: what "auto" would find. */
export function deviceKey({ device, gpu = 0 }: Pick<EngineOptions, 'device' | 'gpu'>, hasCard: boolean): string {
  return device === 'cuda' || (device === 'auto' && hasCard) ? `cuda:${gpu}` : 'cpu';
}
