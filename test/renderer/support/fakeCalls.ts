/**
 * A client whose answers a test gives, by call; what was asked is kept. Calls of a name that is held wait until the test answers them, in any
 * order. It answers also who no longer listens, as an answer does that was on its way already.
 */
import type { Client } from '../../../src-shared/contract/index.ts';

export interface HeldCall {
  name: string;
  input: never;
  signal: AbortSignal | undefined;
  /** What the host has now. */
  answer(): void;
  fail(error: unknown): void;
}

export interface FakeCalls {
  client: Pick<Client, 'call'>;
  asked: { name: string; input: unknown }[];
  inputs(name: string): unknown[];
  /** Of the calls held, in order. */
  waiting: HeldCall[];
  hold(name: string): void;
  letGo(name: string): void;
  /** Calls of this name fail with it. */
  broken: Map<string, unknown>;
}

export function fakeCalls(answers: Record<string, (input: never) => unknown>): FakeCalls {
  const held = new Set<string>();
  const calls: FakeCalls = {
    client: {
      call: ((name: string, input: never, options?: { signal?: AbortSignal }) => {
        calls.asked.push({ name, input: structuredClone(input) });
        const { promise, resolve, reject } = Promise.withResolvers<unknown>();
        const answer = (): void => {
          const error = calls.broken.get(name);
          if (error !== undefined) return reject(error);
          resolve(structuredClone(answers[name]?.(input)));
        };
        if (held.has(name)) calls.waiting.push({ name, input, signal: options?.signal, answer, fail: reject });
        else answer();
        return promise;
      }) as Client['call'],
    },
    asked: [],
    inputs: (name) => calls.asked.filter((one) => one.name === name).map(({ input }) => input),
    waiting: [],
    hold: (name) => void held.add(name),
    letGo(name) {
      held.delete(name);
      for (const one of calls.waiting.filter((waiting) => waiting.name === name)) one.answer();
      calls.waiting = calls.waiting.filter((waiting) => waiting.name !== name);
    },
    broken: new Map(),
  };
  return calls;
}
