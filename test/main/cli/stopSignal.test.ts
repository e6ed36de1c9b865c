/** What signals do to a command, with a clock of the test's own: `src-main/cli/stopSignal.ts`. */
import { expect, test } from 'vitest';
import { createStopSignal, isUnread, STOP_SIGNALS, type StopSignal } from '../../../src-main/cli/stopSignal.ts';

function command(): { stop: StopSignal; said: string[]; passMs(ms: number): void } {
  const said: string[] = [];
  let now = 5000;
  const stop = createStopSignal({
    now: () => now,
    note: (line) => said.push(line),
    end: ({ code, message }) => said.push(`${code} ${message}`),
    lost: () => 'the steps are lost',
  });
  return { stop, said, passMs: (ms) => (now += ms) };
}

test.each(STOP_SIGNALS)('%s asks whoever listens for a clean stop, and ends whoever does not with a sentence', (name) => {
  const listening = command();
  const { signal } = listening.stop;
  listening.stop.receive(name);
  expect(signal.aborted).toBe(true);
  expect(listening.said).toEqual([expect.stringMatching(/^Stopping\. A second (Ctrl\+C|signal) does not wait: then the steps are lost\.$/)]);

  const startingUp = command();
  startingUp.stop.receive(name);
  expect(startingUp.said).toEqual([`CANCELLED Stopped by ${name}.`]);
});

test('one press that arrives twice, or by two ways, is one; a later one ends at once and says what is lost', () => {
  const { stop, said, passMs } = command();
  void stop.signal;
  stop.receive('SIGINT');
  for (const ms of [0, 20, 280, 600]) {
    passMs(ms);
    stop.receive('SIGINT');
    stop.receive('SIGTERM');
  }
  expect(said).toHaveLength(1);
  passMs(200);
  stop.receive('SIGINT');
  expect(said.slice(1)).toEqual(['CANCELLED Stopped at once by a second signal (SIGINT): the steps are lost.']);
});

test('output that nobody reads any more is no failure; a disk that fails is one', () => {
  const of = (code: string, isTTY: boolean, hasHungUp: boolean) => isUnread(Object.assign(new Error(code), { code }), { isTTY }, hasHungUp);
  expect(of('EPIPE', false, false)).toBe(true);
  expect(of('EIO', true, false)).toBe(true);
  expect(of('EIO', false, true)).toBe(true);
  expect(of('EIO', false, false)).toBe(false);
  expect(of('ENOSPC', true, true)).toBe(false);
});
