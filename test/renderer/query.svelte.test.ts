/** Answers that readers share: read once, kept while it is right, read again when what it depends on has changed, and never an old one last. */
import { flushSync } from 'svelte';
import { beforeEach, expect, test, vi } from 'vitest';
import { AppError } from '../../src-shared/errors.ts';
import { touches } from '../../src-renderer/lib/tags.ts';

interface Asked {
  name: string;
  input: unknown;
  signal: AbortSignal;
  reply(output: unknown, tags: string[]): void;
  fail(error: unknown): void;
}

const fake = vi.hoisted(() => ({ asked: [] as Asked[], changed: [] as ((event: { tags: string[] }) => void)[], connection: { opened: 0 } }));

vi.mock('../../src-renderer/client.ts', () => {
  const connection = $state({ opened: 0 });
  fake.connection = connection;
  return {
    connection,
    client: {
      on: (event: string, listener: (event: { tags: string[] }) => void) => void (event === 'changed' && fake.changed.push(listener)),
      send(name: string, input: unknown, options: { signal: AbortSignal; onTags(tags: string[]): void }) {
        const { promise, resolve, reject } = Promise.withResolvers<unknown>();
        options.signal.addEventListener('abort', () => reject(new AppError('CANCELLED', 'gone')));
        fake.asked.push({
          name,
          input,
          signal: options.signal,
          reply(output, tags) {
            options.onTags(tags);
            resolve(output);
          },
          fail: reject,
        });
        return promise;
      },
    },
  };
});

const { useQuery } = await import('../../src-renderer/lib/query.svelte.ts');
const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
const announce = (...tags: string[]): void => fake.changed.forEach((listener) => listener({ tags }));
/** Each test asks for inputs of its own: what was read stays known. */
let nextId = 1;

beforeEach(() => {
  fake.asked.length = 0;
});

/** One component that shows tracklet `id`, until it is closed. */
function reader(id: () => number | null) {
  let query!: ReturnType<typeof useQuery<'tracklets.get'>>;
  const close = $effect.root(() => {
    query = useQuery('tracklets.get', () => {
      const wanted = id();
      return wanted === null ? null : { id: wanted };
    });
  });
  flushSync();
  return { query, close };
}

test('a changed tag touches itself and all that is below it, and no other that begins with the same letters', () => {
  expect(touches('Tracklets', 'Tracklets')).toBe(true);
  expect(touches('Tracklet', 'Tracklet:7')).toBe(true);
  expect(touches('Tracklet:7', 'Tracklet:7')).toBe(true);
  expect(touches('Tracklet:7', 'Tracklet:71')).toBe(false);
  expect(touches('Tracklet', 'Tracklets')).toBe(false);
  expect(touches('Tracklet:7', 'Tracklet')).toBe(false);
});

test('the first connection makes nothing read twice; a later one everything that is shown, since events were missed', async () => {
  const [id, other] = [nextId++, nextId++];
  const [a, b] = [reader(() => id), reader(() => other)];
  fake.asked[0]?.reply('a', []);
  fake.asked[1]?.reply('b', []);
  await settle();
  b.close();
  fake.connection.opened = 1;
  flushSync();
  expect(fake.asked).toHaveLength(2);
  fake.connection.opened = 2;
  flushSync();
  expect(fake.asked.map(({ input }) => input)).toEqual([{ id }, { id: other }, { id }]);
  // What is not shown is forgotten: it may be old.
  const again = reader(() => other);
  expect([again.query.data, fake.asked.length]).toEqual([undefined, 4]);
  again.close();
  a.close();
});

test('two readers of the same input share one call and its answer; a third that comes later asks nothing', async () => {
  const id = nextId++;
  const [a, b] = [reader(() => id), reader(() => id)];
  expect(fake.asked.map(({ name, input }) => [name, input])).toEqual([['tracklets.get', { id }]]);
  expect(a.query.loading).toBe(true);
  fake.asked[0]?.reply('first', [`Tracklet:${id}`]);
  await settle();
  expect([a.query.data, b.query.data, a.query.loading]).toEqual(['first', 'first', false]);
  const c = reader(() => id);
  expect(c.query.data).toBe('first');
  expect(fake.asked).toHaveLength(1);
  for (const one of [a, b, c]) one.close();
});

test('what an answer depends on makes it read again when it changes, and it is shown until the new one is there', async () => {
  const id = nextId++;
  const { query, close } = reader(() => id);
  fake.asked[0]?.reply('old', [`Tracklet:${id}`]);
  await settle();
  announce(`Tracklet:${id + 1000}`, 'Runs');
  expect(fake.asked).toHaveLength(1);
  announce(`Tracklet:${id}`);
  expect(fake.asked).toHaveLength(2);
  expect([query.data, query.loading]).toEqual(['old', false]);
  fake.asked[1]?.reply('new', [`Tracklet:${id}`]);
  await settle();
  expect(query.data).toBe('new');
  close();
});

test('an answer that is read again may depend on other things than before', async () => {
  const id = nextId++;
  const { close } = reader(() => id);
  fake.asked[0]?.reply('old', ['A']);
  await settle();
  announce('A');
  fake.asked[1]?.reply('new', ['B']);
  await settle();
  announce('A');
  expect(fake.asked).toHaveLength(2);
  announce('B');
  expect(fake.asked).toHaveLength(3);
  close();
});

