/** The pickle machine, one operation at a time: what each puts on the stack shows as the name of a tensor; and where each rule ends. */
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { readPth } from '../../../datasets/readers/pth.ts';
import { checkpoint, op, pickle, storage, tensor } from '../../support/pickles.ts';

/** The language has them, its types not yet. */
const Halves = (globalThis as unknown as { Float16Array: new (from: ArrayLike<number> | ArrayBufferLike) => Float32Array }).Float16Array;

const float = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);
const one = tensor(storage('0', 1), [1], [1]);
const read = (parts: number[][], values = float(7)) => readPth(checkpoint(pickle(parts.flat()), { 0: values }), 'x.pth');
const names = (...parts: number[][]): string[] => [...read(parts).keys()];
/** `{key: tensor}`, of which the key is what the operations leave. */
const keyed = (...key: number[][]): string[] => names(op.dict, key.flat(), one, op.setItem);
const bytesOf = (value: string): number[] => [...new TextEncoder().encode(value)];

describe('values', () => {
  test.each<[string, number[], string]>([
    ['BININT1', [0x4b, 200], '200'],
    ['BININT2', [0x4d, 0x60, 0xea], '60000'],
    ['BININT', op.int(-5), '-5'],
    ['LONG1 of no bytes', [0x8a, 0], '0'],
    ['LONG1 of one', [0x8a, 1, 0xff], '-1'],
    ['LONG1 of three', [0x8a, 3, 0, 0, 1], '65536'],
    ['LONG1 of two, negative', [0x8a, 2, 0, 0x80], '-32768'],
    ['BINFLOAT', [0x47, ...new Uint8Array(Float64Array.of(1.5).buffer).reverse()], '1.5'],
    ['BINUNICODE', op.text('wö'), 'wö'],
    ['SHORT_BINUNICODE', [0x8c, 2, ...bytesOf('ab')], 'ab'],
    ['SHORT_BINSTRING', [0x55, 2, ...bytesOf('ab')], 'ab'],
    ['FRAME in front', [0x95, 1, 2, 3, 4, 5, 6, 7, 8, ...op.text('w')], 'w'],
    ['BINPUT and BINGET', [...op.text('w'), 0x71, 3, ...op.int(1), 0x30, 0x30, 0x68, 3], 'w'],
    ['LONG_BINPUT and LONG_BINGET', [...op.text('w'), ...op.put(300), 0x30, ...op.get(300)], 'w'],
    ['MEMOIZE counts on', [...op.text('a'), ...op.memoize, ...op.text('b'), ...op.memoize, 0x30, 0x30, ...op.get(1)], 'b'],
    ['POP', [...op.text('w'), ...op.int(1), 0x30], 'w'],
    ['BUILD forgets a state', [...op.text('w'), ...op.dict, 0x62], 'w'],
  ])('%s', (_name, key, name) => expect(keyed(key)).toEqual([name]));

  test.each<[string, number[]]>([
    ['nothing', op.none],
    ['true', [0x88]],
    ['false', [0x89]],
    ['bytes', [0x43, 1, 65]],
    ['long bytes', [0x42, 1, 0, 0, 0, 65]],
    ['a tuple', op.tuple],
  ])('a key that is %s tells no name, and is no matter where no tensor stands', (_name, key) => {
    expect(() => keyed(key)).toThrow('neither text nor number');
    expect(names(op.dict, key, op.int(1), op.setItem, op.text('w'), one, op.setItem)).toEqual(['w']);
  });
});

test('nothing, true and false are three keys', () => {
  const keys = [op.none, [0x88], [0x89]].flatMap((key) => [key, op.int(1), op.setItem]);
  expect(names(op.dict, ...keys, op.text('w'), one, op.setItem)).toEqual(['w']);
  for (const key of [op.none, [0x88], [0x89]])
    expect(() => names(op.dict, key, op.int(1), op.setItem, key, op.int(1), op.setItem)).toThrow('a dictionary in it has a key twice');
});

