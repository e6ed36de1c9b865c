/** Recorded functions against the same code run operation by operation, and what they promise about variables, random numbers and errors. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAdam } from '../../../models/train/adam.ts';
import type { Parameter } from '../../../models/method.ts';
import { parseOpList } from '../../../src-main/engine/trace/operationInputs.ts';
import { traced } from '../../../src-main/engine/trace/traced.ts';
import { ENGINE_TIMEOUT_MS, requireBinding } from '../../support/engine.ts';
import type { TensorFlowBinding } from '../../../src-main/engine/binding.ts';

const TOLERANCE = 1e-5;

let binding: TensorFlowBinding;
beforeAll(async () => {
  binding = await requireBinding();
}, ENGINE_TIMEOUT_MS);

const pattern = (shape: number[], scale = 1) =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (((i * 7919) % 101) / 50 - 1) * scale),
    shape,
  );

/** Largest difference between results, in the unit of the largest value. */
function difference(a: tf.Tensor[], b: tf.Tensor[]): number {
  expect(a.map(({ shape, dtype }) => [shape, dtype])).toEqual(b.map(({ shape, dtype }) => [shape, dtype]));
  const scale = Math.max(1, ...b.map((tensor) => tf.max(tf.abs(tf.cast(tensor, 'float32'))).dataSync()[0] as number));
  return Math.max(
    ...a.map((tensor, i) => (tf.max(tf.abs(tf.sub(tf.cast(tensor, 'float32'), tf.cast(b[i] as tf.Tensor, 'float32')))).dataSync()[0] as number) / scale),
  );
}

/** Value and gradients of a sum of squares: every output takes part. */
function withGradients(fn: (...inputs: tf.Tensor[]) => tf.Tensor): (inputs: tf.Tensor[]) => tf.Tensor[] {
  return (inputs) => {
    const { value, grads } = tf.valueAndGrads((...args: tf.Tensor[]) => tf.sum(tf.square(fn(...args))) as tf.Scalar)(inputs);
    return [value, ...grads];
  };
}

const image = () => pattern([2, 6, 6, 4]);
const clip = () => pattern([1, 4, 6, 6, 3]);
const table = () => pattern([5, 6]);

