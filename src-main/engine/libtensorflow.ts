/**
 * The functions of TensorFlow's C API that the binding calls, loaded over koffi: no compiler and no native module of our own.
 * Pointers are plain bigints; nothing here owns memory. Tensor bytes travel by libc's memcpy, because Electron forbids
 * the external array buffers that a view on foreign memory would need. Test: test/main/engine/binding.test.ts.
 */
import { promisify } from 'node:util';
import koffi from 'koffi';
import { AppError } from '../../src-shared/errors.ts';
import { refuseTooOld } from './findLibrary.ts';

/** An address in this process; koffi gives null for the null pointer. */
export type Pointer = bigint;
type Bytes = ArrayBufferView;

/** One output of an operation in a graph: TF_Output, which the C API takes by value. */
export interface GraphOutput {
  oper: Pointer;
  index: number;
}

/**
 * Setters of an operation's attributes. The eager and the graph API have the same ones under two names;
 * `target` is a TFE_Op or a TF_OperationDescription.
 */
export interface AttributeSetters {
  string(target: Pointer, name: string, value: Bytes, length: number): void;
  stringList(target: Pointer, name: string, values: BigUint64Array, lengths: BigUint64Array, count: number): void;
  int(target: Pointer, name: string, value: number | bigint): void;
  intList(target: Pointer, name: string, values: BigInt64Array, count: number): void;
  float(target: Pointer, name: string, value: number): void;
  floatList(target: Pointer, name: string, values: Float32Array, count: number): void;
  bool(target: Pointer, name: string, value: number): void;
  boolList(target: Pointer, name: string, values: Uint8Array, count: number): void;
  type(target: Pointer, name: string, value: number): void;
  typeList(target: Pointer, name: string, values: Int32Array, count: number): void;
  shape(target: Pointer, name: string, dims: BigInt64Array, rank: number, status: Pointer): void;
  shapeList(target: Pointer, name: string, dims: BigUint64Array, ranks: Int32Array, count: number, status: Pointer): void;
  functionName(target: Pointer, name: string, value: string, length: number): void;
}

/** The C functions, with koffi's argument conversion. */
export interface LibTensorFlow {
  /** TF_Version(), for example "2.21.0". */
  version: string;
  newStatus(): Pointer;
  setStatus(status: Pointer, code: number, message: string): void;
  getCode(status: Pointer): number;
  message(status: Pointer): string;

  newContextOptions(): Pointer;
  contextOptionsSetConfig(options: Pointer, proto: Bytes, length: number, status: Pointer): void;
  contextOptionsSetDevicePlacementPolicy(options: Pointer, policy: number): void;
  deleteContextOptions(options: Pointer): void;
  newContext(options: Pointer, status: Pointer): Pointer | null;
  contextListDevices(context: Pointer, status: Pointer): Pointer | null;
  deviceListCount(list: Pointer): number;
  deviceListName(list: Pointer, index: number, status: Pointer): string;
  deviceListType(list: Pointer, index: number, status: Pointer): string;
  deleteDeviceList(list: Pointer): void;

  allocateTensor(dtype: number, dims: BigInt64Array, rank: number, length: number): Pointer | null;
  tensorData(tensor: Pointer): Pointer | null;
  tensorByteSize(tensor: Pointer): number;
  deleteTensor(tensor: Pointer): void;

  newTensorHandle(tensor: Pointer, status: Pointer): Pointer | null;
  deleteTensorHandle(handle: Pointer): void;
  tensorHandleResolve(handle: Pointer, status: Pointer): Pointer | null;
  tensorHandleNumDims(handle: Pointer, status: Pointer): number;
  tensorHandleDim(handle: Pointer, index: number, status: Pointer): number;
  tensorHandleDataType(handle: Pointer): number;
  tensorHandleNumElements(handle: Pointer, status: Pointer): number;
  tensorHandleCopyToDevice(handle: Pointer, context: Pointer, device: string, status: Pointer): Pointer | null;

  newOp(context: Pointer, name: string, status: Pointer): Pointer | null;
  deleteOp(op: Pointer): void;
  opAddInput(op: Pointer, handle: Pointer, status: Pointer): void;
  eagerAttributes: AttributeSetters;
  execute(op: Pointer, results: BigUint64Array, count: Int32Array, status: Pointer): void;
  /** The same on a thread of its own: `results` and `count` must stay where they are until then, so give each an ArrayBuffer of its own. */
  executeAside(op: Pointer, results: BigUint64Array, count: Int32Array, status: Pointer): Promise<void>;

