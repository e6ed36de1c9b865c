/**
 * HTTP and WebSocket on 127.0.0.1 only: the page, media by id, and one socket a page for calls and events.
 * Every request passes guard.ts first; answers carry a strict Content-Security-Policy. The page itself holds no secret and is given to
 * whoever asks; a socket is greeted only after the token, in a header or as its first message. Test: test/main/host/server.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { decodeFrame, encodeFrame } from '../../src-shared/frames.ts';
import { CLOSE_CODES, MAX_MESSAGE, type Hello, type HostMessage } from '../../src-shared/rpc.ts';
import type { MediaRoute } from '../media/routes.ts';
import type { Log } from '../platform/log.ts';
import type { Dispatcher } from './dispatch.ts';
import type { EventSink } from './events.ts';
import { createGuard, pageAddress } from './guard.ts';
import { servePageFile } from './pageFiles.ts';

export interface Server {
  /** Opens the page; carries the token after the `#`, which no browser sends to anyone. */
  url: string;
  port: number;
  token: string;
  /** Resolves once no client is connected. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export interface ServerParts {
  /** 0: any free one. */
  port: number;
  /** Taken instead of any free one where it is free, so that a page left open finds the program where it was. */
  wantedPort?: number | undefined;
  /** How long a socket may wait with its token. */
  patience?: number | undefined;
  pageFolder: string;
  dispatcher: Dispatcher;
  media: MediaRoute;
  hello(client: string): Hello;
  subscribe(sink: EventSink): () => void;
  log: Log;
}

