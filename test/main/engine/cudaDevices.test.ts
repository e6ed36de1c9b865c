/** Names of the cards: none without a driver, real ones with it. */
import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cudaDevices } from '../../../src-main/engine/cudaDevices.ts';

it('knows no card where there is no driver, or a file that is none', () => {
  expect(cudaDevices('libno-such-driver.so.1')).toEqual([]);
  if (process.platform === 'linux') expect(cudaDevices('libm.so.6')).toEqual([]);
});

it.skipIf(!existsSync('/dev/nvidia0'))('names the cards as their maker does', () => {
  const cards = cudaDevices();
  expect(cards.length).toBeGreaterThan(0);
  for (const { name, generation } of cards) {
    expect(name).toMatch(/^[\x20-\x7e]+$/);
    expect(generation).toBeGreaterThanOrEqual(3);
  }
});
