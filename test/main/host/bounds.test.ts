/**
 * What one message, one connection and one question may cost: measured as memory of a host process on messages that ask for gigabytes, and
 * counted where it can be counted.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Handlers } from '../../../src-shared/contract/index.ts';
import type { HostMessage } from '../../../src-shared/rpc.ts';
import type { HostContext } from '../../../src-main/features/context.ts';
import { createDispatcher } from '../../../src-main/host/dispatch.ts';
import { createEngineService } from '../../../src-main/features/engine/service.ts';
import { createTurns } from '../../../src-main/platform/turns.ts';
import { startHostProcess } from '../../support/hostProcess.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';
import { connectSocket } from '../../support/socketClient.ts';

const frame = (text: string, data = 0): Buffer => {
  const header = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  return Buffer.concat([length, header, Buffer.alloc(data + 8)]);
};
const call = (name: string, input: string, arrays = '[]'): string =>
  `{"value":{"type":"call","id":77,"call":"${name}","input":${input},"key":null},"arrays":${arrays}}`;
const many = (text: string, bytes: number): string =>
  Array<string>(Math.floor(bytes / (text.length + 1)))
    .fill(text)
    .join();

/** Each of about 8 MB, but the second kind within the limit of values. */
const messages: [string, () => Buffer][] = [
  ['arrays that are all the same four megabytes', () => frame(call('project.info', '{}', `[${many('{"kind":"u8","offset":0,"length":4000000}', 3e6)}]`), 4e6)],
  ['edits without end', () => frame(call('annotations.apply', `{"label":"x","edits":[${many('{}', 8e6)}]}`))],
  ['as many empty edits as may be sent', () => frame(call('annotations.apply', `{"label":"x","edits":[${many('{}', 600_000)}]}`))],
  ['ids that are none', () => frame(call('tracklets.setSplit', `{"split":"train","ids":[${many('""', 1_200_000)}]}`))],
  ['a setting of lists', () => frame(call('settings.set', `{"key":"x","value":[${many('[]', 700_000)}]}`))],
  ['a path of eight megabytes', () => frame(call('files.browse', `{"path":"${'x'.repeat(8e6)}"}`))],
];

test.skipIf(!existsSync('/proc/self/status'))('no message of eight megabytes takes a quarter of a gigabyte', async () => {
  using folder = temporaryFolder();
  const host = await startHostProcess(join(folder.path, 'project'), [], { TRACKLET_HOME: join(folder.path, 'home') });
  const peak = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${host.child.pid}/status`, 'utf8'))?.[1]) / 1024;
  try {
    const { port, hash } = new URL(host.url);
    const before = peak();
    for (const [name, make] of messages) {
      const { client, socket } = connectSocket(Number(port), {}, hash.slice('#token='.length));
      await client.hello;
      const answered = new Promise<string>((resolve) => {
        socket.on('message', (data: Buffer) => {
          if (data.includes('"id":77')) resolve(data.toString());
        });
        socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`));
      });
      socket.send(make());
      // Refused with a sentence, by an answer or by the reason of the close.
      expect(await answered, name).toMatch(/BAD_INPUT|1008 refused: message (holds more than 500000 values|arrays overlap)/);
      socket.terminate();
    }
    expect(peak() - before).toBeLessThan(256);
    const { client } = connectSocket(Number(port), {}, hash.slice('#token='.length));
    expect((await client.call('project.info', {})).name).toBe('project');
  } finally {
    await host.stop();
  }
});

describe('a connection', () => {
  const waiting: (() => void)[] = [];
  const handlers = { 'project.info': () => new Promise((resolve) => waiting.push(() => resolve({}))) } as unknown as Handlers;
  const context = {
    db: {},
    events: { changed: () => undefined, on: () => () => undefined },
    log: { error: () => undefined },
    windows: { note: () => undefined },
    turns: createTurns({ atOnce: 1, what: 'commands' }),
  } as unknown as HostContext;

  function connected() {
    const heard: HostMessage[] = [];
    const connection = createDispatcher(context, handlers, { validateOutputs: false }).connect('c', (message) => void heard.push(message), { isRemote: true });
    const busy = (): string[] => heard.flatMap((message) => (message.type === 'reply' && message.error?.code === 'BUSY' ? [message.error.message] : []));
    const ask = (id: number, bytes: number): void => connection.receive({ type: 'call', id, call: 'project.info', input: {}, key: null }, bytes);
    return { heard, busy, ask };
  }

  test('holds 32 MB of calls under way; more are refused by a sentence, and taken again when others have ended', async () => {
    const { heard, busy, ask } = connected();
    for (let id = 1; id <= 6; id++) ask(id, 7_000_000);
    expect(busy()).toEqual(Array(2).fill('4 calls of 28000000 bytes are under way on this connection; this one was not done.'));
    for (const answer of waiting.splice(0)) answer();
    await expect.poll(() => heard.length).toBe(6);
    ask(7, 7_000_000);
    expect(busy()).toHaveLength(2);
  });

  test('has 1,024 calls under way and refuses the next without being closed', () => {
    const { busy, ask } = connected();
    for (let id = 1; id <= 1026; id++) ask(id, 10);
    expect(busy()).toHaveLength(2);
    waiting.splice(0);
  });
});

test('six who try the engine at once start it once and hear the same; one who leaves does not stop it', async () => {
  await using project = await openTestProject();
  let running = 0;
  let most = 0;
  let started = 0;
  const release = Promise.withResolvers<void>();
  const probe = async (): Promise<never> => {
    started++;
    most = Math.max(most, ++running);
    await release.promise;
    running--;
    return { engine: { engine: 'wasm', device: 'wasm', version: '1', threads: 1 } } as never;
  };
  const engine = createEngineService(project.host.context, probe);
  const leaving = new AbortController();
  const asked = Array.from({ length: 6 }, () => engine.try());
  const left = engine.try(leaving.signal);
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  release.resolve();
  const answers = await Promise.all(asked);
  expect([started, most]).toEqual([1, 1]);
  expect(new Set(answers).size).toBe(1);
  expect(answers[0]).toMatchObject({ state: 'ready', engine: 'wasm' });
  expect(await engine.try()).toMatchObject({ state: 'ready' });
  expect(started).toBe(2);
});
