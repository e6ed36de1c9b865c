/**
 * Runs ffmpeg and outlives it: a cancel or a hang ends it with everything it started, and nobody waits for a pipe that something else still holds.
 * What it prints for people is kept only to be quoted; decisions are made by its exit status and by `framecrc`, whose lines are numbers.
 * Test: test/main/media/runFfmpeg.test.ts.
 */
import { spawn } from 'node:child_process';
import { AppError, cancelled } from '../../src-shared/errors.ts';
import { systemTiming } from '../platform/paced.ts';
import { END_OF_PIPES_MS, OWN_GROUP, signalGroup } from '../platform/processGroup.ts';

export interface FfmpegRun {
  /** null: it was ended by a signal. */
  status: number | null;
  /** Lines it complained with, for people: no decision may read them, since paths and titles stand in them. */
  complaints: string[];
}

export interface FfmpegOptions {
  cwd?: string | undefined;
  signal?: AbortSignal | undefined;
  /** A line on its standard output. */
  onLine(line: string): void;
  /** What is thrown when it says nothing for too long. */
  hung(): AppError;
  /** Default: a minute. */
  silenceMs?: number;
  /** Calls `work` after that many milliseconds, unless the answer is called before. */
  later?: (milliseconds: number, work: () => void) => () => void;
}

/** ffmpeg that says nothing for so long hangs. */
const SILENCE_MS = 60_000;
/** Of each end of the complaints; a damaged file can make millions. */
const KEPT = 4_000;

export function runFfmpeg(binary: string, args: string[], options: FfmpegOptions): Promise<FfmpegRun> {
  const { signal, silenceMs = SILENCE_MS, later = systemTiming.after } = options;
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(binary, args, { cwd: options.cwd, stdio: ['ignore', 'pipe', 'pipe'], ...OWN_GROUP });
    let head = '';
    let tail = '';
    let rest = '';
    let reason: unknown = null;
    let over = false;
    let stopWatch = later(silenceMs, hang);
    let stopGrace = (): void => undefined;

    function hang(): void {
      stop(options.hung());
    }
    function stop(error: unknown): void {
      reason ??= error;
      signalGroup(child, 'SIGKILL');
      // It may be inside a read that never returns; then it dies when that does.
      stopGrace();
      stopGrace = later(END_OF_PIPES_MS, () => settle(null));
    }
    function settle(status: number | null): void {
      if (over) return;
      over = true;
      stopWatch();
      stopGrace();
      signal?.removeEventListener('abort', onAbort);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      if (reason !== null) return reject(reason as Error);
      if (rest !== '') options.onLine(rest);
      resolve({ status, complaints: (head + tail).split('\n').filter((line) => line.trim() !== '') });
    }
    const onAbort = (): void => stop(cancelled());
    signal?.addEventListener('abort', onAbort, { once: true });

    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stopWatch();
      stopWatch = later(silenceMs, hang);
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) options.onLine(line);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (head.length < KEPT) head += text;
      else tail = (tail + text).slice(-KEPT);
    });
    child.on('error', (error) => {
      reason ??= new AppError('FFMPEG_MISSING', `ffmpeg could not be started: ${error.message}.`, { path: binary }, { cause: error });
      if (child.pid === undefined) settle(null);
    });
    child.on('close', settle);
    child.on('exit', (status) => {
      signalGroup(child, 'SIGKILL');
      stopGrace();
      stopGrace = later(END_OF_PIPES_MS, () => settle(status));
    });
  });
}
