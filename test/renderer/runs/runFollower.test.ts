import { describe, expect, it } from 'vitest';
import type { Client } from '../../../src-shared/contract/index.ts';
import type { MetricColumns } from '../../../src-shared/contract/runs.ts';
import type { LogLine } from '../../../src-shared/contract/jobs.ts';
import { createRunFollower, type FollowedState } from '../../../src-renderer/views/runs/runFollower.ts';

const columns = (steps: number[]): MetricColumns => ({
  step: Int32Array.from(steps),
  epoch: Int32Array.from(steps, () => 0),
  seconds: Float32Array.from(steps),
  series: { loss: Float32Array.from(steps) },
});
const line = (text: string): LogLine => ({ at: 0, level: 'info', text });

/** A host whose run is one growing table of steps and lines. */
function makeHost() {
  const steps: number[] = [];
  const lines: string[] = [];
  const asked: string[] = [];
  const listeners = new Map<string, Set<(payload: never) => void>>();
  const emit = (event: string, payload: unknown) => listeners.get(event)?.forEach((listener) => listener(payload as never));
  const client = {
    async call(name: string, input: { afterStep?: number; from?: number }) {
      asked.push(`${name} ${input.afterStep ?? input.from}`);
      await Promise.resolve();
      if (name === 'runs.metrics') return columns(steps.filter((step) => step > (input.afterStep as number)));
      // Pages of four lines.
      const page = lines.slice(input.from, (input.from as number) + 4).map(line);
      return { lines: page, next: (input.from as number) + page.length };
    },
    on(event: string, listener: (payload: never) => void) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set.add(listener));
      return () => set.delete(listener);
    },
  } as unknown as Client;
  function train(added: number[], isHeard: boolean, runId = 'r'): void {
    if (runId === 'r') {
      steps.push(...added);
      lines.push(...added.map((step) => `step ${step}`));
    }
    if (!isHeard) return;
    emit('runMetrics', { runId, columns: columns(added) });
    emit('runLog', { runId, lines: added.map((step) => line(`step ${step}`)), next: lines.length });
  }
  return { client, train, asked, listeners };
}

describe('createRunFollower', () => {
  it('misses nothing and repeats nothing over a lost connection and events that come early', async () => {
    const { client, train, asked, listeners } = makeHost();
    let state: FollowedState = { columns: columns([]), lines: [] };
    train([1, 2, 3, 4, 5, 6], false);
    const follower = createRunFollower(
      'r',
      client,
      (next) => (state = next),
      (error) => expect(error).toBeNull(),
    );
    const first = follower.catchUp();
    train([7], true); // heard before the answer of the first reading
    await first;
    train([8], true);
    train([100], true, 'another run');
    train([9, 10, 11, 12, 13], false); // the connection is away
    const second = follower.catchUp();
    train([14], true);
    await second;
    await new Promise((resolve) => setTimeout(resolve, 5));
    const all = Array.from({ length: 14 }, (_, i) => i + 1);
    expect(Array.from(state.columns.step)).toEqual(all);
    expect(state.lines.map((entry) => entry.text)).toEqual(all.map((step) => `step ${step}`));
    expect(asked.filter((call) => call.startsWith('runs.metrics'))).toEqual(['runs.metrics -1', 'runs.metrics 8']);

    follower.stop();
    train([15], true);
    expect([state.columns.step.length, [...listeners.values()].map((set) => set.size)]).toEqual([14, [0, 0]]);
  });

  it('reads the lines in front of an event by itself', async () => {
    const { client, train } = makeHost();
    let state: FollowedState = { columns: columns([]), lines: [] };
    const follower = createRunFollower(
      'r',
      client,
      (next) => (state = next),
      (error) => expect(error).toBeNull(),
    );
    train([1, 2], false);
    train([3], true);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(state.lines.map((entry) => entry.text)).toEqual(['step 1', 'step 2', 'step 3']);
    follower.stop();
  });
});