describe('containers', () => {
  const items = [op.text('a'), one, op.text('b'), one];
  test('dictionaries by SETITEMS, lists by APPEND and APPENDS, tuples of one to three and of a mark', () => {
    expect(names(op.dict, op.mark, ...items, [0x75])).toEqual(['a', 'b']);
    expect(names(op.list, one, op.append, one, op.append)).toEqual(['0', '1']);
    expect(names(op.list, op.mark, one, one, op.appends)).toEqual(['0', '1']);
    expect(names(op.mark, one, one, [0x6c])).toEqual(['0', '1']);
    expect(names(op.mark, one, one, op.tupleFromMark)).toEqual(['0', '1']);
    expect(names(one, [0x85])).toEqual(['0']);
    expect(names(one, one, [0x86])).toEqual(['0', '1']);
    expect(names(one, one, one, [0x87])).toEqual(['0', '1', '2']);
    // What stands below stays where it is.
    expect(names(op.list, one, [0x85], op.append)).toEqual(['0.0']);
    expect(names(op.dict, op.text('w'), op.mark, one, op.tupleFromMark, op.setItem)).toEqual(['w.0']);
  });

  test('a tensor alone, and one inside of many containers', () => {
    expect(names(one)).toEqual(['tensor']);
    expect(names(op.dict, op.text('model'), op.dict, op.text('fc.weight'), one, op.setItem, op.setItem)).toEqual(['model.fc.weight']);
    expect(names(op.dict, op.text(''), one, op.setItem)).toEqual(['tensor']);
  });

  test('an ordered dictionary of pairs, and an empty one that is filled', () => {
    const made = (pairs: number[]): number[] => [op.global('collections', 'OrderedDict'), pairs, op.reduce].flat();
    const pair = (key: string): number[] => [...op.text(key), ...one, ...op.tuple2];
    expect(names(made([...op.list, ...op.mark, ...pair('a'), ...pair('b'), ...op.appends, 0x85]))).toEqual(['a', 'b']);
    expect(names(made(op.tuple), op.text('a'), one, op.setItem)).toEqual(['a']);
    expect(() => names(made([...op.text('w'), 0x85]))).toThrow('made of something that is no list');
    expect(() => names(made([...op.list, ...op.mark, ...op.text('a'), 0x85, ...op.appends, 0x85]))).toThrow('no pair');
    expect(() => names(made([...op.list, ...op.mark, ...pair('a'), ...pair('a'), ...op.appends, 0x85]))).toThrow('a key twice');
  });

  test('a parameter is its tensor; a class may be named on the stack', () => {
    expect(names(op.global('torch._utils', '_rebuild_parameter'), op.mark, one, [0x88], op.tupleFromMark, op.reduce)).toEqual(['tensor']);
    expect(names(op.text('collections'), op.text('OrderedDict'), [0x93], op.tuple, op.reduce, op.text('a'), one, op.setItem)).toEqual(['a']);
  });
});

