/** A picture that is replaced by a link: inside its data set it is shown, a link that leads out never is, neither to the page nor to the model. */
import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openClipSource } from '../../../src-main/compute/clipSource.ts';
import type { ClipRow } from '../../../src-main/compute/manifest.ts';
import { cropPicture } from '../../../src-main/media/pictures.ts';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';

const FILES = ['1.jpg', '2.jpg'];
let project: TestProject;
let folder: string;
let outside: string;

beforeAll(async () => {
  project = await openTestProject();
  folder = join(project.folder, 'data', 'crops');
  outside = join(project.home, 'outside');
  for (const made of [folder, outside]) mkdirSync(made, { recursive: true });
  const picture = (path: string, red: number) =>
    sharp({ create: { width: 32, height: 64, channels: 3, background: { r: red, g: 0, b: 0 } } })
      .jpeg()
      .toFile(path);
  for (const [index, file] of FILES.entries()) await picture(join(folder, file), 40 * index);
  await picture(join(outside, 'secret.jpg'), 255);
  await fillProject(project.host.context, { tracklets: 1, identities: 1, cameras: 1, pictures: { root: 'data/crops', files: FILES } });
});
afterAll(() => project[Symbol.asyncDispose]());

/** The picture of one file, as the page gets it; the reason instead where it gets none. */
async function shown(index: number): Promise<unknown> {
  const pixels = await project.host.context.db.read('media', 'trackletPixels', { id: 1 });
  return cropPicture(project.host.context, pixels, pixels.files?.indexOf(FILES[index] as string) ?? -1, { height: null }).catch((error: unknown) => error);
}

/** The same as the model gets it. */
async function read(index: number): Promise<unknown> {
  const { files } = await project.host.context.db.read('media', 'trackletPixels', { id: 1 });
  const frames = files?.length ?? 0;
  const row = { id: 1, mediaId: 1, root: 'data/crops', files, frameIndex: new Int32Array(frames), boxes: null, frames } as unknown as ClipRow;
  const source = openClipSource({ projectFolder: project.folder, rows: [row], size: { width: 8, height: 16, resize: 'bilinear' } });
  try {
    return await source.read(1, [files?.indexOf(FILES[index] as string) ?? -1], { width: 8, height: 16, resize: 'bilinear' }).catch((error: unknown) => error);
  } finally {
    await source.close();
  }
}

function replace(index: number, target: string): void {
  const file = join(folder, FILES[index] as string);
  rmSync(file);
  symlinkSync(target, file);
}

test('a link inside the data set is its picture; one that leads out is refused', async () => {
  expect(await shown(0)).toBeInstanceOf(Buffer);
  replace(1, '1.jpg');
  expect(await shown(1)).toBeInstanceOf(Buffer);
  expect(await read(1)).toBeInstanceOf(Uint8Array);
  replace(1, join(outside, 'secret.jpg'));
  expect(await shown(1)).toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('leads out of') as unknown });
  expect(await read(1)).toMatchObject({ code: 'BAD_INPUT', message: expect.stringContaining('leads out of') as unknown });
});

test('the folder itself replaced by a link that leads out serves nothing', async () => {
  renameSync(folder, `${folder}-before`);
  symlinkSync(outside, folder);
  renameSync(join(outside, 'secret.jpg'), join(outside, '1.jpg'));
  expect(await shown(0)).toMatchObject({ code: 'BAD_INPUT' });
  const rowsOfIt = [{ id: 1, root: 'data/crops' } as ClipRow];
  expect(() => openClipSource({ projectFolder: project.folder, rows: rowsOfIt, size: { width: 8, height: 16, resize: 'bilinear' } })).toThrow('leads out of');
  const rows = await project.host.client().call('tracklets.rows', { ids: [1] });
  expect(rows[0]?.mediaMissing).toBe(true);
});
