/**
 * One side of a row as a child process: it says when it is warm, then computes only when told to, so that several sides can be loaded in the
 * same minutes while one of them works. What a side says are lines `@side {json}`; everything else it prints is kept to explain a failure.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Ready {
  /** Of one step, at the end of the warm-up. */
  stepSeconds: number;
  /** From the start of the process to the end of its first step. */
  firstStepSeconds: number;
  /** Numbers that are trained. */
  parameters: number;
  version: string;
  threads: number;
}

export interface Turn {
  /** Of every step. */
  seconds: number[];
  /** Bytes, of the process since it began. */
  peakMemory: number;
  /** Of all threads together, for the whole turn; our side alone tells. */
  coreSeconds?: number;
}

export interface Side {
  ready: Ready;
  /** @throws Error when the process ends instead of answering. */
  go(steps: number): Promise<Turn>;
  close(): Promise<void>;
}

const MARK = '@side ';
/** Compiling a network for the first time takes minutes on two cores. */
const PATIENCE = 900_000;
const LAST_LINES = 8;

/**
 * @param onNote is given every line of standard error.
 * @throws Error with the last lines that the process printed when it does not become ready.
 */
export async function startSide(
  program: string,
  args: string[],
  env: Record<string, string | undefined> = {},
  onNote: (line: string) => void = () => undefined,
): Promise<Side> {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const lastLines: string[] = [];
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined); // looked at together with the next answer
  let answer = Promise.withResolvers<unknown>();
  const remember = (line: string): void => {
    if (line.trim() !== '') lastLines.push(line.trim());
    if (lastLines.length > LAST_LINES) lastLines.shift();
  };
  createInterface({ input: child.stderr }).on('line', (line) => {
    remember(line);
    onNote(line);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith(MARK)) answer.resolve(JSON.parse(line.slice(MARK.length)));
    else remember(line);
  });
  child.stdin.on('error', () => undefined); // the end of the process says more
  child.on('error', (error) => ended.reject(error));
  child.on('close', (code, signal) => ended.reject(new Error(`${lastLines.at(-1) ?? 'no word'} (${signal ?? `status ${code}`})`)));

  async function next<T>(): Promise<T> {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      remember(`no answer within ${PATIENCE / 1000} s`);
    }, PATIENCE);
    try {
      return (await Promise.race([answer.promise, ended.promise])) as T;
    } finally {
      clearTimeout(timer);
      answer = Promise.withResolvers();
    }
  }

  async function close(): Promise<void> {
    child.stdin.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await ended.promise.catch(() => undefined);
    clearTimeout(timer);
  }

  const ready = await next<Ready>();
  return {
    ready,
    go(steps) {
      child.stdin.write(`go ${steps}\n`);
      return next<Turn>();
    },
    close,
  };
}
