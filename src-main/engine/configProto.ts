/**
 * Encodes the few fields of tensorflow.ConfigProto that the engine sets: threads, visible devices, memory growth, precision.
 * Protocol-buffer wire format by hand, because a code generator for five fields would cost more than these lines.
 * Field numbers: tensorflow/core/protobuf/config.proto. Test: test/main/engine/binding.test.ts.
 */

export type LowPrecision = 'bfloat16' | 'float16';

export interface SessionConfig {
  /** Threads that one operation may use. */
  threads: number;
  /** Operations of a graph at a time. Default: as many as threads. */
  operations?: number;
  /** false hides every GPU from TensorFlow. */
  useGpu: boolean;
  /** The one card to use, by CUDA's number; TensorFlow then calls it GPU 0. Default: the first. */
  gpu?: number;
}

export function encodeSessionConfig(config: SessionConfig): Uint8Array {
  const bytes: number[] = [];
  // device_count = 1, map<string, int32>: an entry {key = 1, value = 2}.
  if (!config.useGpu) lengthDelimited(bytes, 1, [...stringField(1, 'GPU'), ...varintField(2, 0)]);
  bytes.push(...varintField(2, config.threads)); // intra_op_parallelism_threads
  bytes.push(...varintField(5, config.operations ?? config.threads)); // inter_op_parallelism_threads
  // gpu_options = 6 { allow_growth = 4, visible_device_list = 5 }: take memory as needed, so that a display or a second job fits beside us,
  // and of one card only: TensorFlow would open a context, which costs memory, on each that it sees.
  if (config.useGpu) lengthDelimited(bytes, 6, [...varintField(4, 1), ...stringField(5, String(config.gpu ?? 0))]);
  // allow_soft_placement = 7: an operation without a GPU kernel runs on the CPU.
  bytes.push(...varintField(7, 1));
  return Uint8Array.from(bytes);
}

/** Fields of RewriterConfig: auto_mixed_precision_onednn_bfloat16 is for processors, auto_mixed_precision for NVIDIA cards, auto_mixed_precision_cpu goes by the card's rules. */
const REWRITES = { bfloat16: 31, float16: 23, float16OnCpu: 29 };

/** What the rewrite's own lists would compute in few bits, too. */
const FLOAT32 = ['Mean', 'Sum', 'Sqrt', 'SquaredDifference', 'SoftmaxCrossEntropyWithLogits', 'SparseSoftmaxCrossEntropyWithLogits'];

/**
 * The session's configuration with matrix products and convolutions in few bits, sums and losses in float32: ConfigProto.graph_options = 10
 * { rewrite_options = 10 { the rewrite: ON } }. The rewrite itself reads its lists of operations from the environment.
 */
export function withPrecision(config: Uint8Array, precision: LowPrecision, useGpu: boolean): Uint8Array {
  process.env['TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_DENYLIST_ADD'] = FLOAT32.join(',');
  process.env['TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_INFERLIST_REMOVE'] = ['Mean', 'Sum', 'Sqrt', 'SquaredDifference', 'LogSoftmax', 'Softmax'].join(',');
  // Without emulation, which rounds results but computes in float32, and aborts the process for some graphs (TensorFlow 2.21).
  process.env['TF_AUTO_MIXED_PRECISION_GRAPH_REWRITE_EMULATE_FP16'] = '0';
  const rewrite = precision === 'float16' && !useGpu ? 'float16OnCpu' : precision;
  const rewriteOptions: number[] = [];
  lengthDelimited(rewriteOptions, 10, varintField(REWRITES[rewrite], 1));
  const bytes = [...config];
  lengthDelimited(bytes, 10, rewriteOptions);
  return Uint8Array.from(bytes);
}

function varintField(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function stringField(field: number, value: string): number[] {
  const bytes: number[] = [];
  lengthDelimited(bytes, field, [...new TextEncoder().encode(value)]);
  return bytes;
}

function lengthDelimited(into: number[], field: number, content: number[]): void {
  into.push(...varint((field << 3) | 2), ...varint(content.length), ...content);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}
