/**
 * A child that is started with `OWN_GROUP` can be ended with everything it started, such as the real program behind a wrapper script; killed alone,
 * it would leave that running and its pipes open. Test: test/main/jobs/supervisor.test.ts, test/main/media/runFfmpeg.test.ts.
 */
import type { ChildProcess } from 'node:child_process';

/** For `spawn` and `fork`. */
export const OWN_GROUP = { detached: process.platform !== 'win32', windowsHide: true } as const;

/** From the end of a process to the end of its pipes, which something it left behind may hold: then nobody waits any more. */
export const END_OF_PIPES_MS = 1000;

export function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill(name);
    else process.kill(-child.pid, name);
  } catch {
    // Nobody of the group is left.
  }
}
