import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Server } from '../../../src-main/host/server.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../support/project.ts';
import { connectSocket } from '../../support/socketClient.ts';

const page = temporaryFolder();
let project: TestProject;
let server: Server;
let cookie: string;

beforeAll(async () => {
  mkdirSync(join(page.path, 'dist', 'assets'), { recursive: true });
  writeFileSync(join(page.path, 'dist', 'index.html'), '<!doctype html><title>Page</title>');
  writeFileSync(join(page.path, 'dist', 'assets', 'app-abc.js'), 'console.log(1)');
  writeFileSync(join(page.path, 'dist', '.hidden.html'), 'hidden');
  writeFileSync(join(page.path, 'secret.txt'), 'secret');
  symlinkSync(join(page.path, 'secret.txt'), join(page.path, 'dist', 'assets', 'other.exe'));
  project = await openTestProject({ pageFolder: join(page.path, 'dist') });
  server = await project.host.serve();
  cookie = (await send('/?token=' + server.token, {})).headers['set-cookie']?.[0]?.split(';')[0] ?? '';
});
afterAll(async () => {
  await project[Symbol.asyncDispose]();
  page[Symbol.dispose]();
});

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Sends the path exactly as given; `fetch` would tidy it up. */
function send(path: string, headers: Record<string, string>, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ host: '127.0.0.1', port: server.port, path, method, headers, setHost: !('host' in headers) }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers as Answer['headers'], body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

const known = (): Record<string, string> => ({ cookie });

describe('the address', () => {
  test('with the token sets an HttpOnly, SameSite=Strict cookie and leads to the page without the token', async () => {
    const answer = await send(`/?token=${server.token}`, {});
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('/');
    expect(answer.headers['set-cookie']?.[0]).toMatch(new RegExp(`^tracklet-${server.port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/$`));
  });

  test('of the page answers with a strict policy', async () => {
    const answer = await send('/', known());
    expect(answer).toMatchObject({ status: 200, body: '<!doctype html><title>Page</title>' });
    const policy = String(answer.headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('*');
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test('is on the loopback interface only', async () => {
    const { readFileSync } = await import('node:fs');
    const hex = server.port.toString(16).toUpperCase().padStart(4, '0');
    const listening = readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(`:${hex}`) && fields[3] === '0A');
    expect(listening.map((fields) => fields[1])).toEqual([`0100007F:${hex}`]);
  });
});

describe('a stranger is refused', () => {
  const cases: [string, string, Record<string, string>][] = [
    ['without a token', '/', {}],
    ['with a wrong token', '/?token=' + 'x'.repeat(43), {}],
    ['with a wrong cookie', '/', { cookie: 'tracklet-1=abc' }],
    ['for pictures without a token', '/media/strip/1.jpg', {}],
    ['for scripts without a token', '/assets/app-abc.js', {}],
  ];
  test.each(cases)('%s', async (_name, path, headers) => {
    const answer = await send(path, headers);
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'UNAUTHORISED' } });
  });

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', '127.0.0.1', '192.168.0.1', ''])(
    'under the host name "%s" (DNS rebinding)',
    async (host) => {
      expect((await send('/', { ...known(), host })).status).toBe(host === '' ? 403 : 403);
      expect((await send(`/?token=${server.token}`, { host })).headers['set-cookie']).toBeUndefined();
    },
  );

  test.each(['http://evil.example', 'null', 'https://127.0.0.1', 'http://127.0.0.1:1'])('from the origin "%s"', async (origin) => {
    expect((await send('/media/strip/1.jpg', { ...known(), origin })).status).toBe(403);
  });

  test('from another site without an origin', async () => {
    expect((await send('/media/strip/1.jpg', { ...known(), 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await send('/media/strip/1.jpg', { ...known(), 'sec-fetch-site': 'same-site' })).status).toBe(403);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('with the method %s', async (method) => {
    expect((await send('/', known(), method)).status).toBe(405);
  });
});

describe('files outside the page', () => {
  test.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/%252e%252e/secret.txt',
    '/..\\secret.txt',
    '/assets/%5c..%5c..%5csecret.txt',
    '//etc/passwd.txt',
    '/.hidden.html',
    '/assets/.././../secret.txt',
    '/assets/other.exe',
    '/secret.txt%00.html',
    '/etc/passwd',
    '/project.sqlite',
    '/host.json',
    '/media/strip/..%2f..%2fhost.json',
    '/media/frame/1/..%2f1.jpg',
    '/media/strip/1e5.jpg',
    '/media/strip/-1.jpg',
  ])('%s is not served', async (path) => {
    const answer = await send(path, known());
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain('secret\n');
    expect(answer.body).not.toBe('secret');
  });

  test('a script with a hash in its name is cached for ever, the page is not', async () => {
    expect((await send('/assets/app-abc.js', known())).headers['cache-control']).toBe('private, max-age=31536000, immutable');
    const first = await send('/', known());
    expect(first.headers['cache-control']).toBe('no-cache');
    expect((await send('/', { ...known(), 'if-none-match': String(first.headers['etag']) })).status).toBe(304);
  });
});

