/**
 * Sets an attribute of an operation, eager or in a graph, from the form in which tfjs's kernels give it. Test: test/main/engine/binding.test.ts.
 */
import { AppError } from '../../src-shared/errors.ts';
import type { AttributeSetters, LibTensorFlow, Pointer } from './libtensorflow.ts';
import { TF_ATTR } from './tfTypes.ts';
import type { TFEOpAttr } from './tfjsBindingTypes.ts';

export interface Attribution {
  tf: LibTensorFlow;
  setters: AttributeSetters;
  status: Pointer;
  check: Check;
}

/** Throws TensorFlow's own message when the last call failed. */
export type Check = (doing: string, params?: Record<string, string | number>) => void;

/** @throws ENGINE_FAILED for a kind of attribute that TensorFlow does not have, and for a shape it refuses. */
export function setAttribute({ tf, setters, status, check }: Attribution, opName: string, op: Pointer, { name, type, value }: TFEOpAttr): void {
  const list: readonly unknown[] | null = Array.isArray(value) ? value : null;
  switch (type) {
    case TF_ATTR.string: {
      if (!list) {
        const text = toBytes(value);
        setters.string(op, name, text.byteLength ? text : new Uint8Array(1), text.byteLength);
        return;
      }
      const texts = list.map(toBytes);
      // An empty string still needs an address.
      const held = texts.map((text) => (text.byteLength ? text : new Uint8Array(1)));
      const lengths = BigUint64Array.from(texts, (text) => BigInt(text.byteLength));
      setters.stringList(
        op,
        name,
        BigUint64Array.from(held, (text) => tf.addressOf(text)),
        lengths,
        held.length,
      );
      return;
    }
    case TF_ATTR.int:
      if (list) setters.intList(op, name, BigInt64Array.from(list, toBigInt), list.length);
      else setters.int(op, name, toBigInt(value));
      return;
    case TF_ATTR.float:
      if (list) setters.floatList(op, name, Float32Array.from(list, Number), list.length);
      else setters.float(op, name, Number(value));
      return;
    case TF_ATTR.bool:
      if (list)
        setters.boolList(
          op,
          name,
          Uint8Array.from(list, (item) => (item ? 1 : 0)),
          list.length,
        );
      else setters.bool(op, name, value ? 1 : 0);
      return;
    case TF_ATTR.type:
      if (list) setters.typeList(op, name, Int32Array.from(list, Number), list.length);
      else setters.type(op, name, Number(value));
      return;
    case TF_ATTR.shape: {
      if (list && list.length > 0 && list.every(Array.isArray)) {
        const shapes = (list as number[][]).map(dims);
        const ranks = Int32Array.from(list as number[][], (shape) => shape.length);
        setters.shapeList(
          op,
          name,
          BigUint64Array.from(shapes, (shape) => tf.addressOf(shape)),
          ranks,
          shapes.length,
          status,
        );
      } else if (list) setters.shape(op, name, dims(list as number[]), list.length, status);
      else setters.shape(op, name, dims([]), -1, status);
      check(`The operation ${opName}, attribute ${name},`, { op: opName, attribute: name });
      return;
    }
    case TF_ATTR.func: {
      const text = String(value);
      setters.functionName(op, name, text, Buffer.byteLength(text));
      return;
    }
    default:
      throw new AppError('ENGINE_FAILED', `The operation ${opName} has the attribute "${name}" of the unknown kind ${type}.`, {
        op: opName,
        attribute: name,
      });
  }
}

export function dims(shape: readonly number[]): BigInt64Array {
  return BigInt64Array.from(shape, (size) => BigInt(size));
}

export function toBigInt(value: unknown): bigint {
  return typeof value === 'bigint' ? value : BigInt(Number(value));
}

export function toBytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new TextEncoder().encode(String(value));
}
