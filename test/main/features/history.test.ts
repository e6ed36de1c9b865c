/** Undo of several windows at once, against a model that keeps every step as an edit of plain arrays and replays those in force. */
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openConnection } from '../../../src-main/db/connection.ts';
import { readerOf, type Reader } from '../../../src-main/db/handles.ts';
import { state } from '../../../src-main/features/history/table.ts';
import { keyFrom, windowOf, type RpcClient } from '../../../src-shared/rpc.ts';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';

let project: TestProject;
let ids: number[];
let serial = 0;

beforeAll(async () => {
  project = await openTestProject();
  await fillProject(project.host.context, { tracklets: 60, identities: 6, cameras: 3 });
  const client = project.host.client();
  const all = await client.call('tracklets.rows', { ids: [...(await client.call('tracklets.query', { filter: {}, sort: 'identity' })).ids] });
  ids = all.filter((row) => row.framesWithValue === 0 && row.frames >= FRAMES).map((row) => row.id);
});
afterAll(() => project[Symbol.asyncDispose]());

const FRAMES = 8;

/** A page as the host sees it: a connection, and a window that every key names. */
function openWindow(id: string, host = project.host) {
  const client: RpcClient = host.client();
  const key = () => ({ key: keyFrom(id, `key-${serial++}`) });
  return {
    id,
    state: () => client.call('history.state', { window: id }),
    paint: (label: string, trackletId: number, start: number, end: number, value: number | null, join?: string) =>
      client.send(
        'annotations.apply',
        { label, edits: [{ trackletId, field: 'visibility', start, end, value, how: 'judged' }], ...(join === undefined ? {} : { join }) },
        key(),
      ),
    split: (trackletId: number, split: 'train' | 'query') => client.send('tracklets.setSplit', { ids: [trackletId], split }, key()),
    undo: () => client.send('history.undo', {}, key()),
    redo: () => client.send('history.redo', {}, key()),
    close: () => client.close(),
  };
}
const columnOf = async (trackletId: number): Promise<number[]> => {
  const { row } = await project.host.client().call('tracklets.get', { id: trackletId });
  return [...row.visibility.slice(0, FRAMES)];
};

test('a key names its window; a plain one names none', () => {
  const window = '0b9c1f2e-8f5e-4d2c-9b1a-2f6d7c8e9a01';
  expect(windowOf(keyFrom(window, 'x'))).toBe(window);
  expect(windowOf('2f6d7c8e-9a01-4d2c-9b1a-0b9c1f2e8f5e')).toBeNull();
  expect(windowOf(null)).toBeNull();
});

test('what a window would undo is found by an index: no patch of another step is passed to get there', async () => {
  const database = openConnection(join(project.folder, 'project.sqlite'), 'read');
  const plans: string[] = [];
  const explained: Reader = new Proxy(readerOf(database), {
    get: (reader, name: 'get' | 'column') => (sql: string, params: (string | number | null)[]) => {
      plans.push(...(database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(params) as { detail: string }[]).map(({ detail }) => detail));
      return reader[name](sql, params);
    },
  });
  state(explained, { window: 'window-a0', others: ['window-b0'] });
  database.close();
  const ofSteps = plans.filter((detail) => detail.includes('history'));
  expect(ofSteps.filter((detail) => detail.includes('COVERING INDEX history_window (undone=?)'))).toHaveLength(2);
  expect(ofSteps.filter((detail) => detail.includes('INDEX history_window (undone=? AND made_in=?)'))).toHaveLength(3);
  expect(ofSteps.filter((detail) => detail.startsWith('SCAN'))).toEqual([]);
});

