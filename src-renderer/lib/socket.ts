/** One WebSocket as a Transport: the token first, then binary frames in both directions. Knows nothing of reconnecting. */
import { decodeFrame, encodeFrame } from '../../src-shared/frames.ts';
import { CLOSE_CODES, refuseTooLarge, type ClientMessage, type HostMessage, type TokenMessage, type Transport } from '../../src-shared/rpc.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function connectSocket(url: string, token: string): Transport {
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  let onMessage: (message: HostMessage) => void = () => undefined;
  const closers: ((why?: 'refused') => void)[] = [];
  let closed = false;

  function close(why?: 'refused'): void {
    if (closed) return;
    closed = true;
    for (const closer of closers) closer(why);
  }
  socket.addEventListener('open', () => socket.send(encodeFrame({ type: 'token', token } satisfies TokenMessage, encoder)));
  socket.addEventListener('close', (event) => close(event.code === CLOSE_CODES.refused ? 'refused' : undefined));
  socket.addEventListener('error', () => close());
  socket.addEventListener('message', (event: MessageEvent<ArrayBuffer | string>) => {
    if (typeof event.data === 'string') onMessage(JSON.parse(event.data) as HostMessage);
    else onMessage(decodeFrame(new Uint8Array(event.data), decoder) as HostMessage);
  });

  return {
    send(message: ClientMessage) {
      const frame = encodeFrame(message, encoder);
      refuseTooLarge(frame);
      if (socket.readyState === WebSocket.OPEN) socket.send(frame);
    },
    onMessage: (listener) => void (onMessage = listener),
    onClose: (listener) => void closers.push(listener),
    close() {
      socket.close();
      close();
    },
  };
}