  stringInit(text: Pointer): void;
  stringAssignView(text: Pointer, bytes: Pointer, length: number): void;
  stringDataPointer(text: Pointer): Pointer | null;
  stringSize(text: Pointer): number;
  stringDealloc(text: Pointer): void;

  graphAttributes: AttributeSetters;
  newOperation(graph: Pointer, type: string, name: string): Pointer;
  addInput(description: Pointer, input: GraphOutput): void;
  /** `inputs` is an array of TF_Output as bytes. */
  addInputList(description: Pointer, inputs: Bytes, count: number): void;
  addControlInput(description: Pointer, operation: Pointer): void;
  setAttrTensor(description: Pointer, name: string, tensor: Pointer, status: Pointer): void;
  finishOperation(description: Pointer, status: Pointer): Pointer | null;
  outputType(output: GraphOutput): number;
  outputRank(graph: Pointer, output: GraphOutput, status: Pointer): number;
  outputShape(graph: Pointer, output: GraphOutput, dims: BigInt64Array, rank: number, status: Pointer): void;
  setOutputShape(graph: Pointer, output: GraphOutput, dims: BigInt64Array, rank: number, status: Pointer): void;
  graphToFunction(
    graph: Pointer,
    name: string,
    appendHash: number,
    operationCount: number,
    operations: null,
    inputCount: number,
    inputs: Bytes,
    outputCount: number,
    outputs: Bytes,
    outputNames: null,
    options: null,
    description: string,
    status: Pointer,
  ): Pointer | null;
  deleteFunction(fn: Pointer): void;
  contextAddFunction(context: Pointer, fn: Pointer, status: Pointer): void;
  contextRemoveFunction(context: Pointer, name: string, status: Pointer): void;
  /** TF_Buffer of a serialised OpList, which describes every operation of the library. */
  allOperations(): Pointer;
  deleteBuffer(buffer: Pointer): void;

  newGraph(): Pointer;
  deleteGraph(graph: Pointer): void;
  newSessionOptions(): Pointer;
  deleteSessionOptions(options: Pointer): void;
  setConfig(options: Pointer, proto: Bytes, length: number, status: Pointer): void;
  loadSessionFromSavedModel(
    options: Pointer,
    runOptions: null,
    folder: string,
    tags: string[],
    tagCount: number,
    graph: Pointer,
    meta: null,
    status: Pointer,
  ): Pointer | null;
  closeSession(session: Pointer, status: Pointer): void;
  deleteSession(session: Pointer, status: Pointer): void;
  graphOperationByName(graph: Pointer, name: string): Pointer | null;
  sessionRun(
    session: Pointer,
    runOptions: null,
    inputs: Bytes,
    inputValues: BigUint64Array,
    inputCount: number,
    outputs: Bytes,
    outputValues: BigUint64Array,
    outputCount: number,
    targets: null,
    targetCount: number,
    meta: null,
    status: Pointer,
  ): void;

  /** memcpy from foreign memory into a typed array. */
  copyOut(to: Bytes, from: Pointer, length: number): void;
  /** memcpy from a typed array into foreign memory. */
  copyIn(to: Pointer, from: Bytes, length: number): void;
  /** The address of a typed array's bytes; valid as long as the caller keeps the array alive. */
  addressOf(bytes: Bytes): Pointer;
}

const LIBC: Partial<Record<NodeJS.Platform, string>> = { linux: 'libc.so.6', darwin: '/usr/lib/libSystem.B.dylib', win32: 'msvcrt.dll' };

/**
 * Loads the library at `path` and resolves every function above. `loadFirst` are libraries that it looks for by bare name.
 * @throws ENGINE_UNAVAILABLE when the file is no TensorFlow, when that is too old, and with the loader's own words when it does not load.
 */
