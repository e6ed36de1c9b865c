/**
 * The functions of TensorFlow's C API that the binding calls, loaded over koffi: no compiler and no native module of our own.
 * Pointers are plain bigints; nothing here owns memory. Tensor bytes travel by libc's memcpy, because Electron forbids
 * the external array buffers that a view on foreign memory would need. Test: test/main/engine/binding.test.ts.
 */
import koffi from 'koffi';
import { AppError } from '../../src-shared/errors.ts';

/** An address in this process; koffi gives null for the null pointer. */
export type Pointer = bigint;
type Bytes = ArrayBufferView;

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
  opSetAttrString(op: Pointer, name: string, value: Bytes, length: number): void;
  opSetAttrStringList(op: Pointer, name: string, values: BigUint64Array, lengths: BigUint64Array, count: number): void;
  opSetAttrInt(op: Pointer, name: string, value: number | bigint): void;
  opSetAttrIntList(op: Pointer, name: string, values: BigInt64Array, count: number): void;
  opSetAttrFloat(op: Pointer, name: string, value: number): void;
  opSetAttrFloatList(op: Pointer, name: string, values: Float32Array, count: number): void;
  opSetAttrBool(op: Pointer, name: string, value: number): void;
  opSetAttrBoolList(op: Pointer, name: string, values: Uint8Array, count: number): void;
  opSetAttrType(op: Pointer, name: string, value: number): void;
  opSetAttrTypeList(op: Pointer, name: string, values: Int32Array, count: number): void;
  opSetAttrShape(op: Pointer, name: string, dims: BigInt64Array, rank: number, status: Pointer): void;
  opSetAttrShapeList(op: Pointer, name: string, dims: BigUint64Array, ranks: Int32Array, count: number, status: Pointer): void;
  opSetAttrFunctionName(op: Pointer, name: string, value: string, length: number): void;
  execute(op: Pointer, results: BigUint64Array, count: Int32Array, status: Pointer): void;

  stringInit(text: Pointer): void;
  stringAssignView(text: Pointer, bytes: Pointer, length: number): void;
  stringDataPointer(text: Pointer): Pointer | null;
  stringSize(text: Pointer): number;
  stringDealloc(text: Pointer): void;

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
 * @throws ENGINE_UNAVAILABLE with the loader's own words when the file is no TensorFlow or a symbol is missing.
 */
export function loadLibTensorFlow(path: string, loadFirst: readonly string[] = []): LibTensorFlow {
  // TensorFlow's start-up notes (CPU features, missing CUDA on a machine without one) go to standard error, where our own log is.
  // One about oneDNN is written while the library is being loaded, before its log level counts.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  const libcName = LIBC[process.platform];
  if (!libcName)
    throw new AppError('ENGINE_UNAVAILABLE', `TensorFlow's library cannot be used on the platform "${process.platform}".`, { platform: process.platform });
  try {
    const libc = koffi.load(libcName);
    for (const needed of loadFirst) loadQuietly(needed, libc);
    const library = koffi.load(path);
    keepLoaded(path, libc);
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
    opSetAttrString: c<L['opSetAttrString']>('void TFE_OpSetAttrString(void *op, const char *name, void *value, size_t length)'),
    opSetAttrStringList: c<L['opSetAttrStringList']>('void TFE_OpSetAttrStringList(void *op, const char *name, void *values, void *lengths, int count)'),
    opSetAttrInt: c<L['opSetAttrInt']>('void TFE_OpSetAttrInt(void *op, const char *name, int64_t value)'),
    opSetAttrIntList: c<L['opSetAttrIntList']>('void TFE_OpSetAttrIntList(void *op, const char *name, void *values, int count)'),
    opSetAttrFloat: c<L['opSetAttrFloat']>('void TFE_OpSetAttrFloat(void *op, const char *name, float value)'),
    opSetAttrFloatList: c<L['opSetAttrFloatList']>('void TFE_OpSetAttrFloatList(void *op, const char *name, void *values, int count)'),
    opSetAttrBool: c<L['opSetAttrBool']>('void TFE_OpSetAttrBool(void *op, const char *name, uint8_t value)'),
    opSetAttrBoolList: c<L['opSetAttrBoolList']>('void TFE_OpSetAttrBoolList(void *op, const char *name, void *values, int count)'),
    opSetAttrType: c<L['opSetAttrType']>('void TFE_OpSetAttrType(void *op, const char *name, int value)'),
    opSetAttrTypeList: c<L['opSetAttrTypeList']>('void TFE_OpSetAttrTypeList(void *op, const char *name, void *values, int count)'),
    opSetAttrShape: c<L['opSetAttrShape']>('void TFE_OpSetAttrShape(void *op, const char *name, void *dims, int rank, void *status)'),
    opSetAttrShapeList: c<L['opSetAttrShapeList']>('void TFE_OpSetAttrShapeList(void *op, const char *name, void *dims, void *ranks, int count, void *status)'),
    opSetAttrFunctionName: c<L['opSetAttrFunctionName']>('void TFE_OpSetAttrFunctionName(void *op, const char *name, const char *value, size_t length)'),
    execute: c<L['execute']>('void TFE_Execute(void *op, void *results, void *count, void *status)'),

    stringInit: c<L['stringInit']>('void TF_StringInit(void *text)'),
    stringAssignView: c<L['stringAssignView']>('void TF_StringAssignView(void *text, void *bytes, size_t length)'),
    stringDataPointer: c<L['stringDataPointer']>('void *TF_StringGetDataPointer(void *text)'),
    stringSize: c<L['stringSize']>('size_t TF_StringGetSize(void *text)'),
    stringDealloc: c<L['stringDealloc']>('void TF_StringDealloc(void *text)'),

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
