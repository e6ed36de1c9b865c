/**
 * Who may talk to the host. Loopback is no boundary: any web page on this machine can send requests to it, and a cookie would go to every
 * port of it. So every request must name our own address as `Host` and come from our own `Origin` (or be a visit: a link that someone
 * followed to the page); orders need the token, which a page keeps in its own storage and says first on its socket; pictures need a
 * secret in their path that is good for nothing else. Test: test/main/host/server.test.ts.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Guard {
  /** Good for orders. */
  token: string;
  /** Good for pictures only. */
  pictures: string;
  isToken(text: string): boolean;
  isPictures(text: string): boolean;
  /** `Authorization: Bearer`, for programs. */
  hasToken(request: IncomingMessage): boolean;
  /** The Host header is one of our own names with our own port: stops DNS rebinding. */
  isOwnHost(request: IncomingMessage): boolean;
  /** No other site caused the request. A request without Origin must not say it came from another site. */
  isOwnOrigin(request: IncomingMessage): boolean;
  /** A person's browser goes to an address, from wherever: the other site learns nothing of the answer. */
  isVisit(request: IncomingMessage): boolean;
}

export function createGuard(port: () => number): Guard {
  const token = randomBytes(32).toString('base64url');
  const pictures = randomBytes(32).toString('base64url');
  const names = (): string[] => ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port()}`);

  return {
    token,
    pictures,
    isToken: (text) => equal(text, token),
    isPictures: (text) => equal(text, pictures),
    hasToken(request) {
      const [scheme, text] = (request.headers.authorization ?? '').split(' ');
      return scheme === 'Bearer' && text !== undefined && equal(text, token);
    },
    isOwnHost: (request) => names().includes((request.headers.host ?? '').toLowerCase()),
    isOwnOrigin(request) {
      const { origin } = request.headers;
      if (origin !== undefined) return names().some((name) => origin === `http://${name}`);
      const site = request.headers['sec-fetch-site'];
      return site === undefined || site === 'same-origin' || site === 'none';
    },
    isVisit: ({ headers, method }) =>
      (method === 'GET' || method === 'HEAD') &&
      headers.origin === undefined &&
      headers['sec-fetch-mode'] === 'navigate' &&
      headers['sec-fetch-dest'] === 'document',
  };
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

/** What opens the page: the token stands after the `#`, which no browser sends to anyone. */
export function pageAddress(port: number, token: string): string {
  return `http://127.0.0.1:${port}/#token=${token}`;
}
