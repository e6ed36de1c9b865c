/**
 * A labelling client against a real host process that is killed at random moments: what was acknowledged is there after the restart, and the
 * database is whole. Five kills here, fifty in test/bench/kill.ts.
 */
import { expect, test } from 'vitest';
import { killRounds } from '../../support/killRounds.ts';

test('no acknowledged value is lost by kill -9', async () => {
  const report = await killRounds({ rounds: 5, seed: 11 });
  expect(report).toMatchObject({ rounds: 5, lost: [], integrity: 'ok' });
  // A client that was never answered would prove nothing.
  expect(report.acknowledged).toBeGreaterThan(20);
});
