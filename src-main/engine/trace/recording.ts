/**
 * One recording: operations that tfjs's kernels dispatch become nodes of a TensorFlow graph instead of being computed, and the graph becomes a function.
 * Tensors from outside are embedded as constants; variables are read from their place at the beginning and written at the end, in order.
 * Test: test/main/engine/traced.test.ts.
 */
import { AppError } from '../../../src-shared/errors.ts';
import type { Precision } from '../../../models/method.ts';
import { allocateTensor } from '../allocateTensor.ts';
import type { TensorFlowBinding, Resource } from '../binding.ts';
import type { GraphOutput, Pointer } from '../libtensorflow.ts';
import { dims, setAttribute, type Attribution } from '../opAttributes.ts';
import { TF_TYPE } from '../tfTypes.ts';
import type { TensorMetadata, TFEOpAttr } from '../tfjsBindingTypes.ts';
import { foldNorms } from './foldNorms.ts';
import { readOperationInputs, type OperationInput } from './operationInputs.ts';

export interface Recording {
  /** Whether variables are embedded with their present values. */
  constants: boolean;
  /** What products will be computed in. */
  precision: Precision;
  /** True for ids that this recording made. */
  has(id: number): boolean;
  forget(id: number): void;
  execute(name: string, attributes: readonly TFEOpAttr[], inputIds: readonly number[], outputCount: number): TensorMetadata[];
  /** A new input of the function. */
  input(shape: readonly number[], dtype: number): TensorMetadata;
  /** An operation that changes variables in their place: the variables first, then values. */
  update(name: string, attributes: readonly TFEOpAttr[], variableIds: readonly number[], inputIds: readonly number[]): void;
  /** Makes the function known to TensorFlow; its inputs are the variables, then the inputs in the order in which they were made. */
  finish(name: string, outputIds: readonly number[]): RecordedFunction;
  /** Whether its value is not there while recording: one of this recording, or of a variable, which every run has anew. */
  isUnreadable(id: number): boolean;
  unreadable(id: number): AppError;
  /** What `finish` throws, for a failure that nobody here waits for. */
  fail(error: unknown): void;
  /** Frees the graph; what was finished stays. */
  close(): void;
}

export interface RecordedFunction {
  name: string;
  nodes: number;
  remove(): void;
}

interface Symbol {
  output: GraphOutput;
  operation: string;
}

/** State of one variable within the recording. */
interface VariableState {
  placeholder: GraphOutput;
  resource: Resource;
  /** The reading in force; none after an update. */
  reading: Symbol | null;
  /** What the next update must wait for: the last one, readings, and what computes with a matrix, as TensorFlow would copy a variable that is in use. */
  before: Pointer[];
  lastUpdate: Pointer | null;
}

const TF_OUTPUT_SIZE = 16;
/** Operations whose results are their inputs' bytes. */
const PASSING = new Set(['Reshape', 'Identity', 'IdentityN']);
/** The last output of a fused batch norm serves the GPU's own gradient only; its size is the device's business. */
const OPAQUE: Record<string, number> = { FusedBatchNormV3: 5 };

let operationInputs: Map<string, OperationInput[]> | null = null;

