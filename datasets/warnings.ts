/**
 * Collects warnings of one import so that a thousand boxes with the same trouble are one warning with a count and the first places.
 * Test: test/datasets/readWhole.test.ts.
 */
import type { ImportWarning } from './importer.ts';

/** More places than these are counted only. */
const PLACES = 5;

interface Collected {
  code: string;
  message: string;
  places: string[];
  count: number;
  /** Something the user wanted is not imported. */
  isLoss: boolean;
}

export interface WarningCollection {
  add(code: string, place: string, message: string, more?: { count?: number; isLoss?: boolean }): void;
  /** What is lost first, then what is only to be known; each in the order of its first appearance. */
  all(): ImportWarning[];
  losses(): ImportWarning[];
}

export function collectWarnings(): WarningCollection {
  const collected = new Map<string, Collected>();
  return {
    add(code, place, message, { count = 1, isLoss = false } = {}) {
      const key = `${code}\n${message}`;
      const known = collected.get(key) ?? { code, message, places: [], count: 0, isLoss };
      collected.set(key, known);
      known.count += count;
      if (known.places.length < PLACES && place !== '' && !known.places.includes(place)) known.places.push(place);
    },
    all: () => [...collected.values()].sort((a, b) => Number(b.isLoss) - Number(a.isLoss)).map(toWarning),
    losses: () => [...collected.values()].filter((each) => each.isLoss).map(toWarning),
  };
}

/** One sentence for the log and the command line. */
export function warningText({ message, where, count }: ImportWarning): string {
  const times = count > 1 ? ` (${count} times)` : '';
  return where === '' ? `${message.replace(/\.$/, '')}${times}.` : `${message.replace(/\.$/, '')}${times}: ${where}${where.endsWith('…') ? '' : '.'}`;
}

function toWarning({ code, message, places, count }: Collected): ImportWarning {
  const where = places.join(', ') + (places.length === PLACES && count > PLACES ? ', …' : '');
  return { code, message, where, count };
}
