/** The state of a data set that is made of others: another one whenever a source or a member is, and the same wherever they are the same. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { putDataset, tablesHere, type TablesHere } from '../../../support/tablesHere.ts';

let here: TablesHere;
beforeEach(async () => {
  here = await tablesHere();
  for (const set of [1, 2])
    putDataset(
      here.sql,
      set,
      [1, 2].map((n) => ({ id: set * 10 + n, pid: 1, camid: n, split: n === 1 ? 'query' : 'gallery' })),
    );
});
afterEach(() => here[Symbol.dispose]());

const derive = async (name: string, recipe: { kind: string } & Record<string, unknown>): Promise<number> =>
  (await here.db.write('derive', 'derive', { name, recipe, at: 5, tags: [] })).id;
const content = async (id: number): Promise<string | undefined> => (await here.db.read('manifests', 'head', { datasetId: id }))?.contentHash;

test('it is a sha256 over state and key of each member, by source, then by key', async () => {
  const id = await derive('Both', { kind: 'union', of: [2, 1] });
  const lines = [['content 2', 't21'], ['content 2', 't22'], ['content 1', 't11'], ['content 1', 't12']]; // prettier-ignore
  const expected = createHash('sha256').update(lines.map((line) => `${JSON.stringify(line)}\n`).join('')).digest('hex'); // prettier-ignore
  expect(await content(id)).toBe(expected);
  expect((await here.db.read('datasets', 'facts', { id }))?.contentHash).toBe(expected);
  expect((await here.db.read('exports', 'head', { datasetId: id }))?.contentHash).toBe(expected);
  expect((await here.db.read('evaluations', 'listsNow', { datasetId: id, protocol: 'market' }))?.content).toBe(expected);
});

test('an update of a source, a member that goes, and a source that goes and returns', async () => {
  const both = await derive('Both', { kind: 'union', of: [1, 2] });
  const first = await derive('First', { kind: 'subset', of: 1, filter: {} });
  const [wasBoth, wasFirst] = [await content(both), await content(first)];
  expect(wasBoth).not.toBe(wasFirst);
  here.sql.exec(`UPDATE dataset SET content_hash = 'updated' WHERE id = 2`);
  expect([(await content(both)) === wasBoth, await content(first)]).toEqual([false, wasFirst]);
  here.sql.exec(`UPDATE dataset SET content_hash = 'content 2' WHERE id = 2`);
  expect(await content(both)).toBe(wasBoth);
  await here.db.write('datasets', 'remove', { id: 2, at: 6, tags: [] });
  expect((await content(both)) === wasBoth).toBe(false);
  await here.db.write('trash', 'bringBack', { kind: 'dataset', id: '2', at: 7, tags: [] });
  expect(await content(both)).toBe(wasBoth);
  here.sql.exec('DELETE FROM tracklet WHERE id = 12');
  expect((await content(first)) === wasFirst).toBe(false);
});

test('labels, sides and names do not enter, nor when it was made', async () => {
  const id = await derive('One', { kind: 'subset', of: 1, filter: {} });
  const before = await content(id);
  await here.db.write('tracklets', 'setSplit', { ids: [11], split: 'train', datasetId: id, at: 6, tags: [] });
  await here.db.write('datasets', 'rename', { id, name: 'Two', at: 7, tags: [] });
  expect(await content(id)).toBe(before);
  expect(await content(await derive('Again', { kind: 'subset', of: 1, filter: {} }))).toBe(before);
});
