/** Keeps the host's answers to some calls from a page until they are wanted, so that a test sees what stands there before the first answer. */
import type { Page } from 'playwright-core';
import type { CallName } from '../../src-shared/contract/index.ts';
import { decodeFrame } from '../../src-shared/frames.ts';
import type { ClientMessage, HostMessage } from '../../src-shared/rpc.ts';

export interface HeldAnswers {
  /** How many answers wait. */
  readonly waiting: number;
  /** Passes on what waits; from then on nothing is held. */
  release(): void;
}

/** Call before the page is loaded. */
export async function holdAnswers(page: Page, isHeld: (call: CallName) => boolean): Promise<HeldAnswers> {
  const decoder = new TextDecoder();
  const read = (data: string | Buffer): unknown => (typeof data === 'string' ? JSON.parse(data) : decodeFrame(new Uint8Array(data), decoder));
  const held: (() => void)[] = [];
  let isReleased = false;
  await page.routeWebSocket(/.*/, (socket) => {
    const host = socket.connectToServer();
    const calls = new Map<number, CallName>();
    socket.onMessage((data) => {
      const message = read(data) as ClientMessage;
      if (message.type === 'call') calls.set(message.id, message.call as CallName);
      host.send(data);
    });
    host.onMessage((data) => {
      const message = read(data) as HostMessage;
      const call = message.type === 'reply' ? calls.get(message.id) : undefined;
      if (!isReleased && call !== undefined && isHeld(call)) held.push(() => socket.send(data));
      else socket.send(data);
    });
  });
  return {
    get waiting() {
      return held.length;
    },
    release() {
      isReleased = true;
      for (const send of held.splice(0)) send();
    },
  };
}
