/** Turns and mirrors a picture by its EXIF orientation, as Pillow's `exif_transpose` does. Test: test/main/pixels/decode.test.ts. */
import type { Picture } from './picture.ts';

export function oriented(picture: Picture, orientation: number): Picture {
  if (orientation <= 1 || orientation > 8) return picture;
  const { data, width, height } = picture;
  // For the pixel at (x, y) of the upright picture: where it lies in the stored one, x and y each along rows or columns, forwards or backwards.
  const onSide = orientation >= 5;
  const [outWidth, outHeight] = onSide ? [height, width] : [width, height];
  const backwardsX = [2, 3, 6, 7].includes(orientation);
  const backwardsY = [3, 4, 7, 8].includes(orientation);
  const stepX = (onSide ? width : 1) * (backwardsX ? -1 : 1);
  const stepY = (onSide ? 1 : width) * (backwardsY ? -1 : 1);
  const start = (backwardsX ? (outWidth - 1) * -stepX : 0) + (backwardsY ? (outHeight - 1) * -stepY : 0);
  const turned = new Uint8Array(data.length);
  let to = 0;
  for (let y = 0; y < outHeight; y++) {
    let from = (start + y * stepY) * 3;
    for (let x = 0; x < outWidth; x++) {
      turned[to++] = data[from] as number;
      turned[to++] = data[from + 1] as number;
      turned[to++] = data[from + 2] as number;
      from += stepX * 3;
    }
  }
  return { data: turned, width: outWidth, height: outHeight };
}
