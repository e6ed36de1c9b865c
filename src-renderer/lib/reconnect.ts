/**
 * A client that outlives its connections. Every call is kept until it is answered: when a connection goes, calls under way wait for the
 * next one and are sent again, with the same key where the call changes something. Waiting grows from 0.25 s to 5 s.
 * Commands go out one at a time, each after the answer to the one before: a second one under way could overtake the first when that has to be
 * sent again. One that the host cannot keep just now (the project is not in its place) waits with all that follow, and is sent again.
 * Test: test/renderer/reconnect.test.ts.
 */
import type { CallName, EventName, Events, Input, Output } from '../../src-shared/contract.ts';
import { AppError } from '../../src-shared/errors.ts';
import { createRpcClient, type Hello, type RpcClient, type Transport } from '../../src-shared/rpc.ts';

export interface ReconnectOptions {
  connect(): Transport;
  /** Calls that carry a key. */
  keyedCalls: ReadonlySet<string>;
  /** Of these the commands: what they do depends on their order. */
  orderedCalls: ReadonlySet<string>;
  wait(ms: number): Promise<void>;
  newKey(): string;
  onState(state: 'connecting' | 'open' | 'lost', hello: Hello | null): void;
  /** Commands are held back, with the host's reason; null when they go on. */
  onHeld(reason: AppError | null): void;
}

export interface ReconnectingClient {
  send<N extends CallName>(name: N, input: Input<N>, options?: CallOptions): Promise<Output<N>>;
  on<N extends EventName>(event: N, listener: (payload: Events[N]) => void): () => void;
  close(): void;
}

interface CallOptions {
  signal?: AbortSignal;
  onTags?: (tags: string[]) => void;
}

const HELD_MS = 1000;

export function createReconnectingClient(options: ReconnectOptions): ReconnectingClient {
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  let arriving = Promise.withResolvers<RpcClient>();
  let live: RpcClient | null = null;
  let closed = false;
  let lastCommand: Promise<unknown> = Promise.resolve();
  void keepConnected();

  async function keepConnected(): Promise<void> {
    let delay = 250;
    while (!closed) {
      const transport = options.connect();
      const gone = Promise.withResolvers<void>();
      // Registered before the client's own handler: calls it rejects must already find the next connection to wait for.
      transport.onClose(() => {
        if (live !== null) arriving = Promise.withResolvers<RpcClient>();
        live = null;
        gone.resolve();
      });
      const rpc = createRpcClient(transport);
      const hello = await rpc.hello.catch(() => null);
      if (hello !== null) {
        live = rpc;
        for (const event of listeners.keys()) attach(rpc, event);
        options.onState('open', hello);
        arriving.resolve(rpc);
        delay = 250;
      }
      await gone.promise;
      if (closed) return;
      options.onState('lost', null);
      await options.wait(delay);
      delay = Math.min(delay * 2, 5000);
    }
  }

  function attach<N extends EventName>(rpc: RpcClient, event: N): void {
    rpc.on(event, (payload) => {
      for (const listener of listeners.get(event) ?? []) (listener as (payload: Events[N]) => void)(payload);
    });
  }

  function send<N extends CallName>(name: N, input: Input<N>, callOptions: CallOptions = {}): Promise<Output<N>> {
    const key = options.keyedCalls.has(name) ? options.newKey() : undefined;
    if (!options.orderedCalls.has(name)) return deliver(name, input, { ...callOptions, key });
    const answer = lastCommand.then(() => deliver(name, input, { ...callOptions, key }));
    lastCommand = answer.catch(() => undefined);
    return answer;
  }

  /** Until it is answered; over as many connections as it takes. */
  async function deliver<N extends CallName>(name: N, input: Input<N>, callOptions: CallOptions & { key: string | undefined }): Promise<Output<N>> {
    let held = false;
    try {
      for (;;) {
        const rpc = live ?? (await abortable(arriving.promise, callOptions.signal));
        try {
          return await rpc.send(name, input, callOptions);
        } catch (error) {
          const code = error instanceof AppError ? error.code : null;
          const waits = code === 'CONNECTION_LOST' || (code === 'PROJECT_MOVED' && callOptions.key !== undefined);
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
