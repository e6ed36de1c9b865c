/**
 * Seeded random numbers of the generator: sfc32 on 32-bit integers, seeded by text, so that every tracklet has its own stream
 * and can be drawn alone, in any order, by any worker. Test: test/datasets/synthetic/generate.test.ts.
 */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [low, high). */
  range(low: number, high: number): number;
  /** Whole, low..high inclusive. */
  whole(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** In place; returns its argument. */
  shuffle<T>(items: T[]): T[];
}

/** FNV-1a with a final avalanche. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function createRandom(seed: string): Random {
  let a = hashText(`${seed}/a`) | 0;
  let b = hashText(`${seed}/b`) | 0;
  let c = hashText(`${seed}/c`) | 0;
  let counter = 1;
  function next(): number {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 4294967296;
  }
  for (let round = 0; round < 12; round++) next();
  const random: Random = {
    next,
    range: (low, high) => low + (high - low) * next(),
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick(items) {
      const item = items[Math.floor(next() * items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
    shuffle(items) {
      for (let index = items.length - 1; index > 0; index--) {
        const other = Math.floor(next() * (index + 1));
        const swap = items[index];
        items[index] = items[other] as (typeof items)[number];
        items[other] = swap as (typeof items)[number];
      }
      return items;
    },
  };
  return random;
}
