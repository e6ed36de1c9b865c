/** What the end of a child means, in words; and how long it is waited for. */
import { expect, test } from 'vitest';
import { patienceWith, resultOf, type ChildEnd } from '../../../src-main/jobs/childRules.ts';
import { ERROR_CODES, toErrorShape } from '../../../src-shared/errors.ts';

const end = (more: Partial<ChildEnd>): ChildEnd => ({
  said: null,
  isCancelled: false,
  silentFor: null,
  isKilled: false,
  code: null,
  signal: null,
  lastLines: [],
  ...more,
});
function failure(more: Partial<ChildEnd>): unknown {
  try {
    return resultOf(end(more));
  } catch (error) {
    return toErrorShape(error);
  }
}
const crashed = (message: string, params: object, remedy: string = ERROR_CODES.JOB_CRASHED.remedy) => ({ code: 'JOB_CRASHED', message, params, remedy });

test('what it said last counts, however it then ended', () => {
  const worst = { isCancelled: true, silentFor: 1000, isKilled: true, signal: 'SIGKILL', lastLines: ['x'] };
  expect(resultOf(end({ ...worst, said: { type: 'done', result: 7 } }))).toBe(7);
  expect(resultOf(end({ said: { type: 'done', result: undefined } }))).toBeUndefined();
  const error = { code: 'DISK_FULL', message: 'Full.', remedy: 'Free some.', params: { a: 1 } } as const;
  expect(failure({ ...worst, said: { type: 'error', error } })).toEqual(error);
});

test('a cancel is no crash, and more than a silence', () => {
  expect(failure({ isCancelled: true, silentFor: 1000, isKilled: true, signal: 'SIGKILL' })).toMatchObject({
    code: 'CANCELLED',
    message: 'The work was cancelled.',
  });
});

test('a silence is told in seconds', () => {
  expect(failure({ silentFor: 1500, isKilled: true, signal: 'SIGKILL', lastLines: ['a', 'b'] })).toEqual(
    crashed('The process of the job gave no sign of life for 2 s and was ended. Its last lines: a ⏎ b', { hung: true }),
  );
});

test.each<[Partial<ChildEnd>, string]>([
  [{ code: 7 }, 'ended with exit code 7 before it was done.'],
  [{ code: 0 }, 'ended with exit code 0 before it was done.'],
  [{ signal: 'SIGSEGV' }, 'was ended by SIGSEGV before it was done.'],
  [{ signal: 'SIGTERM', isKilled: true }, 'was ended by SIGTERM on request before it was done.'],
  [{ signal: 'SIGKILL', isKilled: true }, 'was ended by SIGKILL on request before it was done.'],
])('%j: %s', (how, words) => {
  const { code = null, signal = null } = how;
  expect(failure(how)).toEqual(crashed(`The process of the job ${words}`, { exitCode: code, signal }));
});

test('ended by the system for want of memory it can go on with a smaller batch', () => {
  expect(failure({ signal: 'SIGKILL' })).toEqual(
    crashed(
      'The process of the job was ended by SIGKILL before it was done.',
      { exitCode: null, signal: 'SIGKILL' },
      'Resume it; it continues from the last checkpoint. If memory had run out, resume it with a smaller batch.',
    ),
  );
});

test('of what it printed the last five lines are told, of these the last 1,500 characters', () => {
  const { message } = failure({ code: 1, lastLines: ['1', '2', '3', '4', '5', '6'] }) as { message: string };
  expect(message).toBe('The process of the job ended with exit code 1 before it was done. Its last lines: 2 ⏎ 3 ⏎ 4 ⏎ 5 ⏎ 6');
  const long = failure({ code: 1, lastLines: ['x'.repeat(1000), 'y'.repeat(1000)] }) as { message: string };
  expect(long.message.split('Its last lines: ')[1]).toBe(`${'x'.repeat(497)} ⏎ ${'y'.repeat(1000)}`);
});

test('a child that has been silent for a tenth of what it may is given the time of the deaf, where there is one', () => {
  const grace = { word: 60, term: 3, deaf: 10 };
  expect([99, 100, 101].map((silentFor) => patienceWith(grace, silentFor, 1000))).toEqual([60, 10, 10]);
  expect(patienceWith({ word: 60, term: 3 }, 500, 1000)).toBe(60);
});
