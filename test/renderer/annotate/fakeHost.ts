// A host with one tracklet, in memory: applies annotation steps, joins, undoes, refuses and keeps answers waiting as a test asks.
import type { Client, Events, Input } from '../../../src-shared/contract/index.ts';
import type { Annotation } from '../../../src-shared/contract/annotations.ts';
import { AppError } from '../../../src-shared/errors.ts';

export interface FakeHost extends Pick<Client, 'call' | 'on'> {
  steps: (Input<'annotations.apply'> & { joined: number })[];
  cells: Map<string, unknown>;
  hows: Map<string, Annotation['how']>;
  /** Chunks of what was shown, in the order they came. */
  seen: Input<'annotations.addSeen'>[];
  /** Calls in the order they came. */
  calls: string[];
  refuse: boolean;
  /** Answers wait until this is called. */
  hold(): () => void;
  changeElsewhere(field: string, position: number, value: unknown): void;
}

export function fakeHost(frames: number): FakeHost {
  const listeners = new Set<(payload: Events['changed']) => void>();
  let gate: Promise<void> = Promise.resolve();
  const host: FakeHost = {
    steps: [],
    cells: new Map(),
    hows: new Map(),
    seen: [],
    calls: [],
    refuse: false,
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      gate = promise;
      return () => {
        gate = Promise.resolve();
        resolve();
      };
    },
    changeElsewhere(field, position, value) {
      host.cells.set(`${field} ${position}`, value);
      for (const listener of listeners) listener({ tags: ['Tracklet:1'], origin: null });
    },
    on: ((_event: string, listener: (payload: Events['changed']) => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    }) as Client['on'],
    call: (async (name: string, input: unknown) => {
      host.calls.push(name);
      if (name === 'annotations.get') return read();
      if (name === 'annotations.seen') return { seen: null };
      if (name === 'annotations.addSeen') return void host.seen.push(input as Input<'annotations.addSeen'>);
      const { label, edits, join, anyway } = input as Input<'annotations.apply'>;
      await gate;
      if (host.refuse) throw new AppError('CONFLICT', 'The tracklet was removed.');
      for (const edit of edits) {
        for (let i = edit.start; i <= edit.end; i++) {
          host.cells.set(`${edit.field} ${i}`, edit.value);
          host.hows.set(`${edit.field} ${i}`, edit.how ?? 'entered');
        }
      }
      const last = host.steps.at(-1);
      if (last && join !== undefined && last.join === join) Object.assign(last, { label, edits: [...last.edits, ...edits], joined: last.joined + 1 });
      else host.steps.push({ label, edits, join, joined: 0, ...(anyway ? { anyway } : {}) });
      for (const listener of listeners) listener({ tags: ['Tracklet:1'], origin: 'page' });
      return { historyId: host.steps.length, durableAt: 1000 + host.steps.length };
    }) as Client['call'],
  };
  function read(): Annotation[] {
    const out: Annotation[] = [];
    for (const [key, value] of host.cells) {
      const [field, position] = key.split(' ') as [string, string];
      if (value !== null && Number(position) < frames)
        out.push({
          trackletId: 1,
          field,
          start: Number(position),
          end: Number(position),
          value,
          how: host.hows.get(key) ?? 'entered',
          annotator: 'a.r.',
          updatedAt: 1,
        });
    }
    return out;
  }
  return host;
}

export const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
