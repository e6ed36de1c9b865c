/**
 * From resized RGB bytes to what a network reads: flip, crop and random erasing, the same for all frames that are written together, and
 * normalisation to float32 NHWC.
 * Erasing runs after normalisation yet writes a colour on the 0..1 scale, as the official code does. Test: test/models/pixels/augment.test.ts.
 */
import type { Rng } from '../method.ts';

export interface Rectangle {
  top: number;
  left: number;
  height: number;
  width: number;
}

export interface Augmentation {
  flip: boolean;
  /** How far the crop lies below and to the right of the (flipped) picture; what is outside of it is black. */
  shift: { down: number; right: number };
  erased: Rectangle | null;
}

export const NO_AUGMENTATION: Augmentation = { flip: false, shift: { down: 0, right: 0 }, erased: null };

/** The fill of TCLNet, BiCnet, IAUnet and RFCnet: CIFAR-10's mean, written into normalised pixels. */
export const FIXED_COLOUR: [number, number, number] = [0.4914, 0.4822, 0.4465];

export interface AugmentationOptions {
  flip: boolean;
  /** Probability of erasing. */
  erasing: number;
  /** Border before a random crop; 0 = none. */
  cropPadding: number;
  height: number;
  width: number;
}

/** How many random numbers are used depends on the outcome, so give every clip its own source. */
export function drawAugmentation(options: AugmentationOptions, rng: Rng): Augmentation {
  const flip = options.flip && rng.next() < 0.5;
  const { cropPadding } = options;
  const shift =
    cropPadding > 0 ? { down: rng.below(2 * cropPadding + 1) - cropPadding, right: rng.below(2 * cropPadding + 1) - cropPadding } : NO_AUGMENTATION.shift;
  const erased = options.erasing > 0 && rng.next() < options.erasing ? drawRectangle(options.height, options.width, rng) : null;
  return { flip, shift, erased };
}

/** Area share U(.02, .4), aspect U(.3, 1/.3), at most 100 tries; null when none fits. */
function drawRectangle(height: number, width: number, rng: Rng): Rectangle | null {
  for (let attempt = 0; attempt < 100; attempt++) {
    const area = uniform(0.02, 0.4, rng) * height * width;
    const aspect = uniform(0.3, 1 / 0.3, rng);
    const h = Math.round(Math.sqrt(area * aspect));
    const w = Math.round(Math.sqrt(area / aspect));
    if (h < height && w < width) return { top: rng.below(height - h + 1), left: rng.below(width - w + 1), height: h, width: w };
  }
  return null;
}

function uniform(low: number, high: number, rng: Rng): number {
  return low + (high - low) * rng.next();
}

export interface Normalization {
  mean: [number, number, number];
  std: [number, number, number];
}

/** pixels [frames, H, W, 3] bytes → the same shape in float32, written into `target` at `offset`. */
export function writeClip(
  pixels: Uint8Array,
  height: number,
  width: number,
  normalization: Normalization,
  augmentation: Augmentation,
  target: Float32Array,
  offset = 0,
  erasedColour = FIXED_COLOUR,
): void {
  const { down, right } = augmentation.shift;
  const [red, green, blue] = valuesOfBytes(normalization) as [Float32Array, Float32Array, Float32Array];
  const step = augmentation.flip ? -3 : 3;
  const rows = pixels.length / (width * 3);
  for (let row = 0; row < rows; row++) {
    const y = row % height;
    const isInside = y + down >= 0 && y + down < height;
    const first = isInside ? Math.min(width, Math.max(0, -right)) : width;
    const end = isInside ? Math.max(first, Math.min(width, width - right)) : width;
    let to = offset + row * width * 3;
    const black = (until: number): void => {
      for (; to < until; to += 3) {
        target[to] = red[0] as number;
        target[to + 1] = green[0] as number;
        target[to + 2] = blue[0] as number;
      }
    };
    black(offset + (row * width + first) * 3);
    let from = ((row + down) * width + (augmentation.flip ? width - 1 - first - right : first + right)) * 3;
    for (const until = offset + (row * width + end) * 3; to < until; to += 3, from += step) {
      target[to] = red[pixels[from] as number] as number;
      target[to + 1] = green[pixels[from + 1] as number] as number;
      target[to + 2] = blue[pixels[from + 2] as number] as number;
    }
    black(offset + (row + 1) * width * 3);
  }
  if (augmentation.erased) erase(target.subarray(offset, offset + pixels.length), height, width, augmentation.erased, erasedColour);
}

/** The normalised value of every byte, for each colour. */
function valuesOfBytes({ mean, std }: Normalization): Float32Array[] {
  return mean.map((value, colour) => {
    const scale = 1 / (255 * (std[colour] as number));
    const black = -value / (std[colour] as number);
    return Float32Array.from({ length: 256 }, (_, byte) => byte * scale + black);
  });
}

function erase(clip: Float32Array, height: number, width: number, { top, left, height: h, width: w }: Rectangle, colour: [number, number, number]): void {
  const frames = clip.length / (height * width * 3);
  for (let frame = 0; frame < frames; frame++)
    for (let y = top; y < top + h; y++) for (let x = left; x < left + w; x++) clip.set(colour, ((frame * height + y) * width + x) * 3);
}
