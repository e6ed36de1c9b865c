/**
 * Checkpoints and arrays that mean harm: a few hundred bytes that ask for hours or gigabytes. Each is refused by name after counted work,
 * within what a file of its size may cost.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { readNpy, writeNpy } from '../../../datasets/readers/npy.ts';
import { readPth } from '../../../datasets/readers/pth.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { readBudget, spend, type ReadBudget } from '../../../src-shared/readBudget.ts';
import { checkpoint, op, pickle, storage, tensor } from '../../support/pickles.ts';

const floats = (count: number): Uint8Array => new Uint8Array(4 * count);
const one = tensor(storage('0', 1), [1], [1]);

/** Lists in lists: each holds the one before `fan` times, `depth` levels; it stays on the stack. */
function nested(depth: number, fan: number, kind: 'list' | 'tuple' = 'list'): number[] {
  const parts: number[][] = [one, op.put(0)];
  for (let level = 1; level <= depth; level++) {
    const items = Array.from({ length: fan }, () => op.get(level - 1)).flat();
    parts.push(kind === 'list' ? [...op.list, ...op.mark, ...items, ...op.appends] : [...op.mark, ...items, ...op.tupleFromMark], op.put(level));
  }
  return parts.flat();
}
const itself = [op.dict, op.put(1), op.text('a'), op.get(1), op.setItem].flat();
const manyPairs = [op.list, op.mark, ...Array.from({ length: 20_000 }, (_, n) => [op.int(n), op.none, op.tuple2].flat()), op.appends, op.put(2)].flat();

const cases: [string, () => Uint8Array, RegExp][] = [
  ['lists nested in each other 18 deep, 30 wide', () => checkpoint(pickle(nested(18, 30)), { 0: floats(1) }), /far more work|two tensors/],
  ['lists nested in each other too deep', () => checkpoint(pickle(nested(25, 1)), { 0: floats(1) }), /nested more than 20 deep/],
  ['a dictionary that holds itself', () => checkpoint(pickle(itself)), /holds itself/],
  [
    'a list that holds itself many times',
    () => checkpoint(pickle([op.list, op.put(1), op.mark, ...Array<number[]>(50).fill(op.get(1)), op.appends].flat())),
    /holds itself/,
  ],
  [
    'a shape made of nested lists',
    () =>
      checkpoint(
        pickle(
          [
            op.global('torch._utils', '_rebuild_tensor_v2'),
            op.mark,
            storage('0', 1),
            op.int(0),
            nested(40, 2, 'tuple'),
            op.tuple,
            op.tupleFromMark,
            op.reduce,
          ].flat(),
        ),
        { 0: floats(1) },
      ),
    /malformed/,
  ],
  ['a class named by nested lists', () => checkpoint(pickle([nested(40, 2, 'tuple'), op.text('x'), [0x93]].flat()), { 0: floats(1) }), /no text/],
  [
    'a key made of nested lists',
    () => checkpoint(pickle([op.dict, nested(40, 2, 'tuple'), one, op.setItem].flat()), { 0: floats(1) }),
    /neither text nor number|unbalanced|no dictionary/,
  ],
  [
    'a storage named by nested lists',
    () =>
      checkpoint(
        pickle(
          [
            op.mark,
            op.text('storage'),
            op.global('torch', 'FloatStorage'),
            nested(40, 2, 'tuple'),
            op.text('cpu'),
            op.int(1),
            op.tupleFromMark,
            op.persistent,
          ].flat(),
        ),
        { 0: floats(1) },
      ),
    /without name or size|no tensor storage/,
  ],
  ['one number shown a billion times', () => checkpoint(pickle(tensor(storage('0', 1), [1000, 1000, 1000], [0, 0, 0])), { 0: floats(1) }), /far more work/],
  [
    'the same numbers in a thousand tensors',
    () =>
      checkpoint(
        pickle([op.mark, storage('0', 50_000), op.put(9), ...Array.from({ length: 1000 }, () => tensor(op.get(9), [50_000], [1])), op.tupleFromMark].flat()),
        { 0: floats(50_000) },
      ),
    /far more work/,
  ],
  [
    'a shape whose product overflows',
    () => checkpoint(pickle(tensor(storage('0', 1), [0x7fffffff, 0x7fffffff, 0x7fffffff], [0, 0, 0])), { 0: floats(1) }),
    /reaches outside|far more work/,
  ],
  [
    'a thousand dimensions',
    () => checkpoint(pickle(tensor(storage('0', 1), Array<number>(1000).fill(1), Array<number>(1000).fill(0))), { 0: floats(1) }),
    /malformed/,
  ],
  ['a storage of another size than it says', () => checkpoint(pickle(tensor(storage('0', 3), [1], [1])), { 0: floats(1) }), /not those of 3 numbers/],
  [
    'a big dictionary made again and again',
    () =>
      checkpoint(
        pickle(
          [
            manyPairs,
            ...Array.from({ length: 5000 }, () => [op.global('collections', 'OrderedDict'), op.mark, op.get(2), op.tupleFromMark, op.reduce].flat()),
          ].flat(),
        ),
      ),
    /far more work/,
  ],
  [
    'a dictionary made of no pairs',
    () => checkpoint(pickle([op.global('collections', 'OrderedDict'), op.mark, [op.list, op.int(1), op.append].flat(), op.tupleFromMark, op.reduce].flat())),
    /no pair/,
  ],
  ['a key twice', () => checkpoint(pickle([op.dict, op.text('w'), one, op.setItem, op.text('w'), one, op.setItem].flat()), { 0: floats(1) }), /a key twice/],
  [
    'two tensors of one name',
    () => checkpoint(pickle([op.dict, op.int(1), one, op.setItem, op.text('1'), one, op.setItem].flat()), { 0: floats(1) }),
    /two tensors in it are named "1"/,
  ],
  [
    'a name of a megabyte in many places',
    () =>
      checkpoint(
        pickle(
          [
            op.dict,
            op.text('n'.repeat(1_000_000)),
            [op.list, op.mark, one, op.put(0), ...Array<number[]>(20_000).fill(op.get(0)), op.appends].flat(),
            op.setItem,
          ].flat(),
        ),
        { 0: floats(1) },
      ),
    /name without end/,
  ],
  [
    '200,000 dictionaries',
    () => checkpoint(pickle([op.mark, ...Array<number[]>(1_000_000).fill(op.dict), op.tupleFromMark].flat())),
    /no tensors|far more work|without end/,
  ],
  [
    'numbers that unpack from nothing',
    () => checkpoint(pickle(tensor(storage('0', 5_000_000), [1], [1])), { 0: floats(5_000_000) }, { level: 9 }),
    /unpack to much more/,
  ],
  [
    'one flipped bit in the number of members',
    () => new Uint8Array(readFileSync(new URL('../../fixtures/readers/one-bit.pth', import.meta.url))),
    /two numbers of members|members in a directory/,
  ],
];