export function loadLibTensorFlow(path: string, loadFirst: readonly string[] = []): LibTensorFlow {
  // TensorFlow's start-up notes (CPU features, missing CUDA on a machine without one) go to standard error, where our own log is.
  // One about oneDNN is written while the library is being loaded, before its log level counts.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // TensorFlow takes oneDNN only on processors with instructions for neural networks; it is faster on the others, too (kept to AVX2: a training step
  // of ResNet-50 by 17 %, of MobileNet-V2 by 36 %), and PyTorch always takes it.
  if (process.arch === 'x64') process.env['TF_ENABLE_ONEDNN_OPTS'] ??= '1';
  const libcName = LIBC[process.platform];
  if (!libcName)
    throw new AppError('ENGINE_UNAVAILABLE', `TensorFlow's library cannot be used on the platform "${process.platform}".`, { platform: process.platform });
  try {
    const libc = koffi.load(libcName);
    for (const needed of loadFirst) loadQuietly(needed, libc);
    const library = koffi.load(path);
    keepLoaded(path, libc);
    // Before the functions, of which an old one may lack some.
    refuseTooOld(versionOf(library, path), path);
    return resolveFunctions(library, libc);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('ENGINE_UNAVAILABLE', `TensorFlow's library ${path} could not be loaded: ${reason}`, { path }, { cause: error });
  }
}

type Loaded = ReturnType<typeof koffi.load>;

/**
 * koffi unloads its libraries when the JavaScript environment ends, before the process runs the exit handlers that TensorFlow registered:
 * they would then jump into unmapped memory (a segmentation fault at every exit). One more reference, never given back, keeps it mapped.
 */
function keepLoaded(path: string, libc: Loaded): void {
  if (process.platform === 'win32') {
    (koffi.load('kernel32.dll').func('void *LoadLibraryA(const char *path)') as unknown as (path: string) => unknown)(path);
    return;
  }
  const declaration = 'void *dlopen(const char *path, int flags)';
  const RTLD_LAZY = 1;
  // Before glibc 2.34, dlopen lives in a library of its own.
  const dlopen = (hasSymbol(libc, 'dlopen') ? libc : koffi.load('libdl.so.2')).func(declaration) as unknown as (path: string, flags: number) => unknown;
  dlopen(path, RTLD_LAZY);
}

function versionOf(library: Loaded, path: string): string {
  if (hasSymbol(library, 'TF_Version')) return (library.func('const char *TF_Version()') as unknown as () => string)();
  throw new AppError(
    'ENGINE_UNAVAILABLE',
    `${path} is a library, but not TensorFlow: it has no function TF_Version.`,
    { path },
    { remedy: 'Point the setting "engine.tensorflow" to libtensorflow_cc or to the folder "tensorflow" of an installed TensorFlow, or take it away.' },
  );
}

/** One that does not load is left out: TensorFlow then sees no GPU, which the engine reports. */
function loadQuietly(path: string, libc: Loaded): void {
  try {
    koffi.load(path, { global: true });
    keepLoaded(path, libc);
  } catch {
    return;
  }
}

function hasSymbol(library: Loaded, name: string): boolean {
  try {
    library.func(name, 'void', []);
    return true;
  } catch {
    return false;
  }
}

