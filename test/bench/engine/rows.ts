/**
 * The rows of the engine's benchmark: what is computed, beside which peers, and what must be reached.
 * A row's id is what ours.ts, torch_side.py and onnx_side.py know it by. Test: test/main/bench/engineTable.test.ts.
 */

/** What must be reached: the ratio or our own figure, at least or at most this. */
export interface Bar {
  of: 'ratio' | 'ours';
  kind: 'least' | 'most';
  value: number;
}

export interface Row {
  id: string;
  name: string;
  /** Rates (more is better) come from `amount` per step, times (less is better) from `amount` repetitions inside a step. */
  unit: 'images/s' | 'clips/s' | 'µs';
  /** Images, clips or operations of one step. */
  amount: number;
  peers: readonly Way[];
  bar: Bar | null;
  /** Whether the peak memory of a process that does nothing else is a figure too; it must not exceed the peer's. */
  memory: boolean;
  /** Ours computes there whatever device was asked for. */
  device?: 'wasm';
}

/** `model`: our own side, the forward pass alone on pixels that lie ready. */
export type Way = 'eager' | 'channels-last' | 'compile' | 'onnxruntime' | 'model';

export const WAY_NAMES: Record<Way, string> = {
  eager: 'PyTorch eager',
  'channels-last': 'PyTorch channels-last',
  compile: 'torch.compile',
  onnxruntime: 'ONNX Runtime',
  model: 'our forward pass alone',
};

const PYTORCH: readonly Way[] = ['eager', 'channels-last', 'compile'];

function atLeast(value: number): Bar {
  return { of: 'ratio', kind: 'least', value };
}

export const ROWS: readonly Row[] = [
  { id: 'train8', name: 'training step ResNet-50, 8 images', unit: 'images/s', amount: 8, peers: PYTORCH, bar: atLeast(1.15), memory: true },
  { id: 'train32', name: 'training step ResNet-50, 32 images', unit: 'images/s', amount: 32, peers: PYTORCH, bar: atLeast(1.15), memory: true },
  { id: 'clips', name: 'training step ResNet-50, 8 clips of 4 frames', unit: 'images/s', amount: 32, peers: PYTORCH, bar: atLeast(1.15), memory: true },
  { id: 'video', name: 'training step 3-D convolutions, 4 clips of 8 frames', unit: 'clips/s', amount: 4, peers: PYTORCH, bar: atLeast(1), memory: true },
  { id: 'vit', name: 'training step ViT-B/16, 8 × 129 tokens', unit: 'images/s', amount: 8, peers: PYTORCH, bar: atLeast(1), memory: true },
  { id: 'mobilenet', name: 'training step MobileNet-V2, 8 images', unit: 'images/s', amount: 8, peers: PYTORCH, bar: atLeast(1), memory: true },
  {
    id: 'extract',
    name: 'extraction ResNet-50, 32 images a pass',
    unit: 'images/s',
    amount: 32,
    peers: [...PYTORCH, 'onnxruntime'],
    bar: atLeast(1),
    memory: false,
  },
  {
    // Like for like: the peers' pixels lie ready in `extract`, too, while ours are made.
    id: 'model',
    name: 'forward pass of it alone, pixels ready',
    unit: 'images/s',
    amount: 32,
    peers: [...PYTORCH, 'onnxruntime'],
    bar: atLeast(1),
    memory: false,
  },
  {
    id: 'files',
    name: 'extraction from JPEG files, ResNet-50',
    unit: 'images/s',
    amount: 32,
    peers: ['model'],
    bar: atLeast(0.9),
    memory: false,
  },
  {
    id: 'dispatch',
    name: 'dispatch of one small operation',
    unit: 'µs',
    amount: 1000,
    peers: ['eager'],
    bar: { of: 'ours', kind: 'most', value: 15 },
    memory: false,
  },
  {
    id: 'wasm',
    name: 'training step of resnet-tap, small, with WebAssembly',
    unit: 'images/s',
    amount: 128,
    peers: [],
    bar: null,
    memory: false,
    device: 'wasm',
  },
];

/** Measured in fresh processes of its own: seconds from their start to the end of the first traced step. */
export const START_ROW = 'start';
export const START_BAR: Bar = { of: 'ours', kind: 'most', value: 10 };
