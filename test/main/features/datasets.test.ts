import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { missingMedia } from '../../../src-main/features/datasets/missingMedia.ts';
import { occlusionStatistics } from '../../../src-main/features/datasets/statistics.ts';
import type { FileThreads } from '../../../src-main/pixels/fileThreads.ts';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';

const tracklet = (split: 'query' | 'gallery', values: number[] | null, frames = values?.length ?? 5, occluders = '') => ({
  split,
  frames,
  visibility: values && Int8Array.from(values),
  occluders,
});

describe('the two occlusion tables', () => {
  test('put shares on the upper edge of their bin and count a tracklet once', () => {
    const { trackletsByHiddenShare } = occlusionStatistics([
      tracklet('query', [0, 0, 0, 0, 0]), // 0 %
      tracklet('query', [1, 1, 0, 0, 0]), // 40 %, the edge of 0–40
      tracklet('query', [3, 3, 3, 0, 0]), // 60 %, the edge of 40–60
      tracklet('query', [9, 9, 9, 9, 9]), // 100 %
      tracklet('gallery', [-1, 2, -1, -1, -1]), // one frame of five has a value: the share of the tracklet is not known
    ]);
    expect(trackletsByHiddenShare.bins.map((bin) => bin.label)).toEqual(['0', '0–40', '40–60', '60–70', '70–80', '80–90', '90–100']);
    expect(trackletsByHiddenShare.rows.map((row) => [row.split, row.n, row.counts, row.percent, row.sum, row.warning])).toEqual([
      ['query', 4, [1, 1, 1, 0, 0, 0, 1], [25, 25, 25, 0, 0, 0, 25], 100, null],
      ['gallery', 0, [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], 0, '1 of 1 tracklets are left out: 1 with values on fewer than 9 of 10 frames.'],
    ]);
  });

  test('count hidden frames only, and 8, 9 and 10 together', () => {
    const { framesByHiddenArea } = occlusionStatistics([tracklet('query', [0, 1, 2, 7, 8, 9, 10, 10])]);
    expect(framesByHiddenArea.bins.map((bin) => bin.label)).toEqual(['0–10', '10–20', '20–30', '30–40', '40–50', '50–60', '60–70', '70–100']);
    expect(framesByHiddenArea.rows[0]).toMatchObject({ n: 7, counts: [1, 1, 0, 0, 0, 0, 1, 4] });
  });

  test('say what has no value yet instead of filling it up', () => {
    const statistics = occlusionStatistics([tracklet('query', null, 6), tracklet('query', [1, -1], 2, ',object,person,')]);
    expect(statistics.trackletsByHiddenShare.rows[0]).toMatchObject({
      n: 0,
      leftOut: 2,
      warning: '2 of 2 tracklets are left out: 1 without any value, 1 with values on fewer than 9 of 10 frames.',
    });
    expect(statistics.framesByHiddenArea.rows[0]).toMatchObject({ n: 1, leftOut: 7, warning: '7 of 8 frames have no value yet.' });
    expect(statistics).toMatchObject({ frames: 8, framesWithValue: 1, occluders: { object: 1, person: 1 }, tracklets: { query: 2 } });
  });
});

test('a data set counts its parts; a name that is taken is refused; removing leaves nothing', async () => {
  await using project = await openTestProject();
  const client = project.host.client();
  const one = await fillProject(project.host.context, { tracklets: 40, identities: 8, cameras: 3, name: 'One' });
  const two = await fillProject(project.host.context, { tracklets: 10, identities: 2, cameras: 1, name: 'Two' });
  const { ids, frames } = await client.call('tracklets.query', { filter: { datasetIds: [one] }, sort: 'identity' });
  const rows = await client.call('tracklets.rows', { ids: [...ids] });
  const detail = await client.call('datasets.get', { id: one });
  expect(detail).toMatchObject({ name: 'One', cameras: 3, identities: 8, tracklets: 40, frames, state: 'ready' });
  expect(detail.cameraRows.reduce((sum, row) => sum + row.tracklets, 0)).toBe(40);
  expect(detail.splitRows.reduce((sum, row) => sum + row.frames, 0)).toBe(frames);
  expect(detail.lengthHistogram.counts.reduce((sum, count) => sum + count, 0)).toBe(40);
  const crossCamera = rows.filter(
    (q) => q.split === 'query' && rows.some((g) => g.split === 'gallery' && g.identityId === q.identityId && g.cameraId !== q.cameraId),
  ).length;
  // By visits a person asks once, and what the network was trained on neither asks nor answers.
  const visits = new Map<number, number>();
  for (const row of rows) if (row.split !== 'train') visits.set(row.identityId, (visits.get(row.identityId) ?? 0) + 1);
  const twice = [...visits.values()].filter((n) => n > 1).length;
  expect(detail.validQueries).toMatchObject({ market: crossCamera, odv: crossCamera, visits: twice });
  expect(await client.call('datasets.identities', { datasetIds: [two] })).toMatchObject([
    { pid: 1, name: '0001', tracklets: 5 },
    { pid: 2, name: '0002', tracklets: 5 },
  ]);
  await expect(client.call('datasets.rename', { id: two, name: 'One' })).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('"One"') as unknown,
  });
  await client.call('datasets.remove', { id: one });
  expect((await client.call('datasets.list', {})).map((dataset) => dataset.name)).toEqual(['Two']);
  expect((await client.call('tracklets.query', { filter: {}, sort: 'identity' })).of).toBe(10);
  await expect(client.call('datasets.statistics', { id: one })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('files that are not where the data set expects them are counted, with one of them', async () => {
  await using project = await openTestProject();
  using folder = temporaryFolder();
  const client = project.host.client();
  const root = join(folder.path, 'crops');
  mkdirSync(root);
  const files = ['a.jpg', 'b.jpg', 'c.jpg'];
  for (const file of files) writeFileSync(join(root, file), '');
  const id = await fillProject(project.host.context, { tracklets: 30, identities: 3, cameras: 1, pictures: { root, files } });
  const missing = async () => (await client.call('datasets.get', { id })).missing;
  expect(await missing()).toBeNull();
  rmSync(join(root, 'b.jpg'));
  expect(await missing()).toMatchObject({ count: 1, of: 4, example: 'b.jpg', root });
  renameSync(root, join(folder.path, 'moved'));
  expect(await missing()).toMatchObject({ count: 4, of: 4 });
});

test('a disk that does not answer is asked where it holds nobody up; its files count as not there', async () => {
  const share = resolve('/share');
  const asked: string[] = [];
  const silent: FileThreads = {
    ask(_kind, path) {
      asked.push(path);
      return new Promise(() => undefined);
    },
    lost: () => 0,
  };
  const context = {
    db: { read: async (_table: string, what: string) => (what === 'location' ? { root: share, name: 'Set' } : ['a.jpg', 'b.jpg']) },
    project: { folder: resolve('/project'), root: (path: string) => path },
  };
  vi.useFakeTimers();
  try {
    const missing = missingMedia(context as never, 1, silent);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await missing).toEqual({ count: 2, of: 2, example: 'a.jpg', root: share });
  } finally {
    vi.useRealTimers();
  }
  expect(asked).toEqual([join(share, 'a.jpg'), join(share, 'b.jpg')]);
});
