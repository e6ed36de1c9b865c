/**
 * The interface that tfjs-node's kernels expect of their native part, as declared by the package (18 members and two classes).
 * Declared again because the package's own declaration file needs the whole of its type tree. Types only, but for one empty class.
 */

/** A result of an operation. */
export class TensorMetadata {
  id = 0;
  shape: number[] = [];
  dtype = 0;
}

export interface TFEOpAttr {
  name: string;
  type: number;
  value: boolean | number | bigint | string | object | null;
}

export interface TFJSBinding {
  TensorMetadata: typeof TensorMetadata;
  TFEOpAttr: new () => TFEOpAttr;
  createTensor(shape: number[], dtype: number, buffer: unknown): number;
  deleteTensor(tensorId: number): void;
  tensorDataSync(tensorId: number): Float32Array | Int32Array | Uint8Array;
  executeOp(opName: string, opAttrs: TFEOpAttr[], inputTensorIds: number[], numOutputs: number): TensorMetadata[];
  loadSavedModel(exportDir: string, tags: string): number;
  deleteSavedModel(savedModelId: number): void;
  runSavedModel(savedModelId: number, inputTensorIds: number[], inputOpNames: string, outputOpNames: string): TensorMetadata[];
  getNumOfSavedModels(): number;
  getNumOfTensors(): number;
  isUsingGpuDevice(): boolean;
  TF_FLOAT: number;
  TF_INT32: number;
  TF_INT64: number;
  TF_BOOL: number;
  TF_COMPLEX64: number;
  TF_STRING: number;
  TF_RESOURCE: number;
  TF_UINT8: number;
  TF_ATTR_STRING: number;
  TF_ATTR_INT: number;
  TF_ATTR_FLOAT: number;
  TF_ATTR_BOOL: number;
  TF_ATTR_TYPE: number;
  TF_ATTR_SHAPE: number;
  TF_ATTR_RESOURCE: number;
  TF_Version: string;
}