function resolveFunctions(library: Loaded, libc: Loaded): LibTensorFlow {
  const c = <F>(declaration: string): F => library.func(declaration) as unknown as F;
  type L = LibTensorFlow;
  const output = koffi.struct({ oper: 'void *', index: 'int' });
  return {
    version: c<() => string>('const char *TF_Version()')(),
    newStatus: c<L['newStatus']>('void *TF_NewStatus()'),
    setStatus: c<L['setStatus']>('void TF_SetStatus(void *status, int code, const char *message)'),
    getCode: c<L['getCode']>('int TF_GetCode(void *status)'),
    message: c<L['message']>('const char *TF_Message(void *status)'),

    newContextOptions: c<L['newContextOptions']>('void *TFE_NewContextOptions()'),
    contextOptionsSetConfig: c<L['contextOptionsSetConfig']>('void TFE_ContextOptionsSetConfig(void *options, void *proto, size_t length, void *status)'),
    contextOptionsSetDevicePlacementPolicy: c<L['contextOptionsSetDevicePlacementPolicy']>(
      'void TFE_ContextOptionsSetDevicePlacementPolicy(void *options, int policy)',
    ),
    deleteContextOptions: c<L['deleteContextOptions']>('void TFE_DeleteContextOptions(void *options)'),
    newContext: c<L['newContext']>('void *TFE_NewContext(void *options, void *status)'),
    contextListDevices: c<L['contextListDevices']>('void *TFE_ContextListDevices(void *context, void *status)'),
    deviceListCount: c<L['deviceListCount']>('int TF_DeviceListCount(void *list)'),
    deviceListName: c<L['deviceListName']>('const char *TF_DeviceListName(void *list, int index, void *status)'),
    deviceListType: c<L['deviceListType']>('const char *TF_DeviceListType(void *list, int index, void *status)'),
    deleteDeviceList: c<L['deleteDeviceList']>('void TF_DeleteDeviceList(void *list)'),

    allocateTensor: c<L['allocateTensor']>('void *TF_AllocateTensor(int dtype, void *dims, int rank, size_t length)'),
    tensorData: c<L['tensorData']>('void *TF_TensorData(void *tensor)'),
    tensorByteSize: c<L['tensorByteSize']>('size_t TF_TensorByteSize(void *tensor)'),
    deleteTensor: c<L['deleteTensor']>('void TF_DeleteTensor(void *tensor)'),

    newTensorHandle: c<L['newTensorHandle']>('void *TFE_NewTensorHandle(void *tensor, void *status)'),
    deleteTensorHandle: c<L['deleteTensorHandle']>('void TFE_DeleteTensorHandle(void *handle)'),
    tensorHandleResolve: c<L['tensorHandleResolve']>('void *TFE_TensorHandleResolve(void *handle, void *status)'),
    tensorHandleNumDims: c<L['tensorHandleNumDims']>('int TFE_TensorHandleNumDims(void *handle, void *status)'),
    tensorHandleDim: c<L['tensorHandleDim']>('int64_t TFE_TensorHandleDim(void *handle, int index, void *status)'),
    tensorHandleDataType: c<L['tensorHandleDataType']>('int TFE_TensorHandleDataType(void *handle)'),
    tensorHandleNumElements: c<L['tensorHandleNumElements']>('int64_t TFE_TensorHandleNumElements(void *handle, void *status)'),
    tensorHandleCopyToDevice: c<L['tensorHandleCopyToDevice']>(
      'void *TFE_TensorHandleCopyToDevice(void *handle, void *context, const char *device, void *status)',
    ),

    newOp: c<L['newOp']>('void *TFE_NewOp(void *context, const char *name, void *status)'),
    deleteOp: c<L['deleteOp']>('void TFE_DeleteOp(void *op)'),
    opAddInput: c<L['opAddInput']>('void TFE_OpAddInput(void *op, void *handle, void *status)'),
    eagerAttributes: attributeSetters(library, 'TFE_OpSetAttr', 'status'),
    execute: c<L['execute']>('void TFE_Execute(void *op, void *results, void *count, void *status)'),
    executeAside: promisify(library.func('void TFE_Execute(void *op, void *results, void *count, void *status)').async) as L['executeAside'],

    stringInit: c<L['stringInit']>('void TF_StringInit(void *text)'),
    stringAssignView: c<L['stringAssignView']>('void TF_StringAssignView(void *text, void *bytes, size_t length)'),
    stringDataPointer: c<L['stringDataPointer']>('void *TF_StringGetDataPointer(void *text)'),
    stringSize: c<L['stringSize']>('size_t TF_StringGetSize(void *text)'),
    stringDealloc: c<L['stringDealloc']>('void TF_StringDealloc(void *text)'),

    graphAttributes: attributeSetters(library, 'TF_SetAttr', 'none'),
    newOperation: c<L['newOperation']>('void *TF_NewOperation(void *graph, const char *type, const char *name)'),
    addInput: library.func('TF_AddInput', 'void', ['void *', output]) as unknown as L['addInput'],
    addInputList: c<L['addInputList']>('void TF_AddInputList(void *description, void *inputs, int count)'),
    addControlInput: c<L['addControlInput']>('void TF_AddControlInput(void *description, void *operation)'),
    setAttrTensor: c<L['setAttrTensor']>('void TF_SetAttrTensor(void *description, const char *name, void *tensor, void *status)'),
    finishOperation: c<L['finishOperation']>('void *TF_FinishOperation(void *description, void *status)'),
    outputType: library.func('TF_OperationOutputType', 'int', [output]) as unknown as L['outputType'],
    outputRank: library.func('TF_GraphGetTensorNumDims', 'int', ['void *', output, 'void *']) as unknown as L['outputRank'],
    outputShape: library.func('TF_GraphGetTensorShape', 'void', ['void *', output, 'void *', 'int', 'void *']) as unknown as L['outputShape'],
    setOutputShape: library.func('TF_GraphSetTensorShape', 'void', ['void *', output, 'void *', 'int', 'void *']) as unknown as L['setOutputShape'],
    graphToFunction: c<L['graphToFunction']>(
      'void *TF_GraphToFunction(void *graph, const char *name, uint8_t appendHash, int operationCount, void *operations, int inputCount, void *inputs, int outputCount, void *outputs, void *outputNames, void *options, const char *description, void *status)',
    ),
    deleteFunction: c<L['deleteFunction']>('void TF_DeleteFunction(void *fn)'),
    contextAddFunction: c<L['contextAddFunction']>('void TFE_ContextAddFunction(void *context, void *fn, void *status)'),
    contextRemoveFunction: c<L['contextRemoveFunction']>('void TFE_ContextRemoveFunction(void *context, const char *name, void *status)'),
    allOperations: c<L['allOperations']>('void *TF_GetAllOpList()'),
    deleteBuffer: c<L['deleteBuffer']>('void TF_DeleteBuffer(void *buffer)'),

    newGraph: c<L['newGraph']>('void *TF_NewGraph()'),
    deleteGraph: c<L['deleteGraph']>('void TF_DeleteGraph(void *graph)'),
    newSessionOptions: c<L['newSessionOptions']>('void *TF_NewSessionOptions()'),
    deleteSessionOptions: c<L['deleteSessionOptions']>('void TF_DeleteSessionOptions(void *options)'),
    setConfig: c<L['setConfig']>('void TF_SetConfig(void *options, void *proto, size_t length, void *status)'),
    loadSessionFromSavedModel: c<L['loadSessionFromSavedModel']>(
      'void *TF_LoadSessionFromSavedModel(void *options, void *runOptions, const char *folder, const char **tags, int tagCount, void *graph, void *meta, void *status)',
    ),
    closeSession: c<L['closeSession']>('void TF_CloseSession(void *session, void *status)'),
    deleteSession: c<L['deleteSession']>('void TF_DeleteSession(void *session, void *status)'),
    graphOperationByName: c<L['graphOperationByName']>('void *TF_GraphOperationByName(void *graph, const char *name)'),
    sessionRun: c<L['sessionRun']>(
      'void TF_SessionRun(void *session, void *runOptions, void *inputs, void *inputValues, int inputCount, void *outputs, void *outputValues, int outputCount, void *targets, int targetCount, void *meta, void *status)',
    ),

    copyOut: libc.func('void *memcpy(void *to, void *from, size_t length)') as unknown as L['copyOut'],
    copyIn: libc.func('void *memcpy(void *to, void *from, size_t length)') as unknown as L['copyIn'],
    addressOf: (bytes) => koffi.address(bytes),
  };
}

