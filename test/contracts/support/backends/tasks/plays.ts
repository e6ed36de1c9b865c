/** A task that behaves as it is told. */
import { AppError } from '../../../../../src-shared/errors.ts';
import type { Reporter } from '../../../../../src-main/compute/reporter.ts';

export interface PlayedTask {
  kind: 'plays';
  does: 'answers' | 'takesLong' | 'reports' | 'fails' | 'faults' | 'prints' | 'waits' | 'keeps' | 'spins' | 'dies' | 'exits';
  value?: unknown;
}

export default {
  id: 'plays',
  async perform({ does, value }: PlayedTask, reporter: Reporter): Promise<unknown> {
    switch (does) {
      case 'answers':
        return { pid: process.pid, value };
      case 'takesLong':
        await new Promise((resolve) => setTimeout(resolve, 150));
        return { pid: process.pid };
      case 'reports':
        for (let n = 1; n <= 3; n++) {
          reporter.progress(n, 3, 'steps', `step ${n}`);
          reporter.log(n === 2 ? 'warn' : 'info', `line ${n}`);
        }
        return 'reported';
      case 'fails':
        throw new AppError('FILE_INVALID', 'The file a.npy is damaged.', { file: 'a.npy', at: 3 }, { remedy: 'Write it anew.' });
      case 'faults':
        throw new TypeError('a fault of the program');
      case 'prints':
        reporter.log('info', 'prints now');
        // Straight to the pipe, as a library does.
        process.stdout.write(`${String(value)} to stdout\n`);
        process.stderr.write(`${String(value)} to stderr\n`);
        return 'printed';
      case 'waits':
        reporter.log('info', String(process.pid));
        for (;;) await reporter.pause();
      case 'keeps':
        reporter.log('info', String(process.pid));
        while (!reporter.stopping()) await reporter.pause();
        return 'what was done until then';
      case 'spins':
        reporter.log('info', String(process.pid));
        await new Promise((resolve) => setTimeout(resolve, 20));
        for (;;);
      case 'dies':
        process.kill(process.pid, 'SIGSEGV');
        return new Promise(() => undefined);
      case 'exits':
        process.stderr.write('about to fall over\n');
        process.exit(7);
    }
  },
};
