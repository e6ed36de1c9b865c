/**
 * Seeded random numbers: sfc32 with a state that can be written into a checkpoint and restored bit for bit.
 * Every random decision of a run comes from one of these, so a seed and a step number repeat a run. Test: test/models/rng.test.ts.
 */
import type { Rng } from './method.ts';

interface State {
  words: [number, number, number, number];
  /** Second half of the last Box–Muller pair, or null. */
  spare: number | null;
}

export function createRng(seed: number | string): Rng {
  return fromState(seeded(String(seed)));
}

function fromState(initial: State): Rng {
  // Four variables rather than a list, which every draw would make anew.
  let [a, b, c, d] = initial.words;
  let { spare } = initial;

  function uint32(): number {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  }

  // 53 bits, so that products with large n stay uniform.
  function next(): number {
    return ((uint32() >>> 5) * 67108864 + (uint32() >>> 6)) / 9007199254740992;
  }

  function below(n: number): number {
    return Math.floor(next() * n);
  }

  function normal(): number {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - next()));
    const angle = 2 * Math.PI * next();
    spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  function shuffle<T>(items: T[]): T[] {
    for (let i = items.length - 1; i > 0; i--) {
      const j = below(i + 1);
      const kept = items[i] as T;
      items[i] = items[j] as T;
      items[j] = kept;
    }
    return items;
  }

  return {
    next,
    below,
    normal,
    shuffle,
    fork: (label) => fromState(seeded(`${[a, b, c, d].join(',')}/${label}`)),
    state: () => JSON.stringify({ words: [a, b, c, d], spare }),
    restore(text) {
      const state = JSON.parse(text) as State;
      [a, b, c, d] = state.words;
      spare = state.spare;
    },
  };
}

/** FNV-1a over the text with four different offsets, then the warm-up rounds that sfc32 needs. */
function seeded(text: string): State {
  const words = [0x811c9dc5, 0x01000193, 0x9e3779b9, 0x85ebca6b].map((offset) => {
    let hash = offset | 0;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    return hash | 0;
  }) as State['words'];
  const rng = fromState({ words, spare: null });
  for (let i = 0; i < 12; i++) rng.next();
  return JSON.parse(rng.state()) as State;
}
