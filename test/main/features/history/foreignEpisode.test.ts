/** A stored step of history that names an episode of another tracklet: undoing it leaves that one alone. */
import { expect, test } from 'vitest';
import { writerOf } from '../../../../src-main/db/handles.ts';
import { applyPatch } from '../../../../src-main/features/history/patch.ts';
import { putDataset, tablesHere } from '../../../support/tablesHere.ts';

test('an episode goes only from the tracklet and the layer that the step says', async () => {
  using here = await tablesHere();
  putDataset(
    here.sql,
    1,
    [1, 2].map((id) => ({ id, pid: 1, camid: 1, split: 'none' })),
  );
  here.sql.prepare(`INSERT INTO episode VALUES (1, 1, 'shared', 0, 1, NULL, 'a', 1)`).run();
  const episodes = (): unknown[] => here.rows('SELECT id FROM episode').flat();
  applyPatch(writerOf(here.sql), [{ op: 'clearEpisodes', keys: [{ id: 1, tracklet_id: 2, layer: 'shared' }] }]);
  expect(episodes()).toEqual([1]);
  applyPatch(writerOf(here.sql), [{ op: 'clearEpisodes', keys: [{ id: 1, tracklet_id: 1, layer: 'other' }] }]);
  expect(episodes()).toEqual([1]);
  applyPatch(writerOf(here.sql), [{ op: 'clearEpisodes', keys: [{ id: 1, tracklet_id: 1, layer: 'shared' }] }]);
  expect(episodes()).toEqual([]);
});