/** @param variableIds ids that are resident; `constants` embeds their present values instead. */
export function openRecording(binding: TensorFlowBinding, variableIds: readonly number[], constants: boolean, precision: Precision): Recording {
  const { library: tf, tracing, context } = binding;
  const { status, check } = tracing;
  operationInputs ??= readOperationInputs(tf);
  const lists = operationInputs;
  const graph = tf.newGraph();
  const attribution: Attribution = { tf, setters: tf.graphAttributes, status, check };
  const symbols = new Map<number, Symbol>();
  const embedded = new Map<number, Symbol>();
  const variables = new Map<number, VariableState>();
  /** Outputs that share the bytes of a matrix. */
  const shared = new Map<string, VariableState>();
  const inputs: GraphOutput[] = [];
  const failures: unknown[] = [];
  let nodes = 0;
  const folding = constants ? foldNorms({ node: (name, attributes, values) => ({ oper: node(name, attributes, values, []), index: 0 }), vector, shape }) : null;

  function newNode(type: string): Pointer {
    return tf.newOperation(graph, type, `${type}_${nodes++}`);
  }

  function finishNode(type: string, description: Pointer): Pointer {
    const operation = tf.finishOperation(description, status);
    check(`Recording the operation ${type}`, { op: type });
    return operation as Pointer;
  }

  function placeholder(shape: readonly number[], dtype: number): GraphOutput {
    const description = newNode('Placeholder');
    tf.graphAttributes.type(description, 'dtype', dtype);
    tf.graphAttributes.shape(description, 'shape', dims(shape), shape.length, status);
    const output = { oper: finishNode('Placeholder', description), index: 0 };
    inputs.push(output);
    return output;
  }

  function vector(values: Float32Array, shape: readonly number[]): GraphOutput {
    const { tensor, at } = allocateTensor(tf, TF_TYPE.float32, shape, values.byteLength);
    try {
      if (at !== null) tf.copyIn(at, values, values.byteLength);
      const description = newNode('Const');
      tf.graphAttributes.type(description, 'dtype', TF_TYPE.float32);
      tf.setAttrTensor(description, 'value', tensor, status);
      check('Embedding a tensor in a recording');
      return { oper: finishNode('Const', description), index: 0 };
    } finally {
      tf.deleteTensor(tensor);
    }
  }

  /** A tensor from outside, copied into the graph. */
  function constant(id: number): Symbol {
    const known = embedded.get(id);
    if (known) return known;
    const tensor = tracing.withHandles([id], ([handle]) => tf.tensorHandleResolve(handle as Pointer, status)) as Pointer;
    check('Reading a tensor for a recording');
    try {
      const description = newNode('Const');
      tf.graphAttributes.type(
        description,
        'dtype',
        tracing.withHandles([id], ([handle]) => tf.tensorHandleDataType(handle as Pointer)),
      );
      tf.setAttrTensor(description, 'value', tensor, status);
      check('Embedding a tensor in a recording');
      const symbol = { output: { oper: finishNode('Const', description), index: 0 }, operation: 'Const' };
      embedded.set(id, symbol);
      folding?.embedded(symbol.output);
      return symbol;
    } finally {
      tf.deleteTensor(tensor);
    }
  }

  function read(variable: VariableState): Symbol {
    if (variable.reading) return variable.reading;
    const description = newNode('ReadVariableOp');
    tf.addInput(description, variable.placeholder);
    if (variable.lastUpdate) tf.addControlInput(description, variable.lastUpdate);
    tf.graphAttributes.type(description, 'dtype', variable.resource.dtype);
    const output = { oper: finishNode('ReadVariableOp', description), index: 0 };
    const { shape } = variable.resource;
    tf.setOutputShape(graph, output, dims(shape), shape.length, status);
    check('Recording the reading of a variable');
    variable.before.push(output.oper);
    // Of matrices only: with filters too, a step of ResNet-50 with 32 images takes 6 % longer for 5 % less memory.
    if (shape.length === 2) shared.set(keyOf(output), variable);
    return (variable.reading = { output, operation: 'ReadVariableOp' });
  }

  function resolve(id: number): GraphOutput {
    const symbol = symbols.get(id);
    if (symbol) return symbol.output;
    const variable = variables.get(id);
    return (variable ? read(variable) : constant(id)).output;
  }

  /** Gives an output an id, with the shape that TensorFlow infers. */
  function publish(operation: string, output: GraphOutput): TensorMetadata {
    let sizes = shape(output, operation);
    if (sizes.some((size) => size < 0)) {
      if (OPAQUE[operation] !== output.index)
        throw new AppError('ENGINE_FAILED', `A recorded step needs sizes that are known beforehand, but the result of ${operation} depends on values.`, {
          op: operation,
        });
      sizes = [0];
    }
    const id = tracing.registerSymbol();
    symbols.set(id, { output, operation });
    return { id, shape: sizes, dtype: tf.outputType(output) };
  }

  /** As TensorFlow infers it; [-1] where not even the rank is known. */
  function shape(output: GraphOutput, operation = 'an operation'): number[] {
    const rank = tf.outputRank(graph, output, status);
    check(`The shape of ${operation}`, { op: operation });
    if (rank < 0) return [-1];
    const sizes = new BigInt64Array(rank);
    if (rank > 0) tf.outputShape(graph, output, sizes, rank, status);
    check(`The shape of ${operation}`, { op: operation });
    return Array.from(sizes, Number);
  }

  function addInputs(description: Pointer, name: string, values: readonly GraphOutput[], attributes: readonly TFEOpAttr[]): Set<string> {
    const derived = new Set<string>();
    const specification = lists.get(name);
    if (!specification) throw new AppError('ENGINE_FAILED', `TensorFlow has no operation "${name}".`, { op: name });
    const singles = specification.filter((input) => input.kind === 'one').length;
    const listCount = specification.length - singles;
    let at = 0;
    for (const input of specification) {
      if (input.kind === 'one') {
        tf.addInput(description, values[at++] as GraphOutput);
        continue;
      }
      const length = listCount === 1 ? values.length - singles : listLength(name, input.attribute, attributes);
      tf.addInputList(description, outputArray(values.slice(at, at + length)), length);
      at += length;
      derived.add(input.attribute);
    }
    if (at !== values.length) throw new AppError('ENGINE_FAILED', `The operation ${name} takes ${at} inputs, but ${values.length} were given.`, { op: name });
    return derived;
  }

  function node(name: string, attributes: readonly TFEOpAttr[], values: readonly GraphOutput[], after: readonly Pointer[]): Pointer {
    const description = newNode(name);
    const derived = addInputs(description, name, values, attributes);
    for (const operation of after) tf.addControlInput(description, operation);
    for (const attribute of attributes) if (!derived.has(attribute.name)) setAttribute(attribution, name, description, attribute);
    const operation = finishNode(name, description);
    for (const [index, value] of values.entries()) {
      const variable = shared.get(keyOf(value));
      if (!variable) continue;
      variable.before.push(operation);
      if (PASSING.has(name)) shared.set(keyOf({ oper: operation, index }), variable);
    }
    return operation;
  }

  for (const id of constants ? [] : variableIds) {
    const resource = tracing.resourceOf(id) as Resource;
    variables.set(id, { placeholder: placeholder([], TF_TYPE.resource), resource, reading: null, before: [], lastUpdate: null });
  }

  function unreadable(id: number): AppError {
    const operation = symbols.get(id)?.operation ?? 'an operation';
    const place = callSite();
    const what = variables.has(id) ? 'a variable' : `the result of ${operation}`;
    return new AppError(
      'ENGINE_FAILED',
      `A value is read while a step is being recorded: ${what}${place ? `, at ${place}` : ''}. Write the decision with tensor operations instead.`,
      { op: operation },
    );
  }

  return {
    constants,
    precision,
    has: (id) => symbols.has(id),
    forget: (id) => void symbols.delete(id),
    isUnreadable: (id) => symbols.has(id) || variables.has(id),
    unreadable,
    fail(error) {
      failures.push(error);
    },
    input: (shape, dtype) => publish('Placeholder', placeholder(shape, dtype)),
    execute(name, attributes, inputIds, outputCount) {
      const values = inputIds.map(resolve);
      const operation = node(name, attributes, values, []);
      const first = { oper: operation, index: 0 };
      if (name === 'Reshape' && isSame(shape(first), shape(values[0] as GraphOutput))) return [publish(name, values[0] as GraphOutput)];
      const folded = folding?.recorded(name, attributes, values, first) ?? first;
      return Array.from({ length: outputCount }, (_, index) => publish(name, index === 0 ? folded : { oper: operation, index }));
    },
    update(name, attributes, ids, inputIds) {
      const states = ids.map((id) => {
        const state = variables.get(id);
        if (!state) throw new AppError('ENGINE_FAILED', `${name} changes a tensor that is no variable of the recorded step.`, { op: name });
        return state;
      });
      const operation = node(
        name,
        attributes,
        [...states.map((state) => state.placeholder), ...inputIds.map(resolve)],
        states.flatMap((state) => state.before),
      );
      for (const state of states) Object.assign(state, { reading: null, lastUpdate: operation, before: [operation] });
    },
    finish(name, outputIds) {
      if (failures.length > 0) throw failures[0];
      // A value that is also an input or constant passes through an operation, as the function's own result.
      // They wait for the updates: TensorFlow's graph optimizer removes what no result needs.
      const updates = [...variables.values()].flatMap(({ lastUpdate }) => lastUpdate ?? []);
      const outputs = outputIds.map((id) => ({ oper: node('Identity', [], [resolve(id)], updates), index: 0 }));
      const fn = tf.graphToFunction(
        graph,
        name,
        0,
        -1,
        null,
        inputs.length,
        outputArray(inputs),
        outputs.length,
        outputArray(outputs),
        null,
        null,
        name,
        status,
      );
      check('Making a function of a recorded step');
      try {
        tf.contextAddFunction(context, fn as Pointer, status);
        check('Adding a recorded step to TensorFlow');
      } finally {
        tf.deleteFunction(fn as Pointer);
      }
      return {
        name,
        nodes,
        remove() {
          tf.contextRemoveFunction(context, name, status);
          check('Removing a recorded step');
        },
      };
    },
    close: () => tf.deleteGraph(graph),
  };
}

