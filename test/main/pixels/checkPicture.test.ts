/** What an import asks: size by the header, soundness by decoding. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkPicture, readHeader } from '../../../src-main/pixels/checkPicture.ts';
import { temporaryFolder } from '../../support/project.ts';

const golden = new URL('../../golden/', import.meta.url);
const { pictures } = JSON.parse(readFileSync(new URL('pictures.json', golden), 'utf8')) as { pictures: Record<string, [number, number, string]> };

test('all kinds are sound, many at once, and have the size that Pillow tells', async () => {
  const found = await Promise.all(Object.keys(pictures).map((name) => checkPicture({ path: new URL(`pictures/${name}`, golden).pathname })));
  expect(found.map(({ width, height }) => [width, height])).toEqual(Object.values(pictures).map(([width, height]) => [width, height]));
});

test.each(['sampling2.jpg', 'progressive.jpg', 'cmyk.jpg', 'grey4.png', 'colour.bmp', 'deflate.tif', 'hole.webp'])(
  'of %s the header stands although the rest is missing, and the check says so',
  async (name) => {
    using folder = temporaryFolder();
    const bytes = readFileSync(new URL(`pictures/${name}`, golden));
    const file = join(folder.path, `cut-${name}`);
    writeFileSync(file, bytes.subarray(0, Math.floor(bytes.length * 0.8)));
    if (name !== 'deflate.tif') expect(await readHeader({ path: file })).toMatchObject({ width: pictures[name]?.[0], height: pictures[name]?.[1] });
    await expect(checkPicture({ path: file })).rejects.toMatchObject({ code: 'MEDIA_UNDECODABLE', message: expect.stringContaining(`cut-${name}`) as unknown });
  },
);

test('what is no picture, and what is none at all', async () => {
  using folder = temporaryFolder();
  writeFileSync(join(folder.path, 'page.jpg'), '<html>not found</html>');
  await expect(readHeader({ path: join(folder.path, 'page.jpg') })).rejects.toMatchObject({ code: 'MEDIA_UNDECODABLE' });
  await expect(checkPicture({ path: join(folder.path, 'page.jpg') })).rejects.toMatchObject({ code: 'MEDIA_UNDECODABLE' });
  await expect(checkPicture({ path: join(folder.path, 'gone.jpg') })).rejects.toMatchObject({ code: 'MEDIA_MISSING' });
});
