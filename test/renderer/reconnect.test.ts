/** The page's client across lost connections. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createReconnectingClient } from '../../src-renderer/lib/reconnect.ts';
import type { CallMessage, ClientMessage, HostMessage, Transport } from '../../src-shared/rpc.ts';
import { AppError } from '../../src-shared/errors.ts';

interface Wire {
  sent: ClientMessage[];
  say(message: HostMessage): void;
  drop(why?: 'refused'): void;
}

function setup() {
  const wires: Wire[] = [];
  const states: string[] = [];
  const held: (string | null)[] = [];
  const unanswered: string[][] = [];
  let keys = 0;
  let isOut = false;
  let numbering: string | undefined;
  let generation = 'first';
  const client = createReconnectingClient({
    keyedCalls: new Set(['annotations.apply', 'history.undo']),
    orderedCalls: new Set(['annotations.apply', 'history.undo']),
    onHeld: (reason) => void held.push(reason?.code ?? null),
    numbering: () => numbering,
    isOtherState: (hello) => hello.generation !== generation,
    newKey: () => `key${++keys}`,
    wait: () => Promise.resolve(),
    onState: (state) => void states.push(state),
    onUnanswered: () => void unanswered.push(client.unanswered().map((call) => call.key)),
    connect(): Transport | null {
      if (isOut) return null;
      let onMessage: (message: HostMessage) => void = () => undefined;
      const closers: ((why?: 'refused') => void)[] = [];
      const wire: Wire = {
        sent: [],
        say: (message) => onMessage(message),
        drop: (why) => closers.forEach((closer) => closer(why)),
      };
      wires.push(wire);
      return {
        send: (message) => void wire.sent.push(message),
        onMessage: (listener) => void (onMessage = listener),
        onClose: (listener) => void closers.push(listener),
        close: () => wire.drop(),
      };
    },
  });
  const turn = () => new Promise<void>((resolve) => setTimeout(resolve));
  const wire = (index: number): Wire => {
    const found = wires[index];
    if (!found) throw new Error(`connection ${index} was not made`);
    return found;
  };
  const hello = (index: number, said = generation) =>
    wire(index).say({ type: 'hello', version: '1', contract: 'c', session: 's', client: `c${index}`, project: 'p', generation: said });
  const callsOn = (index: number) => wire(index).sent.filter((message): message is CallMessage => message.type === 'call');
  return {
    client,
    wire,
    wires,
    states,
    held,
    unanswered,
    hello,
    turn,
    callsOn,
    setOut: (out: boolean) => void (isOut = out),
    setGeneration: (now: string) => void (generation = now),
    setNumbering: (now: string) => void (numbering = now),
  };
}

const EDIT = { label: 'paint', edits: [{ trackletId: 1, field: 'visibility', start: 0, end: 0, value: 3 }] };

describe('a client across lost connections', () => {
  test('a change keeps what numbers meant when it was made; a query carries nothing', async () => {
    const { client, wire, hello, turn, callsOn, setNumbering } = setup();
    setNumbering('first');
    hello(0);
    await turn();
    void client.send('annotations.apply', EDIT);
    void client.send('project.info', {});
    await turn();
    expect(Object.fromEntries(callsOn(0).map(({ call, numbering }) => [call, numbering]))).toEqual({ 'annotations.apply': 'first', 'project.info': undefined });
    expect(client.unanswered()).toMatchObject([{ numbering: 'first' }]);
    wire(0).drop();
    setNumbering('second');
    await turn();
    hello(1);
    await turn();
    expect(callsOn(1).map(({ call, numbering }) => [call, numbering])).toContainEqual(['annotations.apply', 'first']);
  });

  test('sends nothing to a project that is in another state than was read: what has no answer is kept', async () => {
    const { client, wire, wires, hello, turn, callsOn, states, setGeneration } = setup();
    hello(0);
    await turn();
    void client.send('annotations.apply', EDIT);
    void client.send('project.info', {});
    await turn();
    wire(0).drop();
    await turn();
    hello(1, 'second');
    await turn();
    void client.send('history.undo', {});
    await turn();
    expect([callsOn(1), states, client.unanswered().map(({ key }) => key)]).toEqual([[], ['open', 'lost'], ['key1', 'key2']]);
    // Nothing is given up, should the page stay.
    wire(1).drop();
    setGeneration('second');
    await turn();
    hello(wires.length - 1);
    await turn();
    expect(callsOn(wires.length - 1).map(({ call }) => call)).toEqual(expect.arrayContaining(['annotations.apply', 'project.info']));
  });

  test('sends an unanswered command again on the next connection, with the same key', async () => {
    const { client, wire, hello, turn, callsOn } = setup();
    hello(0);
    await turn();
    const done = client.send('annotations.apply', EDIT);
    await turn();
    expect(callsOn(0).map((call) => call.key)).toEqual(['key1']);
    wire(0).drop();
    await turn();
    hello(1);
    await turn();
    expect(callsOn(1).map((call) => [call.call, call.key])).toEqual([['annotations.apply', 'key1']]);
    wire(1).say({ type: 'reply', id: callsOn(1)[0]?.id ?? 0, output: { historyId: 5, durableAt: 7 } });
    await expect(done).resolves.toEqual({ historyId: 5, durableAt: 7 });
  });

  test('waits with calls made while no connection is there, and gives queries no key', async () => {
    const { client, hello, turn, callsOn, wire } = setup();
    const info = client.send('project.info', {});
    await turn();
    expect(callsOn(0)).toEqual([]);
    hello(0);
    await turn();
    expect(callsOn(0).map((call) => call.key)).toEqual([null]);
    wire(0).say({ type: 'reply', id: 1, output: { name: 'p' } });
    await expect(info).resolves.toEqual({ name: 'p' });
  });

  test('hears events on every connection, once each, and stops when told', async () => {
    const { client, wire, hello, turn } = setup();
    const heard: string[][] = [];
    const stop = client.on('changed', ({ tags }) => void heard.push(tags));
    hello(0);
    await turn();
    wire(0).say({ type: 'event', event: 'changed', payload: { tags: ['A'], origin: null } });
    wire(0).drop();
    await turn();
    hello(1);
    await turn();
    wire(1).say({ type: 'event', event: 'changed', payload: { tags: ['B'], origin: null } });
    stop();
    wire(1).say({ type: 'event', event: 'changed', payload: { tags: ['C'], origin: null } });
    expect(heard).toEqual([['A'], ['B']]);
  });

  test('keeps trying when the host is away, and says so', async () => {
    const { wire, wires, states, hello, turn } = setup();
    hello(0);
    await turn();
    wire(0).drop();
    await turn();
    wire(1).drop();
    await turn();
    expect(wires.length).toBe(3);
    hello(2);
    await turn();
    expect(states).toEqual(['open', 'lost', 'lost', 'open']);
  });

  test('tries nothing after a refusal until there is another token, and sends then what is not answered', async () => {
    const { client, wire, wires, states, unanswered, hello, turn, callsOn } = setup();
    hello(0);
    await turn();
    const done = client.send('annotations.apply', EDIT);
    wire(0).drop();
    await turn();
    wire(1).drop('refused');
    await turn();
    await turn();
    expect([wires.length, states]).toEqual([2, ['open', 'lost', 'refused']]);
    expect(client.unanswered()).toEqual([{ key: 'key1', name: 'annotations.apply', input: EDIT }]);
    client.retry();
    await turn();
    hello(2);
    await turn();
    expect(callsOn(2).map((call) => call.key)).toEqual(['key1']);
    wire(2).say({ type: 'reply', id: 1, output: { historyId: 5, durableAt: 7 } });
    await done;
    expect(unanswered).toEqual([['key1'], []]);
  });

  test('without a token connects nowhere, and a call with a key of before keeps that key', async () => {
    const { client, wires, states, hello, turn, callsOn, setOut, wire } = setup();
    setOut(true);
    hello(0);
    await turn();
    wire(0).drop();
    await turn();
    expect([wires.length, states]).toEqual([1, ['open', 'lost', 'refused']]);
    setOut(false);
    client.retry();
    await turn();
    hello(1);
    await turn();
    void client.send('annotations.apply', EDIT, { key: 'from before' });
    await turn();
    expect(callsOn(1).map((call) => call.key)).toEqual(['from before']);
  });

  test('passes on an error of the host, and a cancelled wait', async () => {
    const { client, wire, hello, turn } = setup();
    const abort = new AbortController();
    const waiting = client.send('project.info', {}, { signal: abort.signal });
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    hello(0);
    await turn();
    const failing = client.send('datasets.get', { id: 9 });
    await turn();
    wire(0).say({ type: 'reply', id: 1, error: { code: 'NOT_FOUND', message: 'There is no data set 9.', remedy: '', params: {} } });
    await expect(failing).rejects.toBeInstanceOf(AppError);
  });

  test('sends a command only after the one before is answered, also when that had to be sent again', async () => {
    const { client, wire, hello, turn, callsOn } = setup();
    hello(0);
    await turn();
    const paint = client.send('annotations.apply', EDIT);
    const undo = client.send('history.undo', {});
    await turn();
    expect(callsOn(0).map((call) => call.call)).toEqual(['annotations.apply']);
    wire(0).drop();
    await turn();
    hello(1);
    await turn();
    expect(callsOn(1).map((call) => [call.call, call.key])).toEqual([['annotations.apply', 'key1']]);
    wire(1).say({ type: 'reply', id: 1, error: { code: 'BAD_INPUT', message: 'No.', remedy: '', params: {} } });
    await expect(paint).rejects.toMatchObject({ code: 'BAD_INPUT' });
    await turn();
    // A refused command does not keep the next one back.
    expect(callsOn(1).map((call) => [call.call, call.key])[1]).toEqual(['history.undo', 'key2']);
    wire(1).say({ type: 'reply', id: 2, output: { label: null, tags: [], trackletId: null } });
    await expect(undo).resolves.toMatchObject({ label: null });
  });

  test('holds commands while the project is not in its place, says why, and sends them when it is back', async () => {
    const { client, wire, hello, turn, callsOn, held } = setup();
    hello(0);
    await turn();
    const paint = client.send('annotations.apply', EDIT);
    const undo = client.send('history.undo', {});
    await turn();
    wire(0).say({ type: 'reply', id: 1, error: { code: 'PROJECT_MOVED', message: 'It is gone.', remedy: '', params: {} } });
    await turn();
    expect(held).toEqual(['PROJECT_MOVED']);
    expect(callsOn(0).map((call) => call.key)).toEqual(['key1', 'key1']);
    wire(0).say({ type: 'reply', id: 2, output: { historyId: 1, durableAt: 1 } });
    await expect(paint).resolves.toEqual({ historyId: 1, durableAt: 1 });
    await turn();
    expect(held).toEqual(['PROJECT_MOVED', null]);
    wire(0).say({ type: 'reply', id: 3, output: { label: null, tags: [], trackletId: null } });
    await undo;
  });

  test('over connections that break at any moment a host gets every command once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('answer', 'lose the answer', 'lose the call', 'refuse'), { maxLength: 60 }), async (fates) => {
        const ran: string[] = [];
        let fate = 0;
        const client = createReconnectingClient({
          keyedCalls: new Set(['annotations.apply']),
          orderedCalls: new Set(['annotations.apply']),
          newKey: (
            (n) => () =>
              `key${n++}`
          )(0),
          wait: () => Promise.resolve(),
          onState: () => undefined,
          onHeld: () => undefined,
          connect(): Transport {
            let onMessage: (message: HostMessage) => void = () => undefined;
            const closers: (() => void)[] = [];
            const say = (message: HostMessage) => queueMicrotask(() => onMessage(message));
            say({ type: 'hello', version: '1', contract: 'c', session: 's', client: 'c', project: 'p' });
            return {
              send(message) {
                if (message.type !== 'call' || message.key === null) return;
                const next = fates[fate++] ?? 'answer';
                const { key, id } = message;
                if (next === 'refuse') return say({ type: 'reply', id, error: { code: 'PROJECT_MOVED', message: '', remedy: '', params: {} } });
                if (next !== 'lose the call' && !ran.includes(key)) ran.push(key);
                if (next === 'answer') say({ type: 'reply', id, output: { historyId: ran.indexOf(key), durableAt: 0 } });
                else queueMicrotask(() => closers.forEach((closer) => closer()));
              },
              onMessage: (listener) => void (onMessage = listener),
              onClose: (listener) => void closers.push(listener),
              close: () => closers.forEach((closer) => closer()),
            };
          },
        });
        const answers = await Promise.all(Array.from({ length: 20 }, () => client.send('annotations.apply', EDIT)));
        expect(ran).toEqual(Array.from({ length: 20 }, (_, n) => `key${n}`));
        expect(answers.map((answer) => answer.historyId)).toEqual(Array.from({ length: 20 }, (_, n) => n));
        client.close();
      }),
    );
  });
});
