/** Augmentation of a clip: drawn once, applied to every frame alike, on the scale that the official code uses. */
import { expect, test } from 'vitest';
import { drawAugmentation, NO_AUGMENTATION, writeClip } from '../../../models/pixels/augment.ts';
import { createRng } from '../../../models/rng.ts';

const normalization: { mean: [number, number, number]; std: [number, number, number] } = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const clip = Uint8Array.from({ length: 2 * 4 * 3 * 3 }, (_, i) => (i * 37) % 256);
const written = (augmentation = NO_AUGMENTATION) => {
  const target = new Float32Array(clip.length);
  writeClip(clip, 4, 3, normalization, augmentation, target);
  return target;
};

test('normalises by ToTensor and Normalize', () => {
  written().forEach((value, i) =>
    expect(value).toBeCloseTo(((clip[i] as number) / 255 - (normalization.mean[i % 3] as number)) / (normalization.std[i % 3] as number), 5),
  );
});

test('flips every frame left to right', () => {
  const [plain, flipped] = [written(), written({ ...NO_AUGMENTATION, flip: true })];
  for (let row = 0; row < 8; row++)
    for (let x = 0; x < 3; x++) for (let c = 0; c < 3; c++) expect(flipped[(row * 3 + x) * 3 + c]).toBe(plain[(row * 3 + 2 - x) * 3 + c]);
});

test('erases the same rectangle in every frame, after normalisation, with the colour unchanged', () => {
  const [plain, erased] = [written(), written({ ...NO_AUGMENTATION, erased: { top: 1, left: 1, height: 2, width: 1 } })];
  const fill = [0.4914, 0.4822, 0.4465].map(Math.fround);
  erased.forEach((value, i) => {
    const [c, x, y] = [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9) % 4];
    expect(value).toBe(x === 1 && (y === 1 || y === 2) ? fill[c] : plain[i]);
  });
});

test('a crop of the bordered, flipped picture: moved content, black outside', () => {
  const plain = written();
  const moved = written({ flip: true, shift: { down: 1, right: -1 }, erased: null });
  const black = normalization.mean.map((value, c) => Math.fround(-value / (normalization.std[c] as number)));
  moved.forEach((value, i) => {
    const [c, x, y, frame] = [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9) % 4, Math.floor(i / 36)];
    const [fromY, fromX] = [y + 1, x - 1];
    const inside = fromY < 4 && fromX >= 0;
    expect(value).toBeCloseTo(inside ? plain[((frame * 4 + fromY) * 3 + (2 - fromX)) * 3 + c]! : black[c]!, 6);
  });
  const rng = createRng(2);
  const shifts = Array.from({ length: 2000 }, () => drawAugmentation({ flip: false, erasing: 0, cropPadding: 10, height: 40, width: 20 }, rng).shift);
  expect([Math.min(...shifts.map(({ down }) => down)), Math.max(...shifts.map(({ right }) => right))]).toEqual([-10, 10]);
});

test('rectangles keep to the stated area and aspect, and half of the clips are touched', () => {
  const rng = createRng(1);
  const drawn = Array.from({ length: 4000 }, () => drawAugmentation({ flip: true, erasing: 0.5, cropPadding: 0, height: 256, width: 128 }, rng));
  expect(Math.abs(drawn.filter(({ flip }) => flip).length / 4000 - 0.5)).toBeLessThan(0.03);
  const rectangles = drawn.flatMap(({ erased }) => (erased ? [erased] : []));
  expect(Math.abs(rectangles.length / 4000 - 0.5)).toBeLessThan(0.03);
  for (const { top, left, height, width } of rectangles) {
    expect(top >= 0 && left >= 0 && top + height <= 256 && left + width <= 128).toBe(true);
    expect((height * width) / (256 * 128)).toBeGreaterThan(0.018);
    expect((height * width) / (256 * 128)).toBeLessThan(0.41);
    expect(height / width).toBeGreaterThan(0.28);
    expect(height / width).toBeLessThan(3.5);
  }
});
