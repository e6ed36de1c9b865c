/**
 * Runs each task in a compute child of its own. The child's own lines (a library that prints, a crash that explains itself) reach the caller, but for
 * what TensorFlow writes at every start: one of those notes is written while the library loads, before any log level counts.
 * Tests: test/main/compute/local.test.ts, test/contracts/backends.contract.test.ts.
 */
import { supervise, type SuperviseOptions } from '../jobs/supervisor.ts';
import type { Backend, Compute, ComputeOptions } from './backend.ts';
import type { FromChild, ResultOf, TaskKind, TaskOf } from './protocol.ts';

const SCRIPT = new URL('./child.ts', import.meta.url);

/** WebAssembly computes on the child's only thread, which can say nothing meanwhile: a step of a large network may take an hour and not hang. */
const SILENCE_OF_WASM = 3 * 3_600_000;

/** A child for every task, which ends with it. */
export function localBackend({ script = SCRIPT }: { script?: URL } = {}): Backend {
  const closing = new AbortController();
  const running = new Set<Promise<unknown>>();
  return {
    run<Kind extends TaskKind>(task: TaskOf<Kind>, options: ComputeOptions = {}) {
      const signal = options.signal ? AbortSignal.any([options.signal, closing.signal]) : closing.signal;
      const ended = supervise<FromChild>({ ...options, ...childSettings(), script, task, signal });
      const over = ended.catch(() => undefined).finally(() => running.delete(over));
      running.add(over);
      // What a program answers with, its file has promised.
      return ended as Promise<ResultOf<Kind>>;
    },
    async close() {
      closing.abort();
      await Promise.all(running);
    },
  };
}

/** Of this process: whoever asks for much ends it by a signal of its own. */
export const computeInChild: Compute = localBackend().run;

/** Of every child that computes. */
export function childSettings(): Pick<SuperviseOptions<FromChild>, 'isNoise' | 'silenceAfter' | 'env' | 'flags'> {
  return {
    isNoise: isStartUpNote,
    silenceAfter: (message) => (message.type === 'engine' && message.info.engine === 'wasm' ? SILENCE_OF_WASM : undefined),
    env: childEnvironment(),
    flags: CHILD_FLAGS,
  };
}

/**
 * Nearly all memory of a child is TensorFlow's, and what little JavaScript makes goes soon. A small young generation keeps V8 from holding tens of megabytes
 * of it: 4 % less in a training step of ResNet-50 of 8 images, at the same speed.
 */
export const CHILD_FLAGS: readonly string[] = ['--max-semi-space-size=2'];

/** Of a process that computes; what the user has set counts. */
export function childEnvironment({ TF_CPP_MIN_LOG_LEVEL, MALLOC_ARENA_MAX } = process.env): Record<string, string> {
  return {
    // Errors only: notes and warnings (an allocation that is large, a graph that is not constant) would fill every log.
    TF_CPP_MIN_LOG_LEVEL: TF_CPP_MIN_LOG_LEVEL ?? '2',
    // glibc gives every thread a heap of its own, and memory that one thread frees is of no use to the others: 5 % more in a training step of ResNet-50.
    // TensorFlow's large tensors come from a pool, so its threads do not wait for each other at the one heap.
    MALLOC_ARENA_MAX: MALLOC_ARENA_MAX ?? '1',
  };
}

/**
 * The banner of TensorFlow's log library, and its lines of level "info"; those of warnings and errors begin with W, E and F. One error is none:
 * an operation on whole numbers for which oneDNN has no kernel runs on another one, with the same result.
 */
export function isStartUpNote(line: string): boolean {
  return (
    line.startsWith('WARNING: All log messages before absl::InitializeLog()') ||
    /^I\d{4} [\d:.]+\s+\d+ [\w./-]+:\d+\] /.test(line) ||
    /^E\d{4} .*oneDNN supports DT_INT\d+ only on platforms with .*Falling back to the default/.test(line)
  );
}
