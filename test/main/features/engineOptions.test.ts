/** Settings of the engine as options of a job, and which jobs share a device. */
import { expect, it } from 'vitest';
import { deviceKey, engineOptions, jobsPerDevice } from '../../../src-main/features/engine/options.ts';

const of = (values: Record<string, unknown>): { get(key: string): unknown } => ({ get: (key) => values[key] });

it('takes what fits and leaves the rest to the engine', () => {
  expect(engineOptions(of({}), '/native')).toEqual({ device: 'auto', paths: { provisioned: '/native' } });
  const all = { 'engine.device': 'cuda', 'engine.gpu': 1, 'engine.threads': 3, 'engine.tf32': false, 'engine.tensorflow': '/opt/tf' };
  expect(engineOptions(of(all), '/native', undefined, 4)).toEqual({
    device: 'cuda',
    gpu: 1,
    threads: 3,
    tf32: false,
    paths: { provisioned: '/native', tensorflow: '/opt/tf' },
  });
  const wrong = { 'engine.device': 'tpu', 'engine.gpu': -1, 'engine.threads': 0, 'engine.tf32': 'no', 'engine.tensorflow': '' };
  expect(engineOptions(of(wrong), '/native')).toEqual({ device: 'auto', paths: { provisioned: '/native' } });
  const taken = Object.fromEntries(Object.keys(wrong).map((key) => [key, null]));
  expect(engineOptions(of(taken), '/native')).toEqual({ device: 'auto', paths: { provisioned: '/native' } });
  for (const card of ['x', '-1', '1.5'])
    expect(engineOptions(of({}), '/native', `cuda:${card}`), card).toEqual({ device: 'cuda', paths: { provisioned: '/native' } });
  // Kept on a larger machine, or by an older version: five times slower on two cores.
  expect(engineOptions(of({ 'engine.threads': 999 }), '/native', undefined, 2)).not.toHaveProperty('threads');
});

it('a job’s own device goes before the setting', () => {
  expect(engineOptions(of({ 'engine.device': 'cpu', 'engine.gpu': 0 }), '/n', 'cuda:2')).toMatchObject({ device: 'cuda', gpu: 2 });
  expect(engineOptions(of({ 'engine.device': 'cuda', 'engine.gpu': 1 }), '/n', 'cpu').device).toBe('cpu');
  // A card that is not named is the one that is set; a device there is none of is none.
  expect(engineOptions(of({ 'engine.gpu': 3 }), '/n', 'cuda')).toEqual({ device: 'cuda', gpu: 3, paths: { provisioned: '/n' } });
  expect(engineOptions(of({ 'engine.device': 'cuda' }), '/n', 'tpu')).toEqual({ device: 'cuda', paths: { provisioned: '/n' } });
});

it('as many jobs share a device as is set, one where that does not fit', () => {
  expect([{}, { 'engine.jobs': 3 }, { 'engine.jobs': 0 }, { 'engine.jobs': null }, { 'engine.jobs': '2' }].map((set) => jobsPerDevice(of(set)))).toEqual([
    1, 3, 1, 1, 1,
  ]);
});

it('jobs of one card share it, and so do those of the processor', () => {
  expect([
    deviceKey({ device: 'cuda', gpu: 1 }, false),
    deviceKey({ device: 'auto' }, true),
    deviceKey({ device: 'auto' }, false),
    deviceKey({ device: 'cpu' }, true),
    deviceKey({ device: 'wasm' }, true),
  ]).toEqual(['cuda:1', 'cuda:0', 'cpu', 'cpu', 'cpu']);
});