test.each(cases)('%s', (_name, make, reason) => {
  const file = make();
  const budget = readBudget(file.length);
  const error = thrown(() => readPth(file, 'bad.pth', budget));
  expect(error.message).toMatch(reason);
  expect(error).toMatchObject({ code: 'FILE_INVALID', message: expect.stringMatching(/^bad\.pth /) as unknown, params: { file: 'bad.pth' } });
  expect(budget.used).toBeLessThanOrEqual(budget.limit);
});

test('what may be shown more than once still is: tied weights and a buffer with a stride of 0', () => {
  const file = checkpoint(
    pickle([op.dict, op.mark, op.text('tied'), one, op.text('same'), one, op.text('mask'), tensor(storage('0', 1), [64, 64], [0, 0]), [0x75]].flat()),
    { 0: new Uint8Array(Float32Array.of(2).buffer) },
  );
  expect([...readPth(file, 'x')].map(([name, { values }]) => [name, values.length, values.at(-1)])).toEqual([
    ['tied', 1, 2],
    ['same', 1, 2],
    ['mask', 4096, 2],
  ]);
});

describe('.npy', () => {
  const header = (text: string, data: Uint8Array = new Uint8Array(0)): Uint8Array => {
    const padded = new TextEncoder().encode(`${text.padEnd(117)}\n`);
    return Uint8Array.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, padded.length & 255, padded.length >> 8, ...padded, ...data]);
  };
  const named = (shape: string, more = ''): string => `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, ${more}}`;
  test.each<[string, Uint8Array, RegExp]>([
    ['more dimensions than NumPy has', header(named(`(${'1, '.repeat(33)})`), floats(1)), /33 dimensions/],
    ['a dimension without end beside an empty one', header(named('(0, 99999999999999999999)')), /needs 0 bytes|needs NaN/],
    ['a shape of words', header(named('(two,)'), floats(2)), /does not name/],
    ['a key twice', header(named('(1,)', `'shape': (2,), `), floats(1)), /does not name/],
    ['a key more', header(named('(1,)', `'x': True, `), floats(1)), /does not name/],
    ['bytes behind the numbers', header(named('(1,)'), floats(2)), /4 bytes follow/],
    ['a name of the prototype as its type', header(named('(1,)').replace('<f4', '<constructor'), floats(1)), /does not name/],
    ['a header of quotes', header(`{${"'shape': (".repeat(5000)}`), /does not name/],
  ])('%s', (_name, file, reason) => {
    const budget = readBudget(file.length);
    const error = thrown(() => readNpy(file, 'bad.npy', budget));
    expect(error.message).toMatch(reason);
    expect(error).toMatchObject({ code: 'FILE_INVALID', message: expect.stringMatching(/^bad\.npy /) as unknown });
  });

  test('keys in any order are fine', () => {
    expect(readNpy(header(`{'shape': (2,), 'descr': '<f4', 'fortran_order': True}`, writeNpy([2], Float32Array.of(1, 2)).subarray(-8)), 'x').values).toEqual(
      Float32Array.of(1, 2),
    );
  });
});

test('a budget is spent before the work, and never by half', () => {
  const budget: ReadBudget = { limit: 10, used: 0 };
  expect([spend(budget, 6), spend(budget, 5), spend(budget, NaN), spend(budget, 4), spend(budget, 1), budget.used]).toEqual([
    true,
    false,
    false,
    true,
    false,
    10,
  ]);
});

function thrown(run: () => unknown): AppError {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
