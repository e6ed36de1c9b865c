/**
 * THE contract: every call and event between a client (page, command line, test) and the host.
 * Client and server types, validation, cache tags, undo and the documentation derive from this object.
 * A domain's calls and the things that travel with them stand in its file; a new call is one entry there and one handler; the compiler names the missing half.
 *
 * Kinds: `query` reads and may be cached under `provides`; `command` changes something, one at a time, and announces `invalidates`
 * (`undoable` ones write an inverse patch in the same transaction); `record` adds to a record that is nobody's work: beside commands, never in their
 * way; `job` returns a job id at once and reports by events.
 * Tags: `Noun` or `Noun:id`; invalidating `Noun` drops every `Noun:*`.
 * What travels is pure data: JSON plus typed arrays, no Date, Map or bigint. Times are milliseconds since 1970 (`…At`), frame positions are 0-based
 * integers, shares are fractions 0..1.
 */
import type { z } from 'zod';
import { projectCalls } from './project.ts';
import { engineCalls, type EngineStatus } from './engine.ts';
import { exportsCalls } from './exports.ts';
import { importsCalls } from './imports.ts';
import { datasetsCalls } from './datasets.ts';
import { splitsCalls } from './splits.ts';
import { trackletsCalls } from './tracklets.ts';
import { annotationsCalls } from './annotations.ts';
import { historyCalls } from './history.ts';
import { runsCalls, type MetricColumns } from './runs.ts';
import { evaluationsCalls } from './evaluations.ts';
import { jobsCalls, type Job, type LogLine } from './jobs.ts';

export const calls = {
  ...projectCalls,
  ...engineCalls,
  ...importsCalls,
  ...exportsCalls,
  ...datasetsCalls,
  ...splitsCalls,
  ...trackletsCalls,
  ...annotationsCalls,
  ...historyCalls,
  ...runsCalls,
  ...evaluationsCalls,
  ...jobsCalls,
} as const;

/** Events from the host. `origin` is the client id that caused a change; that client may ignore it. */
export interface Events {
  changed: { tags: string[]; origin: string | null };
  job: Job;
  /** New points of a run that is training. */
  runMetrics: { runId: string; columns: MetricColumns };
  runLog: { runId: string; lines: LogLine[]; next: number };
  engine: EngineStatus;
  notice: { code: string; message: string; remedy: string };
  /** The project is another one from now on: everything that was read is old. */
  restored: { id: string; at: number; generation: string };
}

export type CallName = keyof typeof calls;

/** Refused in a project that cannot be written: what changes it or starts a job in it. Settings are the user's own; a record is nobody's work. */
export function changesProject(name: CallName): boolean {
  const { kind } = calls[name];
  return (kind === 'command' || kind === 'job') && name !== 'settings.set';
}
export type Input<N extends CallName> = z.input<(typeof calls)[N]['input']>;
export type Parsed<N extends CallName> = z.output<(typeof calls)[N]['input']>;
export type Output<N extends CallName> = z.output<(typeof calls)[N]['output']>;
export type EventName = keyof Events;

/** The page's and the command line's view of the host. */
export interface Client {
  call<N extends CallName>(name: N, input: Input<N>, options?: { signal?: AbortSignal }): Promise<Output<N>>;
  on<N extends EventName>(event: N, listener: (payload: Events[N]) => void): () => void;
}

export interface CallContext {
  /** Id of the client connection. */
  origin: string;
  signal: AbortSignal;
  /** The caller is at the other end of a socket, so it may be a page: it chooses no program to run. */
  isRemote: boolean;
  /** The client's key of a command; stored with its write, so that a repeat answers the first result. */
  key: string | null;
}

export type Handlers = { [N in CallName]: (input: Parsed<N>, context: CallContext) => Promise<Output<N>> | Output<N> };

export function tagsOf(spec: { provides?: unknown; invalidates?: unknown }, which: 'provides' | 'invalidates', input: unknown): string[] {
  const tags = spec[which] as string[] | ((input: unknown) => string[]) | undefined;
  return typeof tags === 'function' ? tags(input) : (tags ?? []);
}
