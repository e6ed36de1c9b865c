/** What lies in the cache and belongs to nothing goes at the next start; the rest stays, also that of a data set that can be brought back. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { sweepCache } from '../../../src-main/media/sweepCache.ts';
import { pictureStamp } from '../../../src-main/pixels/picture.ts';
import { openTestProject } from '../../support/project.ts';
import { storeDataset } from '../../support/storeDataset.ts';

test('frames and pictures without a source are deleted', async () => {
  await using project = await openTestProject();
  const { context } = project.host;
  const plain = { pid: 1, camid: 1, split: 'none' as const, ignored: null, annotations: [] };
  await storeDataset(context.db, {
    name: 'Video',
    importer: 'mot-video',
    options: {},
    root: 'source',
    origin: null,
    licence: null,
    contentHash: 'abcdefabcdef0123',
    warnings: [],
    annotator: 'x',
    at: 1,
    cameras: [{ camid: 1, name: 'c' }],
    identities: [{ pid: 1, name: '1', kind: 'person' }],
    media: [{ key: 'video', kind: 'video', path: 'a.avi', width: 64, height: 128, frameCount: 3, fps: null }],
    tracklets: [{ ...plain, key: 'a', mediaKey: 'video', frameIndex: Int32Array.of(0), boxes: Float32Array.of(0, 0, 9, 9), files: null }],
  });
  const stamp = pictureStamp('abcdefabcdef0123');
  const cache = join(project.folder, 'cache');
  // Frames of what the video was before stand beside those of what it is.
  const other = 'frames/1-000000000000';
  for (const folder of ['frames/1', other, 'frames/77', 'frames/import-x', `pictures/${stamp}`, 'pictures/abcdefabcdef', 'pictures/000000000000-2']) {
    mkdirSync(join(cache, folder), { recursive: true });
    writeFileSync(join(cache, folder, '000000.jpg'), 'x');
  }
  await context.db.write('datasets', 'remove', { id: 1, at: 2, tags: [] });
  await sweepCache(context);
  expect(readdirSync(join(cache, 'frames')).sort()).toEqual(['1', 'import-x']);
  expect(readdirSync(join(cache, 'pictures'))).toEqual([stamp]);

  const db = new Database(join(project.folder, 'project.sqlite'));
  db.prepare('UPDATE media SET content_hash = ?').run('0'.repeat(64));
  db.close();
  mkdirSync(join(cache, other), { recursive: true });
  await sweepCache(context);
  expect(readdirSync(join(cache, 'frames')).sort()).toEqual(['1-000000000000', 'import-x']);

  await context.db.write('trash', 'purge', { kind: 'dataset', id: '1' });
  await project.reopen();
  await expect.poll(() => readdirSync(join(cache, 'frames'))).toEqual([]);
  await expect.poll(() => readdirSync(join(cache, 'pictures'))).toEqual([]);
});
