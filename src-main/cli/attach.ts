/**
 * A client of the host that has a project open already (a window, `tracklet serve`), so that commands work beside it. Where it can be reached
 * stands in the project's `host.json`, which only its user can read. Test: test/main/cli/attach.test.ts.
 */
import { WebSocket } from 'ws';
import { AppError } from '../../src-shared/errors.ts';
import { decodeFrame, encodeFrame } from '../../src-shared/frames.ts';
import { createRpcClient, type Hello, type HostMessage, type RpcClient } from '../../src-shared/rpc.ts';
import { contractHash } from '../host/contractHash.ts';
import { systemTiming, type Timing } from '../platform/paced.ts';

const PATIENCE_MS = 10_000;

const lost = new WeakMap<RpcClient, Promise<never>>();

/** Rejects when the host that has the project open is gone; null for a client of this command's own host. What goes on in another was begun by somebody else. */
export function connectionLost(client: RpcClient): Promise<never> | null {
  return lost.get(client) ?? null;
}

/**
 * Throws UNSUPPORTED when the host is another version of the program, CONNECTION_LOST when it is not there (any more), PROJECT_LOCKED when
 * something is there that does not greet.
 */
export async function attach({ port, token }: { port: number; token: string }, after: Timing['after'] = systemTiming.after): Promise<RpcClient> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers: { authorization: `Bearer ${token}` } });
  const encoder = new TextEncoder();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const client = createRpcClient({
    send: (message) => socket.send(encodeFrame(message, encoder)),
    onMessage: (listener) => void socket.on('message', (data: Buffer) => listener(decodeFrame(data, decoder) as HostMessage)),
    onClose: (listener) => void socket.on('close', listener),
    close: () => socket.close(),
  });
  socket.on('error', () => socket.terminate());
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => undefined);
  socket.on('close', () => gone.reject(new AppError('CONNECTION_LOST', 'The program that has the project open has ended.')));
  lost.set(client, gone.promise);
  const hello = await greeting(client, socket, port, after);
  if (hello.contract === contractHash()) return client;
  client.close();
  throw new AppError(
    'UNSUPPORTED',
    `The project is open in version ${hello.version} of the program, which this command does not fit.`,
    { version: hello.version },
    { remedy: 'Close that program, or run the command of its version.' },
  );
}

async function greeting(client: RpcClient, socket: WebSocket, port: number, after: Timing['after']): Promise<Hello> {
  const mute = Promise.withResolvers<never>();
  const stopWaiting = after(PATIENCE_MS, () => {
    mute.reject(new AppError('PROJECT_LOCKED', `The program that has the project open does not answer at port ${port}.`, { port }));
    socket.terminate();
  });
  try {
    return await Promise.race([client.hello, mute.promise]);
  } finally {
    stopWaiting();
  }
}
