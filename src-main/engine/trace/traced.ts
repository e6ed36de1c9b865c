/**
 * `traced(fn)`: what tf.function is to Python. The first call with a signature records what `fn` dispatches into one TensorFlow function; this and
 * every later call runs that. Op by op, every dispatch costs, nothing is fused, and every intermediate result lives until JavaScript lets go of it.
 * On another backend `fn` simply runs. Test: test/main/engine/traced.test.ts.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { AppError } from '../../../src-shared/errors.ts';
import type { Precision } from '../../../models/method.ts';
import type { StepTools } from '../../../models/train/stepTools.ts';
import { EAGER_TOOLS } from '../../../models/train/stepTools.ts';
import { tensorflowBinding } from '../openEngine.ts';
import type { NodeBackend } from '../tensorflowBackend.ts';
import type { FunctionCall, TensorFlowBinding } from '../binding.ts';
import { TF_ATTR, TF_TYPE } from '../tfTypes.ts';
import type { TensorMetadata } from '../tfjsBindingTypes.ts';
import { openRecording, type RecordedFunction, type Recording } from './recording.ts';

export type TracedBody = (inputs: Tensor[], tools: StepTools) => Tensor[];

export interface TracedOptions {
  /** What `fn` reads and assigns beside its inputs. They become TensorFlow variables, changed in place; tfjs sees the current value at any time. */
  variables?: readonly Variable[];
  /** Embeds the present values of `variables` as constants, which TensorFlow folds into other operations. For inference: a later change is not seen. */
  constants?: boolean;
  /** Of convolutions and matrix products, everything else stays float32. bfloat16 is for the CPU, float16 for CUDA (on the CPU it computes the same, slowly). */
  precision?: Precision;
}

export interface Traced {
  (inputs: Tensor[]): Tensor[];
  /** The same while this thread goes on, with pixels for example; until it is done, nothing may touch the variables. */
  aside(inputs: Tensor[]): Promise<Tensor[]>;
  /** Gives the recorded functions back to TensorFlow. */
  dispose(): void;
}

interface Entry {
  fn: RecordedFunction;
  /** Inputs that are made anew for every run, in their order. */
  everyRun: (() => Tensor)[];
  outputs: number;
}

let recorded = 0;

/**
 * @throws ENGINE_FAILED when `fn` reads a value of a tensor, or makes a tensor whose size depends on values.
 * @example const step = traced(([x]) => [model(x)], { variables });
 */
