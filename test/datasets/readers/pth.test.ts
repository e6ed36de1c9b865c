/** Against files written by PyTorch 2.9.0 (test/golden/tools/readers.py); exact. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readPth } from '../../../datasets/readers/pth.ts';

const folder = new URL('../../fixtures/readers/', import.meta.url);
const bytes = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
const expected = JSON.parse(readFileSync(new URL('pth.json', folder), 'utf8')) as Record<string, { shape: number[]; values: number[] }>;

it('reads a state_dict with views, transposes, every float type and parameters', () => {
  const tensors = readPth(bytes('state.pth'), 'state.pth');
  expect([...tensors.keys()]).toEqual(Object.keys(expected));
  for (const [name, { shape, values }] of tensors) {
    expect(shape, name).toEqual(expected[name]?.shape);
    expect([...values], name).toEqual(expected[name]?.values.map(Math.fround));
  }
});

it('finds the tensors inside a wrapping dictionary', () => {
  const names = [...readPth(bytes('wrapped.pth'), 'wrapped.pth').keys()];
  expect(names).toEqual(Object.keys(expected).map((name) => `state_dict.${name}`));
});

it('refuses a pickle that names a class outside the list, without running it', () => {
  expect(() => readPth(bytes('hostile.pth'), 'hostile.pth')).toThrow(/it names the class (posix|nt)\.system/);
});

it('says what to do with a file from before PyTorch 1.6', () => {
  expect(() => readPth(bytes('legacy.pth'), 'legacy.pth')).toThrow('load and save it once with a newer PyTorch');
});

it('refuses damage anywhere with a sentence, never with a crash of its own', () => {
  const whole = bytes('state.pth');
  for (const length of [0, 3, 100, whole.length >> 1, whole.length - 30])
    expect(() => readPth(whole.subarray(0, length), 'cut.pth')).toThrow('cut.pth cannot be read as a PyTorch checkpoint');
  let refused = 0;
  for (let at = 0; at < whole.length; at += 7) {
    const damaged = whole.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0x5a;
    try {
      readPth(damaged, 'bad.pth');
    } catch (error) {
      refused++;
      expect((error as { code?: string }).code, `byte ${at}: ${String(error)}`).toBe('FILE_INVALID');
    }
  }
  expect(refused).toBeGreaterThan(10);
});
