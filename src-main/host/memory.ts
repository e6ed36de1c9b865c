/** A client in the host's own process, for the command line and tests: the same dispatcher, no socket. Values are copied as the wire would. */
import type { EventName, Events } from '../../src-shared/contract/index.ts';
import { createRpcClient, type HostMessage, type RpcClient } from '../../src-shared/rpc.ts';
import type { Dispatcher } from './dispatch.ts';

export function connectInMemory(
  dispatcher: Dispatcher,
  hello: (client: string) => HostMessage,
  client: string,
  subscribe: (sink: <N extends EventName>(event: N, payload: Events[N]) => void) => () => void,
): RpcClient {
  const listeners = new Set<(message: HostMessage) => void>();
  const closeListeners = new Set<() => void>();
  let open = true;

  function deliver(message: HostMessage): void {
    // Later, as over a socket: a caller must never be answered inside its own call.
    queueMicrotask(() => {
      if (!open) return;
      for (const listener of listeners) listener(message);
    });
  }
  const connection = dispatcher.connect(client, (message) => deliver(structuredClone(message)));
  const unsubscribe = subscribe((event, payload) => deliver({ type: 'event', event, payload: structuredClone(payload) }));
  function close(): void {
    if (!open) return;
    open = false;
    unsubscribe();
    connection.close();
    for (const listener of closeListeners) listener();
  }

  const rpc = createRpcClient({
    send(message) {
      try {
        connection.receive(structuredClone(message));
      } catch {
        close();
      }
    },
    onMessage: (listener) => void listeners.add(listener),
    onClose: (listener) => void closeListeners.add(listener),
    close,
  });
  deliver(hello(client));
  return rpc;
}
