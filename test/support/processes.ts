/** Processes of this machine, as tests look at those that the program started. */
import { readdirSync, readFileSync } from 'node:fs';

/** One that has ended and that nobody asked for yet has ended all the same. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Processes that `parent` started, those that run `program` where one is named. Linux only. */
export function childrenOf(parent: number, program = ''): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        const ppid = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        return ppid === parent && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program);
      } catch {
        // Gone meanwhile.
        return false;
      }
    });
}
