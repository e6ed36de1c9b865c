import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Annotation } from '../../../src-shared/contract/annotations.ts';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';

let project: TestProject;
let client: RpcClient;

beforeAll(async () => {
  project = await openTestProject();
  await fillProject(project.host.context, { tracklets: 60, identities: 6, cameras: 3 });
  await project.host.context.settings.set('annotator', 'Test annotator');
});
beforeEach(() => {
  client = project.host.client();
});
afterAll(() => project[Symbol.asyncDispose]());

const bare = (values: Annotation[]): unknown[] => values.map(({ updatedAt: _at, ...rest }) => rest);
/** A tracklet without imported values, with its length. */
async function emptyTracklet(): Promise<{ id: number; frames: number }> {
  const { ids } = await client.call('tracklets.query', { filter: {}, sort: 'identity' });
  for (const row of await client.call('tracklets.rows', { ids: [...ids] }))
    if (row.framesWithValue === 0 && row.review === 'none' && row.frames > 20) return { id: row.id, frames: row.frames };
  throw new Error('no empty tracklet');
}

describe('annotations.apply', () => {
  test('stores values with annotator and how they came, and says so in the grid', async () => {
    const { id } = await emptyTracklet();
    await client.call('annotations.apply', {
      label: 'Paint',
      edits: [
        { trackletId: id, field: 'visibility', start: 2, end: 5, value: 7, how: 'judged' },
        { trackletId: id, field: 'visibility', start: 6, end: 7, value: 0, how: 'interpolated' },
        { trackletId: id, field: 'occluder', start: 2, end: 3, value: 'person' },
      ],
    });
    expect(bare(await client.call('annotations.get', { trackletId: id }))).toEqual([
      { trackletId: id, field: 'occluder', start: 2, end: 3, value: 'person', how: 'entered', annotator: 'Test annotator' },
      { trackletId: id, field: 'visibility', start: 2, end: 5, value: 7, how: 'judged', annotator: 'Test annotator' },
      { trackletId: id, field: 'visibility', start: 6, end: 7, value: 0, how: 'interpolated', annotator: 'Test annotator' },
    ]);
    const { row } = await client.call('tracklets.get', { id });
    expect({ share: row.hiddenShare, max: row.hiddenMax, withValue: row.framesWithValue, review: row.review, first: [...row.visibility.slice(0, 9)] }).toEqual({
      share: null,
      max: 7,
      withValue: 6,
      review: 'started',
      first: [-1, -1, 7, 7, 7, 7, 0, 0, -1],
    });
    const found = await client.call('tracklets.query', { filter: { trackletIds: [id], terms: { occluder: ['person'] } }, sort: 'identity' });
    expect([...found.ids]).toEqual([id]);
    await client.call('history.undo', {});
    expect(await client.call('annotations.get', { trackletId: id })).toEqual([]);
    expect((await client.call('tracklets.get', { id })).row).toMatchObject({ hiddenShare: null, hiddenMax: null, review: 'none' });
  });

  test('a value of a whole tracklet covers all of it, whatever range was sent', async () => {
    const { id, frames } = await emptyTracklet();
    await client.call('annotations.apply', {
      label: 'Reviewed',
      edits: [{ trackletId: id, field: 'reviewed', start: 0, end: 0, value: 'reviewed' }],
      anyway: true,
    });
    expect(bare(await client.call('annotations.get', { trackletId: id }))).toMatchObject([{ start: 0, end: frames - 1, value: 'reviewed' }]);
    expect((await client.call('tracklets.get', { id })).row).toMatchObject({ review: 'gaps', reviewGaps: frames });
    await client.call('history.undo', {});
  });

  test.each([
    ['an unknown field', { field: 'colour', start: 0, end: 1, value: 1 }, 'edits.0.field'],
    ['a value that does not fit', { field: 'visibility', start: 0, end: 1, value: 11 }, 'edits.0.value'],
    ['a range that ends before it starts', { field: 'visibility', start: 3, end: 1, value: 1 }, 'edits.0.end'],
    ['a range past the end', { field: 'visibility', start: 0, end: 100000, value: 1 }, 'edits.0.end'],
    ['a negative start', { field: 'visibility', start: -1, end: 1, value: 1 }, 'edits.0.start'],
    ['a fraction', { field: 'visibility', start: 0.5, end: 1, value: 1 }, 'edits.0.start'],
  ])('%s is refused by name and nothing is stored', async (_what, edit, key) => {
    const { id } = await emptyTracklet();
    const before = await client.call('history.state', {});
    await expect(client.call('annotations.apply', { label: 'Bad', edits: [{ trackletId: id, ...edit }] })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      params: { key },
    });
    expect(await client.call('annotations.get', { trackletId: id })).toEqual([]);
    expect(await client.call('history.state', {})).toEqual(before);
  });

  test('one bad edit of several stores none', async () => {
    const { id } = await emptyTracklet();
    await expect(
      client.call('annotations.apply', {
        label: 'Mixed',
        edits: [
          { trackletId: id, field: 'visibility', start: 0, end: 1, value: 1 },
          { trackletId: 999999, field: 'visibility', start: 0, end: 1, value: 1 },
        ],
      }),
    ).rejects.toMatchObject({ code: 'NOT_FOUND', message: expect.stringContaining('999999') as unknown });
    expect(await client.call('annotations.get', { trackletId: id })).toEqual([]);
  });

  test('edits that change nothing leave no step to undo', async () => {
    const { id } = await emptyTracklet();
    const before = await client.call('history.state', {});
    await client.call('annotations.apply', { label: 'Clear nothing', edits: [{ trackletId: id, field: 'visibility', start: 0, end: 5, value: null }] });
    expect(await client.call('history.state', {})).toEqual(before);
  });

  test('steps with one join are one step; a step after an undo is not joined', async () => {
    const { id } = await emptyTracklet();
    const { undoCount } = await client.call('history.state', {});
    for (let start = 0; start < 4; start++)
      await client.call('annotations.apply', {
        label: `Stroke ${start}`,
        edits: [{ trackletId: id, field: 'visibility', start, end: start, value: start }],
        join: 'stroke-1',
      });
    expect(await client.call('history.state', {})).toMatchObject({ undoCount: undoCount + 1, undoLabel: 'Stroke 3' });
    await client.call('history.undo', {});
    expect(await client.call('annotations.get', { trackletId: id })).toEqual([]);
    await client.call('history.redo', {});
    expect((await client.call('annotations.get', { trackletId: id })).map((value) => value.value)).toEqual([0, 1, 2, 3]);
    await client.call('annotations.apply', {
      label: 'New stroke',
      edits: [{ trackletId: id, field: 'visibility', start: 4, end: 4, value: 4 }],
      join: 'stroke-1',
    });
    expect(await client.call('history.state', {})).toMatchObject({ undoCount: undoCount + 2 });
    await client.call('history.undo', {});
    await client.call('history.undo', {});
  });
});