describe('the socket', () => {
  const upgrade = (headers: Record<string, string>, path = '/ws'): Promise<number> =>
    new Promise((resolve) => {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, { headers });
      socket.on('open', () => {
        socket.close();
        resolve(101);
      });
      socket.on('unexpected-response', (_request, response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      socket.on('error', () => undefined);
    });

  test('opens for the page and for a program with the token', async () => {
    expect(await upgrade({ cookie, origin: `http://127.0.0.1:${server.port}` })).toBe(101);
    expect(await upgrade({ authorization: `Bearer ${server.token}` })).toBe(101);
  });

  test.each<[string, () => Record<string, string>]>([
    ['no cookie', () => ({ origin: `http://127.0.0.1:${server.port}` })],
    ['another origin', () => ({ cookie, origin: 'http://evil.example' })],
    ['a cookie without origin', () => ({ cookie })],
    ['another host', () => ({ cookie, origin: `http://127.0.0.1:${server.port}`, host: 'evil.example' })],
    ['another port as origin', () => ({ cookie, origin: 'http://127.0.0.1:9' })],
    ['a wrong token', () => ({ authorization: 'Bearer nonsense' })],
  ])('refuses %s', async (_name, headers) => {
    expect(await upgrade(headers())).toBe(403);
  });

  test('is at /ws only', async () => {
    expect(await upgrade({ authorization: `Bearer ${server.token}` }, '/other')).toBe(404);
  });

  const hostile: [string, () => string | Uint8Array, number][] = [
    ['text', () => '{"type":"call"}', 1008],
    ['binary noise', () => Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256), 1008],
    ['an empty message', () => new Uint8Array(0), 1008],
    ['a header longer than the message', () => Uint8Array.from([255, 255, 255, 127, 1, 2, 3]), 1008],
    ['a message of another kind', () => frameOf({ value: { type: 'reply', id: 1 }, arrays: [] }), 1008],
    ['an array past the end', () => frameOf({ value: { $: 0 }, arrays: [{ kind: 'f64', offset: 0, length: 1e12 }] }), 1008],
    ['a call without an id', () => frameOf({ value: { type: 'call', call: 'project.info', input: {}, key: null }, arrays: [] }), 1008],
    ['nesting 100,000 deep', () => Buffer.concat([Buffer.from(Uint32Array.of(200_000).buffer), Buffer.from('['.repeat(100_000) + ']'.repeat(100_000))]), 1008],
    ['17 MB', () => new Uint8Array(17 * 1024 * 1024), 1009],
  ];
  function frameOf(header: unknown): Uint8Array {
    const text = Buffer.from(JSON.stringify(header));
    return Buffer.concat([Buffer.from(Uint32Array.of(text.length).buffer), text]);
  }

  test.each(hostile)('closes with a reason on %s, and the host goes on', async (_name, make, code) => {
    const { socket, client } = connectSocket(server.port, { authorization: `Bearer ${server.token}` });
    await client.hello;
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.send(make());
    expect(await closed).toBe(code);
    const other = connectSocket(server.port, { authorization: `Bearer ${server.token}` });
    expect((await other.client.call('project.info', {})).name).toBe('Test');
    other.client.close();
  });

  test('input with __proto__ pollutes nothing', async () => {
    const { socket, client } = connectSocket(server.port, { authorization: `Bearer ${server.token}` });
    await client.hello;
    socket.send(
      frameOf({
        value: JSON.parse(
          '{"type":"call","id":900,"call":"settings.set","input":{"key":"x","value":{"__proto__":{"polluted":1}},"__proto__":{"polluted":1}},"key":null}',
        ) as unknown,
        arrays: [],
      }),
    );
    await client.call('project.info', {});
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    client.close();
  });

  test('survives half a request and a flood of bytes on the port', async () => {
    const half = connect(server.port, '127.0.0.1');
    half.on('error', () => undefined);
    half.write('GET / HTTP/1.1\r\nHost: ');
    const flood = connect(server.port, '127.0.0.1');
    flood.on('error', () => undefined);
    flood.write(Buffer.alloc(100_000, 0x41));
    expect((await send('/', known())).status).toBe(200);
    half.destroy();
    flood.destroy();
  });
});

test('a port in use is named', async () => {
  await expect(project.host.serve({ port: server.port })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringContaining(String(server.port)) as unknown,
  });
});
