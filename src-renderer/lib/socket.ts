/** One WebSocket as a Transport: binary frames in both directions. Knows nothing of reconnecting. */
import { decodeFrame, encodeFrame } from '../../src-shared/frames.ts';
import type { ClientMessage, HostMessage, Transport } from '../../src-shared/rpc.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function connectSocket(url: string): Transport {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  let onMessage: (message: HostMessage) => void = () => undefined;
  const closers: (() => void)[] = [];
  let closed = false;

  function close(): void {
    if (closed) return;
    closed = true;
    for (const closer of closers) closer();
  }
  socket.addEventListener('close', close);
  socket.addEventListener('error', close);
  socket.addEventListener('message', (event: MessageEvent<ArrayBuffer | string>) => {
    if (typeof event.data === 'string') onMessage(JSON.parse(event.data) as HostMessage);
    else onMessage(decodeFrame(new Uint8Array(event.data), decoder) as HostMessage);
  });

  return {
    send(message: ClientMessage) {
      if (socket.readyState === WebSocket.OPEN) socket.send(encodeFrame(message, encoder));
    },
    onMessage: (listener) => void (onMessage = listener),
    onClose: (listener) => void closers.push(listener),
    close() {
      socket.close();
      close();
    },
  };
}
