/**
 * `TFJSBinding`, the interface under tfjs-node's kernels, on TensorFlow's C API: eager operations, tensors and saved models.
 * Ids stand for tensor handles; whoever gets an id deletes it. Every handle, operation and tensor made on the way is freed
 * on the failing path too. Knows nothing of tfjs's engine. Test: test/main/engine/binding.test.ts.
 */
import { TensorMetadata, type TFEOpAttr, type TFJSBinding } from './tfjsBindingTypes.ts';
import { AppError } from '../../src-shared/errors.ts';
import { allocateTensor } from './allocateTensor.ts';
import { cudaLibrariesBeside } from './cudaLibraries.ts';
import { encodeSessionConfig, withPrecision, type LowPrecision, type SessionConfig } from './configProto.ts';
import { loadLibTensorFlow, type LibTensorFlow, type Pointer } from './libtensorflow.ts';
import { setAttribute, toBigInt, toBytes, type Attribution, type Check } from './opAttributes.ts';
import { TF_ATTR, TF_TYPE } from './tfTypes.ts';
import type { Recording } from './trace/recording.ts';

export { TF_ATTR, TF_TYPE };

const TYPE_NAME = new Map<number, string>(Object.entries(TF_TYPE).map(([name, value]) => [value, name]));
/** sizeof(TF_TString), fixed by TensorFlow's ABI. */
const TSTRING_SIZE = 24;
/** TF_Output is {TF_Operation *, int} with padding. */
const TF_OUTPUT_SIZE = 16;

type NumberArray = Float32Array | Float64Array | Int32Array | Uint8Array | Int16Array | Int8Array | Uint16Array | Uint32Array | BigInt64Array | BigUint64Array;
type NumberArrayType = { new (length: number): NumberArray; readonly BYTES_PER_ELEMENT: number };

/** Element storage per type; complex64 is two floats an element, half precision travels as its bits. */
const STORAGE: Record<number, NumberArrayType> = {
  [TF_TYPE.float32]: Float32Array,
  [TF_TYPE.float64]: Float64Array,
  [TF_TYPE.int32]: Int32Array,
  [TF_TYPE.uint8]: Uint8Array,
  [TF_TYPE.int16]: Int16Array,
  [TF_TYPE.int8]: Int8Array,
  [TF_TYPE.complex64]: Float32Array,
  [TF_TYPE.int64]: BigInt64Array,
  [TF_TYPE.bool]: Uint8Array,
  [TF_TYPE.bfloat16]: Uint16Array,
  [TF_TYPE.uint16]: Uint16Array,
  [TF_TYPE.float16]: Uint16Array,
  [TF_TYPE.uint32]: Uint32Array,
  [TF_TYPE.uint64]: BigUint64Array,
};

/** What tfjs hands over as a tensor's values. */
export type TensorValues = NumberArray | Uint8Array[] | readonly number[] | readonly boolean[] | readonly bigint[] | readonly string[];

export interface TensorFlowBinding extends TFJSBinding {
  createTensor(shape: number[], dtype: number, values: TensorValues): number;
  /** Typed array; Uint8Array[] for strings; BigInt64Array for int64. */
  tensorDataSync(tensorId: number): Float32Array & Int32Array & Uint8Array;
  /** As `tensorDataSync`, with the honest type. */
  readTensor(tensorId: number): NumberArray | Uint8Array[];
  /** Devices as TensorFlow names them, for example ["CPU", "GPU"]. */
  deviceTypes: string[];
  /** Operations executed since the start, for tests and the cost of a step. */
  executedOps(): number;
  /** What traced functions need beyond single operations. */
  tracing: Tracing;
  library: LibTensorFlow;
  context: Pointer;
}

/** A variable of TensorFlow: a place whose value is read and changed by operations. */
export interface Resource {
  handle: Pointer;
  dtype: number;
  shape: number[];
}

