/** Work at most once an interval, and never left undone: beside a plain account of calls and times. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paced } from '../../../src-main/platform/paced.ts';
import { madeTime } from '../../support/madeTime.ts';

test('the first call works at once, those after it together at the end of the interval, and nothing follows by itself', () => {
  const time = madeTime();
  const done: number[] = [];
  const call = paced(100, () => void done.push(time.now()), time);
  call();
  expect(done).toEqual([0]);
  time.advance(30);
  call();
  call();
  time.advance(69);
  expect(done).toEqual([0]);
  time.advance(1);
  expect(done).toEqual([0, 100]);
  time.advance(10_000);
  expect(done).toEqual([0, 100]);
  call();
  expect(done).toEqual([0, 100, 10_100]);
});

test('flush does what waits and nothing else; stop gives it up', () => {
  const time = madeTime();
  let done = 0;
  const call = paced(100, () => void done++, time);
  call.flush();
  expect(done).toBe(0);
  call();
  call();
  call.flush();
  expect(done).toBe(2);
  time.advance(1000);
  expect(done).toBe(2);
  call();
  call();
  call.stop();
  time.advance(1000);
  expect(done).toBe(3);
});

test('whatever the times of the calls: intervals are kept, and an interval after the last call nothing is newer than what was done', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 250 }), { minLength: 1, maxLength: 60 }), (gaps) => {
      const time = madeTime();
      let value = 0;
      let seen = 0;
      const times: number[] = [];
      const call = paced(
        100,
        () => {
          seen = value;
          times.push(time.now());
        },
        time,
      );
      for (const gap of gaps) {
        time.advance(gap);
        value++;
        call();
      }
      time.advance(100);
      expect(seen).toBe(value);
      for (let i = 1; i < times.length; i++) expect((times[i] as number) - (times[i - 1] as number)).toBeGreaterThanOrEqual(100);
    }),
  );
});
