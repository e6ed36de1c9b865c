/**
 * Runs one piece of work in a child process and outlives whatever happens to it: crash, hang, endless output, deafness.
 * A child that ends without saying `done` becomes JOB_CRASHED with exit code or signal and its last lines; a cancel is a word
 * first, SIGTERM after a grace, SIGKILL after another. What needs no child for it is in childLines.ts and childRules.ts.
 * Test: test/main/jobs/supervisor.test.ts.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cancelled } from '../../src-shared/errors.ts';
import { monotonicClock } from '../platform/clock.ts';
import { END_OF_PIPES_MS, OWN_GROUP, signalGroup } from '../platform/processGroup.ts';
import { createLineReader, type Stream } from './childLines.ts';
import { patienceWith, resultOf, type Grace, type LastWord } from './childRules.ts';

export interface SuperviseOptions<Message> {
  script: URL;
  /** First message to the child: `{type: 'run', task}`. */
  task: unknown;
  signal?: AbortSignal;
  /**
   * Word sent on abort: `stop` lets it keep what it has done. Looked at when it is needed, as `grace` and `silence` are: a child that stays has others for
   * every request (residentChild.ts).
   */
  onAbort?: 'stop' | 'cancel';
  /** `answer` sends a message to the child, also later. */
  onMessage?(message: Message, answer: (message: object) => void): void;
  /** A line the child or a library in it printed. */
  onOutput?(line: string, stream: Stream): void;
  /** Printed lines that nobody shall see. */
  isNoise?(line: string): boolean;
  grace?: Grace;
  /** Without any sign of life for this long the child counts as hung. */
  silence?: number;
  /** Another such time from this message on. */
  silenceAfter?(message: Message): number | undefined;
  env?: Record<string, string | undefined>;
  /** Monotonic, in milliseconds. */
  now?: () => number;
  /** Of Node, for this child. */
  flags?: readonly string[];
}

const LAST_LINES = 20;
const HARD_LIMIT_AFTER_DONE = 5000;

export function supervise<Message extends { type: string }>(options: SuperviseOptions<Message>): Promise<unknown> {
  const { signal, now = monotonicClock } = options;
  const grace = (): Grace => options.grace ?? { word: 5000, term: 2000 };
  let longer: number | undefined;
  const silence = (): number => longer ?? options.silence ?? 300_000;
  if (signal?.aborted) return Promise.reject(cancelled());
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const child = fork(fileURLToPath(options.script), [], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning', ...(options.flags ?? [])],
    env: { ...process.env, ...options.env },
    ...OWN_GROUP,
  } as Parameters<typeof fork>[2]);

  const lastLines: string[] = [];
  const timers = new Set<NodeJS.Timeout>();
  let said: LastWord | null = null;
  let hung = false;
  let killed = false;
  let heardAt = now();

  function later(milliseconds: number, work: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work();
    }, milliseconds);
    timers.add(timer);
  }

  // SIGCONT first: a stopped process takes SIGTERM only when it goes on.
  function terminate(): void {
    killed = true;
    if (process.platform !== 'win32') signalGroup(child, 'SIGCONT');
    signalGroup(child, 'SIGTERM');
    later(grace().term, () => {
      signalGroup(child, 'SIGKILL');
      // Inside a read from a dead disk it ends when that read does; nobody waits for it.
      later(END_OF_PIPES_MS, () => end(null, 'SIGKILL'));
    });
  }

  function abort(): void {
    send(child, { type: options.onAbort ?? 'cancel' });
    later(patienceWith(grace(), now() - heardAt, silence()), terminate);
  }

  const watch = setInterval(
    () => {
      if (now() - heardAt < silence() || hung) return;
      hung = true;
      terminate();
    },
    Math.min(1000, silence() / 4),
  );

  const printed = createLineReader(now, (line, stream) => {
    if (options.isNoise?.(line)) return;
    lastLines.push(line);
    if (lastLines.length > LAST_LINES) lastLines.shift();
    options.onOutput?.(line, stream);
  });
  child.stdout?.on('data', (data: Buffer) => printed.read(data, 'stdout'));
  child.stderr?.on('data', (data: Buffer) => printed.read(data, 'stderr'));

  child.on('message', (message: Message) => {
    heardAt = now();
    if (said) return;
    if (message.type === 'done' || message.type === 'error') {
      said = message as unknown as LastWord;
      // It should leave by itself now; a library's thread must not keep it.
      later(HARD_LIMIT_AFTER_DONE, () => signalGroup(child, 'SIGKILL'));
      return;
    }
    longer = options.silenceAfter?.(message) ?? longer;
    try {
      options.onMessage?.(message, (answer) => {
        // From here on it is its turn to speak.
        heardAt = now();
        send(child, answer);
      });
    } catch (error) {
      said = { type: 'error', error: { code: 'INTERNAL', message: String(error), remedy: '', params: {} } };
      terminate();
    }
  });

  let ended = false;
  function end(code: number | null, exitSignal: string | null): void {
    if (ended) return;
    ended = true;
    clearInterval(watch);
    for (const timer of timers) clearTimeout(timer);
    // What it left behind may hold the pipes for ever.
    child.stdout?.destroy();
    child.stderr?.destroy();
    signal?.removeEventListener('abort', abort);
    printed.end();
    try {
      resolve(
        resultOf({ said, isCancelled: signal?.aborted ?? false, silentFor: hung ? silence() : null, isKilled: killed, code, signal: exitSignal, lastLines }),
      );
    } catch (error) {
      reject(error);
    }
  }

  child.on('error', (error) => {
    // fork() itself failed, for want of memory or of the program file.
    if (child.pid !== undefined) return;
    said = {
      type: 'error',
      error: {
        code: 'JOB_CRASHED',
        message: `The process of the job could not be started: ${error.message}`,
        remedy: 'Close other programs, then run it again.',
        params: {},
      },
    };
    end(null, null);
  });
  // 'close' comes after the pipes are read out, so the last lines are complete; 'exit' covers a pipe that a grandchild holds open.
  child.on('close', end);
  child.on('exit', (code, exitSignal) => {
    signalGroup(child, 'SIGKILL');
    later(END_OF_PIPES_MS, () => end(code, exitSignal));
  });

  signal?.addEventListener('abort', abort, { once: true });
  send(child, { type: 'run', task: options.task });
  return promise;
}

function send(child: ChildProcess, message: object): void {
  // A child that has just died answers with an error event on the channel; its exit tells the story.
  if (child.connected) child.send(message, () => undefined);
}
