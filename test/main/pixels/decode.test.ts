/** The decoder beside Pillow: 57 kinds of pictures and those of test/cases, byte for byte. What is right was made by test/golden/tools/make_pictures.py. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { boxArea, cut } from '../../../src-main/pixels/box.ts';
import { decodePicture } from '../../../src-main/pixels/decode.ts';
import { sourceOf } from '../../../src-main/pixels/exif.ts';
import { pictureHeader } from '../../../src-main/pixels/header.ts';

type Told = [width: number, height: number, sha256: string];
const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const golden = JSON.parse(readFileSync(here('golden/pictures.json'), 'utf8')) as { pictures: Record<string, Told>; cases: Record<string, Told> };
const bytesOf = (name: string): Buffer => readFileSync(here(`golden/pictures/${name}`));

async function told(path: string): Promise<Told> {
  const { data, width, height } = await decodePicture(readFileSync(path), path);
  return [width, height, createHash('sha256').update(data).digest('hex')];
}

test('every picture of the folder is compared', () => {
  expect(readdirSync(here('golden/pictures')).sort()).toEqual(Object.keys(golden.pictures).sort());
});

test.each(Object.entries(golden.pictures))('%s has the bytes that Pillow gives', async (name, right) => {
  expect(await told(here(`golden/pictures/${name}`))).toEqual(right);
});

test.each(Object.entries(golden.cases))('case %s has the bytes that Pillow gives', async (name, right) => {
  expect(await told(here(`cases/${name}`))).toEqual(right);
});

test.each(Object.entries({ ...golden.pictures }))('the header of %s has the size of the upright picture', (name, [width, height]) => {
  expect(pictureHeader(sourceOf(bytesOf(name)))).toMatchObject({ width, height });
});

// A browser would apply orientation, profiles and gamma by itself, blend transparency, and not know the last kinds at all.
test('what a browser would show otherwise is told from what it shows as it is decoded here', () => {
  const plain = Object.keys(golden.pictures).filter((name) => pictureHeader(sourceOf(bytesOf(name)))?.plain);
  expect(plain.sort()).toEqual(
    [
      ...['bit.png', 'grey.jpg', 'grey.png', 'grey2.png', 'grey4.png', 'orientation1.jpg', 'palette.png', 'progressive.jpg', 'quality100.jpg'],
      ...['sampling0.jpg', 'sampling1.jpg', 'sampling2.jpg'],
    ].sort(),
  );
});

describe('a part', () => {
  test.each(['sampling2.jpg', 'orientation6.jpg', 'orientation3.jpg', 'hole.png', 'colour.bmp', 'cmyk.jpg', 'deep-grey.png', 'deflate.tif'])(
    'of %s has the bytes that the whole has there',
    async (name) => {
      const whole = await decodePicture(bytesOf(name), name);
      for (const box of [
        [3, 4, 9, 11],
        [-5, -5, 12, 12],
        [whole.width - 4, whole.height - 3, 50, 50],
      ]) {
        const part = await decodePicture(bytesOf(name), name, (width, height) => boxArea(box, width, height));
        const area = boxArea(box, whole.width, whole.height)!;
        expect([part.width, part.height]).toEqual([area.width, area.height]);
        expect(Buffer.from(part.data).equals(Buffer.from(cut(whole, area).data))).toBe(true);
      }
    },
  );
});

describe('is refused by name', () => {
  const refused = (bytes: Uint8Array, says: RegExp): Promise<void> =>
    expect(decodePicture(bytes, 'some.jpg')).rejects.toMatchObject({ code: 'MEDIA_UNDECODABLE', message: expect.stringMatching(says) as unknown });

  test.each(['sampling2.jpg', 'progressive.jpg', 'grey4.png', 'orientation8-lossy.webp', 'colour.bmp', 'deflate.tif', 'runs.bmp'])(
    '%s cut off',
    async (name) => {
      const bytes = bytesOf(name);
      for (const share of [0.5, 0.75]) await refused(bytes.subarray(0, Math.floor(bytes.length * share)), /some\.jpg cannot be decoded/);
    },
  );

  test('what is no picture', async () => {
    await refused(Buffer.from('<html>not found</html>'), /none of JPEG, PNG, WebP, TIFF and BMP/);
    await refused(Buffer.from('GIF89a\x01\0\x01\0\0\0\0;'), /none of JPEG/);
    await refused(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /none of JPEG/);
  });

  test('a small file that would unpack to gigabytes, before it is unpacked', async () => {
    const bomb = Buffer.from(bytesOf('grey.png'));
    bomb.writeUInt32BE(60_000, 16);
    bomb.writeUInt32BE(60_000, 20);
    await refused(bomb, /60000×60000 pixels/);
    const bmp = Buffer.from(bytesOf('colour.bmp'));
    bmp.writeInt32LE(60_000, 18);
    bmp.writeInt32LE(60_000, 22);
    await refused(bmp, /60000×60000 pixels/);
  });
});

test('damaged anywhere, a picture is decoded or refused by name, and nothing else happens', async () => {
  let seed = 1;
  const random = (below: number): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  for (const name of Object.keys(golden.pictures)) {
    for (let round = 0; round < 12; round++) {
      const bytes = Buffer.from(bytesOf(name));
      for (let hit = 0; hit <= round % 3; hit++) bytes[random(round < 8 ? Math.min(200, bytes.length) : bytes.length)] = random(256);
      const whole = bytes.subarray(0, round % 4 === 3 ? random(bytes.length) : bytes.length);
      const end: unknown = await decodePicture(whole, name).catch((error: unknown) => error);
      if (end instanceof Error) expect(end).toMatchObject({ code: 'MEDIA_UNDECODABLE', message: expect.stringContaining(name) as unknown });
      else
        expect((end as { data: Uint8Array; width: number; height: number }).data.length).toBe(
          (end as { width: number }).width * (end as { height: number }).height * 3,
        );
    }
  }
});
