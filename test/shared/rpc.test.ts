/** The client over a hand-driven connection. */
import { expect, it } from 'vitest';
import { AppError } from '../../src-shared/errors.ts';
import { createRpcClient, refuseTooLarge, type ClientMessage, type HostMessage, type Transport } from '../../src-shared/rpc.ts';

function wire(check: (message: ClientMessage) => void = () => undefined) {
  const sent: ClientMessage[] = [];
  let deliver: (message: HostMessage) => void = () => undefined;
  let drop: () => void = () => undefined;
  const transport: Transport = {
    send(message) {
      check(message);
      sent.push(message);
    },
    onMessage: (listener) => (deliver = listener),
    onClose: (listener) => (drop = listener),
    close: () => drop(),
  };
  return { client: createRpcClient(transport), sent, deliver: (message: HostMessage) => deliver(message), drop: () => drop() };
}

it('gives each call its own reply, whatever the order', async () => {
  const { client, deliver } = wire();
  const first = client.call('history.state', {});
  const second = client.call('project.info', {});
  deliver({ type: 'reply', id: 2, output: { name: 'two' } });
  deliver({ type: 'reply', id: 1, output: { undoCount: 1 } });
  expect(await first).toEqual({ undoCount: 1 });
  expect(await second).toEqual({ name: 'two' });
});

it('turns an error reply into an AppError with its remedy', async () => {
  const { client, deliver } = wire();
  const call = client.call('datasets.get', { id: 9 });
  deliver({ type: 'reply', id: 1, error: { code: 'NOT_FOUND', message: 'There is no data set 9.', remedy: 'Refresh.', params: { id: 9 } } });
  const error = await call.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AppError);
  expect(error).toMatchObject({ code: 'NOT_FOUND', remedy: 'Refresh.', params: { id: 9 } });
});

it('rejects everything pending at once when the connection closes, and every later call', async () => {
  const { client, drop } = wire();
  const pending = [client.call('history.state', {}), client.call('jobs.list', {})];
  drop();
  for (const call of pending) await expect(call).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  await expect(client.call('jobs.list', {})).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  await expect(client.hello).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
});

it('tells the host of a cancelled call and ignores its late reply', async () => {
  const { client, sent, deliver } = wire();
  const abort = new AbortController();
  const call = client.call('jobs.list', {}, { signal: abort.signal });
  abort.abort();
  await expect(call).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(sent.at(-1)).toEqual({ type: 'cancel', id: 1 });
  deliver({ type: 'reply', id: 1, output: [] });
});

it('hands events to those who listen, until they stop', () => {
  const { client, deliver } = wire();
  const seen: string[] = [];
  const off = client.on('notice', (notice) => seen.push(notice.code));
  deliver({ type: 'event', event: 'notice', payload: { code: 'a' } });
  off();
  deliver({ type: 'event', event: 'notice', payload: { code: 'b' } });
  expect(seen).toEqual(['a']);
});

it('passes cache tags of a query and the key of a command', async () => {
  const { client, sent, deliver } = wire();
  const tags: string[][] = [];
  const query = client.send('datasets.list', {}, { onTags: (found) => tags.push(found) });
  deliver({ type: 'reply', id: 1, output: [], tags: ['Datasets'] });
  await query;
  expect(tags).toEqual([['Datasets']]);
  void client.send('history.undo', {}, { key: 'k1' }).catch(() => undefined);
  expect(sent[1]).toMatchObject({ call: 'history.undo', key: 'k1' });
});

it('a message that cannot be sent rejects its call alone', async () => {
  const { client, deliver } = wire((message) => {
    if (message.type === 'call' && message.call === 'tracklets.rows') refuseTooLarge(new Uint8Array(9_000_000));
  });
  const large = client.call('tracklets.rows', { ids: [] });
  const other = client.call('history.state', {});
  await expect(large).rejects.toMatchObject({ code: 'BAD_INPUT', message: 'What is to be sent has 9.0 MB; 8.4 MB are the most at once.' });
  deliver({ type: 'reply', id: 2, output: { undoCount: 1 } });
  expect(await other).toEqual({ undoCount: 1 });
});
