/**
 * Which inputs of TensorFlow's operations are lists, read from the library's own description of its operations (a serialised OpList).
 * A graph takes a list input as one, where eager execution takes the tensors one by one. Test: test/main/engine/traced.test.ts.
 */
import type { LibTensorFlow, Pointer } from '../libtensorflow.ts';

/** How many tensors an input takes: one, as many as its attribute `count` says, or one for each type in the attribute `types`. */
export type OperationInput = { kind: 'one' } | { kind: 'list'; attribute: string };

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

// Field numbers: tensorflow/core/framework/op_def.proto.
const OP_LIST_OP = 1;
const OP_NAME = 1;
const OP_INPUT = 2;
const ARG_NUMBER_ATTR = 5;
const ARG_TYPE_LIST_ATTR = 6;

export function readOperationInputs(tf: LibTensorFlow): Map<string, OperationInput[]> {
  const buffer = tf.allOperations();
  try {
    return parseOpList(bufferBytes(tf, buffer));
  } finally {
    tf.deleteBuffer(buffer);
  }
}

/** TF_Buffer is {const void *data; size_t length; …}. */
function bufferBytes(tf: LibTensorFlow, buffer: Pointer): Uint8Array {
  const header = new BigUint64Array(2);
  tf.copyOut(header, buffer, 16);
  const [data, length] = header as unknown as [bigint, bigint];
  const bytes = new Uint8Array(Number(length));
  tf.copyOut(bytes, data, bytes.byteLength);
  return bytes;
}

export function parseOpList(bytes: Uint8Array): Map<string, OperationInput[]> {
  const operations = new Map<string, OperationInput[]>();
  for (const { field, content } of fields(bytes)) {
    if (field !== OP_LIST_OP || !content) continue;
    let name = '';
    const inputs: OperationInput[] = [];
    for (const part of fields(content)) {
      if (part.field === OP_NAME && part.content) name = text(part.content);
      if (part.field === OP_INPUT && part.content) inputs.push(operationInput(part.content));
    }
    operations.set(name, inputs);
  }
  return operations;
}

function operationInput(argument: Uint8Array): OperationInput {
  for (const { field, content } of fields(argument))
    if ((field === ARG_NUMBER_ATTR || field === ARG_TYPE_LIST_ATTR) && content && content.length > 0) return { kind: 'list', attribute: text(content) };
  return { kind: 'one' };
}

interface Field {
  field: number;
  /** Of length-delimited fields only. */
  content: Uint8Array | null;
}

function* fields(bytes: Uint8Array): Generator<Field, undefined> {
  let at = 0;

  function varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  while (at < bytes.length) {
    const tag = varint();
    const wire = tag & 7;
    let content: Uint8Array | null = null;
    if (wire === LENGTH_DELIMITED) {
      const length = varint();
      content = bytes.subarray(at, at + length);
      at += length;
    } else if (wire === VARINT) varint();
    else at += wire === FIXED64 ? 8 : wire === FIXED32 ? 4 : bytes.length;
    yield { field: tag >>> 3, content };
  }
  return undefined;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