/** As with MAX_MESSAGE, the largest step of an annotator has a third of it. */
const FRAME_LIMITS = { values: 500_000, depth: 32 };
/** A page uses six connections for pictures and one socket. */
const MAX_CONNECTIONS = 256;
const MAX_SOCKETS = 64;
/** Sockets that have not shown the token yet; their number, their time and what they may send are small. */
const MAX_STRANGERS = 16;
const PATIENCE = 10_000;
const LARGEST_FIRST = 4096;
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
  http.maxConnections = MAX_CONNECTIONS;
  /** The oldest first. */
  const strangers = new Set<WebSocket>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false, clientTracking: true });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    setSecurityHeaders(response, port);
    if (!guard.isOwnHost(request)) return refuse(response, 'The request names another host than this one.');
    const url = parseUrl(request.url ?? '/');
    const isVisit = url?.pathname === '/' && guard.isVisit(request);
    if (!isVisit && !guard.isOwnOrigin(request)) return refuse(response, 'The request comes from another site.');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return sendJson(response, 405, { error: toErrorShape(new AppError('BAD_INPUT', `${request.method ?? ''} is not answered here.`)) });
    }
    if (!url) return sendJson(response, 400, { error: toErrorShape(new AppError('BAD_INPUT', 'The address cannot be read.')) });
    if (url.pathname.startsWith('/media/')) return answerMedia(url, request, response);
    await servePageFile(parts.pageFolder, url.pathname, request, response);
  }

  /** `/media/<secret>/strip/7.jpg` for a page, `/media/strip/7.jpg` for a program that shows the token. */
  async function answerMedia(url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, , secret = '', ...rest] = url.pathname.split('/');
    if (guard.isPictures(secret)) url.pathname = `/media/${rest.join('/')}`;
    else if (!guard.hasToken(request)) return refuse(response, 'The address of the picture is not from this start of the program.');
    if (await parts.media(url, request, response)) return;
    sendJson(response, 404, { error: toErrorShape(new AppError('NOT_FOUND', `There is no medium at ${url.pathname}.`)) });
  }

  function listen(wanted: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void =>
        reject(
          error.code === 'EADDRINUSE'
            ? new AppError('UNSUPPORTED', `Port ${wanted} is in use by another program; choose another one, or leave it out.`, { port: wanted })
            : error,
        );
      http.once('error', fail);
      http.listen({ host: '127.0.0.1', port: wanted }, () => {
        http.off('error', fail);
        resolve();
      });
    });
  }

  http.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const path = parseUrl(request.url ?? '')?.pathname;
    const isKnown = guard.hasToken(request);
    const allowed = guard.isOwnHost(request) && guard.isOwnOrigin(request) && (isKnown || request.headers.authorization === undefined);
    // Who is silent gives way to who comes: a page says its token at once.
    if (!isKnown && allowed && path === '/ws') giveWay();
    const isFull = sockets.clients.size - strangers.size >= MAX_SOCKETS;
    if (path !== '/ws' || !allowed || isFull) {
      const status = path !== '/ws' ? '404 Not Found' : !allowed ? '403 Forbidden' : '503 Service Unavailable';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => (isKnown ? accept(opened) : awaitToken(opened, socket)));
  });

  function giveWay(): void {
    for (const oldest of strangers) {
      if (strangers.size < MAX_STRANGERS) return;
      strangers.delete(oldest);
      oldest.terminate();
    }
  }

  /** Nothing is said to a socket, and nothing is done for it, before its first message has shown the token. */
  function awaitToken(socket: WebSocket, wire: Duplex): void {
    strangers.add(socket);
    let received = 0;
    let isSettled = false;
    const tooLate = setTimeout(() => socket.close(CLOSE_CODES.late, 'no token in time'), parts.patience ?? PATIENCE);
    tooLate.unref();
    const settle = (): void => {
      isSettled = true;
      strangers.delete(socket);
      clearTimeout(tooLate);
      wire.off('data', count);
      socket.off('message', first);
      socket.off('close', settle);
    };
    // Before a stranger's message is whole: memory is for those who are known.
    function count(chunk: Buffer): void {
      received += chunk.length;
      if (received > LARGEST_FIRST && !isSettled) socket.terminate();
    }
    function first(data: Buffer, isBinary: boolean): void {
      settle();
      if (isBinary && guard.isToken(tokenIn(data))) return accept(socket);
      log.warn({}, 'a connection without a valid token was refused');
      socket.close(CLOSE_CODES.refused, 'no valid token');
    }
    wire.on('data', count);
    socket.on('message', first);
    socket.on('close', settle);
    socket.on('error', () => socket.terminate());
  }

  function accept(socket: WebSocket): void {
    const client = randomUUID();
    const encoder = new TextEncoder();
    const decoder = new TextDecoder('utf-8', { fatal: true });
    function send(message: HostMessage): void {
      if (socket.readyState !== socket.OPEN) return;
      if (socket.bufferedAmount > MAX_WAITING) return socket.close(1013, 'the page does not read its messages');
      socket.send(encodeFrame(message, encoder));
    }
    const connection = dispatcher.connect(client, send, { isRemote: true });
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
        connection.receive(decodeFrame(data, decoder, FRAME_LIMITS), data.length);
      } catch (error) {
        const reason = toErrorShape(error).message.slice(0, 200);
        log.warn({ client, reason }, 'a connection sent something that is no message of ours');
        // The wire has room for 123 bytes of a reason.
        socket.close(1008, `refused: ${reason.replace(/[^ -~]/g, '?').slice(0, 110)}`);
      }
    });
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      clearInterval(heartbeat);
      unsubscribe();
      connection.close();
    });
    send({ ...parts.hello(client), pictures: guard.pictures });
  }

  if (parts.port !== 0 || !parts.wantedPort) await listen(parts.port);
  else await listen(parts.wantedPort).catch(() => listen(0));
  port = (http.address() as AddressInfo).port;

  return {
    url: pageAddress(port, guard.token),
    port,
    token: guard.token,
    async idle() {
      while (sockets.clients.size > 0) await Promise.race([...sockets.clients].map((socket) => new Promise((gone) => socket.once('close', gone))));
    },
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

/** The token of `{type: 'token', token}`; empty for anything else. */
function tokenIn(data: Buffer): string {
  try {
    const message = decodeFrame(data, new TextDecoder('utf-8', { fatal: true })) as { type?: unknown; token?: unknown } | null;
    return message?.type === 'token' && typeof message.token === 'string' ? message.token : '';
  } catch {
    return '';
  }
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