const OPERATIONS: [name: string, inputs: () => tf.Tensor[], fn: (...inputs: tf.Tensor[]) => tf.Tensor][] = [
  ['conv2d, stride 2', () => [image(), pattern([3, 3, 4, 5])], (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 'same')],
  ['conv2d, padding in numbers', () => [image(), pattern([3, 3, 4, 5])], (x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, 1)],
  ['depthwiseConv2d', () => [image(), pattern([3, 3, 4, 1])], (x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same')],
  ['conv3d', () => [clip(), pattern([3, 3, 3, 3, 4])], (x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, 'same')],
  ['maxPool', () => [image()], (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, 'valid')],
  ['avgPool', () => [image()], (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid')],
  ['maxPool3d', () => [clip()], (x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'valid')],
  ['avgPool3d', () => [clip()], (x) => tf.avgPool3d(x as tf.Tensor5D, 2, 2, 'valid')],
  ['matMul', () => [table(), pattern([6, 3])], (a, b) => tf.matMul(a, b)],
  ['batched matMul', () => [pattern([2, 3, 4]), pattern([2, 5, 4])], (a, b) => tf.matMul(a, b, false, true)],
  ['gather', () => [table()], (x) => tf.gather(x, tf.tensor1d([4, 0, 0, 2], 'int32'))],
  ['oneHot and argMax', () => [table()], (x) => tf.mul(x, tf.oneHot(tf.argMax(x, 1) as tf.Tensor1D, 6))],
  ['softmax', () => [table()], (x) => tf.softmax(x)],
  ['logSumExp', () => [table()], (x) => tf.logSumExp(x, 1)],
  ['concat', () => [table(), table()], (a, b) => tf.concat([a, b, a], 1)],
  ['stack', () => [table(), table()], (a, b) => tf.stack([a, b])],
  ['addN', () => [table(), table()], (a, b) => tf.addN([a, b, a])],
  ['split', () => [table()], (x) => tf.mul(tf.split(x, 2, 1)[0] as tf.Tensor, tf.split(x, 2, 1)[1] as tf.Tensor)],
  ['unstack', () => [table()], (x) => tf.unstack(x)[3] as tf.Tensor],
  ['transpose', () => [clip()], (x) => tf.transpose(x, [0, 4, 1, 2, 3])],
  ['resizeBilinear', () => [image()], (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [9, 5])],
  ['resizeNearestNeighbor', () => [image()], (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [9, 5])],
  ['pad and slice', () => [table()], (x) => tf.slice(tf.pad(x, [[1, 2], [0, 3]]), [0, 1], [6, 7])], // prettier-ignore
  ['where', () => [table()], (x) => tf.where(tf.greater(table(), 0.2), x, tf.mul(x, 0.5))],
  ['cumsum', () => [table()], (x) => tf.cumsum(x, 1)],
  ['max and min', () => [table()], (x) => tf.sub(tf.max(x, 1), tf.min(x, 1))],
  ['powers and roots', () => [table()], (x) => tf.sqrt(tf.add(tf.pow(tf.abs(x), 1.5), tf.exp(tf.neg(x))))],
  ['sigmoid, tanh, erf', () => [table()], (x) => tf.add(tf.sigmoid(x), tf.add(tf.tanh(x), tf.erf(x)))],
];

describe('a recorded function equals the same operations one by one', () => {
  test.each(OPERATIONS)('%s, with gradients', (_name, inputs, fn) => {
    tf.tidy(() => {
      const values = inputs();
      const body = withGradients(fn);
      const run = traced((args) => body(args));
      const expected = body(values);
      expect(difference(run(values), expected)).toBeLessThan(TOLERANCE);
      const executed = binding.executedOps();
      expect(difference(run(values), expected)).toBeLessThan(TOLERANCE);
      expect(binding.executedOps() - executed, 'the second call is one operation and the comparison').toBeLessThan(40);
      run.dispose();
    });
  });

  test('topk and its positions, forward', () => {
    tf.tidy(() => {
      const x = table();
      const top = ([tensor]: tf.Tensor[]) => [tf.topk(tensor as tf.Tensor, 3).values, tf.topk(tensor as tf.Tensor, 3).indices];
      expect(difference(traced(top)([x]), top([x]))).toBe(0);
    });
  });

  test('einsum forward', () => {
    tf.tidy(() => {
      const [a, b] = [pattern([2, 3, 4]), pattern([2, 4, 5])];
      const run = traced(([x, y]) => [tf.einsum('bij,bjk->bik', x as tf.Tensor, y as tf.Tensor)]);
      expect(difference(run([a, b]), [tf.matMul(a, b)])).toBeLessThan(TOLERANCE);
    });
  });
});

test('one call of a recorded function is one operation, whatever it contains', () => {
  const run = traced(([x]) => [tf.sum(tf.mul(tf.exp(x as tf.Tensor), 2))]);
  const x = table();
  tf.dispose(run([x]));
  const before = binding.executedOps();
  tf.dispose(run([x]));
  expect(binding.executedOps() - before).toBe(1);
  run.dispose();
  x.dispose();
});

test('another shape or type is another recording', () => {
  let recordings = 0;
  const run = traced(([x]) => {
    recordings++;
    return [tf.add(x as tf.Tensor, 1)];
  });
  const shapes = [[2, 3], [2, 3], [3, 2], [2, 3]]; // prettier-ignore
  tf.tidy(() => {
    for (const shape of shapes) expect(run([tf.ones(shape)])[0]?.dataSync()).toEqual(new Float32Array(6).fill(2));
    run([tf.ones([2, 3], 'int32')]);
  });
  expect(recordings).toBe(3);
  run.dispose();
});

describe('variables', () => {
  test('are updated in place, in the order of the assignments, and read between them', () => {
    const v = tf.variable(tf.tensor1d([1, 2]));
    const run = traced(
      ([x]) => {
        const before = tf.mul(v, 1);
        v.assign(tf.add(v, x as tf.Tensor));
        v.assign(tf.mul(v, 10));
        return [before, tf.mul(v, 1)];
      },
      { variables: [v] },
    );
    const x = tf.tensor1d([1, 1]);
    const read = () => tf.tidy(() => run([x]).map((tensor) => [...tensor.dataSync()]));
    expect(read()).toEqual([[1, 2], [20, 30]]); // prettier-ignore
    expect([...v.dataSync()]).toEqual([20, 30]);
    expect(read()).toEqual([[20, 30], [210, 310]]); // prettier-ignore
    expect([...v.dataSync()]).toEqual([210, 310]);
    run.dispose();
    tf.dispose([v, x]);
  });

  test('a value assigned from outside is what the next run sees', () => {
    const v = tf.variable(tf.tensor1d([1, 2]));
    const run = traced(() => [tf.mul(v, 2)], { variables: [v] });
    const read = () => tf.tidy(() => [...(run([])[0] as tf.Tensor).dataSync()]);
    expect(read()).toEqual([2, 4]);
    tf.tidy(() => v.assign(tf.tensor1d([5, 6])));
    expect(read()).toEqual([10, 12]);
    run.dispose();
    v.dispose();
  });

  test('a clone keeps the value that it was made from', () => {
    const v = tf.variable(tf.tensor1d([1, 2]));
    const run = traced(
      () => {
        v.assign(tf.add(v, 1));
        return [];
      },
      { variables: [v] },
    );
    const first = v.clone();
    run([]);
    const second = v.clone();
    run([]);
    expect([first, second, v].map((tensor) => [...tensor.dataSync()])).toEqual([[1, 2], [2, 3], [3, 4]]); // prettier-ignore
    run.dispose();
    tf.dispose([first, second, v]);
  });

  test('Adam in place equals Adam from operations', () => {
    const trained = [tf.variable(pattern([3, 4])), tf.variable(pattern([3, 4]))];
    const adams = trained.map((variable, i) => createAdam([{ name: `w${i}`, variable, trainable: true, shape: [3, 4] } as Parameter], 0.01));
    const target = pattern([3, 4], 0.3);
    const stepOf = (i: number) => (factors: tf.Tensor, tools?: Parameters<(typeof adams)[0]['apply']>[2]) => {
      const variable = trained[i] as tf.Variable;
      const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(tf.sub(variable, target))) as tf.Scalar, [variable]);
      adams[i]?.apply(grads, factors as tf.Tensor1D, tools);
      return value;
    };
    const run = traced(([factors], tools) => [stepOf(1)(factors as tf.Tensor, tools)], {
      variables: [trained[1] as tf.Variable, ...(adams[1]?.state ?? []).map(({ variable }) => variable)],
    });
    for (let step = 1; step <= 5; step++)
      tf.tidy(() => {
        const factors = tf.tensor1d(adams[0]?.factors(step, 0.05) ?? []);
        expect(difference(run([factors]), [stepOf(0)(factors)])).toBeLessThan(TOLERANCE);
      });
    expect(difference([trained[1] as tf.Tensor], [trained[0] as tf.Tensor])).toBeLessThan(TOLERANCE);
    run.dispose();
    for (const adam of adams) adam.dispose();
    tf.dispose(trained);
  });

  test('as constants they are those of the first call, and cannot be changed', () => {
    const v = tf.variable(tf.tensor1d([1, 2]));
    const run = traced(() => [tf.mul(v, 2)], { variables: [v], constants: true });
    const read = () => tf.tidy(() => [...(run([])[0] as tf.Tensor).dataSync()]);
    expect(read()).toEqual([2, 4]);
    tf.tidy(() => v.assign(tf.tensor1d([5, 6])));
    expect(read()).toEqual([2, 4]);
    const changing = traced(() => (v.assign(tf.add(v, 1)), []), { variables: [v], constants: true });
    expect(() => changing([])).toThrow(/changes the variable/);
    expect([...v.dataSync()]).toEqual([5, 6]);
    run.dispose();
    v.dispose();
  });
});

test('numbers of everyRun are drawn for every run, and not while recording', () => {
  let draws = 0;
  const run = traced((_inputs, tools) => [
    tf.mul(
      tools.everyRun([2], () => Float32Array.of(++draws, draws * 10)),
      1,
    ),
  ]);
  const read = () => tf.tidy(() => [...(run([])[0] as tf.Tensor).dataSync()]);
  expect([read(), read(), read()]).toEqual([[1, 10], [2, 20], [3, 30]]); // prettier-ignore
  run.dispose();
});

describe('errors', () => {
  test.each<[string, (x: tf.Tensor) => unknown]>([
    ['dataSync', (x) => x.dataSync()],
    ['arraySync', (x) => x.arraySync()],
    // Nobody waits for these.
    ['data', (x) => void x.data()],
    ['array', (x) => void x.array()],
  ])('reading a value with %s names the operation and the place', (_name, read) => {
    const run = traced(([x]) => {
      read(tf.exp(x as tf.Tensor));
      return [];
    });
    const x = table();
    expect(() => run([x])).toThrow(/the result of Exp, at test\/main\/engine\/traced\.test\.ts:\d+/);
    x.dispose();
  });

  test('so does reading a variable: what it holds now would be what every run sees', () => {
    const v = tf.variable(tf.scalar(3));
    const run = traced(() => [tf.scalar(v.dataSync()[0] as number)], { variables: [v] });
    expect(() => run([])).toThrow(/a variable, at test\/main\/engine\/traced\.test\.ts:\d+/);
    v.dispose();
  });

  test('a size that depends on values is refused with the name of the operation', () => {
    const run = traced(([x]) => [tf.engine().runKernel<tf.Tensor>('Unique', { x: x as tf.Tensor }, { axis: 0 }) as unknown as tf.Tensor]);
    const x = tf.tensor1d([1, 2, 2]);
    expect(() => run([x])).toThrow(/depends on values/);
    x.dispose();
  });

  test('a function that fails leaves variables and engine as they were', () => {
    const v = tf.variable(tf.tensor1d([1, 2]));
    const run = traced(
      () => {
        v.assign(tf.mul(v, 2));
        throw new Error('broken on purpose');
      },
      { variables: [v] },
    );
    const tensors = tf.memory().numTensors;
    expect(() => run([])).toThrow('broken on purpose');
    expect([...v.dataSync()]).toEqual([1, 2]);
    expect([...tf.tidy(() => tf.add(v, 1)).dataSync()]).toEqual([2, 3]);
    expect(tf.memory().numTensors).toBe(tensors + 1);
    v.dispose();
  });

  test('a first call inside another recording is refused', () => {
    const inner = traced(([x]) => [tf.exp(x as tf.Tensor)]);
    const outer = traced(([x]) => inner([x as tf.Tensor]));
    const x = table();
    expect(() => outer([x])).toThrow(/recorded already/);
    x.dispose();
  });
});

test('nothing is left behind: tensors, variables and functions', () => {
  const cycle = () => {
    const v = tf.tidy(() => tf.variable(pattern([8, 8])));
    const run = traced(([x]) => (v.assign(tf.add(v, x as tf.Tensor)), [tf.sum(v)]), { variables: [v] });
    tf.tidy(() => {
      const x = pattern([8, 8]);
      for (let i = 0; i < 3; i++) run([x]);
    });
    run.dispose();
    v.dispose();
  };
  cycle();
  const before = [tf.memory().numTensors, binding.getNumOfTensors()];
  for (let i = 0; i < 20; i++) cycle();
  expect([tf.memory().numTensors, binding.getNumOfTensors()]).toEqual(before);
});

test('list inputs of operations come from the description of TensorFlow itself', () => {
  // OpList { op { name: "Pack" input_arg { name: "values" number_attr: "N" } } op { name: "Exp" input_arg { name: "x" } } }, written by hand.
  const bytes = Uint8Array.of(10, 21, 10, 4, 80, 97, 99, 107, 18, 13, 10, 6, 118, 97, 108, 117, 101, 115, 42, 1, 78, 0x98, 1, 10, 10, 10, 3, 69, 120, 112, 18, 3, 10, 1, 120); // prettier-ignore
  expect([...parseOpList(bytes)]).toEqual([
    ['Pack', [{ kind: 'list', attribute: 'N' }]],
    ['Exp', [{ kind: 'one' }]],
  ]);
});

describe('aside, while this thread goes on', () => {
  const product = (variable: tf.Variable) =>
    traced(
      ([x]) => {
        variable.assign(tf.add(variable, 1));
        return [tf.matMul(x as tf.Tensor, tf.add(x as tf.Tensor, tf.sub(variable, variable)))];
      },
      { variables: [variable] },
    );

  test('a run gives what it gives in turn, changes its variables once, and leaves the thread free', async () => {
    const variable = tf.variable(tf.scalar(0));
    const run = product(variable);
    const x = pattern([600, 600]);
    const [inTurn] = run([x]) as [tf.Tensor];
    // Where the thread is not free there is never more than one turn; where it is, a busy machine may still give it one alone, now and then.
    for (let runs = 1, most = 0; most < 2; runs++) {
      expect(runs).toBeLessThan(50);
      let turns = 0;
      let isDone = false;
      const results = run.aside([x]).finally(() => {
        isDone = true;
      });
      expect(isDone).toBe(false);
      while (!isDone) {
        turns++;
        // What the loop does meanwhile: tensors of its own.
        tf.tidy(() => tf.square(tf.scalar(turns)).dataSync());
        await new Promise(setImmediate);
      }
      const [outOfTurn] = (await results) as [tf.Tensor];
      most = Math.max(most, turns);
      expect(outOfTurn.dataSync()).toEqual(inTurn.dataSync());
      expect(variable.dataSync()).toEqual(new Float32Array([1 + runs]));
      outOfTurn.dispose();
    }
    tf.dispose([x, inTurn, variable]);
    run.dispose();
  });

  test('several at once keep apart, and leave no tensor behind', async () => {
    const runs = [1, 2, 3, 4].map((factor) => traced(([x]) => [tf.mul(x as tf.Tensor, factor), tf.sum(x as tf.Tensor)]));
    const before = tf.memory().numTensors;
    const x = pattern([300, 300]);
    const results = await Promise.all(runs.map((run) => run.aside([x])));
    const expected = x.dataSync();
    results.forEach(([scaled], i) => expect(scaled?.dataSync()).toEqual(expected.map((value) => value * (i + 1))));
    tf.dispose([x, results]);
    expect(tf.memory().numTensors).toBe(before);
    for (const run of runs) run.dispose();
  });

  test("an error has the name of the function and TensorFlow's own words, and the next run works", async () => {
    const run = traced(([x, at]) => [tf.gather(x as tf.Tensor, at as tf.Tensor1D)]);
    const x = pattern([3, 2]);
    const wrong = tf.tensor1d([5], 'int32');
    await expect(run.aside([x, wrong])).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      message: expect.stringMatching(/traced_\d+.*5 is not in \[0, 3\)/s) as unknown,
    });
    const right = tf.tensor1d([1], 'int32');
    const [row] = (await run.aside([x, right])) as [tf.Tensor];
    expect(row.dataSync()).toEqual(x.dataSync().slice(2, 4));
    tf.dispose([x, wrong, right, row]);
    run.dispose();
  });
});
