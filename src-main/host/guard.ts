/**
 * Who may talk to the host. Loopback is no boundary: any web page on this machine can send requests to it, so every request must name our
 * own address as `Host`, come from our own `Origin`, and carry the cookie that the printed address sets.
 * Test: test/main/host/server.test.ts.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface Guard {
  token: string;
  /** `Set-Cookie` value. */
  cookie: string;
  isToken(text: string): boolean;
  /** The Host header is one of our own names with our own port: stops DNS rebinding. */
  isOwnHost(request: IncomingMessage): boolean;
  /** Cookie, or `Authorization: Bearer` for programs. */
  isKnown(request: IncomingMessage): boolean;
  /** No other site caused the request. A request without Origin must not say it came from another site. */
  isOwnOrigin(request: IncomingMessage): boolean;
}

export function createGuard(port: () => number): Guard {
  const token = randomBytes(32).toString('base64url');
  const secret = randomBytes(32).toString('base64url');
  const names = (): string[] => ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port()}`);
  // Cookies ignore ports: the name keeps two hosts on one machine apart.
  const cookieName = (): string => `tracklet-${port()}`;

  function hasCookie(request: IncomingMessage): boolean {
    const found = (request.headers.cookie ?? '')
      .split(';')
      .map((part) => part.trim())
      .find((part) => part.startsWith(`${cookieName()}=`));
    return found !== undefined && equal(found.slice(cookieName().length + 1), secret);
  }
  function hasBearer(request: IncomingMessage): boolean {
    const [scheme, text] = (request.headers.authorization ?? '').split(' ');
    return scheme === 'Bearer' && text !== undefined && equal(text, token);
  }

  return {
    token,
    get cookie() {
      return `${cookieName()}=${secret}; HttpOnly; SameSite=Strict; Path=/`;
    },
    isToken: (text) => equal(text, token),
    isOwnHost: (request) => names().includes((request.headers.host ?? '').toLowerCase()),
    isKnown: (request) => hasCookie(request) || hasBearer(request),
    isOwnOrigin(request) {
      const { origin } = request.headers;
      if (origin !== undefined) return names().some((name) => origin === `http://${name}`);
      const site = request.headers['sec-fetch-site'];
      return site === undefined || site === 'same-origin' || site === 'none';
    },
  };
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