export function traced(body: TracedBody, { variables = [], constants = false, precision = 'float32' }: TracedOptions = {}): Traced {
  const binding = tensorflowBinding();
  if (!binding || tf.getBackend() !== 'tensorflow') {
    const compute = (inputs: Tensor[]): Tensor[] => tf.tidy(() => body(inputs, EAGER_TOOLS));
    return Object.assign(compute, { aside: (inputs: Tensor[]) => Promise.resolve(inputs).then(compute), dispose: () => undefined });
  }
  const { tracing } = binding;
  const backend = tf.backend() as NodeBackend;
  const entries = new Map<string, Entry>();

  /** Records if that is still to be done. The drawn inputs are the caller's to dispose of. */
  function prepare(inputs: Tensor[]): { call: FunctionCall; drawn: Tensor[] } {
    if (!constants) for (const variable of variables) settle(binding as TensorFlowBinding, backend, variable);
    const key = inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`).join(' ');
    let entry = entries.get(key);
    if (!entry) {
      entry = record(binding as TensorFlowBinding, backend, body, inputs, variables, constants, precision);
      entries.set(key, entry);
    }
    const drawn = entry.everyRun.map((draw) => draw());
    const call = {
      name: entry.fn.name,
      variableIds: constants ? [] : backend.getInputTensorIds([...variables]),
      inputIds: backend.getInputTensorIds([...inputs, ...drawn]),
      outputCount: entry.outputs,
      optimized: precision === 'float32' ? constants : precision,
    };
    return { call, drawn };
  }

  function run(inputs: Tensor[]): Tensor[] {
    const { call, drawn } = prepare(inputs);
    try {
      return tracing.runFunction(call).map((metadata) => backend.createOutputTensor(metadata));
    } finally {
      tf.dispose(drawn);
    }
  }

  return Object.assign(run, {
    async aside(inputs: Tensor[]): Promise<Tensor[]> {
      const { call, drawn } = prepare(inputs);
      try {
        return (await tracing.runFunctionAside(call)).map((metadata) => backend.createOutputTensor(metadata));
      } finally {
        tf.dispose(drawn);
      }
    },
    dispose() {
      for (const { fn } of entries.values()) fn.remove();
      entries.clear();
    },
  });
}

/** Makes sure that the variable lives in TensorFlow and that no other tensor shares its place: a clone keeps the value it has now. */
function settle(binding: TensorFlowBinding, backend: NodeBackend, variable: Variable): void {
  const [id] = backend.getInputTensorIds([variable]) as [number];
  const shared = backend.refCount(variable.dataId) > 1;
  if (!shared) return binding.tracing.makeResident(id);
  const metadata = binding.tracing.isResident(id)
    ? binding.tracing.snapshot(id)
    : (binding.executeOp('Identity', [{ name: 'T', type: TF_ATTR.type, value: tensorType(variable) }], [id], 1)[0] as TensorMetadata);
  const own = backend.createOutputTensor(metadata);
  variable.assign(own);
  own.dispose();
  binding.tracing.makeResident(metadata.id);
}

function tensorType(tensor: Tensor): number {
  const types: Partial<Record<string, number>> = { float32: TF_TYPE.float32, int32: TF_TYPE.int32, bool: TF_TYPE.bool };
  const type = types[tensor.dtype];
  if (type === undefined) throw new AppError('ENGINE_FAILED', `A traced step cannot hold a variable of type ${tensor.dtype}.`, { dtype: tensor.dtype });
  return type;
}

function record(
  binding: TensorFlowBinding,
  backend: NodeBackend,
  body: TracedBody,
  inputs: Tensor[],
  variables: readonly Variable[],
  constants: boolean,
  precision: Precision,
): Entry {
  const ids = backend.getInputTensorIds([...variables]);
  const inputTypes = inputs.map(tensorType);
  const recording = openRecording(binding, ids, constants, precision);
  // Assigning a variable inside the recording must not free its place.
  const keepers = variables.map((variable) => tf.keep(variable.clone()));
  const everyRun: (() => Tensor)[] = [];
  const symbolic: Tensor[] = [];
  let outputs: Tensor[] = [];
  binding.tracing.beginRecording(recording);
  try {
    for (const [i, input] of inputs.entries()) symbolic.push(backend.createOutputTensor(recording.input(input.shape, inputTypes[i] as number)));
    outputs = tf.tidy(() => body(symbolic, recordingTools(backend, recording, everyRun)));
    const outputIds = backend.getInputTensorIds(outputs);
    variables.forEach((variable, i) => {
      if (variable.dataId === keepers[i]?.dataId) return;
      if (constants) throw new AppError('ENGINE_FAILED', `A recorded forward pass changes the variable "${variable.name}".`, { variable: variable.name });
      const [value] = backend.getInputTensorIds([variable]) as [number];
      recording.update('AssignVariableOp', [{ name: 'dtype', type: TF_ATTR.type, value: tensorType(variable) }], [ids[i] as number], [value]);
    });
    return { fn: recording.finish(`traced_${recorded++}`, outputIds), everyRun, outputs: outputs.length };
  } finally {
    variables.forEach((variable, i) => {
      if (variable.dataId !== keepers[i]?.dataId) variable.assign(keepers[i] as Tensor);
    });
    tf.dispose([keepers, symbolic, outputs]);
    binding.tracing.endRecording();
    recording.close();
  }
}

const UPDATE_ATTRIBUTES = [
  { name: 'T', type: TF_ATTR.type, value: TF_TYPE.float32 },
  { name: 'use_locking', type: TF_ATTR.bool, value: false },
];

function recordingTools(backend: NodeBackend, recording: Recording, everyRun: (() => Tensor)[]): StepTools {
  return {
    everyRun(shape, draw) {
      everyRun.push(() => tf.tensor(draw(), shape));
      return backend.createOutputTensor(recording.input(shape, TF_TYPE.float32));
    },
    adam(variable, first, second, gradient, { rate, beta1, beta2, epsilon }) {
      const none = tf.scalar(0);
      const scalars = [none, none, rate, scalar(beta1), scalar(beta2), epsilon];
      recording.update(
        'ResourceApplyAdam',
        [...UPDATE_ATTRIBUTES, { name: 'use_nesterov', type: TF_ATTR.bool, value: false }],
        backend.getInputTensorIds([variable, first, second]),
        backend.getInputTensorIds([...scalars, gradient]),
      );
      return true;
    },
    momentum(variable, velocity, gradient, { rate, momentum, nesterov }) {
      recording.update(
        'ResourceApplyMomentum',
        [...UPDATE_ATTRIBUTES, { name: 'use_nesterov', type: TF_ATTR.bool, value: nesterov }],
        backend.getInputTensorIds([variable, velocity]),
        backend.getInputTensorIds([rate, gradient, scalar(momentum)]),
      );
      return true;
    },
    descend(variable, gradient, rate) {
      recording.update('ResourceApplyGradientDescent', UPDATE_ATTRIBUTES, backend.getInputTensorIds([variable]), backend.getInputTensorIds([rate, gradient]));
      return true;
    },
    add(variable, value) {
      const type = { name: 'dtype', type: TF_ATTR.type, value: TF_TYPE.float32 };
      recording.update('AssignAddVariableOp', [type], backend.getInputTensorIds([variable]), backend.getInputTensorIds([value]));
      return true;
    },
  };
}

function scalar(value: number | Tensor): Tensor {
  return typeof value === 'number' ? tf.scalar(value) : value;
}
