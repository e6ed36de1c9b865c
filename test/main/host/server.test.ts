import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLOSE_CODES } from '../../../src-shared/rpc.ts';
import type { Server } from '../../../src-main/host/server.ts';
import { openTestProject, temporaryFolder, type TestProject } from '../../support/project.ts';
import { connectSocket } from '../../support/socketClient.ts';

const page = temporaryFolder();
let project: TestProject;
let server: Server;
let pictures: string;

beforeAll(async () => {
  mkdirSync(join(page.path, 'dist', 'assets'), { recursive: true });
  writeFileSync(join(page.path, 'dist', 'index.html'), '<!doctype html><title>Page</title>');
  writeFileSync(join(page.path, 'dist', 'assets', 'app-abc.js'), 'console.log(1)');
  writeFileSync(join(page.path, 'dist', '.hidden.html'), 'hidden');
  writeFileSync(join(page.path, 'secret.txt'), 'secret');
  symlinkSync(join(page.path, 'secret.txt'), join(page.path, 'dist', 'assets', 'other.exe'));
  project = await openTestProject({ pageFolder: join(page.path, 'dist') });
  server = await project.host.serve();
  const { client } = connectSocket(server.port, {}, server.token);
  pictures = (await client.hello).pictures ?? '';
  client.close();
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

/** As a browser sends them, by where the request comes from. */
const ownPage = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };
const visit = (site: string): Record<string, string> => ({ 'sec-fetch-site': site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' });

describe('the address', () => {
  test('carries the token where no request and no Referer takes it along', () => {
    const { hash, search, origin } = new URL(server.url);
    expect([origin, search, hash]).toEqual([`http://127.0.0.1:${server.port}`, '', `#token=${server.token}`]);
    expect(server.token).toMatch(/^[\w-]{43}$/);
  });

  test('sets no cookie and tells no secret, whoever asks for the page', async () => {
    for (const path of ['/', '/assets/app-abc.js', `/?token=${server.token}`]) {
      const answer = await send(path, ownPage);
      expect([answer.status, answer.headers['set-cookie']]).toEqual([200, undefined]);
      expect(JSON.stringify(answer)).not.toContain(server.token);
      expect(JSON.stringify(answer)).not.toContain(pictures);
    }
  });

  test.each(['none', 'cross-site', 'same-site', 'same-origin'])('opens the page when followed, also from a mail or a chat (%s)', async (site) => {
    expect(await send('/', visit(site))).toMatchObject({ status: 200, body: '<!doctype html><title>Page</title>' });
  });

  test('of the page answers with a strict policy', async () => {
    const answer = await send('/', ownPage);
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
  const cases: [string, () => string, Record<string, string>][] = [
    ['for pictures without their secret', () => '/media/strip/1.jpg', {}],
    ['for pictures with another secret', () => `/media/${'x'.repeat(43)}/strip/1.jpg`, {}],
    ['for pictures with a cookie of before', () => '/media/strip/1.jpg', { cookie: 'tracklet-1=abc' }],
    ['for pictures with the token in their place', () => `/media/${server.token}/strip/1.jpg`, {}],
    ['for pictures with their secret as a token', () => '/media/strip/1.jpg', { authorization: 'Bearer PICTURES' }],
  ];
  test.each(cases)('%s', async (_name, path, headers) => {
    const sent = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('PICTURES', pictures)]));
    const answer = await send(path(), sent);
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ error: { code: 'UNAUTHORISED' } });
  });

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80', '127.0.0.1', '192.168.0.1', ''])(
    'under the host name "%s" (DNS rebinding)',
    async (host) => {
      expect((await send('/', { ...ownPage, host })).status).toBe(403);
      expect((await send('/', { ...visit('cross-site'), host })).status).toBe(403);
    },
  );

  test.each(['http://evil.example', 'null', 'https://127.0.0.1', 'http://127.0.0.1:1'])('from the origin "%s"', async (origin) => {
    expect((await send(`/media/${pictures}/strip/1.jpg`, { origin })).status).toBe(403);
    expect((await send('/', { ...visit('cross-site'), origin })).status).toBe(403);
  });

  test.each([
    ['a picture', () => `/media/${pictures}/strip/1.jpg`, 'no-cors', 'image'],
    ['a script', () => '/assets/app-abc.js', 'no-cors', 'script'],
    ['what it fetches', () => '/', 'cors', 'empty'],
    ['a frame', () => '/', 'navigate', 'iframe'],
    ['a visit to a picture', () => `/media/${pictures}/strip/1.jpg`, 'navigate', 'document'],
    ['a visit to a script', () => '/assets/app-abc.js', 'navigate', 'document'],
  ])('that another site causes: %s', async (_name, path, mode, dest) => {
    for (const site of ['cross-site', 'same-site'])
      expect((await send(path(), { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest })).status).toBe(403);
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('with the method %s', async (method) => {
    expect((await send('/', ownPage, method)).status).toBe(405);
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
    const answer = await send(path, ownPage);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain('secret\n');
    expect(answer.body).not.toBe('secret');
  });

  test('a script with a hash in its name is cached for ever, the page is not', async () => {
    expect((await send('/assets/app-abc.js', ownPage)).headers['cache-control']).toBe('private, max-age=31536000, immutable');
    const first = await send('/', ownPage);
    expect(first.headers['cache-control']).toBe('no-cache');
    expect((await send('/', { ...ownPage, 'if-none-match': String(first.headers['etag']) })).status).toBe(304);
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

  const ownOrigin = (): string => `http://127.0.0.1:${server.port}`;
  test('opens for a program with the token, and to hear the first message of a page', async () => {
    expect(await upgrade({ authorization: `Bearer ${server.token}` })).toBe(101);
    expect(await upgrade({ origin: ownOrigin() })).toBe(101);
    expect(await upgrade({})).toBe(101);
  });

  test.each<[string, () => Record<string, string>]>([
    ['another origin', () => ({ origin: 'http://evil.example' })],
    ['another origin with the token', () => ({ origin: 'http://evil.example', authorization: `Bearer ${server.token}` })],
    ['another host', () => ({ origin: ownOrigin(), host: 'evil.example' })],
    ['another port as origin', () => ({ origin: 'http://127.0.0.1:9' })],
    ['another site without origin', () => ({ 'sec-fetch-site': 'same-site' })],
    ['a wrong token', () => ({ authorization: 'Bearer nonsense' })],
  ])('refuses %s', async (_name, headers) => {
    expect(await upgrade(headers())).toBe(403);
  });

  /** What the host says to a socket of a page, and how it ends. */
  function listen(say: (socket: WebSocket) => void): Promise<{ code: number; heard: number }> {
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}/ws`, { headers: { origin: ownOrigin() } });
    let heard = 0;
    socket.on('message', () => heard++);
    socket.on('error', () => undefined);
    socket.on('open', () => say(socket));
    return new Promise((resolve) => socket.on('close', (code) => resolve({ code, heard })));
  }
  const tokenFrame = (token: unknown): Uint8Array => frameOf({ value: { type: 'token', token }, arrays: [] });
  const callFrame = (): Uint8Array => frameOf({ value: { type: 'call', id: 1, call: 'project.info', input: {}, key: null }, arrays: [] });

  test.each<[string, () => Uint8Array | string]>([
    ['a wrong token', () => tokenFrame('x'.repeat(43))],
    ['the secret of pictures', () => tokenFrame(pictures)],
    ['a token that is no text', () => tokenFrame([server.token])],
    ['a call', callFrame],
    ['text', () => server.token],
    ['noise', () => Uint8Array.of(1, 2, 3)],
  ])('whose first message is %s hears nothing and is refused', async (_name, message) => {
    expect(await listen((socket) => socket.send(message()))).toEqual({ code: CLOSE_CODES.refused, heard: 0 });
  });

  test('that sends much before its token is cut off', async () => {
    expect((await listen((socket) => socket.send(new Uint8Array(1_000_000)))).code).toBe(1006);
  });

  test('gets its answers after the token, also those it asked for at once, and may not say the token twice', async () => {
    const { client, socket } = connectSocket(server.port, { origin: ownOrigin() }, server.token);
    expect((await client.call('project.info', {})).name).toBe('Test');
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.send(tokenFrame(server.token));
    expect(await closed).toBe(1008);
  });

  test('that comes while many say nothing is heard: the oldest of them gives way', async () => {
    const silent = Array.from({ length: 40 }, () => new WebSocket(`ws://127.0.0.1:${server.port}/ws`).on('error', () => undefined));
    await Promise.all(silent.map((socket) => new Promise((resolve) => socket.on('open', resolve))));
    const { client } = connectSocket(server.port, { origin: ownOrigin() }, server.token);
    expect((await client.call('project.info', {})).name).toBe('Test');
    for (const socket of silent) socket.terminate();
  });

  test('that says nothing is closed after a while, and only so many may wait', async () => {
    const impatient = await project.host.serve({ patience: 200 });
    const open = (): Promise<number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`ws://127.0.0.1:${impatient.port}/ws`);
        socket.on('error', () => undefined);
        socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
        socket.on('close', resolve);
      });
    const ends = await Promise.all(Array.from({ length: 20 }, open));
    expect(ends.filter((end) => end === CLOSE_CODES.late)).toHaveLength(16);
    // The four that had waited longest.
    expect(ends.filter((end) => end === 1006)).toHaveLength(4);
    // Those who waited take no place any more.
    expect(await open()).toBe(CLOSE_CODES.late);
    await impatient.close();
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
    ['9 MB', () => new Uint8Array(9_000_000), 1009],
    ['a million values', () => frameOf({ value: { type: 'call', id: 1, call: 'settings.set', input: Array(1_000_000).fill(0), key: null }, arrays: [] }), 1008],
    [
      'one array many times',
      () => Buffer.concat([frameOf({ value: null, arrays: Array(1000).fill({ kind: 'u8', offset: 0, length: 90_000 }) }), new Uint8Array(100_000)]),
      1008,
    ],
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
    expect((await send('/', ownPage)).status).toBe(200);
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