export interface FunctionCall {
  name: string;
  variableIds: readonly number[];
  inputIds: readonly number[];
  outputCount: number;
  /** TensorFlow's graph optimizer (Grappler) goes over the function when it is called for the first time, and lowers the precision of products. */
  optimized: boolean | LowPrecision;
}

export interface Tracing {
  makeResident(id: number): void;
  isResident(id: number): boolean;
  resourceOf(id: number): Resource | null;
  snapshot(id: number): TensorMetadata;
  beginRecording(recording: Recording): void;
  /** How what is being recorded will run; null outside a recording. Kernels choose their way by it. */
  recorded(): Pick<Recording, 'constants' | 'precision' | 'fail'> | null;
  endRecording(): void;
  registerSymbol(): number;
  runFunction(call: FunctionCall): TensorMetadata[];
  /** The same without blocking this thread. Until it is done, nothing else may touch the variables. */
  runFunctionAside(call: FunctionCall): Promise<TensorMetadata[]>;
  /** Handles of values, alive as long as `use` runs. */
  withHandles<Result>(ids: readonly number[], use: (handles: Pointer[]) => Result): Result;
  status: Pointer;
  check: Check;
}

interface SavedModel {
  session: Pointer;
  graph: Pointer;
}

/** Opens an eager context on the library at `libraryPath`. One call per process and configuration: contexts are never closed. */
export function openBinding(libraryPath: string, config: SessionConfig): TensorFlowBinding {
  const tf = loadLibTensorFlow(libraryPath, config.useGpu ? cudaLibrariesBeside(libraryPath) : []);
  const status = tf.newStatus();
  const configBytes = encodeSessionConfig(config);
  const context = newContext(tf, status, configBytes);
  const deviceTypes = listDeviceTypes(tf, status, context);
  const gpuDevice = deviceTypes.includes('GPU') ? '/job:localhost/replica:0/task:0/device:GPU:0' : null;

  const handles = new Map<number, Pointer>();
  /** Variables of the engine: their ids stand for a place, whose value is read when it is used. */
  const resources = new Map<number, Resource>();
  /** Ids of results that exist in a recording only, also of one that has ended. */
  const symbols = new Set<number>();
  const savedModels = new Map<number, SavedModel>();
  const attribution: Attribution = { tf, setters: tf.eagerAttributes, status, check };
  /** Under which functions are optimized, by how. */
  const configs = new Map<FunctionCall['optimized'], Uint8Array>([[true, configBytes]]);
  let recording: Recording | null = null;
  let nextTensorId = 0;
  let nextSavedModelId = 0;
  let executed = 0;
  let results = new BigUint64Array(64);
  const resultCount = new Int32Array(1);
  /** Of runs aside, which must not share the status of this thread. */
  const freeStatuses: Pointer[] = [];

  /** Throws TensorFlow's own message when the last call failed, and clears the status for the next one. */
  function check(doing: string, params: Record<string, string | number> = {}): void {
    checkStatus(status, doing, params);
  }

  function checkStatus(of: Pointer, doing: string, params: Record<string, string | number>): void {
    const code = tf.getCode(of);
    if (code === 0) return;
    const message = tf.message(of);
    tf.setStatus(of, 0, '');
    // TF_Code 8 is RESOURCE_EXHAUSTED.
    throw new AppError(code === 8 ? 'OUT_OF_MEMORY' : 'ENGINE_FAILED', `${doing} failed in TensorFlow: ${message}`, params);
  }

  /** The value's handle; of a variable a reading of its own, which is put into `readings` for the caller to delete. */
  function handleOf(id: number, readings: Pointer[]): Pointer {
    const handle = handles.get(id);
    if (handle !== undefined) return handle;
    const resource = resources.get(id);
    if (resource) {
      const [reading] = run('ReadVariableOp', [{ name: 'dtype', type: TF_ATTR.type, value: resource.dtype }], [resource.handle], 1);
      readings.push(reading as Pointer);
      return reading as Pointer;
    }
    if (recording?.has(id)) throw recording.unreadable(id);
    throw new AppError('ENGINE_FAILED', `Tensor ${id} does not exist in the engine; it was deleted or never created.`, { tensorId: id });
  }

  function withHandles<Result>(ids: readonly number[], use: (handles: Pointer[]) => Result): Result {
    const readings: Pointer[] = [];
    try {
      return use(ids.map((id) => handleOf(id, readings)));
    } finally {
      for (const reading of readings) tf.deleteTensorHandle(reading);
    }
  }

  function register(handle: Pointer): number {
    const id = nextTensorId++;
    handles.set(id, handle);
    return id;
  }

  function describe(handle: Pointer): { shape: number[]; dtype: number } {
    const rank = tf.tensorHandleNumDims(handle, status);
    check('Reading the shape of a result');
    const shape: number[] = [];
    for (let axis = 0; axis < rank; axis++) shape.push(Number(tf.tensorHandleDim(handle, axis, status)));
    return { shape, dtype: tf.tensorHandleDataType(handle) };
  }

  /** TF_Tensor → handle; the TF_Tensor is released either way. */
  function handleFromTensor(tensor: Pointer): Pointer {
    const handle = tf.newTensorHandle(tensor, status);
    tf.deleteTensor(tensor);
    check('Creating a tensor');
    return handle as Pointer;
  }

  function createTensor(shape: number[], dtype: number, values: TensorValues): number {
    if (dtype === TF_TYPE.string) return register(stringHandle(shape, values));
    const storage = toStorage(shape, dtype, values);
    const { tensor, at } = allocateTensor(tf, dtype, shape, storage.byteLength);
    if (at !== null) tf.copyIn(at, storage, storage.byteLength);
    const handle = handleFromTensor(tensor);
    // Small integers are shapes and axes, which kernels read on the host; everything else is used on the GPU many times.
    if (!gpuDevice || dtype === TF_TYPE.int32 || dtype === TF_TYPE.int64) return register(handle);
    const moved = tf.tensorHandleCopyToDevice(handle, context, gpuDevice, status);
    tf.deleteTensorHandle(handle);
    check('Copying a tensor to the GPU');
    return register(moved as Pointer);
  }

  /**
   * TensorFlow never runs the destructor of strings in a tensor made by TF_AllocateTensor, so owned strings longer than 22 bytes would leak.
   * Therefore the strings only view our bytes, and StringJoin of one input copies them into a tensor that TensorFlow owns.
   */
  function stringHandle(shape: number[], values: TensorValues): Pointer {
    const texts = Array.from(values as ArrayLike<unknown>, toBytes);
    expectCount(shape, TF_TYPE.string, texts.length);
    const offsets: number[] = [];
    let total = 0;
    for (const text of texts) {
      offsets.push(total);
      total += text.byteLength;
    }
    const pool = new Uint8Array(Math.max(total, 1));
    texts.forEach((text, index) => pool.set(text, offsets[index]));
    const poolAddress = tf.addressOf(pool);
    const { tensor, at: data } = allocateTensor(tf, TF_TYPE.string, shape, TSTRING_SIZE * texts.length);
    if (data === null) return handleFromTensor(tensor);
    texts.forEach((text, index) => {
      const at = data + BigInt(index * TSTRING_SIZE);
      tf.stringInit(at);
      tf.stringAssignView(at, poolAddress + BigInt(offsets[index] ?? 0), text.byteLength);
    });
    const views = handleFromTensor(tensor);
    try {
      const [owned] = run('StringJoin', [{ name: 'N', type: TF_ATTR.int, value: 1 }], [views], 1);
      // `pool` must outlive the copy: this read keeps it reachable until here.
      if (owned === undefined || pool.byteLength === 0) throw new AppError('ENGINE_FAILED', 'TensorFlow returned no tensor for a string value.');
      return owned;
    } finally {
      tf.deleteTensorHandle(views);
    }
  }

  /** The operation with its attributes and inputs, which it holds from here on; the caller deletes it. */
  function prepare(name: string, attributes: readonly TFEOpAttr[], inputs: readonly Pointer[]): Pointer {
    const op = tf.newOp(context, name, status);
    check(`The operation ${name}`, { op: name });
    try {
      for (const attribute of attributes) setAttribute(attribution, name, op as Pointer, attribute);
      for (const input of inputs) {
        tf.opAddInput(op as Pointer, input, status);
        check(`The operation ${name}`, { op: name });
      }
      return op as Pointer;
    } catch (error) {
      tf.deleteOp(op as Pointer);
      throw error;
    }
  }

  function run(name: string, attributes: readonly TFEOpAttr[], inputs: readonly Pointer[], outputCount: number): Pointer[] {
    const op = prepare(name, attributes, inputs);
    try {
      if (outputCount > results.length) results = new BigUint64Array(outputCount);
      resultCount[0] = outputCount;
      tf.execute(op, results, resultCount, status);
      check(`The operation ${name}`, { op: name });
      executed++;
      return Array.from(results.subarray(0, resultCount[0]));
    } finally {
      tf.deleteOp(op);
    }
  }

  /** Takes the operation over and computes it on a thread of its own. */
  async function runAside(name: string, op: Pointer, outputCount: number): Promise<Pointer[]> {
    const own = freeStatuses.pop() ?? tf.newStatus();
    const outputs = new BigUint64Array(new ArrayBuffer(Math.max(1, outputCount) * BigUint64Array.BYTES_PER_ELEMENT));
    const count = new Int32Array(new ArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    count[0] = outputCount;
    try {
      await tf.executeAside(op, outputs, count, own);
      checkStatus(own, `The operation ${name}`, { op: name });
      executed++;
      return Array.from(outputs.subarray(0, count[0]));
    } finally {
      freeStatuses.push(own);
      tf.deleteOp(op);
    }
  }

  function executeOp(name: string, attributes: TFEOpAttr[], inputIds: number[], outputCount: number): TensorMetadata[] {
    if (recording) return recording.execute(name, attributes, inputIds, outputCount);
    return withHandles(inputIds, (inputs) => registerAll(run(name, attributes, inputs, outputCount)));
  }

  function registerAll(outputs: readonly Pointer[]): TensorMetadata[] {
    return outputs.map((handle) => ({ id: register(handle), ...describe(handle) }));
  }

  function readTensor(id: number): NumberArray | Uint8Array[] {
    if (recording?.isUnreadable(id)) throw recording.unreadable(id);
    return withHandles([id], ([handle]) => readHandle(handle as Pointer));
  }

  function readHandle(handle: Pointer): NumberArray | Uint8Array[] {
    const tensor = tf.tensorHandleResolve(handle, status);
    check('Reading a tensor');
    try {
      const bytes = Number(tf.tensorByteSize(tensor as Pointer));
      const dtype = tf.tensorHandleDataType(handle);
      if (dtype === TF_TYPE.string) return readStrings(tensor as Pointer, bytes / TSTRING_SIZE);
      // A resource handle has no values; its bytes are opaque, as in tfjs-node.
      const Storage = dtype === TF_TYPE.resource ? Uint8Array : STORAGE[dtype];
      if (!Storage) throw new AppError('ENGINE_FAILED', `Values of TensorFlow's type ${dtype} cannot be read.`, { dtype });
      const values = new Storage(bytes / Storage.BYTES_PER_ELEMENT);
      if (bytes > 0) tf.copyOut(values, tf.tensorData(tensor as Pointer) as Pointer, bytes);
      return values;
    } finally {
      tf.deleteTensor(tensor as Pointer);
    }
  }

  function readStrings(tensor: Pointer, count: number): Uint8Array[] {
    const texts: Uint8Array[] = [];
    for (let index = 0; index < count; index++) {
      const at = (tf.tensorData(tensor) as Pointer) + BigInt(index * TSTRING_SIZE);
      const text = new Uint8Array(Number(tf.stringSize(at)));
      if (text.byteLength > 0) tf.copyOut(text, tf.stringDataPointer(at) as Pointer, text.byteLength);
      texts.push(text);
    }
    return texts;
  }

  function deleteTensor(id: number): void {
    const resource = resources.get(id);
    if (resource) {
      run('DestroyResourceOp', [{ name: 'ignore_lookup_error', type: TF_ATTR.bool, value: false }], [resource.handle], 0);
      tf.deleteTensorHandle(resource.handle);
      resources.delete(id);
    } else if (handles.has(id)) {
      tf.deleteTensorHandle(handleOf(id, []));
      handles.delete(id);
    } else if (symbols.delete(id)) recording?.forget(id);
    else handleOf(id, []);
  }

  /** Turns the tensor `id` into a variable of the engine that keeps the id; a graph can then change it in place. */
  function makeResident(id: number): void {
    if (resources.has(id)) return;
    const handle = handleOf(id, []);
    const { shape, dtype } = describe(handle);
    const dtypeAttribute = { name: 'dtype', type: TF_ATTR.type, value: dtype };
    const [resource] = run(
      'VarHandleOp',
      [
        dtypeAttribute,
        { name: 'shape', type: TF_ATTR.shape, value: shape },
        { name: 'shared_name', type: TF_ATTR.string, value: `variable ${id}` },
        { name: 'container', type: TF_ATTR.string, value: '' },
      ],
      [],
      1,
    ) as [Pointer];
    run('AssignVariableOp', [dtypeAttribute], [resource, handle], 0);
    tf.deleteTensorHandle(handle);
    handles.delete(id);
    resources.set(id, { handle: resource, dtype, shape });
  }

  /** A second tensor with the value that variable `id` has now; the bytes are shared until one of both changes. */
  function snapshot(id: number): TensorMetadata {
    const readings: Pointer[] = [];
    const handle = handleOf(id, readings);
    if (readings.length === 0) throw new AppError('INTERNAL', `Tensor ${id} is no variable of the engine.`, { tensorId: id });
    return { id: register(handle), ...describe(handle) };
  }

  /** While a recording runs, operations go into its graph and nothing is computed. */
  function beginRecording(next: Recording): void {
    if (recording)
      throw new AppError('ENGINE_FAILED', 'A step is being recorded already; a traced function cannot be called for the first time inside another one.');
    recording = next;
  }

  function endRecording(): void {
    recording = null;
  }

  /** An id for a result inside a recording. */
  function registerSymbol(): number {
    const id = nextTensorId++;
    symbols.add(id);
    return id;
  }

  /** Runs the recorded function `name`. */
  function functionAttributes(optimized: boolean | LowPrecision): TFEOpAttr[] {
    // Without this attribute TensorFlow leaves a function as it is; Python's tf.function always gives it.
    if (!optimized) return [];
    let value = configs.get(optimized);
    if (!value) configs.set(optimized, (value = withPrecision(configBytes, optimized as LowPrecision, config.useGpu)));
    return [{ name: 'config_proto', type: TF_ATTR.string, value }];
  }

  function variableHandles(ids: readonly number[]): Pointer[] {
    return ids.map((id) => (resources.get(id) as Resource).handle);
  }

  function runFunction({ name, variableIds, inputIds, outputCount, optimized }: FunctionCall): TensorMetadata[] {
    return withHandles(inputIds, (inputs) => registerAll(run(name, functionAttributes(optimized), [...variableHandles(variableIds), ...inputs], outputCount)));
  }

  async function runFunctionAside({ name, variableIds, inputIds, outputCount, optimized }: FunctionCall): Promise<TensorMetadata[]> {
    const op = withHandles(inputIds, (inputs) => prepare(name, functionAttributes(optimized), [...variableHandles(variableIds), ...inputs]));
    return registerAll(await runAside(name, op, outputCount));
  }

  function loadSavedModel(folder: string, tags: string): number {
    const options = tf.newSessionOptions();
    const graph = tf.newGraph();
    try {
      tf.setConfig(options, configBytes, configBytes.byteLength, status);
      check('Configuring a session');
      const tagList = tags.split(',');
      const session = tf.loadSessionFromSavedModel(options, null, folder, tagList, tagList.length, graph, null, status);
      check(`Loading the saved model ${folder}`, { path: folder });
      const id = nextSavedModelId++;
      savedModels.set(id, { session: session as Pointer, graph });
      return id;
    } catch (error) {
      tf.deleteGraph(graph);
      throw error;
    } finally {
      tf.deleteSessionOptions(options);
    }
  }

  function savedModelOf(id: number): SavedModel {
    const model = savedModels.get(id);
    if (!model) throw new AppError('ENGINE_FAILED', `Saved model ${id} is not loaded.`, { savedModelId: id });
    return model;
  }

  function deleteSavedModel(id: number): void {
    const { session, graph } = savedModelOf(id);
    savedModels.delete(id);
    tf.closeSession(session, status);
    tf.deleteSession(session, status);
    tf.deleteGraph(graph);
    check('Closing a saved model');
  }

  function runSavedModel(id: number, inputIds: number[], inputNames: string, outputNames: string): TensorMetadata[] {
    const { session, graph } = savedModelOf(id);
    const inputs = endpoints(graph, inputNames);
    const outputs = endpoints(graph, outputNames);
    if (inputs.count !== inputIds.length)
      throw new AppError('ENGINE_FAILED', `The saved model takes ${inputs.count} inputs (${inputNames}), but ${inputIds.length} were given.`);
    const values: Pointer[] = [];
    const fetched = new BigUint64Array(Math.max(outputs.count, 1));
    try {
      for (const inputId of inputIds) {
        values.push(withHandles([inputId], ([handle]) => tf.tensorHandleResolve(handle as Pointer, status)) as Pointer);
        check('Reading an input of the saved model');
      }
      tf.sessionRun(session, null, inputs.bytes, BigUint64Array.from(values), inputs.count, outputs.bytes, fetched, outputs.count, null, 0, null, status);
      check('Running the saved model');
    } finally {
      for (const value of values) tf.deleteTensor(value);
    }
    return registerAll(Array.from(fetched.subarray(0, outputs.count), handleFromTensor));
  }

  /** "a:0,b:1" → an array of TF_Output. */
  function endpoints(graph: Pointer, names: string): { bytes: Uint8Array; count: number } {
    const parts = names.split(',').filter((part) => part !== '');
    const bytes = new Uint8Array(Math.max(parts.length, 1) * TF_OUTPUT_SIZE);
    const view = new DataView(bytes.buffer);
    parts.forEach((part, index) => {
      const [name = '', output = '0'] = part.split(':');
      const operation = tf.graphOperationByName(graph, name);
      if (!operation) throw new AppError('ENGINE_FAILED', `The saved model has no operation "${name}".`, { operation: name });
      view.setBigUint64(index * TF_OUTPUT_SIZE, operation, true);
      view.setInt32(index * TF_OUTPUT_SIZE + 8, Number(output), true);
    });
    return { bytes, count: parts.length };
  }

  return {
    TensorMetadata,
    TFEOpAttr: class {
      name = '';
      type = 0;
      value: TFEOpAttr['value'] = 0;
    },
    TF_FLOAT: TF_TYPE.float32,
    TF_INT32: TF_TYPE.int32,
    TF_INT64: TF_TYPE.int64,
    TF_BOOL: TF_TYPE.bool,
    TF_COMPLEX64: TF_TYPE.complex64,
    TF_STRING: TF_TYPE.string,
    TF_RESOURCE: TF_TYPE.resource,
    TF_UINT8: TF_TYPE.uint8,
    TF_ATTR_STRING: TF_ATTR.string,
    TF_ATTR_INT: TF_ATTR.int,
    TF_ATTR_FLOAT: TF_ATTR.float,
    TF_ATTR_BOOL: TF_ATTR.bool,
    TF_ATTR_TYPE: TF_ATTR.type,
    TF_ATTR_SHAPE: TF_ATTR.shape,
    TF_ATTR_RESOURCE: TF_ATTR.resource,
    TF_Version: tf.version,
    createTensor,
    deleteTensor,
    tensorDataSync: readTensor as TensorFlowBinding['tensorDataSync'],
    readTensor,
    executeOp,
    loadSavedModel,
    deleteSavedModel,
    runSavedModel,
    getNumOfSavedModels: () => savedModels.size,
    getNumOfTensors: () => handles.size + resources.size,
    isUsingGpuDevice: () => gpuDevice !== null,
    deviceTypes,
    executedOps: () => executed,
    tracing: {
      makeResident,
      snapshot,
      beginRecording,
      recorded: () => recording,
      endRecording,
      registerSymbol,
      runFunction,
      runFunctionAside,
      isResident: (id) => resources.has(id),
      resourceOf: (id) => resources.get(id) ?? null,
      withHandles,
      status,
      check,
    },
    library: tf,
    context,
  };
}

function newContext(tf: LibTensorFlow, status: Pointer, config: Uint8Array): Pointer {
  const options = tf.newContextOptions();
  try {
    tf.contextOptionsSetConfig(options, config, config.byteLength, status);
    expectStarted(tf, status);
    // TFE_DEVICE_PLACEMENT_SILENT: an input on the other device is copied.
    tf.contextOptionsSetDevicePlacementPolicy(options, 2);
    const context = tf.newContext(options, status);
    expectStarted(tf, status);
    return context as Pointer;
  } finally {
    tf.deleteContextOptions(options);
  }
}

function expectStarted(tf: LibTensorFlow, status: Pointer): void {
  if (tf.getCode(status) !== 0) throw new AppError('ENGINE_UNAVAILABLE', `TensorFlow did not start: ${tf.message(status)}`);
}

function listDeviceTypes(tf: LibTensorFlow, status: Pointer, context: Pointer): string[] {
  const list = tf.contextListDevices(context, status);
  expectStarted(tf, status);
  const types: string[] = [];
  for (let index = 0; index < tf.deviceListCount(list as Pointer); index++) types.push(tf.deviceListType(list as Pointer, index, status));
  tf.deleteDeviceList(list as Pointer);
  return types;
}

function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function expectCount(shape: readonly number[], dtype: number, count: number): void {
  const expected = elementCount(shape);
  if (expected === count) return;
  throw new AppError(
    'ENGINE_FAILED',
    `A ${TYPE_NAME.get(dtype) ?? dtype} tensor of shape [${shape.join(', ')}] has ${expected} values, but ${count} were given.`,
  );
}

/** Values in the memory layout of `dtype`, copied only when they are not in it already. */
function toStorage(shape: readonly number[], dtype: number, values: TensorValues): NumberArray {
  const Storage = STORAGE[dtype];
  if (!Storage) throw new AppError('ENGINE_FAILED', `A tensor of TensorFlow's type ${dtype} cannot be made from values.`, { dtype });
  const expected = elementCount(shape);
  if (dtype === TF_TYPE.int64 && values instanceof Int32Array && values.length === 2 * expected) {
    // tfjs-node writes an int64 as two 32-bit halves, low half first.
    return new BigInt64Array(values.slice().buffer);
  }
  expectCount(shape, dtype, dtype === TF_TYPE.complex64 ? values.length / 2 : values.length);
  if (values instanceof Storage) return values;
  if (Storage === BigInt64Array) return BigInt64Array.from(values as ArrayLike<unknown> as number[], toBigInt);
  if (Storage === BigUint64Array) return BigUint64Array.from(values as ArrayLike<unknown> as number[], toBigInt);
  const numbers = new Storage(values.length) as Exclude<NumberArray, BigInt64Array | BigUint64Array>;
  for (let index = 0; index < values.length; index++) numbers[index] = Number(values[index]);
  return numbers;
}
