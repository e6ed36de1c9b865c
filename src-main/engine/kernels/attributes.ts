/**
 * Attributes of TensorFlow operations as the binding takes them, and tfjs's padding in TensorFlow's words.
 * tfjs calls symmetric numeric padding "NUMBER", for which its own TensorFlow kernels have no case.
 */
import type * as tf from '@tensorflow/tfjs-core';
import { TF_ATTR, TF_TYPE } from '../binding.ts';
import type { TFEOpAttr } from '../tfjsBindingTypes.ts';
import { AppError } from '../../../src-shared/errors.ts';

export type ConvInfo = tf.backend_util.Conv2DInfo;

const DTYPE: Partial<Record<string, number>> = {
  float32: TF_TYPE.float32,
  int32: TF_TYPE.int32,
  bool: TF_TYPE.bool,
  complex64: TF_TYPE.complex64,
  string: TF_TYPE.string,
  // Not tfjs's own, but what a tensor of mixed precision says it is.
  float16: TF_TYPE.float16,
  bfloat16: TF_TYPE.bfloat16,
};

export function typeAttribute(name: string, dtype: string): TFEOpAttr {
  const value = DTYPE[dtype];
  if (value === undefined) throw new AppError('ENGINE_FAILED', `tfjs's type "${dtype}" has no counterpart in TensorFlow.`, { dtype });
  return { name, type: TF_ATTR.type, value };
}

export function intAttribute(name: string, value: number | number[]): TFEOpAttr {
  return { name, type: TF_ATTR.int, value };
}

export function floatAttribute(name: string, value: number): TFEOpAttr {
  return { name, type: TF_ATTR.float, value };
}

export function boolAttribute(name: string, value: boolean): TFEOpAttr {
  return { name, type: TF_ATTR.bool, value };
}

export function stringAttribute(name: string, value: string): TFEOpAttr {
  return { name, type: TF_ATTR.string, value };
}

/** strides, padding, data_format and explicit_paddings of a convolution. */
export function windowAttributes(operation: string, info: ConvInfo): TFEOpAttr[] {
  const isNhwc = info.dataFormat === 'channelsLast';
  const spatial = (height: number, width: number): number[] => (isNhwc ? [1, height, width, 1] : [1, 1, height, width]);
  const { type } = info.padInfo;
  const attributes = [intAttribute('strides', spatial(info.strideHeight, info.strideWidth)), stringAttribute('data_format', isNhwc ? 'NHWC' : 'NCHW')];
  if (type === 'VALID' || type === 'SAME') return [...attributes, stringAttribute('padding', type)];
  expectFloor(operation, info);
  return [...attributes, stringAttribute('padding', 'EXPLICIT'), intAttribute('explicit_paddings', explicitPadding(info).flat())];
}

/** Cells before and behind every axis of the input. */
export function explicitPadding({ padInfo: { top, bottom, left, right }, dataFormat }: ConvInfo): [number, number][] {
  const places: [number, number][] = [
    [top, bottom],
    [left, right],
  ];
  return dataFormat === 'channelsLast' ? [[0, 0], ...places, [0, 0]] : [[0, 0], [0, 0], ...places];
}

/** TensorFlow rounds output sizes down; tfjs can be asked to round up, which would need other padding. */
function expectFloor(operation: string, info: ConvInfo): void {
  const { top, bottom, left, right } = info.padInfo;
  const height = Math.floor((info.inHeight + top + bottom - info.effectiveFilterHeight) / info.strideHeight) + 1;
  const width = Math.floor((info.inWidth + left + right - info.effectiveFilterWidth) / info.strideWidth) + 1;
  if (height === info.outHeight && width === info.outWidth) return;
  throw new AppError(
    'ENGINE_FAILED',
    `${operation} with explicit padding can only round its output size down; ${info.outHeight}×${info.outWidth} was asked for, ${height}×${width} is possible.`,
    { op: operation },
  );
}
