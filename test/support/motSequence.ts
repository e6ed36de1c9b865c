/** A sequence of full frames with MOT tracks in a folder: small pictures that all differ, and a `gt.txt`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

export async function makeMotSequence(folder: string, gt: string, frames: number): Promise<string> {
  mkdirSync(join(folder, 'img1'), { recursive: true });
  for (let frame = 1; frame <= frames; frame++) writeFileSync(join(folder, 'img1', `${String(frame).padStart(6, '0')}.jpg`), await picture(frame));
  writeFileSync(join(folder, 'gt.txt'), gt);
  return folder;
}

/** A picture of one grey, another one for each number below 200. */
export function picture(number: number): Promise<Buffer> {
  const level = 20 + (number % 200);
  return sharp({ create: { width: 100, height: 80, channels: 3, background: { r: level, g: level, b: level } } })
    .jpeg()
    .toBuffer();
}

/** `ids` people that walk through `frames` frames side by side. */
export function motRows(ids: readonly number[], frames: number): string {
  return ids
    .flatMap((id, index) => Array.from({ length: frames }, (_, frame) => `${frame + 1},${id},${(index * 7 + frame) % 70},10,20,40,1,-1,-1,-1`))
    .join('\n');
}
