/**
 * Einstein sums of one or two tensors by transposing, folding and one matrix product, so that they have the gradients of those;
 * tfjs's own einsum has none. Test: test/models/opsFused.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** @example einsum('nic,njc->nij', a, b). No ellipsis, and no letter twice in one operand. */
export function einsum(equation: string, ...operands: [Tensor] | [Tensor, Tensor]): Tensor {
  const match = /^([a-zA-Z]*)(?:,([a-zA-Z]*))?->([a-zA-Z]*)$/.exec(equation.replaceAll(' ', ''));
  if (!match) throw new Error(`einsum equation "${equation}" is not of the form "ab,bc->ac"`);
  const result = match[3] as string;
  const [first, second] = [match[1] as string, match[2]];
  const [a, b] = operands;
  const sizes = new Map<string, number>();
  learnSizes(equation, sizes, first, a);
  if (second === undefined || !b) {
    if (second !== undefined || b) throw new Error(`einsum equation "${equation}" does not fit ${operands.length} operands`);
    return arranged(summed(a, first, result), kept(first, result), result);
  }
  learnSizes(equation, sizes, second, b);
  return product(equation, sizes, [a, first], [b, second], result);
}

type Operand = [tensor: Tensor, letters: string];

function product(equation: string, sizes: Map<string, number>, [a, first]: Operand, [b, second]: Operand, result: string): Tensor {
  // A letter that only one operand has and the result has not is summed before.
  const [lettersA, lettersB] = [kept(first, second + result), kept(second, first + result)];
  for (const letter of result)
    if (!lettersA.includes(letter) && !lettersB.includes(letter)) throw new Error(`einsum equation "${equation}": nothing has ${letter}`);
  const shared = kept(lettersA, lettersB);
  const batch = kept(shared, result);
  const inner = [...shared].filter((letter) => !result.includes(letter)).join('');
  const [rows, columns] = [without(lettersA, shared), without(lettersB, shared)];
  const size = (letters: string): number => [...letters].reduce((total, letter) => total * (sizes.get(letter) as number), 1);
  const folded = (tensor: Tensor, from: string, left: string, right: string): Tensor =>
    tf.reshape(arranged(tensor, from, batch + left + right), [...(batch === '' ? [] : [size(batch)]), size(left), size(right)]);
  const x = folded(summed(a, first, lettersA), lettersA, rows, inner);
  const y = folded(summed(b, second, lettersB), lettersB, inner, columns);
  const letters = batch + rows + columns;
  const whole = tf.reshape(
    tf.matMul(x, y),
    [...letters].map((letter) => sizes.get(letter) as number),
  );
  return arranged(whole, letters, result);
}

function learnSizes(equation: string, sizes: Map<string, number>, letters: string, tensor: Tensor): void {
  if (letters.length !== tensor.rank || new Set(letters).size !== letters.length)
    throw new Error(`einsum equation "${equation}": "${letters}" does not name the ${tensor.rank} axes of its operand, each once`);
  [...letters].forEach((letter, axis) => {
    const size = tensor.shape[axis] as number;
    if ((sizes.get(letter) ?? size) !== size) throw new Error(`einsum equation "${equation}": ${letter} is ${sizes.get(letter)} and ${size}`);
    sizes.set(letter, size);
  });
}

/** Sums over the axes whose letters are not in `wanted`. */
function summed(tensor: Tensor, letters: string, wanted: string): Tensor {
  const axes = [...letters].flatMap((letter, axis) => (wanted.includes(letter) ? [] : [axis]));
  return axes.length > 0 ? tf.sum(tensor, axes) : tensor;
}

/** Transposes from one order of letters to another. */
function arranged(tensor: Tensor, from: string, to: string): Tensor {
  return from === to
    ? tensor
    : tf.transpose(
        tensor,
        [...to].map((letter) => from.indexOf(letter)),
      );
}

function kept(letters: string, wanted: string): string {
  return [...letters].filter((letter) => wanted.includes(letter)).join('');
}

function without(letters: string, unwanted: string): string {
  return [...letters].filter((letter) => !unwanted.includes(letter)).join('');
}
