/**
 * The page's one connection to the host: a WebSocket that comes back by itself.
 * A call made or unanswered while the connection is away waits and is sent again; calls that change something carry a key, so the host
 * runs them once. Views use `useQuery` for reading and `client.call` for everything else. Tested by test/renderer/reconnect.test.ts.
 */
import type { CallName, Client, EventName, Events, Input, Output } from '../src-shared/contract.ts';
import { AppError } from '../src-shared/errors.ts';
import { connectSocket } from './lib/socket.ts';
import { createReconnectingClient } from './lib/reconnect.ts';
import { connection } from './lib/connection.svelte.ts';
import { followSave } from './lib/saving.svelte.ts';

export { connection };

export interface SendOptions {
  signal?: AbortSignal;
  /** Told the cache tags of a query's reply. */
  onTags?: (tags: string[]) => void;
}

export interface PageClient extends Client {
  send<N extends CallName>(name: N, input: Input<N>, options?: SendOptions): Promise<Output<N>>;
}

const keyedCalls: ReadonlySet<string> = new Set(Object.keys(__CHANGING_CALLS__));
const orderedCalls: ReadonlySet<string> = new Set(Object.keys(__CHANGING_CALLS__).filter((name) => __CHANGING_CALLS__[name] === 'command'));

const reconnecting = createReconnectingClient({
  connect: () => connectSocket(socketUrl()),
  keyedCalls,
  orderedCalls,
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  newKey: () => crypto.randomUUID(),
  onState(state, hello) {
    if (hello && connection.contract !== null && (hello.contract !== connection.contract || hello.version !== connection.version)) return location.reload();
    connection.state = state;
    if (!hello) return;
    connection.contract = hello.contract;
    connection.version = hello.version;
    connection.clientId = hello.client;
    connection.session = hello.session;
    connection.opened += 1;
  },
  onHeld(reason) {
    connection.held = reason?.message ?? null;
  },
});

function send<N extends CallName>(name: N, input: Input<N>, options?: SendOptions): Promise<Output<N>> {
  const answer = reconnecting.send(name, input, options);
  return keyedCalls.has(name) ? followSave(answer) : answer;
}

export const client: PageClient = {
  send,
  call: send,
  on: <N extends EventName>(event: N, listener: (payload: Events[N]) => void) => reconnecting.on(event, listener),
};

/** True for an error that only says that its reader went away. */
export function isCancelled(error: unknown): boolean {
  return error instanceof AppError && error.code === 'CANCELLED';
}

function socketUrl(): string {
  const url = new URL('ws', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  url.search = '';
  return url.href;
}
