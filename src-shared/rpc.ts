/**
 * Messages between a client and the host, and the client built over any transport.
 * Over WebSocket each message is one binary frame (`frames.ts`); in memory it is the object itself.
 *
 * A client over WebSocket that did not show its token in a header sends it first; then the host says `hello`. A client then sends calls; each gets exactly one reply. `key` is a random text a client gives a command:
 * the host runs a key once and answers a repeat with the first result, so commands without a reply can be sent again after a lost connection.
 * A query's reply carries the cache tags it depends on; `changed` events name tags to drop.
 */
import type { CallName, Client, EventName, Events, Input, Output } from './contract/index.ts';
import { AppError, cancelled, fromErrorShape, type ErrorShape } from './errors.ts';

export interface Hello {
  type: 'hello';
  /** Version of the program and hash of the contract; a page built for another one reloads. */
  version: string;
  contract: string;
  /** New with every start of the host. */
  session: string;
  /** Id of this connection, the `origin` of its changes. */
  client: string;
  /** Id of the project: stays when its folder is moved, differs between any two. */
  project: string;
  /** What the numbers of its tracklets, data sets and runs mean: another one once a backup took the place of a database whose numbers are not known. */
  numbering?: string;
  /** Another one after each backup that was put back: what a page read before is old. */
  generation?: string;
  /** Part of the path of pictures (`/media/<pictures>/…`), for a page; new with every start of the host. */
  pictures?: string;
}

/** The first message over a WebSocket, and only the first. */
export interface TokenMessage {
  type: 'token';
  token: string;
}

/** Bytes of one message to the host. The largest step of an annotator has 20,000 edits: a third of it. */
export const MAX_MESSAGE = 8 * 1024 * 1024;

/** Why the host closed a WebSocket, where that says what to do next. */
export const CLOSE_CODES = { refused: 4401, late: 4408 } as const;

export interface CallMessage {
  type: 'call';
  id: number;
  call: string;
  input: unknown;
  key: string | null;
  /** The numbering that a change was made under; the host refuses one of another. */
  numbering?: string;
}

/** The key of a command tells the window that gave it, so that each window undoes its own steps. */
export function keyFrom(window: string, random: string): string {
  return `${window}:${random}`;
}

/** Null where no page gave the key. */
export function windowOf(key: string | null): string | null {
  return /^([\w-]{8,40}):/.exec(key ?? '')?.[1] ?? null;
}

export interface CancelMessage {
  type: 'cancel';
  id: number;
}

export type ClientMessage = CallMessage | CancelMessage;

export interface ReplyMessage {
  type: 'reply';
  id: number;
  output?: unknown;
  error?: ErrorShape;
  /** `provides` of a query. */
  tags?: string[];
}

export interface EventMessage {
  type: 'event';
  event: EventName;
  payload: unknown;
}

export type HostMessage = Hello | ReplyMessage | EventMessage;

/** One connection. `closed` rejects nothing by itself; the client decides what happens to calls under way. */
export interface Transport {
  /** Throws an AppError when the message cannot be sent over any connection. */
  send(message: ClientMessage): void;
  onMessage(listener: (message: HostMessage) => void): void;
  /** `refused`: the host is there but does not know the token. */
  onClose(listener: (why?: 'refused') => void): void;
  close(): void;
}

interface Pending {
  resolve(output: unknown): void;
  reject(error: unknown): void;
  onTags: ((tags: string[]) => void) | undefined;
}

interface SendOptions {
  signal?: AbortSignal;
  key?: string;
  numbering?: string | undefined;
  onTags?: (tags: string[]) => void;
}

export interface RpcClient extends Client {
  /** As `call`, and tells the cache tags of a query, or gives a command its key. */
  send<N extends CallName>(name: N, input: Input<N>, options?: SendOptions): Promise<Output<N>>;
  readonly hello: Promise<Hello>;
  close(): void;
}

/** A client over one connection; when it closes, every pending call rejects with CONNECTION_LOST at once. */
export function createRpcClient(transport: Transport): RpcClient {
  const pending = new Map<number, Pending>();
  const listeners = new Map<EventName, Set<(payload: never) => void>>();
  const greeting = Promise.withResolvers<Hello>();
  greeting.promise.catch(() => undefined);
  let nextId = 1;
  let closed = false;

  transport.onMessage((message) => {
    if (message.type === 'hello') greeting.resolve(message);
    else if (message.type === 'event') for (const listener of listeners.get(message.event) ?? []) listener(message.payload as never);
    else settle(message);
  });
  transport.onClose(() => {
    closed = true;
    const lost = new AppError('CONNECTION_LOST', 'The connection to the program was lost.');
    greeting.reject(lost);
    for (const call of pending.values()) call.reject(lost);
    pending.clear();
  });

  function settle(reply: ReplyMessage): void {
    const call = pending.get(reply.id);
    if (!call) return;
    pending.delete(reply.id);
    if (reply.error) return call.reject(fromErrorShape(reply.error));
    if (reply.tags) call.onTags?.(reply.tags);
    call.resolve(reply.output);
  }

  function send<N extends CallName>(name: N, input: Input<N>, options: SendOptions = {}): Promise<Output<N>> {
    if (closed) return Promise.reject(new AppError('CONNECTION_LOST', 'The connection to the program was lost.'));
    const { signal } = options;
    if (signal?.aborted) return Promise.reject(cancelled());
    const id = nextId++;
    return new Promise<Output<N>>((resolve, reject) => {
      pending.set(id, { resolve: (output) => resolve(output as Output<N>), reject, onTags: options.onTags });
      signal?.addEventListener(
        'abort',
        () => {
          if (!pending.delete(id)) return;
          if (!closed) transport.send({ type: 'cancel', id });
          reject(cancelled());
        },
        { once: true },
      );
      try {
        const { key = null, numbering } = options;
        transport.send({ type: 'call', id, call: name, input, key, ...(numbering === undefined ? {} : { numbering }) });
      } catch (error) {
        // Such as one that is too large: the connection is fine, and sending it again would end the same.
        pending.delete(id);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  return {
    send,
    call: (name, input, options) => send(name, input, options),
    on(event, listener) {
      const set = listeners.get(event) ?? new Set();
      listeners.set(event, set);
      set.add(listener as (payload: never) => void);
      return () => set.delete(listener as (payload: never) => void);
    },
    hello: greeting.promise,
    close: () => transport.close(),
  };
}

/** One that the host would close the connection for. */
export function refuseTooLarge(frame: Uint8Array): void {
  if (frame.byteLength > MAX_MESSAGE)
    throw new AppError(
      'BAD_INPUT',
      `What is to be sent has ${(frame.byteLength / 1e6).toFixed(1)} MB; ${(MAX_MESSAGE / 1e6).toFixed(1)} MB are the most at once.`,
      { bytes: frame.byteLength },
      { remedy: 'Change fewer things at once.' },
    );
}

export type { Events };
