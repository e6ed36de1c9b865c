/** How a run's precision becomes TensorFlow's configuration, and where it is refused. */
import { expect, test } from 'vitest';
import { encodeSessionConfig, withPrecision } from '../../../src-main/engine/configProto.ts';
import { usablePrecision } from '../../../src-main/engine/precision.ts';

test('the rewrite of TensorFlow 2.21 that computes products in few bits', () => {
  const plain = encodeSessionConfig({ threads: 2, useGpu: false });
  // graph_options = 10 { rewrite_options = 10 { auto_mixed_precision_onednn_bfloat16 = 31: ON } }; a field above 15 has a key of two bytes.
  expect([...withPrecision(plain, 'bfloat16', false)]).toEqual([...plain, 0x52, 5, 0x52, 3, 0xf8, 1, 1]);
  // auto_mixed_precision = 23 on a card, auto_mixed_precision_cpu = 29 on a processor.
  const onGpu = encodeSessionConfig({ threads: 2, useGpu: true });
  expect([...withPrecision(onGpu, 'float16', true)]).toEqual([...onGpu, 0x52, 5, 0x52, 3, 0xb8, 1, 1]);
  expect([...withPrecision(plain, 'float16', false)]).toEqual([...plain, 0x52, 5, 0x52, 3, 0xe8, 1, 1]);
  // Sums and losses stay float32.
  const denied = process.env['TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_DENYLIST_ADD']?.split(',');
  expect(denied).toEqual(expect.arrayContaining(['Sum', 'Mean', 'SoftmaxCrossEntropyWithLogits', 'SparseSoftmaxCrossEntropyWithLogits']));
});

test('a device without such numbers is refused with what it has', () => {
  expect([usablePrecision(undefined, 'wasm'), usablePrecision('float32', 'cuda')]).toEqual(['float32', 'float32']);
  expect([usablePrecision('bfloat16', 'cpu'), usablePrecision('float16', 'cuda')]).toEqual(['bfloat16', 'float16']);
  const refused = (...args: Parameters<typeof usablePrecision>) => {
    try {
      usablePrecision(...args);
    } catch (error) {
      return error;
    }
    return null;
  };
  expect(refused('float16', 'cpu')).toMatchObject({ code: 'BAD_INPUT', params: { key: 'precision' }, remedy: expect.stringContaining('precision=bfloat16') });
  expect(refused('bfloat16', 'cuda')).toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('bfloat16 on the CPU only'), remedy: expect.stringContaining('float16') }); // prettier-ignore
  expect(refused('bfloat16', 'wasm')).toMatchObject({ code: 'BAD_INPUT', remedy: expect.stringContaining('precision=float32') });
});