/** The graph API takes no status for shapes and types its list of shapes without one. */
function attributeSetters(library: Loaded, prefix: 'TFE_OpSetAttr' | 'TF_SetAttr', shapeStatus: 'status' | 'none'): AttributeSetters {
  type A = AttributeSetters;
  const setter = <F>(name: string, value: string): F => library.func(`void ${prefix}${name}(void *target, const char *name, ${value})`) as unknown as F;
  const shape = setter<A['shape']>('Shape', `void *dims, int rank${shapeStatus === 'status' ? ', void *status' : ''}`);
  const shapeList = setter<A['shapeList']>('ShapeList', `void *dims, void *ranks, int count${shapeStatus === 'status' ? ', void *status' : ''}`);
  const withoutStatus = {
    shape: shape as unknown as (target: Pointer, name: string, dims: BigInt64Array, rank: number) => void,
    shapeList: shapeList as unknown as (target: Pointer, name: string, dims: BigUint64Array, ranks: Int32Array, count: number) => void,
  };
  return {
    string: setter('String', 'void *value, size_t length'),
    stringList: setter('StringList', 'void *values, void *lengths, int count'),
    int: setter('Int', 'int64_t value'),
    intList: setter('IntList', 'void *values, int count'),
    float: setter('Float', 'float value'),
    floatList: setter('FloatList', 'void *values, int count'),
    bool: setter('Bool', 'uint8_t value'),
    boolList: setter('BoolList', 'void *values, int count'),
    type: setter('Type', 'int value'),
    typeList: setter('TypeList', 'void *values, int count'),
    shape: shapeStatus === 'status' ? shape : (target, name, dims, rank) => withoutStatus.shape(target, name, dims, rank),
    shapeList: shapeStatus === 'status' ? shapeList : (target, name, dims, ranks, count) => withoutStatus.shapeList(target, name, dims, ranks, count),
    functionName: library.func(
      prefix === 'TF_SetAttr'
        ? 'void TF_SetAttrFuncName(void *target, const char *name, const char *value, size_t length)'
        : 'void TFE_OpSetAttrFunctionName(void *target, const char *name, const char *value, size_t length)',
    ) as unknown as A['functionName'],
  };
}
