/**
 * That TensorFlow computes a recorded step with oneDNN's operations where it has them: it chooses by the shape of the whole graph, and says nothing when
 * it takes its own, which for some are six times as slow. In a process of its own, whose executor tells what it runs.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';
import { ENGINE_TIMEOUT_MS, requireTensorFlowLibrary } from '../../support/engine.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Convolution with a stride, batch norm and padded pooling of a ResNet's stem, and a depthwise convolution with a stride, with gradients. */
const SCRIPT = `
  import * as tf from '@tensorflow/tfjs-core';
  import { batchNorm } from './models/ops/batchNorm.ts';
  import { maxPool, convolveDepthwise } from './models/ops/convolution.ts';
  import { ParameterSet } from './models/parameters.ts';
  import { createRng } from './models/rng.ts';
  import { openEngine } from './src-main/engine/openEngine.ts';
  import { traced } from './src-main/engine/trace/traced.ts';
  await openEngine({ device: 'cpu', threads: 2, paths: {} });
  const params = new ParameterSet(createRng(1));
  const norm = batchNorm(params, 'bn', { channels: 16 });
  const filters = [tf.variable(tf.randomNormal([7, 7, 3, 16])), tf.variable(tf.randomNormal([3, 3, 16, 1]))];
  const network = (x) => tf.mean(convolveDepthwise(maxPool(norm(tf.conv2d(x, filters[0], 2, 3, 'NHWC', 1, 'floor'), true), 3, 2, 1), filters[1], 2, 1));
  const step = traced(([x]) => {
    const { value, grads } = tf.variableGrads(() => network(x));
    return [value, ...Object.values(grads)];
  }, { variables: [...params.list.map(({ variable }) => variable), ...filters] });
  for (const result of step([tf.randomNormal([2, 64, 32, 3])])) result.dataSync();
`;

/** What the step above must not leave to TensorFlow itself. */
const EXPECTED = [
  '_MklNativeConv2D',
  '_MklNativeConv2DBackpropFilter',
  '_MklNativeFusedBatchNormV3',
  '_MklNativeFusedBatchNormGradV3',
  '_MklNativeMaxPoolGrad',
  '_MklNativeDepthwiseConv2dNative',
  '_MklNativeDepthwiseConv2dNativeBackpropInput',
  '_MklNativeDepthwiseConv2dNativeBackpropFilter',
];

beforeAll(requireTensorFlowLibrary, ENGINE_TIMEOUT_MS);

test.runIf(process.arch === 'x64')('convolutions, batch norm and pooling of a step are oneDNN’s, forward and backward', () => {
  const env = { ...process.env, TF_ENABLE_ONEDNN_OPTS: '1', TF_CPP_MIN_LOG_LEVEL: '0', TF_CPP_VMODULE: 'executor=2' };
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', SCRIPT], { cwd: root, encoding: 'utf8', env, maxBuffer: 1e9 });
  expect(status).toBe(0);
  // Every operation is told of several times; lines of two threads may run into each other.
  expect(EXPECTED.filter((operation) => !stderr.includes(` = ${operation}[`))).toEqual([]);
});
