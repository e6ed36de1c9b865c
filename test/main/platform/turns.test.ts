/** Work in turns: never more than the room holds, in order, refused behind too many; and shared work that is done once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createShared } from '../../../src-main/platform/shared.ts';
import { createTurns } from '../../../src-main/platform/turns.ts';

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('turns', () => {
  test('never hold more than the room, begin in order, and all come through, whatever the weights and failures', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ weight: fc.nat(12), fails: fc.boolean(), ticks: fc.nat(4) }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 5 }),
        async (works, atOnce) => {
          const room = 10;
          const turns = createTurns({ atOnce, room, what: 'things' });
          const begun: number[] = [];
          let running: number[] = [];
          const ended = await Promise.allSettled(
            works.map(({ weight, fails, ticks }, index) =>
              turns.take(weight, async () => {
                begun.push(index);
                running.push(weight);
                const held = running.reduce((sum, each) => sum + each, 0);
                if (running.length > atOnce || (running.length > 1 && held > room)) throw new Error(`too much at once: ${running.join()}`);
                for (let tick = 0; tick < ticks; tick++) await settle();
                running = running.toSpliced(running.indexOf(weight), 1);
                if (fails) throw new Error('failed as it should');
                return index;
              }),
            ),
          );
          expect(begun).toEqual(works.map((_, index) => index));
          expect(ended.map((end) => (end.status === 'fulfilled' ? end.value : (end.reason as Error).message))).toEqual(
            works.map(({ fails }, index) => (fails ? 'failed as it should' : index)),
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  test('refuse what would wait behind too many', async () => {
    const turns = createTurns({ atOnce: 1, waiting: 2, what: 'sizes of methods' });
    const release = Promise.withResolvers<void>();
    const kept = [1, 2, 3].map((value) => turns.take(1, () => release.promise.then(() => value)));
    await expect(turns.take(1, () => Promise.resolve(4))).rejects.toMatchObject({ code: 'BUSY', message: 'More than 2 sizes of methods are waited for.' });
    release.resolve();
    expect(await Promise.all(kept)).toEqual([1, 2, 3]);
    expect(await turns.take(1, () => Promise.resolve(5))).toBe(5);
  });

  test('let go who waits no longer, at once, and whom that made room for come; what has begun goes on', async () => {
    const turns = createTurns({ atOnce: 2, room: 10, what: 'things' });
    const release = Promise.withResolvers<void>();
    const begun: string[] = [];
    const [first, heavy, late] = [new AbortController(), new AbortController(), new AbortController()];
    const work = (name: string) => () => {
      begun.push(name);
      return release.promise.then(() => name);
    };
    const one = turns.take(6, work('one'), first.signal);
    const two = turns.take(9, work('two'), heavy.signal);
    const three = turns.take(3, work('three'));
    await settle();
    expect(begun).toEqual(['one']);
    heavy.abort(new Error('two left'));
    await expect(two).rejects.toThrow('two left');
    await settle();
    expect(begun).toEqual(['one', 'three']);
    first.abort(new Error('too late'));
    // Given up before it came, or between its turn and its work: neither keeps the place.
    await expect(turns.take(1, work('four'), AbortSignal.abort(new Error('never came')))).rejects.toThrow('never came');
    release.resolve();
    expect(await Promise.all([one, three])).toEqual(['one', 'three']);
    const five = turns.take(1, work('five'), late.signal);
    late.abort(new Error('five left'));
    await expect(five).rejects.toThrow('five left');
    expect(await turns.take(10, () => Promise.resolve('six'))).toBe('six');
    expect(begun).toEqual(['one', 'three']);
  });
});

describe('shared work', () => {
  test('is done once for all who ask the same, and one at a time for others', async () => {
    const shared = createShared<string>();
    const begun: string[] = [];
    const releases = new Map<string, () => void>();
    const work = (key: string) => () => {
      begun.push(key);
      return new Promise<string>((resolve) => releases.set(key, () => resolve(`answer ${key}`)));
    };
    const asked = ['a', 'a', 'b', 'a', 'b'].map((key) => shared.ask(key, work(key)));
    await settle();
    expect(begun).toEqual(['a']);
    releases.get('a')?.();
    await settle();
    expect(begun).toEqual(['a', 'b']);
    releases.get('b')?.();
    expect(await Promise.all(asked)).toEqual(['answer a', 'answer a', 'answer b', 'answer a', 'answer b']);
    const again = shared.ask('a', work('a'));
    await settle();
    expect(begun).toEqual(['a', 'b', 'a']);
    releases.get('a')?.();
    await again;
  });

  test('is given up when the last who asked has gone, not before; who asks then begins anew', async () => {
    const shared = createShared<string>();
    const signals: AbortSignal[] = [];
    const work = (signal: AbortSignal) => {
      signals.push(signal);
      return new Promise<string>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    };
    const [one, two] = [new AbortController(), new AbortController()];
    const asked = [one, two].map((abort) => shared.ask('a', work, abort.signal));
    await settle();
    one.abort(new Error('one left'));
    await expect(asked[0]).rejects.toThrow('one left');
    expect(signals[0]?.aborted).toBe(false);
    two.abort(new Error('two left'));
    await expect(asked[1]).rejects.toThrow('two left');
    expect(signals[0]?.aborted).toBe(true);
    const next = shared.ask('a', () => Promise.resolve('fresh'));
    expect(await next).toBe('fresh');
  });

  test('that fails fails for all, and may be asked for again', async () => {
    const shared = createShared<string>();
    const failing = () => Promise.reject(new Error('no engine'));
    await expect(Promise.all([shared.ask('a', failing), shared.ask('a', failing)])).rejects.toThrow('no engine');
    expect(await shared.ask('a', () => Promise.resolve('now'))).toBe('now');
  });
});