describe('two windows', () => {
  test('each undoes its own newest step and names it; the other is untouched', async () => {
    const [a, b] = [openWindow('window-a1'), openWindow('window-b1')];
    await a.state();
    await b.state();
    const [one, two] = [ids[0]!, ids[1]!];
    await a.paint('visibility 3 on 0007 c2, frames 1–2', one, 0, 1, 3);
    await b.paint('visibility 5 on 0008 c1, frame 1', two, 0, 0, 5);
    expect([(await a.state()).undoLabel, (await b.state()).undoLabel]).toEqual(['visibility 3 on 0007 c2, frames 1–2', 'visibility 5 on 0008 c1, frame 1']);
    expect(await a.undo()).toMatchObject({ label: 'visibility 3 on 0007 c2, frames 1–2', trackletId: one });
    expect([(await columnOf(one))[0], (await columnOf(two))[0]]).toEqual([-1, 5]);
    expect((await b.state()).redoLabel).toBeNull();
    expect(await a.redo()).toMatchObject({ label: 'visibility 3 on 0007 c2, frames 1–2' });
    await a.undo();
    await b.undo();
    a.close();
    b.close();
  });

  test('a step on which another window has built is refused in a sentence that names both, until that one is taken back', async () => {
    const [a, b] = [openWindow('window-a2'), openWindow('window-b2')];
    const id = ids[2]!;
    await a.paint('first', id, 0, 5, 3);
    await b.paint('second', id, 4, 7, 6);
    const before = await columnOf(id);
    await expect(a.undo()).rejects.toMatchObject({
      code: 'CONFLICT',
      message: '"first" cannot be undone here: another window has changed the same since ("second").',
    });
    expect(await columnOf(id)).toEqual(before);
    await b.undo();
    await a.undo();
    expect(await columnOf(id)).toEqual(new Array(FRAMES).fill(-1));
    await expect(b.redo()).rejects.toMatchObject({
      code: 'CONFLICT',
      message: '"second" cannot be done again here: another window has undone what it stands on ("first").',
    });
    await a.redo();
    await b.redo();
    expect(await columnOf(id)).toEqual(before);
    // The steps of a window that is gone belong to whoever undoes next: first what stands in the way.
    b.close();
    expect(await a.undo()).toMatchObject({ label: 'second' });
    expect(await a.undo()).toMatchObject({ label: 'first' });
    a.close();
  });

  test('steps of before a restart are a window’s own when it comes back, and anyone’s when it does not', async () => {
    const [a, b] = [openWindow('window-a3'), openWindow('window-b3')];
    await a.paint('of a', ids[3]!, 0, 0, 1);
    await b.paint('of b', ids[4]!, 0, 0, 1);
    await project.reopen();
    const again = openWindow('window-a3');
    expect((await again.state()).undoLabel).toBe('of a');
    expect(await again.undo()).toMatchObject({ label: 'of a' });
    const fresh = openWindow('window-c3');
    expect((await fresh.state()).undoLabel).toBe('of b');
    const back = openWindow('window-b3');
    expect((await back.state()).undoLabel).toBe('of b');
    expect((await fresh.state()).undoLabel).not.toBe('of b');
    await back.undo();
    for (const window of [again, fresh, back]) window.close();
  });

  test('parts of a stroke join also while another window works elsewhere, and not across its change of the same values', async () => {
    const [a, b] = [openWindow('window-a4'), openWindow('window-b4')];
    const id = ids[5]!;
    await a.paint('stroke', id, 0, 0, 2, 'j');
    await b.paint('elsewhere', ids[6]!, 0, 0, 9);
    await a.paint('stroke', id, 1, 1, 2, 'j');
    await b.paint('same', id, 3, 3, 9);
    await a.paint('stroke', id, 2, 2, 2, 'j');
    await a.undo();
    expect((await columnOf(id)).slice(0, 4)).toEqual([2, 2, -1, 9]);
    await b.undo();
    await a.undo();
    expect(await columnOf(id)).toEqual(new Array(FRAMES).fill(-1));
    await b.undo();
    a.close();
    b.close();
  });
});

interface ModelStep {
  label: string;
  window: string;
  isDone: boolean;
  tracklet: number;
  /** Rows it touches: values or split. */
  row: string;
  start: number;
  end: number;
  value: number;
}