describe('undo', () => {
  test('of everything brings back the start exactly, redo the end, also across restarts', async () => {
    const { ids } = await client.call('tracklets.query', { filter: {}, sort: 'identity' });
    const few = [...ids.slice(0, 4)];
    const snapshot = async (): Promise<unknown> => {
      const rows = await client.call('tracklets.rows', { ids: few });
      const values = await Promise.all(few.map((trackletId) => client.call('annotations.get', { trackletId })));
      return { rows, values };
    };
    const start = await snapshot();
    const startCount = (await client.call('history.state', {})).undoCount;
    const one = fc.record({
      tracklet: fc.nat(few.length - 1),
      field: fc.constantFrom('visibility', 'occluder', 'reviewed', 'note', 'hiddenParts'),
      start: fc.nat(7),
      length: fc.nat(7),
      pick: fc.nat(3),
    });
    const valueOf = {
      visibility: [0, 4, 10, null],
      occluder: ['person', 'object', 'self', null],
      reviewed: ['reviewed', 'disputed', null, null],
      note: ['a', 'b', 'c', null],
      hiddenParts: [['head'], ['torso', 'head'], [], null],
    } as const;
    const edits = fc.sample(one, { numRuns: 60, seed: 5 });
    for (const [index, { tracklet, field, start: from, length, pick }] of edits.entries()) {
      await client.call('annotations.apply', {
        label: `Step ${index}`,
        edits: [{ trackletId: few[tracklet] ?? 0, field, start: from, end: Math.min(7, from + length), value: valueOf[field as keyof typeof valueOf][pick] }],
        anyway: true,
      });
    }
    await client.call('tracklets.setSplit', { ids: few, split: 'gallery' });
    await client.call('datasets.rename', { id: 1, name: 'Renamed' });
    const end = await snapshot();
    expect(end).not.toEqual(start);

    client = (await project.reopen()).client();
    let undone = 0;
    while ((await client.call('history.state', {})).undoCount > startCount) {
      await client.call('history.undo', {});
      undone++;
      if (undone === 20) client = (await project.reopen()).client();
    }
    expect(await snapshot()).toEqual(start);
    expect((await client.call('datasets.list', {}))[0]?.name).toBe('Big');
    for (let n = 0; n < undone; n++) await client.call('history.redo', {});
    expect(await snapshot()).toEqual(end);
    expect((await client.call('datasets.list', {}))[0]?.name).toBe('Renamed');
    expect(await client.call('history.redo', {})).toEqual({ label: null, tags: [], trackletId: null, leftOut: null });
  });

  test('a new step drops what was undone', async () => {
    const { ids } = await client.call('tracklets.query', { filter: {}, sort: 'identity' });
    const id = ids[5] ?? 0;
    await client.call('annotations.apply', { label: 'One', edits: [{ trackletId: id, field: 'note', start: 0, end: 0, value: 'one' }] });
    await client.call('history.undo', {});
    expect((await client.call('history.state', {})).redoLabel).toBe('One');
    await client.call('annotations.apply', { label: 'Two', edits: [{ trackletId: id, field: 'note', start: 0, end: 0, value: 'two' }] });
    expect(await client.call('history.state', {})).toMatchObject({ undoLabel: 'Two', redoLabel: null, redoCount: 0 });
  });

  test('a data set that is deleted for good takes its steps along; ids are not given again', async () => {
    const other = await fillProject(project.host.context, { tracklets: 5, identities: 2, cameras: 1, name: 'Other' });
    const { ids } = await client.call('tracklets.query', { filter: { datasetIds: [other] }, sort: 'identity' });
    const highest = Math.max(...ids);
    const { undoCount } = await client.call('history.state', {});
    await client.call('annotations.apply', { label: 'Gone soon', edits: [{ trackletId: highest, field: 'note', start: 0, end: 0, value: 'x' }] });
    await client.call('datasets.remove', { id: other });
    expect((await client.call('history.state', {})).undoCount).toBe(undoCount + 2);
    await client.call('trash.empty', {});
    expect((await client.call('history.state', {})).undoCount).toBe(undoCount);
    const again = await fillProject(project.host.context, { tracklets: 5, identities: 2, cameras: 1, name: 'Again' });
    const next = await client.call('tracklets.query', { filter: { datasetIds: [again] }, sort: 'identity' });
    expect(Math.min(...next.ids)).toBeGreaterThan(highest);
  });
});
