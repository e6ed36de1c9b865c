/**
 * Thousands of keyed commands of two clients, interleaved, while every reader answers after a random while: what the database ends with is
 * what a plain model gets that runs them one after the other in the order they were received. The model knows lanes and an undo stack only.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostMessage } from '../../../src-shared/rpc.ts';
import { createDispatcher, type Connection } from '../../../src-main/host/dispatch.ts';
import type { HostContext } from '../../../src-main/features/context.ts';
import { createAnnotationsHandlers } from '../../../src-main/features/annotations/handlers.ts';
import { createHistoryHandlers } from '../../../src-main/features/history/handlers.ts';
import { fillProject, numbersFrom } from '../../support/bigProject.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';

const FRAMES = 8;
let project: TestProject;

beforeAll(async () => {
  project = await openTestProject();
  await fillProject(project.host.context, { tracklets: 1, identities: 1, cameras: 1 });
  const client = project.host.client();
  const frames = (await client.call('tracklets.rows', { ids: [1] }))[0]?.frames ?? 0;
  await client.call('annotations.apply', { label: 'clear', edits: [{ trackletId: 1, field: 'visibility', start: 0, end: frames - 1, value: null }] });
});
afterAll(() => project[Symbol.asyncDispose]());

type Command =
  { do: 'paint'; stroke: number; start: number; length: number; value: number | null } | { do: 'undo' } | { do: 'redo' } | { do: 'repeat'; back: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('paint' as const),
      stroke: fc.integer({ min: 0, max: 3 }),
      start: fc.integer({ min: 0, max: FRAMES - 1 }),
      length: fc.integer({ min: 1, max: 3 }),
      value: fc.option(fc.integer({ min: 0, max: 10 }), { freq: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ do: 'undo' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'redo' as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('repeat' as const), back: fc.integer({ min: 1, max: 6 }) }) },
);

interface Step {
  before: (number | null)[];
  after: (number | null)[];
  join: string | null;
}

/** What one user would get who waits for every answer. */
function model(start: (number | null)[]) {
  let lane = start;
  const done: Step[] = [];
  let undone: Step[] = [];
  return {
    lane: () => lane,
    counts: () => ({ undoCount: done.length, redoCount: undone.length }),
    paint(from: number, to: number, value: number | null, join: string): void {
      const after = lane.map((old, frame) => (frame >= from && frame <= to ? value : old));
      if (after.every((now, frame) => now === lane[frame])) return;
      undone = [];
      const newest = done.at(-1);
      if (newest?.join === join) newest.after = after;
      else done.push({ before: lane, after, join });
      lane = after;
    },
    undo(): void {
      const step = done.pop();
      if (!step) return;
      undone.push({ ...step, join: null });
      lane = step.before;
    },
    redo(): void {
      const step = undone.pop();
      if (!step) return;
      done.push(step);
      lane = step.after;
    },
  };
}

/** The project with readers that take their time. */
function withSlowReaders(context: HostContext, random: () => number): HostContext {
  const read: HostContext['db']['read'] = async (table, fn, input) => {
    for (let n = Math.floor(random() * 4); n > 0; n--) await new Promise((resolve) => setImmediate(resolve));
    if (random() < 0.1) await new Promise((resolve) => setTimeout(resolve, random() * 4));
    return context.db.read(table, fn, input);
  };
  return { ...context, db: { ...context.db, read } };
}

async function laneNow(): Promise<(number | null)[]> {
  const lane = new Array<number | null>(FRAMES).fill(null);
  for (const range of await project.host.client().call('annotations.get', { trackletId: 1 }))
    if (range.field === 'visibility') for (let frame = range.start; frame <= Math.min(range.end, FRAMES - 1); frame++) lane[frame] = range.value as number;
  return lane;
}

let round = 0;
let ran = 0;

test('commands run in the order they were received, a stroke is one undo step, and a repeated key is answered once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(command, fc.integer({ min: 0, max: 1 })), { minLength: 30, maxLength: 90 }), fc.integer(), async (commands, seed) => {
      round += 1;
      const context = withSlowReaders(project.host.context, numbersFrom(seed));
      const handlers = { ...createAnnotationsHandlers(context), ...createHistoryHandlers(context) } as Handlers;
      const dispatcher = createDispatcher(context, handlers, { validateOutputs: true });
      const before = await project.host.client().call('history.state', {});
      const expected = model(await laneNow());
      const replies = new Map<number, HostMessage>();
      const all = Promise.withResolvers<void>();
      const connections = [0, 1].map((n): Connection =>
        dispatcher.connect(`client ${n}`, (message) => {
          if (message.type === 'reply') replies.set(message.id, message);
          if (replies.size === commands.length) all.resolve();
        }),
      );
      // Ids are unique over both connections here, so that replies can be kept in one map.
      const sent: { call: string; input: unknown; key: string; first: number }[] = [];
      const commandsRepeated = new Map<number, number>();
      for (const [id, [what, connection]] of commands.entries()) {
        let message: (typeof sent)[number];
        const repeated = what.do === 'repeat' ? sent.at(-what.back) : undefined;
        if (repeated) message = repeated;
        else {
          const key = `round ${round} command ${id}`;
          if (what.do === 'paint') {
            const end = Math.min(FRAMES - 1, what.start + what.length - 1);
            const join = `round ${round} stroke ${what.stroke}`;
            const edits = [{ trackletId: 1, field: 'visibility', start: what.start, end, value: what.value }];
            message = { call: 'annotations.apply', input: { label: 'paint', edits, join }, key, first: id };
            expected.paint(what.start, end, what.value, join);
          } else {
            const direction = what.do === 'redo' ? 'redo' : 'undo';
            // Steps of earlier rounds are not in the model: a command that does nothing stands in.
            if (expected.counts()[`${direction}Count`] === 0) message = { call: 'annotations.get', input: { trackletId: 1 }, key, first: id };
            else {
              message = { call: `history.${direction}`, input: {}, key, first: id };
              expected[direction]();
            }
          }
          if (message.call !== 'annotations.get') sent.push(message);
        }
        ran += 1;
        connections[connection]?.receive({ type: 'call', id, call: message.call, input: message.input, key: message.key });
        if (repeated) commandsRepeated.set(id, message.first);
      }
      await all.promise;
      for (const message of replies.values()) expect(message).not.toHaveProperty('error');
      for (const [id, first] of commandsRepeated)
        expect((replies.get(id) as { output: unknown }).output).toEqual((replies.get(first) as { output: unknown }).output);
      expect(await laneNow()).toEqual(expected.lane());
      const after = await project.host.client().call('history.state', {});
      expect(after.undoCount - before.undoCount).toBe(expected.counts().undoCount);
      if (expected.counts().redoCount > 0) expect(after.redoCount).toBe(expected.counts().redoCount);
    }),
    { numRuns: 50, seed: 20261130 },
  );
  expect(ran).toBeGreaterThan(2000);
});
