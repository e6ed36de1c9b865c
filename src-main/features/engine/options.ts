/**
 * The user's settings of the engine as options of a compute child: `engine.device` (auto, cpu, cuda, wasm), `engine.gpu` (number of the card),
 * `engine.threads`, `engine.tf32` and `engine.tensorflow` (a path). What does not fit counts as not set. A job may name a device of its own.
 * Test: test/main/features/engineOptions.test.ts.
 */
import { isDevice } from '../../../src-shared/engineSettings.ts';
import type { EngineOptions } from '../../engine/openEngine.ts';
import type { Settings } from '../settings/settings.ts';

/** `wanted`: a device for this job alone, such as `cuda:1`. */
export function engineOptions(settings: Pick<Settings, 'get'>, provisioned: string, wanted?: string): EngineOptions {
  const [name, card] = (wanted ?? '').split(':');
  const device = [name, settings.get('engine.device')].find(isDevice) ?? 'auto';
  const gpu = card === undefined ? settings.get('engine.gpu') : Number(card);
  const threads = settings.get('engine.threads');
  const tf32 = settings.get('engine.tf32');
  const tensorflow = settings.get('engine.tensorflow');
  return {
    device,
    ...(typeof gpu === 'number' && Number.isInteger(gpu) && gpu >= 0 ? { gpu } : {}),
    ...(typeof threads === 'number' && threads >= 1 ? { threads: Math.floor(threads) } : {}),
    ...(typeof tf32 === 'boolean' ? { tf32 } : {}),
    paths: { provisioned, ...(typeof tensorflow === 'string' && tensorflow !== '' ? { tensorflow } : {}) },
  };
}

/** Jobs of one key share a device: `cpu`, `cuda:0`, … `hasCard`: what "auto" would find. */
export function deviceKey({ device, gpu = 0 }: Pick<EngineOptions, 'device' | 'gpu'>, hasCard: boolean): string {
  return device === 'cuda' || (device === 'auto' && hasCard) ? `cuda:${gpu}` : 'cpu';
}
