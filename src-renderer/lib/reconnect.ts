/**
 * A client that outlives its connections. Every call is kept until it is answered: when a connection goes, calls under way wait for the
 * next one and are sent again, with the same key where the call changes something. Waiting grows from 0.25 s to 5 s; after a refusal
 * nothing is tried before `retry` says that there is another token.
 * Commands go out one at a time, each after the answer to the one before: a second one under way could overtake the first when that has to be
 * sent again. One that the host cannot keep just now (the project is not in its place) waits with all that follow, and is sent again.
 * Test: test/renderer/reconnect.test.ts.
 */
import type { CallName, EventName, Events, Input, Output } from '../../src-shared/contract/index.ts';
import { AppError } from '../../src-shared/errors.ts';
import { createRpcClient, type Hello, type RpcClient, type Transport } from '../../src-shared/rpc.ts';

export interface UnansweredCall {
  key: string;
  name: CallName;
  input: unknown;
  /** What numbers of rows meant when it was made. */
  numbering?: string;
}

export interface ReconnectOptions {
  /** null: without a token there is no use in it. */
  connect(): Transport | null;
  /** Calls that carry a key. */
  keyedCalls: ReadonlySet<string>;
  /** Of these the commands: what they do depends on their order. */
  orderedCalls: ReadonlySet<string>;
  wait(ms: number): Promise<void>;
  newKey(): string;
  /** What numbers of rows mean, as the last host said; calls that change something carry it. */
  numbering?(): string | undefined;
  onState(state: 'open' | 'lost' | 'refused', hello: Hello | null): void;
  /** What this page has read is of another state of the project: nothing is sent over such a connection, and what has no answer is kept. */
  isOtherState?(hello: Hello): boolean;
  /** Commands are held back, with the host's reason; null when they go on. */
  onHeld(reason: AppError | null): void;
  /** A call that changes something was made or answered. */
  onUnanswered?(): void;
}

export interface ReconnectingClient {
  /** `key`: of a call that was sent before, so that it is done once. */
  send<N extends CallName>(name: N, input: Input<N>, options?: CallOptions): Promise<Output<N>>;
  /** Calls that change something and have no answer yet, in the order in which they were made. */
  unanswered(): UnansweredCall[];
  /** Tries at once. */
  retry(): void;
  on<N extends EventName>(event: N, listener: (payload: Events[N]) => void): () => void;
  close(): void;
}

interface CallOptions {
  signal?: AbortSignal;
  onTags?: (tags: string[]) => void;
  key?: string;
  /** Of a call that was made before. */
  numbering?: string | undefined;
}

const HELD_MS = 1000;

export function createReconnectingClient(options: ReconnectOptions): ReconnectingClient {
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  let arriving = Promise.withResolvers<RpcClient>();
  let live: RpcClient | null = null;
  let closed = false;
  let lastCommand: Promise<unknown> = Promise.resolve();
  const unanswered = new Map<string, UnansweredCall>();
  let nudge = Promise.withResolvers<void>();
  void keepConnected();

  async function keepConnected(): Promise<void> {
    let delay = 250;
    while (!closed) {
      const why = await connection(() => (delay = 250));
      if (closed) return;
      options.onState(why, null);
      await (why === 'refused' ? nudge.promise : Promise.race([options.wait(delay), nudge.promise]));
      nudge = Promise.withResolvers();
      delay = Math.min(delay * 2, 5000);
    }
  }

  /** From its beginning to its end, which it tells. */
  async function connection(onOpen: () => void): Promise<'lost' | 'refused'> {
    const transport = options.connect();
    if (!transport) return 'refused';
    const gone = Promise.withResolvers<'lost' | 'refused'>();
    // Registered before the client's own handler: calls it rejects must already find the next connection to wait for.
    transport.onClose((why) => {
      if (live !== null) arriving = Promise.withResolvers<RpcClient>();
      live = null;
      gone.resolve(why ?? 'lost');
    });
    const rpc = createRpcClient(transport);
    const hello = await rpc.hello.catch(() => null);
    if (hello !== null && options.isOtherState?.(hello)) return gone.promise;
    if (hello !== null) {
      live = rpc;
      for (const event of listeners.keys()) attach(rpc, event);
      options.onState('open', hello);
      arriving.resolve(rpc);
      onOpen();
    }
    return gone.promise;
  }

  function attach<N extends EventName>(rpc: RpcClient, event: N): void {
    rpc.on(event, (payload) => {
      for (const listener of listeners.get(event) ?? []) (listener as (payload: Events[N]) => void)(payload);
    });
  }

  async function send<N extends CallName>(name: N, input: Input<N>, callOptions: CallOptions = {}): Promise<Output<N>> {
    const key = callOptions.key ?? (options.keyedCalls.has(name) ? options.newKey() : undefined);
    if (key === undefined) return deliver(name, input, { ...callOptions, key });
    const numbering = callOptions.key === undefined ? options.numbering?.() : callOptions.numbering;
    const made = numbering === undefined ? {} : { numbering };
    unanswered.set(key, { key, name, input, ...made });
    options.onUnanswered?.();
    try {
      if (!options.orderedCalls.has(name)) return await deliver(name, input, { ...callOptions, ...made, key });
      const answer = lastCommand.then(() => deliver(name, input, { ...callOptions, ...made, key }));
      lastCommand = answer.catch(() => undefined);
      return await answer;
    } finally {
      unanswered.delete(key);
      options.onUnanswered?.();
    }
  }

  /** Until it is answered; over as many connections as it takes. */
  async function deliver<N extends CallName>(
    name: N,
    input: Input<N>,
    callOptions: Omit<CallOptions, 'key'> & { key: string | undefined },
  ): Promise<Output<N>> {
    let held = false;
    try {
      for (;;) {
        const rpc = live ?? (await abortable(arriving.promise, callOptions.signal));
        try {
          return await rpc.send(name, input, callOptions);
        } catch (error) {
          const code = error instanceof AppError ? error.code : null;
          const waits = code === 'CONNECTION_LOST' || (code === 'PROJECT_MOVED' && options.orderedCalls.has(name));
          if (!waits || closed) throw error;
          // The connection is there, but the host cannot: asking again at once would only keep it busy.
          if (live === rpc) {
            held = code === 'PROJECT_MOVED';
            if (held) options.onHeld(error as AppError);
            await abortable(options.wait(HELD_MS), callOptions.signal);
          }
        }
      }
    } finally {
      if (held) options.onHeld(null);
    }
  }

  return {
    send,
    unanswered: () => [...unanswered.values()],
    retry: () => nudge.resolve(),
    on(event, listener) {
      let set = listeners.get(event);
      if (!set) {
        listeners.set(event, (set = new Set()));
        if (live) attach(live, event);
      }
      set.add(listener as (payload: never) => void);
      return () => set.delete(listener as (payload: never) => void);
    },
    close() {
      closed = true;
      live?.close();
    },
  };
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  if (signal.aborted) return Promise.reject(cancelled());
  return new Promise<T>((resolve, reject) => {
    signal.addEventListener('abort', () => reject(cancelled()), { once: true });
    promise.then(resolve, reject);
  });
}

function cancelled(): AppError {
  return new AppError('CANCELLED', 'The work was cancelled.');
}
