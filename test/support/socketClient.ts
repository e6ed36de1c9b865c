/** A client over a real WebSocket, as a program (token in a header) or as a page (origin, token as the first message) would connect. */
import { WebSocket } from 'ws';
import { decodeFrame, encodeFrame } from '../../src-shared/frames.ts';
import { createRpcClient, type HostMessage, type RpcClient } from '../../src-shared/rpc.ts';

export function connectSocket(port: number, headers: Record<string, string>, token?: string): { client: RpcClient; socket: WebSocket } {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers });
  const waiting: Uint8Array[] = [];
  let isOpen = false;
  socket.on('open', () => {
    isOpen = true;
    if (token !== undefined) socket.send(encodeFrame({ type: 'token', token }, new TextEncoder()));
    for (const frame of waiting.splice(0)) socket.send(frame);
  });
  socket.on('error', () => undefined);
  const client = createRpcClient({
    send(message) {
      const frame = encodeFrame(message, new TextEncoder());
      if (isOpen) socket.send(frame);
      else waiting.push(frame);
    },
    onMessage: (listener) => void socket.on('message', (data: Buffer) => listener(decodeFrame(data, new TextDecoder()) as HostMessage)),
    onClose: (listener) => void socket.on('close', listener),
    close: () => socket.close(),
  });
  return { client, socket };
}
