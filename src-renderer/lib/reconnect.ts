/**
 * A client that outlives its connections. Every call is kept until it is answered: when a connection goes, calls under way wait for the
 * next one and are sent again, with the same key where the call changes something. Waiting grows from 0.25 s to 5 s.
 */
import type { CallName, EventName, Events, Input, Output } from '../../src-shared/contract.ts';
import { AppError } from '../../src-shared/errors.ts';
import { createRpcClient, type Hello, type RpcClient, type Transport } from '../../src-shared/rpc.ts';

export interface ReconnectOptions {
  connect(): Transport;
  keyedCalls: ReadonlySet<string>;
  wait(ms: number): Promise<void>;
  newKey(): string;
  onState(state: 'connecting' | 'open' | 'lost', hello: Hello | null): void;
}

export interface ReconnectingClient {
  send<N extends CallName>(name: N, input: Input<N>, options?: { signal?: AbortSignal; onTags?: (tags: string[]) => void }): Promise<Output<N>>;
  on<N extends EventName>(event: N, listener: (payload: Events[N]) => void): () => void;
  close(): void;
}

export function createReconnectingClient(options: ReconnectOptions): ReconnectingClient {
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  let arriving = Promise.withResolvers<RpcClient>();
  let live: RpcClient | null = null;
  let closed = false;
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

  async function send<N extends CallName>(
    name: N,
    input: Input<N>,
    callOptions: { signal?: AbortSignal; onTags?: (tags: string[]) => void } = {},
  ): Promise<Output<N>> {
    const key = options.keyedCalls.has(name) ? options.newKey() : undefined;
    for (;;) {
      const rpc = live ?? (await abortable(arriving.promise, callOptions.signal));
      try {
        return await rpc.send(name, input, { ...callOptions, key });
      } catch (error) {
        const isLost = error instanceof AppError && error.code === 'CONNECTION_LOST';
        if (!isLost || closed) throw error;
      }
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