describe('numbers of a storage', () => {
  const typed = (type: string, count: number): number[] =>
    [op.mark, op.text('storage'), op.global('torch', type), op.text('0'), op.text('cpu'), op.int(count), op.tupleFromMark, op.persistent].flat();
  test.each<[string, ArrayBufferView & ArrayLike<number | bigint>]>([
    ['FloatStorage', Float32Array.of(-1.5, 3e38)],
    ['DoubleStorage', Float64Array.of(0.5, -4)],
    ['HalfStorage', new Halves([0.5, -65504])],
    // Each beyond the next smaller kind.
    ['LongStorage', BigInt64Array.of(-3_000_000_000n, 4_000_000_000n)],
    ['IntStorage', Int32Array.of(-500_000, 600_000)],
    ['ShortStorage', Int16Array.of(-700, 800)],
    ['CharStorage', Int8Array.of(-9, 10)],
    ['ByteStorage', Uint8Array.of(255, 1)],
    ['BoolStorage', Uint8Array.of(1, 0)],
  ])('%s', (type, values) => {
    const found = read([tensor(typed(type, values.length), [2], [1])], new Uint8Array(values.buffer));
    expect([...found.get('tensor')!.values]).toEqual(Array.from(values, Number));
  });

  test('BFloat16Storage is the upper half of a float', () => {
    expect([...read([tensor(typed('BFloat16Storage', 2), [2], [1])], Uint8Array.of(0xc0, 0x3f, 0x00, 0xc1)).get('tensor')!.values]).toEqual([1.5, -8]);
  });

  test('steps and an offset pick the numbers; each place that is reached must be there', () => {
    const at = (offset: number, shape: number[], strides: number[]): number[] => {
      const tupleOf = (numbers: number[]): number[] => [op.mark, ...numbers.map(op.int), op.tupleFromMark].flat();
      return [
        op.global('torch._utils', '_rebuild_tensor_v2'),
        op.mark,
        storage('0', 12),
        op.int(offset),
        tupleOf(shape),
        tupleOf(strides),
        op.tupleFromMark,
        op.reduce,
      ].flat();
    };
    const twelve = float(...Array.from({ length: 12 }, (_, i) => i));
    const values = (offset: number, shape: number[], strides: number[]) => [...read([at(offset, shape, strides)], twelve).get('tensor')!.values];
    expect(values(0, [3, 4], [4, 1])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(values(0, [4, 3], [1, 4])).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    expect(values(1, [2, 2, 2], [6, 3, 1])).toEqual([1, 2, 4, 5, 7, 8, 10, 11]);
    expect(values(11, [1], [1])).toEqual([11]);
    expect(values(5, [], [])).toEqual([5]);
    expect(values(12, [0], [1])).toEqual([]);
    expect(values(12, [0], [0])).toEqual([]);
    for (const [offset, shape, strides] of [
      [12, [1], [1]],
      [1, [3, 4], [4, 1]],
      [0, [13], [1]],
      [0, [2], [12]],
      [12, [], []],
    ] as const)
      expect(() => values(offset, [...shape], [...strides])).toThrow(`shape (${shape.join(', ')}) reaches outside its values "0"`);
    for (const [offset, shape, strides] of [
      [-1, [1], [1]],
      [0, [-1], [1]],
      [0, [1], [-1]],
      [0, [1], []],
      [0, Array<number>(65).fill(1), Array<number>(65).fill(0)],
    ] as const)
      expect(() => values(offset, [...shape], [...strides])).toThrow('a tensor in it is malformed');
    expect(values(0, Array<number>(64).fill(1), Array<number>(64).fill(0))).toEqual([0]);
  });

  test('a storage without text as its key, without size, of another type, or no storage at all', () => {
    const persistent = (first: number[], type: number[], key: number[], size: number[]): number[] =>
      tensor([op.mark, first, type, key, op.text('cpu'), size, op.tupleFromMark, op.persistent].flat(), [1], [1]);
    const [word, type] = [op.text('storage'), op.global('torch', 'FloatStorage')];
    expect(names(persistent(word, type, op.text('0'), op.int(1)))).toEqual(['tensor']);
    expect(() => names(persistent(op.text('module'), type, op.text('0'), op.int(1)))).toThrow('no tensor storage');
    expect(() => names(tensor([...op.text('storage'), ...op.persistent], [1], [1]))).toThrow('no tensor storage');
    expect(() => names(persistent(word, op.text('FloatStorage'), op.text('0'), op.int(1)))).toThrow('numbers of type unknown');
    expect(() => names(persistent(word, op.global('collections', 'OrderedDict'), op.text('0'), op.int(1)))).toThrow('numbers of type collections OrderedDict');
    expect(() => names(persistent(word, type, op.int(0), op.int(1)))).toThrow('without name or size');
    expect(() => names(persistent(word, type, op.text('0'), op.int(-1)))).toThrow('without name or size');
    expect(() => names(persistent(word, type, op.text('9'), op.int(1)))).toThrow('the values "9" of a tensor are missing');
    expect(() => names(persistent(word, type, op.text('0'), op.int(2)))).toThrow('have 4 bytes, not those of 2 numbers');
    expect(() => names(tensor(op.text('0'), [1], [1]))).toThrow('malformed');
  });
});

describe('is refused', () => {
  test.each<[string, number[], RegExp]>([
    ['a pop of nothing', [0x30], /unbalanced/],
    ['a put of nothing', op.put(1), /unbalanced/],
    ['a tuple of two of one', [...op.int(1), ...op.tuple2], /unbalanced/],
    ['items without a mark', [...op.list, ...op.appends], /unbalanced/],
    ['an item of nothing', op.append, /unbalanced/],
    ['a pair of one', [...op.int(1), ...op.setItem], /unbalanced/],
    ['an item of a number', [...op.int(1), ...op.int(2), ...op.append], /appends to something that is no list/],
    ['a pair of a list', [...op.list, ...op.int(1), ...op.int(2), ...op.setItem], /sets items of something that is no dictionary/],
    ['half a pair', [...op.dict, ...op.mark, ...op.int(1), 0x75], /no dictionary/],
    ['a slot that was never put', op.get(4), /has not made/],
    ['a call of a number', [...op.int(1), ...op.tuple, ...op.reduce], /calls something that is no class/],
    ['a call of nothing', [...op.none, ...op.tuple, ...op.reduce], /calls something that is no class/],
    ['a call with a number', [...op.global('collections', 'OrderedDict'), ...op.int(1), ...op.reduce], /calls something that is no class/],
    ['a call of a storage type', [...op.global('torch', 'FloatStorage'), ...op.tuple, ...op.reduce], /calls torch\.FloatStorage/],
    ['a class of another module', op.global('os', 'system'), /names the class os\.system/],
    ['a class named by a number', [...op.text('collections'), ...op.int(1), 0x93], /no text/],
    ['a module named by a number', [...op.int(1), ...op.text('OrderedDict'), 0x93], /no text/],
    ['an operation of later protocols', [0x8f], /operation \(0x8f\)/],
  ])('%s', (_name, parts, reason) => expect(() => names(parts)).toThrow(reason));

  test.each<[string, number[]]>([
    ['BININT1', [0x4b]],
    ['BININT2', [0x4d, 1]],
    ['BININT', [0x4a, 1, 2, 3]],
    ['LONG1', [0x8a, 2, 1]],
    ['BINFLOAT', [0x47, 1, 2, 3, 4, 5, 6, 7]],
    ['text', [0x8c, 3, 65, 66]],
    ['FRAME', [0x95, 1, 2, 3, 4, 5, 6, 7]],
    ['GLOBAL', [0x63, 65]],
    ['the end', []],
  ])('a pickle that ends inside of %s', (_name, parts) => {
    expect(() => readPth(checkpoint(Uint8Array.from([0x80, 2, ...parts])), 'x')).toThrow('its pickle is cut off');
  });

  test('containers deeper than twenty, names longer than 2,000; so deep and so long are read', () => {
    const deep = (levels: number): number[] => [one, ...Array.from({ length: levels }, () => [0x85])].flat();
    expect(names(deep(20))).toEqual([Array(20).fill('0').join('.')]);
    expect(() => names(deep(21))).toThrow('nested more than 20 deep');
    expect(keyed(op.text('n'.repeat(2000)))).toEqual(['n'.repeat(2000)]);
    expect(() => keyed(op.text('n'.repeat(2001)))).toThrow('a name without end');
    // The same container in two places is none that holds itself.
    expect(names([...op.list, ...one, ...op.append, ...op.put(1)], op.get(1), op.tuple2)).toEqual(['0.0', '1.0']);
  });

  test('archives without a pickle, with two, of the other byte order, without tensors, and what is no archive', () => {
    const data = pickle(one);
    const zip = (members: Record<string, Uint8Array>) => readPth(zipSync(members, { level: 0 }), 'x');
    const whole = { 'data.pkl': data, 'data/0': float(7) };
    expect([...zip({ 'state/data.pkl': data, 'state/data/0': float(7) }).keys()]).toEqual(['tensor']);
    expect(() => zip({ 'state/data.pkl': data, 'data/0': float(7) })).toThrow('are missing');
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    expect([...zip(whole).get('tensor')!.values]).toEqual([7]);
    expect(zip({ ...whole, byteorder: text('little\n') }).size).toBe(1);
    expect(() => zip({ ...whole, byteorder: text('big') })).toThrow('big-endian order');
    expect(() => zip({ ...whole, 'b/data.pkl': data })).toThrow('more than one data.pkl');
    expect(zip({ ...whole, 'b/c/data.pkl': data, 'xdata.pkl': data, 'data.pkl.old': data }).size).toBe(1);
    expect(() => zip({ 'data/0': float(7) })).toThrow('holds no data.pkl');
    expect(() => zip({ 'data.pkl': pickle(op.dict) })).toThrow('holds no tensors');
    expect(() => zip({ 'data.pkl': pickle(op.int(3)) })).toThrow('holds no tensors');
    for (const bytes of [[], [0x50], [0x50, 0x4c], [0x51, 0x4b]]) expect(() => readPth(Uint8Array.from(bytes), 'x')).toThrow('it is not a zip archive');
    expect(() => readPth(Uint8Array.from([0x80, 2]), 'x')).toThrow('before PyTorch 1.6');
  });

  test('names the file, and the values or the name that it is about', () => {
    const params = (...parts: number[][]): unknown => {
      try {
        return names(...parts);
      } catch (error) {
        return (error as { params?: unknown }).params;
      }
    };
    expect(params([0x30])).toEqual({ file: 'x.pth' });
    expect(params(tensor(storage('9', 1), [1], [1]))).toEqual({ file: 'x.pth', key: '9' });
    expect(params(tensor(storage('0', 2), [1], [1]))).toEqual({ file: 'x.pth', key: '0' });
    expect(params(tensor(storage('0', 1), [2], [1]))).toEqual({ file: 'x.pth', key: '0' });
    expect(params(op.dict, op.text('n'.repeat(2001)), one, op.setItem)).toEqual({ file: 'x.pth', key: 'n'.repeat(100) });
    const twice = (key: number[]): number[] => [...op.dict, ...key, ...one, ...op.setItem, ...key, ...one, ...op.setItem];
    expect([params(twice(op.text('w'))), params(twice(op.int(1)))]).toEqual([{ file: 'x.pth', key: 'w' }, { file: 'x.pth' }]);
  });

  test('work: a step for each operation, eight for each container, one more for each item that is gone through and each number', () => {
    const work = (parts: number[][], values = float(7)): number => {
      const budget = { limit: 1_000_000, used: 0 };
      readPth(checkpoint(pickle(parts.flat()), { 0: values }), 'x', budget);
      return budget.used;
    };
    const alone = work([one]);
    const pop = [0x30];
    expect(work([op.none, pop, one]) - alone).toBe(2);
    for (const container of [op.dict, op.list, op.tuple]) expect(work([container, pop, one]) - alone).toBe(2 + 8);
    expect(work([op.mark, op.tupleFromMark, pop, one]) - alone).toBe(3 + 8);
    expect(work([op.none, [0x85], pop, one]) - alone).toBe(3 + 8);
    expect(work([storage('0', 1), pop, one]) - alone).toBe(9 + 2 * 8);
    const sized = (count: number): number => work([tensor(storage('0', 30), [count], [1])], float(...Array<number>(30).fill(1)));
    expect(sized(30) - sized(10)).toBe(20);
    // In a list: two operations more, the list, and then the list and its item gone through.
    expect(work([op.list, one, op.append]) - alone).toBe(2 + 8 + 8 + 1);
    const pairs = (count: number): number[] => [
      ...op.global('collections', 'OrderedDict'),
      ...op.list,
      ...Array.from({ length: count }, (_, key) => [...op.int(key), ...op.none, ...op.tuple2, ...op.append]).flat(),
      0x85,
      ...op.reduce,
      ...pop,
    ];
    // Of each pair four operations, its tuple, and its place in the dictionary.
    expect(work([pairs(5), one]) - work([pairs(3), one])).toBe(2 * (4 + 8 + 8));
    expect(work([pairs(0), one]) - alone).toBe(5 + 8 + 8 + 8);
  });

  test('more work than the budget: each step and each number counts', () => {
    const bytes = checkpoint(pickle(tensor(storage('0', 100), [100], [1])), { 0: float(...Array<number>(100).fill(1)) });
    const budget = { limit: 1_000_000, used: 0 };
    readPth(bytes, 'x', budget);
    expect(budget.used).toBeGreaterThan(100);
    expect(readPth(bytes, 'x', { limit: budget.used, used: 0 }).size).toBe(1);
    for (const limit of [0, 10, 50, 100, budget.used - 1]) expect(() => readPth(bytes, 'x', { limit, used: 0 })).toThrow('far more work');
  });
});