test('any interleaving of windows: what stands is what replaying the steps in force gives, and each undoes what the rule says', async () => {
  await using own = await openTestProject();
  await fillProject(own.host.context, { tracklets: 600, identities: 6, cameras: 3 });
  const reader = own.host.client();
  const { ids: found } = await reader.call('tracklets.query', { filter: { length: { min: FRAMES, max: 1000 } }, sort: 'identity' });
  const empty = (await reader.call('tracklets.rows', { ids: [...found.slice(0, 500)] })).filter((row) => row.framesWithValue === 0).map((row) => row.id);
  const columnOf = async (id: number): Promise<number[]> => [...(await reader.call('tracklets.get', { id })).row.visibility.slice(0, FRAMES)];
  let round = 0;
  const action = fc.record({
    window: fc.nat(2),
    what: fc.constantFrom('paint', 'paint', 'paint', 'undo', 'undo', 'redo', 'leave'),
    tracklet: fc.nat(1),
    start: fc.nat(FRAMES - 1),
    length: fc.nat(4),
    value: fc.integer({ min: 0, max: 10 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 40 }), async (actions) => {
      // Tracklets and windows of its own each time: what another round left is neither in the way nor anyone's.
      const tracklets = empty.slice(2 * round, 2 * round + 2);
      const windows = [0, 1, 2].map((n) => `window-r${round}-${n}`);
      round++;
      let steps: ModelStep[] = [];
      const open = new Map(windows.map((id) => [id, openWindow(id, own.host)]));
      try {
        for (const window of open.values()) await window.state();
        const meets = (a: ModelStep, b: ModelStep): boolean => a.row === b.row;
        for (const { window: at, what, tracklet, start, length, value } of actions) {
          const name = windows[at]!;
          let window = open.get(name);
          if (what === 'leave') {
            window?.close();
            open.delete(name);
            continue;
          }
          if (!window) {
            window = openWindow(name, own.host);
            open.set(name, window);
            await window.state();
          }
          const isMine = (step: ModelStep): boolean => step.window === name;
          const isFree = (step: ModelStep): boolean => isMine(step) || !open.has(step.window);
          if (what === 'paint') {
            const step: ModelStep = {
              label: `step ${serial++}`,
              window: name,
              isDone: true,
              tracklet,
              row: String(tracklet),
              start,
              end: Math.min(FRAMES - 1, start + length),
              value,
            };
            const before = await columnOf(tracklets[tracklet]!);
            await window.paint(step.label, tracklets[tracklet]!, step.start, step.end, value);
            const after = await columnOf(tracklets[tracklet]!);
            const isChange = before.some((old, i) => old !== after[i]);
            const { undoLabel } = await window.state();
            // A step that changes nothing is none.
            if (!isChange && undoLabel !== step.label) continue;
            const lost = new Set([step.row]);
            for (const other of steps.filter((one) => !one.isDone)) {
              if (!isMine(other) && !lost.has(other.row)) continue;
              lost.add(other.row);
              steps = steps.filter((one) => one !== other);
            }
            steps.push(step);
          } else if (what === 'undo') {
            const done = steps.filter((step) => step.isDone);
            let next = done.findLast(isMine) ?? done.findLast(isFree);
            const above = next ? done.slice(done.indexOf(next) + 1).filter((step) => meets(step, next!)) : [];
            if (next && isMine(next) && above.length > 0 && above.every((step) => !open.has(step.window))) next = above.at(-1)!;
            const blocked = next && done.slice(done.indexOf(next) + 1).some((step) => meets(step, next!));
            if (blocked) await expect(window.undo()).rejects.toMatchObject({ code: 'CONFLICT' });
            else {
              expect((await window.undo()).label).toBe(next?.label ?? null);
              if (next) Object.assign(next, { isDone: false, window: name });
            }
          } else {
            const undone = steps.filter((step) => !step.isDone);
            const hasSteps = steps.some((step) => step.isDone && isMine(step));
            const next = undone.find(isMine) ?? (hasSteps ? undefined : undone.find(isFree));
            const blocked = next && undone.slice(0, undone.indexOf(next)).some((step) => meets(step, next));
            if (blocked) await expect(window.redo()).rejects.toMatchObject({ code: 'CONFLICT' });
            else {
              expect((await window.redo()).label).toBe(next?.label ?? null);
              if (next) Object.assign(next, { isDone: true, window: name });
            }
          }
          for (const index of [0, 1]) {
            const cells = new Array<number>(FRAMES).fill(-1);
            for (const step of steps) if (step.isDone && step.tracklet === index) cells.fill(step.value, step.start, step.end + 1);
            expect(await columnOf(tracklets[index]!)).toEqual(cells);
          }
        }
      } finally {
        // A window that is there keeps its steps to itself.
        for (const id of windows) if (!open.has(id)) await openWindow(id, own.host).state();
      }
    }),
    { numRuns: 20 },
  );
});
