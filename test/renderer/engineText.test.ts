/** What the top bar and the settings say of the engine, for every state of it. */
import { describe, expect, it } from 'vitest';
import type { EngineSetup, EngineStatus } from '../../src-shared/contract/engine.ts';
import { deviceText, engineText, libraryText } from '../../src-renderer/shell/engineText.ts';

const unknown: EngineStatus = { state: 'unknown', engine: null, device: null, version: null, threads: null, message: null };
const ready: EngineStatus = { state: 'ready', engine: 'tensorflow', device: 'cpu', version: '2.21.0', threads: 4, message: null };
const bare: EngineSetup = {
  cores: 4,
  cards: [],
  library: null,
  fetches: 'TensorFlow 2.21.0',
  problem: null,
  auto: { device: 'cpu', reason: 'No NVIDIA card was found.' },
};
const library = { path: '/p/tensorflow-cpu/tensorflow/libtensorflow_cc.so.2', version: '2.21.0', source: 'provisioned' } as const;
const carded: EngineSetup = { ...bare, cards: ['Card A', 'Card B'], library, fetches: null, auto: { device: 'cuda', reason: null } };

describe('a choice of the device', () => {
  it('says what "auto" takes now, and why not the one before it', () => {
    expect(deviceText('auto', bare, 0)).toBe('Now the processor. No NVIDIA card was found.');
    expect(deviceText('auto', carded, 1)).toBe('Now card 1, Card B.');
    expect(deviceText('auto', { ...bare, auto: { device: 'wasm', reason: 'Why.' } }, 0)).toBe('Now WebAssembly, many times slower. Why.');
  });
  it('warns of a card that is not there', () => {
    expect(deviceText('cuda', bare, 0)).toBe('No NVIDIA card was found, so jobs would fail.');
    expect(deviceText('cuda', carded, 5)).toBe('Card 5 is not there, so jobs would fail.');
    expect(deviceText('auto', carded, 5)).toBe('Card 5 is not there, so jobs would compute with WebAssembly.');
    expect(deviceText('cuda', carded, 0)).toBe('');
  });
  it('counts cores', () => {
    expect([deviceText('cpu', bare, 0), deviceText('cpu', { ...bare, cores: 1 }, 0)]).toEqual([
      'The 4 cores of this machine.',
      'The one core of this machine.',
    ]);
  });
});

describe('the state of TensorFlow', () => {
  it('is what the last start got', () => {
    expect(libraryText(ready, carded)).toEqual({ text: 'Ready: TensorFlow 2.21.0 on the processor, 4 threads.', tone: 'ok' });
    const wasm = { ...ready, engine: 'wasm', device: 'wasm', version: '4.22.0', threads: 1, message: 'TensorFlow is not on this machine.' };
    expect(libraryText(wasm, bare)).toEqual({ text: 'Ready: WebAssembly 4.22.0, 1 thread. TensorFlow is not on this machine.', tone: 'trouble' });
    expect(libraryText({ ...wasm, message: null }, bare).tone).toBe('ok');
    expect(libraryText({ ...unknown, state: 'failed', message: 'It is too old.' }, carded)).toEqual({ text: 'It is too old.', tone: 'trouble' });
    expect(libraryText({ ...unknown, state: 'provisioning', message: 'TensorFlow is being fetched.' }, bare).tone).toBe('open');
  });
  it('is what was found, before anything started', () => {
    expect(libraryText(unknown, bare)).toEqual({ text: 'The next job fetches TensorFlow 2.21.0.', tone: 'open' });
    expect(libraryText(unknown, carded)).toEqual({ text: "Found: TensorFlow 2.21.0, the program's own. Not started yet.", tone: 'open' });
    expect(libraryText(unknown, { ...bare, fetches: null }).text).toContain('no TensorFlow for this platform');
    expect(libraryText(unknown, { ...bare, problem: 'There is nothing at /x.' })).toEqual({ text: 'There is nothing at /x.', tone: 'trouble' });
  });
  it('is short in the top bar', () => {
    expect(engineText(ready)).toEqual({ text: 'cpu', title: 'tensorflow, 2.21.0, cpu, 4 threads', isTrouble: false });
    expect(engineText(unknown).text).toBe('Engine');
  });
});
