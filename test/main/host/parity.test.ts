/** The same cases over the in-memory client and over a real WebSocket: what one transport answers, the other answers too. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RpcClient } from '../../../src-shared/rpc.ts';
import type { Server } from '../../../src-main/host/server.ts';
import { fillProject } from '../../support/bigProject.ts';
import { openTestProject, type TestProject } from '../../support/project.ts';
import { connectSocket } from '../../support/socketClient.ts';

let project: TestProject;
let server: Server;

beforeAll(async () => {
  project = await openTestProject();
  await fillProject(project.host.context, { tracklets: 300, identities: 20, cameras: 4 });
  server = await project.host.serve();
});
afterAll(() => project[Symbol.asyncDispose]());

const transports: [string, () => RpcClient][] = [
  ['in memory', () => project.host.client()],
  ['over WebSocket', () => connectSocket(server.port, { authorization: `Bearer ${server.token}` }).client],
];

describe.each(transports)('%s', (_name, connect) => {
  test('the host says hello with session, contract and the id of the connection', async () => {
    const hello = await connect().hello;
    expect(hello).toMatchObject({ type: 'hello', session: project.host.context.session, version: '0.1.0' });
    expect(hello.contract).toMatch(/^[0-9a-f]{16}$/);
  });

  test('typed arrays arrive as what they are', async () => {
    const result = await connect().call('tracklets.query', { filter: { splits: ['train'] }, sort: 'lengthDesc' });
    expect(result.ids).toBeInstanceOf(Int32Array);
    const rows = await connect().call('tracklets.rows', { ids: [...result.ids] });
    const lengths = rows.map((row) => row.frames);
    expect(lengths).toEqual(lengths.toSorted((a, b) => b - a));
    expect(new Set(rows.map((row) => row.split))).toEqual(new Set(['train']));
    expect(rows[0]?.visibility).toBeInstanceOf(Int8Array);
  });

  test('a bad input is refused with the key that is wrong', async () => {
    await expect(connect().call('tracklets.rows', { ids: ['x'] as unknown as number[] })).rejects.toMatchObject({
      code: 'BAD_INPUT',
      message: expect.stringContaining('"ids.0"') as unknown,
      params: { call: 'tracklets.rows', key: 'ids.0' },
    });
  });

  test.each(['no.such', '__proto__', 'constructor', 'toString'])('the call "%s" does not exist', async (name) => {
    await expect(connect().call(name as 'project.info', {})).rejects.toMatchObject({ code: 'BAD_INPUT', message: `There is no call "${name}".` });
  });

  test('the reply of a query names the tags it depends on', async () => {
    const tags: string[][] = [];
    await connect().send('tracklets.get', { id: 1 }, { onTags: (found) => tags.push(found) });
    expect(tags).toEqual([['Tracklets', 'Tracklet:1']]);
  });

  test('a command tells every client what to drop, and who caused it', async () => {
    const [one, other] = [connect(), connect()];
    const { client: origin } = await one.hello;
    await other.hello;
    const told = Promise.withResolvers<unknown>();
    other.on('changed', (event) => {
      if (event.origin === origin) told.resolve(event.tags);
    });
    await one.call('annotations.apply', {
      label: 'Paint',
      edits: [{ trackletId: 3, field: 'visibility', start: 0, end: 2, value: 1 + Math.floor(Math.random() * 9) }],
    });
    expect(await told.promise).toEqual(['Tracklet:3', 'TrackletRows', 'Annotations', 'History']);
  });

  test('a command sent twice with one key runs once and answers the same', async () => {
    const client = connect();
    const key = randomUUID();
    const edits = [{ trackletId: 4, field: 'note', start: 0, end: 0, value: randomUUID() }];
    const before = (await client.call('history.state', {})).undoCount;
    const first = await client.send('annotations.apply', { label: 'Once', edits }, { key });
    const second = await connect().send('annotations.apply', { label: 'Once', edits }, { key });
    expect(second).toEqual(first);
    const undoKey = randomUUID();
    const [a, b] = await Promise.all([client.send('history.undo', {}, { key: undoKey }), client.send('history.undo', {}, { key: undoKey })]);
    expect(b).toEqual(a);
    expect((await client.call('history.state', {})).undoCount).toBe(before);
  });

  test('a key that failed may try again', async () => {
    const client = connect();
    const key = randomUUID();
    await expect(client.send('datasets.rename', { id: 999, name: 'x' }, { key })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const name = `Name ${randomUUID()}`;
    await client.send('datasets.rename', { id: 1, name }, { key });
    expect((await client.call('datasets.get', { id: 1 })).name).toBe(name);
  });

  test('commands run one at a time in their order', async () => {
    const client = connect();
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        client.call('annotations.apply', { label: `${n}`, edits: [{ trackletId: 5, field: 'note', start: 0, end: 0, value: `note ${n}` }] }),
      ),
    );
    expect((await client.call('annotations.get', { trackletId: 5 }))[0]?.value).toBe('note 19');
  });

  test('a cancelled call rejects at once and the connection goes on', async () => {
    const client = connect();
    const abort = new AbortController();
    const call = client.call('tracklets.query', { filter: {}, sort: 'identity' }, { signal: abort.signal });
    abort.abort();
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await client.call('project.info', {})).name).toBe('Test');
  });

  test('closing rejects what is under way with CONNECTION_LOST', async () => {
    const client = connect();
    await client.hello;
    const call = client.call('project.info', {});
    client.close();
    await expect(call).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  });
});

test('a key is for one call, also after a restart', async () => {
  const edits = [{ trackletId: 1, field: 'note', start: 0, end: 0, value: 'one call' }];
  const own = randomUUID();
  const first = await project.host.client().send('annotations.apply', { label: 'x', edits }, { key: own });
  const refusal = { code: 'BAD_INPUT', message: 'The key of history.undo was given to annotations.apply before.' };
  await expect(project.host.client().send('history.undo', {}, { key: own })).rejects.toMatchObject(refusal);
  const host = await project.reopen();
  await expect(host.client().send('history.undo', {}, { key: own })).rejects.toMatchObject(refusal);
  expect(await host.client().send('annotations.apply', { label: 'x', edits }, { key: own })).toMatchObject({ historyId: first.historyId });
  // One kept by an earlier version, which did not note the call.
  await host.context.db.write('keys', 'storeCommandKey', { key: 'of-an-earlier-version', at: Date.now(), output: { steps: 3 } });
  expect(await host.context.db.read('keys', 'commandOutput', { key: 'of-an-earlier-version' })).toEqual({ output: { steps: 3 }, call: null });
});

test('a key is known after a restart: the command does not run again', async () => {
  const key = randomUUID();
  const edits = [{ trackletId: 6, field: 'note', start: 0, end: 0, value: 'before the restart' }];
  const first = await project.host.client().send('annotations.apply', { label: 'Kept', edits }, { key });
  const host = await project.reopen();
  server = await host.serve();
  const before = await host.client().call('history.state', {});
  const again = await host.client().send('annotations.apply', { label: 'Kept', edits }, { key });
  expect(again.historyId).toBe(first.historyId);
  expect(await host.client().call('history.state', {})).toEqual(before);
});
