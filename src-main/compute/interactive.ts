/**
 * The back end for what somebody waits for in front of the screen: a child that stays, so that an answer takes milliseconds where `local.ts` needs a second
 * to start a process and load the engine's JavaScript. One request at a time; it ends with the host and after some minutes without one.
 * Tests: test/main/compute/interactive.test.ts, test/contracts/backends.contract.test.ts; figures: `tracklet bench interactive`.
 */
import { createResidentChild, type ResidentOptions } from '../jobs/residentChild.ts';
import type { Backend } from './backend.ts';
import { childSettings } from './local.ts';
import type { FromChild, ResultOf, TaskKind, TaskOf } from './protocol.ts';

const SCRIPT = new URL('./interactiveChild.ts', import.meta.url);
const IDLE_AFTER = 5 * 60_000;

export function interactiveBackend({
  script = SCRIPT,
  idleAfter = IDLE_AFTER,
  ...timing
}: Partial<Pick<ResidentOptions<FromChild>, 'script' | 'idleAfter' | 'after' | 'now'>> = {}): Backend {
  const child = createResidentChild<FromChild>({ ...childSettings(), ...timing, script, idleAfter });
  return {
    // What a program answers with, its file has promised.
    run: <Kind extends TaskKind>(task: TaskOf<Kind>, options = {}) => child.ask(task, options) as Promise<ResultOf<Kind>>,
    close: () => child.close(),
  };
}