function keyOf({ oper, index }: GraphOutput): string {
  return `${oper}:${index}`;
}

/** Of shapes that are known. */
function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size >= 0 && size === b[axis]);
}

function listLength(operation: string, attribute: string, attributes: readonly TFEOpAttr[]): number {
  const value = attributes.find(({ name }) => name === attribute)?.value;
  if (Array.isArray(value)) return value.length;
  if (typeof value === 'number') return value;
  throw new AppError('ENGINE_FAILED', `The operation ${operation} needs the attribute "${attribute}" to divide its inputs.`, { op: operation, attribute });
}

function outputArray(outputs: readonly GraphOutput[]): Uint8Array {
  const bytes = new Uint8Array(Math.max(outputs.length, 1) * TF_OUTPUT_SIZE);
  const view = new DataView(bytes.buffer);
  outputs.forEach(({ oper, index }, i) => {
    view.setBigUint64(i * TF_OUTPUT_SIZE, oper, true);
    view.setInt32(i * TF_OUTPUT_SIZE + 8, index, true);
  });
  return bytes;
}

/** The innermost place of our own code outside the engine, such as `models/losses/triplet.ts:31`. */
function callSite(): string | null {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 100; // tfjs's tapes and scopes lie in between
  const { stack = '' } = new Error();
  Error.stackTraceLimit = limit;
  for (const line of stack.split('\n').slice(1)) {
    if (line.includes('node_modules') || line.includes('/src-main/engine/') || line.includes('node:')) continue;
    const place = /((?:models|src-main|test|datasets)\/[^():]+):(\d+)/.exec(line);
    if (place) return `${place[1]}:${place[2]}`;
  }
  return null;
}
