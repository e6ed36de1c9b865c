/** The reading of TensorFlow's own account of a step. */
import { expect, test } from 'vitest';
import { busiestStep, sharesOf } from '../../bench/engine/operationTimes.ts';

// As TensorFlow 2.21 writes them, shortened behind the operation's name.
const told = (time: string, event: string, node: number, step: string, operation: string) =>
  `I0000 00:00:${time}   29322 executor.cc:879] ${event}: ${node} step ${step} {{node ${operation}_${node}}} = ${operation}[T=DT_FLOAT](x) device: CPU:0`;

const LOG = [
  told('1795278059.500000', 'Process node', 1, '-7', 'Const'),
  told('1795278059.500010', 'Synchronous kernel done', 1, '-7', 'Const'),
  'I0000 00:00:1795278059.570361   29296 context.cc:739] RunEagerOpAsFunction: false',
  told('1795278059.600000', 'Process node', 2, '42', 'Conv2D'),
  told('1795278059.601000', 'Process node', 3, '42', 'Relu'),
  told('1795278059.602000', 'Synchronous kernel done', 3, '42', 'Relu'),
  told('1795278059.606000', 'Synchronous kernel done', 2, '42', 'Conv2D'),
  told('1795278059.606000', 'Process node', 4, '42', 'Conv2D'),
  told('1795278059.609000', 'Synchronous kernel done', 4, '42', 'Conv2D'),
];

test('the longest step, with the time of every kind of operation, the most expensive first', () => {
  const step = busiestStep(LOG);
  expect(step?.seconds).toBeCloseTo(0.009, 6);
  const shares = sharesOf(step ?? { seconds: 0, operations: [] });
  expect(shares.map(({ operation, count }) => [operation, count])).toEqual([
    ['Conv2D', 2],
    ['Relu', 1],
  ]);
  expect(shares.map(({ milliseconds }) => milliseconds.toFixed(2))).toEqual(['9.00', '1.00']);
  expect(shares.map(({ share }) => share.toFixed(2))).toEqual(['0.90', '0.10']);
});

test('a log without steps has none', () => {
  expect(busiestStep(['something else'])).toBeNull();
});
