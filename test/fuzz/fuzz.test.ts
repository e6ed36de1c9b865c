/** A short run of every target with a fixed seed. Longer ones: `node scripts/fuzz.mjs`. */
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src-shared/errors.ts';
import { numbersFrom } from '../support/bigProject.ts';
import { fuzz } from './fuzz.ts';
import { mutate } from './mutate.ts';
import { fuzzTargets } from './targets.ts';

const MUTATIONS = 4000;

describe.each(fuzzTargets())('$name', (target) => {
  test('reads or refuses by name whatever its corpus becomes, within its budget', async () => {
    const report = await fuzz(target, { mutations: MUTATIONS, random: numbersFrom(20) });
    expect(report.findings.map(({ what }) => what)).toEqual([]);
    // A run that refuses everything, or nothing, looks at nothing.
    expect(report.inputs).toBe(MUTATIONS + target.corpus.length);
    expect(report.accepted).toBeGreaterThan(MUTATIONS / 200);
    expect(report.refused).toBeGreaterThan(MUTATIONS / 10);
  });
});

test('a reader that breaks its promise is found', async () => {
  const corpus = [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)];
  const budget = (): { limit: number; used: number } => ({ limit: 10, used: 0 });
  const read = (input: Uint8Array, label: string, spent: { used: number }): number => {
    if (input[0] !== 1) throw new TypeError('not mine');
    if (input.length > 20) spent.used = 11;
    if (input.length === 7) return 1000;
    throw new AppError('FILE_INVALID', input[1] === 2 ? `${label} is bad` : 'which file?');
  };
  const { findings } = await fuzz({ name: 'bad', corpus, read, budget }, { mutations: 3000, random: numbersFrom(1) });
  for (const what of ['not mine', 'it cost 11', '1000 bytes came out', 'which file?'])
    expect(findings.some((finding) => finding.what.includes(what))).toBe(true);
});

test('the same seed makes the same inputs', () => {
  const make = (seed: number): string => {
    const random = numbersFrom(seed);
    return Array.from({ length: 200 }, () => Buffer.from(mutate(Uint8Array.of(1, 2, 3), Uint8Array.of(9, 8, 7, 6), random)).toString('hex')).join();
  };
  expect(make(3)).toBe(make(3));
  expect(make(3)).not.toBe(make(4));
});
