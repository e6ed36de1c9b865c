/** Crops with the look of noisy video, as many as asked for, so that strips cost what real ones cost to make and to decode. */
import { join } from 'node:path';
import sharp from 'sharp';
import { numbersFrom } from './bigProject.ts';

/** Each `height` by half as wide. */
export async function makeCrops(folder: string, count: number, height = 128): Promise<string[]> {
  const random = numbersFrom(11);
  const files: string[] = [];
  for (let index = 0; index < count; index++) {
    const colour = (): string => `rgb(${[0, 0, 0].map(() => Math.floor(random() * 256)).join()})`;
    const person = `<svg width="${height / 2}" height="${height}" viewBox="0 0 64 128"><rect width="64" height="128" fill="${colour()}"/><circle cx="32" cy="22" r="9" fill="${colour()}"/><rect x="18" y="32" width="28" height="42" fill="${colour()}"/><rect x="20" y="74" width="24" height="46" fill="${colour()}"/></svg>`;
    const noise = await sharp({ create: { width: height / 2, height, channels: 3, background: 'black', noise: { type: 'gaussian', mean: 128, sigma: 24 } } })
      .png()
      .toBuffer();
    const name = `${String(index).padStart(4, '0')}.jpg`;
    await sharp(Buffer.from(person))
      .composite([{ input: noise, blend: 'soft-light' }])
      .jpeg({ quality: 90 })
      .toFile(join(folder, name));
    files.push(name);
  }
  return files;
}
