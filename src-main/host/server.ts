/**
 * HTTP and WebSocket on 127.0.0.1 only: the page, media by id, and one socket a page for calls and events.
 * Every request passes guard.ts first; answers carry a strict Content-Security-Policy. Test: test/main/host/server.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { decodeFrame, encodeFrame } from '../../src-shared/frames.ts';
import type { HostMessage } from '../../src-shared/rpc.ts';
import type { Log } from '../platform/log.ts';
import type { Dispatcher } from './dispatch.ts';
import type { EventSink } from './events.ts';
import { createGuard } from './guard.ts';
import { servePageFile } from './pageFiles.ts';

export interface Server {
  /** Opens the page; carries the token. */
  url: string;
  port: number;
  token: string;
  close(): Promise<void>;
}

/** Answers `/media/…`; false when the address is not known. */
export type MediaRoute = (url: URL, request: IncomingMessage, response: ServerResponse) => Promise<boolean>;

export interface ServerParts {
  port: number;
  pageFolder: string;
  dispatcher: Dispatcher;
  media: MediaRoute;
  hello(client: string): HostMessage;
  subscribe(sink: EventSink): () => void;
  log: Log;
}

const MAX_MESSAGE = 16 * 1024 * 1024;
const MAX_SOCKETS = 64;
/** A page that does not read for so long that this much waits is cut off; it comes back and asks again. */
const MAX_WAITING = 128 * 1024 * 1024;

export async function startServer(parts: ServerParts): Promise<Server> {
  const { dispatcher, log } = parts;
  let port = parts.port;
  const guard = createGuard(() => port);
  const http = createServer({ maxHeaderSize: 16 * 1024, headersTimeout: 30_000, requestTimeout: 60_000, keepAliveTimeout: 30_000 }, (request, response) => {
    answer(request, response).catch((error: unknown) => {
      const shape = toErrorShape(error);
      if (shape.code === 'INTERNAL') log.error({ url: request.url?.split('?')[0], err: error }, 'a request failed');
      if (response.headersSent) return void response.destroy();
      sendJson(response, shape.code === 'INTERNAL' ? 500 : 400, { error: shape });
    });
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false, clientTracking: true });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setSecurityHeaders(response, port);
    if (!guard.isOwnHost(request)) return refuse(response, 'The request names another host than this one.');
    if (!guard.isOwnOrigin(request)) return refuse(response, 'The request comes from another site.');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return sendJson(response, 405, { error: toErrorShape(new AppError('BAD_INPUT', `${request.method ?? ''} is not answered here.`)) });
    }
    const url = parseUrl(request.url ?? '/');
    if (!url) return sendJson(response, 400, { error: toErrorShape(new AppError('BAD_INPUT', 'The address cannot be read.')) });
    const token = url.pathname === '/' ? url.searchParams.get('token') : null;
    if (token !== null && guard.isToken(token)) {
      response.writeHead(303, { location: '/', 'set-cookie': guard.cookie, 'cache-control': 'no-store' });
      return void response.end();
    }
    if (!guard.isKnown(request)) return refuse(response, 'The address carries no valid token. Open the address that the program printed when it started.');
    if (token !== null) {
      // An old address in a browser that is known already.
      response.writeHead(303, { location: '/', 'cache-control': 'no-store' });
      return void response.end();
    }
    if (url.pathname.startsWith('/media/')) {
      if (await parts.media(url, request, response)) return;
      return sendJson(response, 404, { error: toErrorShape(new AppError('NOT_FOUND', `There is no medium at ${url.pathname}.`)) });
    }
    await servePageFile(parts.pageFolder, url.pathname, request, response);
  }

  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const path = parseUrl(request.url ?? '')?.pathname;
    // A browser always sends Origin on an upgrade; a program without one has to show the token.
    const allowed =
      guard.isOwnHost(request) &&
      guard.isOwnOrigin(request) &&
      guard.isKnown(request) &&
      (request.headers.origin !== undefined || request.headers.authorization !== undefined);
    if (path !== '/ws' || !allowed || sockets.clients.size >= MAX_SOCKETS) {
      const status = path !== '/ws' ? '404 Not Found' : !allowed ? '403 Forbidden' : '503 Service Unavailable';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, accept);
  });

  function accept(socket: WebSocket): void {
    const client = randomUUID();
    const encoder = new TextEncoder();
    const decoder = new TextDecoder('utf-8', { fatal: true });
    function send(message: HostMessage): void {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MAX_WAITING) return socket.close(1013, 'the page does not read its messages');
      socket.send(encodeFrame(message, encoder));
    }
    const connection = dispatcher.connect(client, send);
    const unsubscribe = parts.subscribe((event, payload) => send({ type: 'event', event, payload }));
    let alive = true;
    const heartbeat = setInterval(() => {
      if (!alive) return socket.terminate();
      alive = false;
      socket.ping();
    }, 30_000);
    heartbeat.unref();

    socket.on('pong', () => (alive = true));
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      alive = true;
      try {
        if (!isBinary) throw new Error('messages are binary');
        connection.receive(decodeFrame(data, decoder));
      } catch (error) {
        log.warn({ client, reason: toErrorShape(error).message.slice(0, 200) }, 'a connection sent something that is no message of ours');
        socket.close(1008, 'not a message of this program');
      }
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearInterval(heartbeat);
      unsubscribe();
      connection.close();
    });
    send(parts.hello(client));
  }

  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new AppError('UNSUPPORTED', `Port ${port} is in use by another program; choose another one, or leave it out.`, { port })
          : error,
      );
    });
    http.listen({ host: '127.0.0.1', port }, resolve);
  });
  port = (http.address() as AddressInfo).port;

  return {
    url: `http://127.0.0.1:${port}/?token=${guard.token}`,
    port,
    token: guard.token,
    async close() {
      for (const socket of sockets.clients) socket.close(1001, 'the program is closing');
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      // A page that does not answer the close must not keep the program from ending.
      setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        http.closeAllConnections();
      }, 300).unref();
      http.closeIdleConnections();
      await closed;
    },
  };
}

function parseUrl(text: string): URL | null {
  if (!text.startsWith('/') || text.startsWith('//')) return null;
  try {
    return new URL(text, 'http://host');
  } catch {
    return null;
  }
}

function setSecurityHeaders(response: ServerResponse, port: number): void {
  const socket = `ws://127.0.0.1:${port} ws://localhost:${port}`;
  response.setHeader(
    'content-security-policy',
    `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self' ${socket}; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'`,
  );
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader('cross-origin-opener-policy', 'same-origin');
  response.setHeader('cross-origin-embedder-policy', 'require-corp');
  response.setHeader('cross-origin-resource-policy', 'same-origin');
  response.setHeader('permissions-policy', 'camera=(), microphone=(), geolocation=(), payment=(), usb=()');
}

function refuse(response: ServerResponse, message: string): void {
  sendJson(response, 403, { error: toErrorShape(new AppError('UNAUTHORISED', message)) });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}