test('a change that comes while the very first answer is on its way is not lost: the answer may be from before', async () => {
  const id = nextId++;
  const { query, close } = reader(() => id);
  announce(`Tracklet:${id}`);
  expect(fake.asked).toHaveLength(1);
  fake.asked[0]?.reply('from before', [`Tracklet:${id}`]);
  await settle();
  expect(fake.asked).toHaveLength(2);
  fake.asked[1]?.reply('from after', [`Tracklet:${id}`]);
  await settle();
  expect(query.data).toBe('from after');
  expect(fake.asked).toHaveLength(2);
  close();
});

test('a change of something else meanwhile makes nothing read twice', async () => {
  const id = nextId++;
  const { close } = reader(() => id);
  announce('Runs');
  fake.asked[0]?.reply('right', [`Tracklet:${id}`]);
  await settle();
  expect(fake.asked).toHaveLength(1);
  close();
});

test('a change while an answer is read again: the one on its way is shown, and asked for once more', async () => {
  const id = nextId++;
  const { query, close } = reader(() => id);
  fake.asked[0]?.reply('one', ['T']);
  await settle();
  announce('T');
  announce('T');
  announce('T');
  expect(fake.asked).toHaveLength(2);
  fake.asked[1]?.reply('two', ['T']);
  await settle();
  expect(query.data).toBe('two');
  expect(fake.asked).toHaveLength(3);
  fake.asked[2]?.reply('three', ['T']);
  await settle();
  expect([query.data, fake.asked.length]).toEqual(['three', 3]);
  close();
});

test('an answer that nobody shows any more is forgotten when it changes, and kept otherwise', async () => {
  const id = nextId++;
  const first = reader(() => id);
  fake.asked[0]?.reply('known', ['Known']);
  await settle();
  first.close();
  const again = reader(() => id);
  expect([again.query.data, fake.asked.length]).toEqual(['known', 1]);
  again.close();
  announce('Known');
  expect(fake.asked).toHaveLength(1);
  const third = reader(() => id);
  expect([third.query.data, third.query.loading, fake.asked.length]).toEqual([undefined, true, 2]);
  third.close();
});

test('a reader that leaves before the answer withdraws the question; the next one asks anew', async () => {
  const id = nextId++;
  const first = reader(() => id);
  first.close();
  expect(fake.asked[0]?.signal.aborted).toBe(true);
  await settle();
  const second = reader(() => id);
  expect(fake.asked).toHaveLength(2);
  fake.asked[1]?.reply('answer', []);
  await settle();
  expect([second.query.data, second.query.error]).toEqual(['answer', null]);
  second.close();
});

test('an answer that the host withdrew is no error: it is asked for again as long as somebody shows it', async () => {
  const id = nextId++;
  const { query, close } = reader(() => id);
  fake.asked[0]?.fail(new AppError('CANCELLED', 'The host withdrew it.'));
  await settle();
  expect([fake.asked.length, query.data, query.error, query.loading]).toEqual([2, undefined, null, true]);
  fake.asked[1]?.reply('answer', []);
  await settle();
  expect([fake.asked.length, query.data, query.error, query.loading]).toEqual([2, 'answer', null, false]);
  close();
});

test('one of two readers leaving withdraws nothing', async () => {
  const id = nextId++;
  const [a, b] = [reader(() => id), reader(() => id)];
  a.close();
  expect(fake.asked[0]?.signal.aborted).toBe(false);
  fake.asked[0]?.reply('answer', []);
  await settle();
  expect(b.query.data).toBe('answer');
  b.close();
});

test('an error is shown beside the last answer, and goes with the next one', async () => {
  const id = nextId++;
  const { query, close } = reader(() => id);
  fake.asked[0]?.reply('good', ['T2']);
  await settle();
  announce('T2');
  fake.asked[1]?.fail(new AppError('NOT_FOUND', 'It is gone.'));
  await settle();
  expect([query.data, query.error?.code, query.loading]).toEqual(['good', 'NOT_FOUND', false]);
  query.refresh();
  fake.asked[2]?.reply('better', ['T2']);
  await settle();
  expect([query.data, query.error]).toEqual(['better', null]);
  close();
});

test('refresh asks once however often it is called, and not while an answer is on its way', async () => {
  const id = nextId++;
  const { query, close } = reader(() => id);
  query.refresh();
  expect(fake.asked).toHaveLength(1);
  fake.asked[0]?.reply(1, []);
  await settle();
  query.refresh();
  query.refresh();
  expect(fake.asked).toHaveLength(2);
  close();
});

test('another input is another answer, null none at all; forty unused answers are kept, older ones forgotten', async () => {
  let id = $state<number | null>(null);
  const base = (nextId += 100);
  const { query, close } = reader(() => id);
  expect([query.data, query.error, query.loading, fake.asked.length]).toEqual([undefined, null, false, 0]);
  for (let i = 0; i < 60; i++) {
    id = base + i;
    flushSync();
    fake.asked.at(-1)?.reply(`answer ${i}`, []);
    await settle();
    expect(query.data).toBe(`answer ${i}`);
  }
  expect(fake.asked).toHaveLength(60);
  // With the one that was shown last, forty are kept: 20 to 59.
  id = base + 20;
  flushSync();
  expect([query.data, fake.asked.length]).toEqual(['answer 20', 60]);
  id = base + 19;
  flushSync();
  expect([query.data, fake.asked.length]).toEqual([undefined, 61]);
  close();
  nextId += 100;
});
