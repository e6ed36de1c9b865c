/**
 * Which digits of a picture's name are its frame number. A name may hold several groups of digits (`cam1_000012_small2`): the frame number is
 * the group that differs from picture to picture behind the same beginning, not simply the last one. Where two groups could be it, none is
 * taken, unless one of them counts without gaps. Test: test/datasets/readers/frameNumbers.test.ts.
 */
import { stemOf } from './pictures.ts';

export interface FrameNumbers {
  /** The group, 1 = first from the left, negative from the right; 0 when no name has a number. */
  group: number;
  /** Of each name, in the order given; null where the name does not follow the others. */
  numbers: (number | null)[];
  /** There were several groups to choose from. */
  isGuess: boolean;
}

/** Groups that could be it equally well; the user has to say. */
export interface Undecided {
  groups: number[];
}

interface Parsed {
  /** What stands before each group, with `#` for digits; in lower case. */
  before: string[];
  digits: string[];
}

/** Hashes that a public labelling service appends (`…_jpg.rf.3f9c…`). */
const APPENDED_HASH = /\.rf\.[0-9a-z]+$/i;

function parse(name: string): Parsed {
  const parts = stemOf(name).replace(APPENDED_HASH, '').toLowerCase().split(/(\d+)/);
  const parsed: Parsed = { before: [], digits: [] };
  let before = '';
  for (const [index, part] of parts.entries()) {
    if (index % 2 === 1) {
      parsed.before.push(before);
      parsed.digits.push(part);
    }
    before += index % 2 === 1 ? '#' : part;
  }
  return parsed;
}

function toNumber(digits: string | undefined): number | null {
  return digits === undefined || digits.length > 15 ? null : Number(digits);
}

/** The number in the group that the user named. */
export function frameNumbersAt(names: readonly string[], group: number): FrameNumbers {
  return { group, isGuess: false, numbers: names.map((name) => toNumber(parse(name).digits.at(group > 0 ? group - 1 : group))) };
}

interface Candidate extends Omit<FrameNumbers, 'isGuess'> {
  members: number;
  distinct: number;
  /** A single number is, too. */
  isWithoutGaps: boolean;
}

function candidateAt(parsed: readonly Parsed[], index: number): Candidate {
  const shapes = new Map<string, number>();
  for (const { before } of parsed) {
    const shape = before[index];
    if (shape !== undefined) shapes.set(shape, (shapes.get(shape) ?? 0) + 1);
  }
  const shape = [...shapes].sort((a, b) => b[1] - a[1])[0]?.[0];
  const numbers = parsed.map(({ before, digits }) => (before[index] === shape ? toNumber(digits[index]) : null));
  const values = new Set(numbers.filter((value) => value !== null));
  const members = numbers.filter((value) => value !== null).length;
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return { group: index + 1, numbers, members, distinct: values.size, isWithoutGaps: most - least + 1 === values.size };
}

export function guessFrameNumbers(names: readonly string[]): FrameNumbers | Undecided {
  const parsed = names.map(parse);
  const groups = parsed.reduce((most, { digits }) => Math.max(most, digits.length), 0);
  const all = Array.from({ length: groups }, (_, index) => candidateAt(parsed, index));
  // A group that is the same in every picture numbers nothing, though more names have it.
  const varying = all.filter((candidate) => candidate.distinct > 1);
  const able = varying.length > 0 ? varying : all;
  const members = able.reduce((most, candidate) => Math.max(most, candidate.members), 0);
  if (members === 0) return { group: 0, numbers: names.map(() => null), isGuess: false };
  const shared = able.filter((candidate) => candidate.members === members);
  const telling = shared.filter((candidate) => candidate.distinct === members);
  const left = telling.length > 0 ? telling : shared;
  const counting = left.filter((candidate) => candidate.isWithoutGaps);
  const [chosen, second] = counting.length === 1 ? counting : left;
  if (chosen === undefined || (varying.length === 0 && members > 1)) return { groups: shared.map((candidate) => candidate.group) };
  if (second !== undefined && left.some((candidate) => candidate.numbers.some((value, at) => value !== chosen.numbers[at])))
    return { groups: left.map((candidate) => candidate.group) };
  return { group: chosen.group, numbers: chosen.numbers, isGuess: groups > 1 };
}

/** By the option `frameNumber`: 0 compares the names. */
export function readFrameNumbers(names: readonly string[], option: number): FrameNumbers | Undecided {
  return option === 0 ? guessFrameNumbers(names) : frameNumbersAt(names, option);
}

export function undecidedRemedy({ groups }: Undecided): string {
  return `Set the option frameNumber to the group that counts frames, such as frameNumber=${groups[0] ?? 1} (1 is the first group of digits in a name).`;
}

/** Whether two groups put the pictures into the same order, so that it does not matter which of them counts. */
export function orderAgrees(names: readonly string[], groups: readonly number[]): boolean {
  const [first, ...rest] = groups.map((group) => orderBy(frameNumbersAt(names, group).numbers));
  return first !== undefined && rest.every((order) => order.every((position, at) => position === first[at]));
}

function orderBy(numbers: readonly (number | null)[]): number[] {
  return numbers.map((_, index) => index).sort((a, b) => (numbers[a] ?? 0) - (numbers[b] ?? 0));
}
