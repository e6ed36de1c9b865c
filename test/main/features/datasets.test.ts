/** A data set through the whole program: its parts, and files that are not where it expects them. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';

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
  expect(await client.call('datasets.sameNames', {})).toEqual({ identities: ['0001', '0002'] });
  await client.call('datasets.remove', { id: one });
  expect(await client.call('datasets.sameNames', {})).toEqual({ identities: [] });
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
