/**
 * One connection's calls → handlers: parses every input, runs commands and starts of jobs one at a time and queries side by side, runs a command
 * key once, cancels, answers each call exactly once. Knows no transport. Test: test/main/host/parity.test.ts (in memory and over WebSocket),
 * test/main/host/order.test.ts (order under delays), test/main/host/starts.test.ts (starts that meet).
 */
import { z } from 'zod';
import { calls, changesProject, tagsOf, type CallContext, type CallName, type Handlers } from '../../src-shared/contract/index.ts';
import { AppError, cancelled, toErrorShape } from '../../src-shared/errors.ts';
import { windowOf, type CallMessage, type ClientMessage, type HostMessage } from '../../src-shared/rpc.ts';
import { keyOfCall } from '../db/commandKeys.ts';
import type { HostContext } from '../features/context.ts';
import type { Preparations } from './preparations.ts';

const MAX_CALLS = 1024;
/** Bytes of messages whose calls are under way, of one connection. */
const MAX_IN_FLIGHT = 32 * 1024 * 1024;
const KEPT_KEYS = 5000;

export interface Dispatcher {
  /** `isRemote`: over a socket, so possibly a page. */
  connect(client: string, send: (message: HostMessage) => void, options?: { isRemote?: boolean }): Connection;
  /** Resolves when no command is under way any more. */
  idle(): Promise<void>;
}

export interface Connection {
  /**
   * Throws on a message that no client of ours would send; the transport then closes the connection. `bytes`: its length, where it came over
   * a wire.
   */
  receive(message: unknown, bytes?: number): void;
  close(): void;
}

type AnyHandler = (input: unknown, context: CallContext) => unknown;

export interface DispatcherOptions {
  validateOutputs: boolean;
  numbering?: string;
  prepare?: Preparations;
}

/** Commands take `context.turns`; whatever else of the host looks first and then acts takes them too. */
export function createDispatcher(context: HostContext, handlers: Handlers, options: DispatcherOptions): Dispatcher {
  const { db, events, log, windows, readOnly, project, turns } = context;
  /** Results by key, of commands under way and of the last ones; older ones are in the database. */
  const byKey = new Map<string, { name: CallName; result: Promise<unknown>; isDone: boolean }>();
  // What was done before is not done in the copy: a change that is sent again is done there.
  events.on('restored', () => {
    for (const [key, { name, isDone }] of byKey) if (isDone && name !== 'backups.restore') byKey.delete(key);
  });

  function refuseChange(name: CallName): void {
    if (readOnly && changesProject(name))
      throw new AppError(
        'PROJECT_READ_ONLY',
        `The project ${project.folder} is open for looking only, because ${readOnly.reason}.`,
        { folder: project.folder, needsBackup: readOnly.remedy !== null },
        readOnly.remedy === null ? {} : { remedy: readOnly.remedy },
      );
  }

  async function run(name: CallName, input: unknown, context: CallContext): Promise<unknown> {
    const handler = handlers[name] as AnyHandler;
    const spec = calls[name];
    refuseChange(name);
    const output = await handler(input, context);
    if (options.validateOutputs) {
      const checked = spec.output.safeParse(output);
      if (!checked.success) throw new Error(`the handler of ${name} answers something else than its contract: ${z.prettifyError(checked.error)}`);
    }
    if (spec.kind === 'command' || spec.kind === 'record') events.changed(tagsOf(spec, 'invalidates', input), context.origin);
    return output;
  }

  /** What takes long and decides nothing is done before the turn of a start of a job: nobody's stroke waits for it. */
  async function prepared(name: CallName, input: unknown, context: CallContext): Promise<void> {
    refuseChange(name);
    await options.prepare?.[name]?.(input as never, context);
  }

  /** Reaches its turn before anything is awaited, so that commands run in the order in which they were received. */
  function command(name: CallName, input: unknown, context: CallContext): Promise<unknown> {
    const { key } = context;
    // The turn comes first: whatever a command waits for before it runs, such as a reader that looks up its key, nothing sent later may pass it.
    function taken(work: () => Promise<unknown>): Promise<unknown> {
      const { kind } = calls[name];
      if (kind === 'record') return work();
      return kind === 'job' ? prepared(name, input, context).then(() => turns.take(1, work)) : turns.take(1, work);
    }
    if (key === null) return taken(() => run(name, input, context));
    const before = byKey.get(key);
    if (before && before.name !== name) return Promise.reject(givenBefore(name, before.name));
    if (before) return before.result;
    const result = taken(async () => {
      const stored = await db.read('keys', 'commandOutput', { key });
      if (stored && stored.call !== null && stored.call !== name) throw givenBefore(name, stored.call);
      return stored ? stored.output : run(name, input, { ...context, key: keyOfCall(key, name) });
    });
    const known = { name, result, isDone: false };
    byKey.set(key, known);
    if (byKey.size > KEPT_KEYS) byKey.delete(byKey.keys().next().value ?? '');
    // A command that failed changed nothing: the same key may try again.
    result.then(
      () => (known.isDone = true),
      () => byKey.delete(key),
    );
    return result;
  }

  function connect(client: string, send: (message: HostMessage) => void, { isRemote = false } = {}): Connection {
    const underWay = new Map<number, { abort: AbortController; keep: boolean }>();
    let inFlight = 0;
    let closed = false;

    async function call(message: CallMessage, bytes: number): Promise<void> {
      const abort = new AbortController();
      windows.note(client, windowOf(message.key));
      inFlight += bytes;
      underWay.set(message.id, { abort, keep: message.key !== null });
      const reply = (body: { output?: unknown; error?: ReturnType<typeof toErrorShape>; tags?: string[] }): void => {
        if (!closed) send({ type: 'reply', id: message.id, ...body });
      };
      try {
        const { name, input } = parseCall(message);
        const spec = calls[name];
        const callContext = { origin: client, signal: abort.signal, isRemote };
        if (spec.kind === 'query') {
          const output = await run(name, input, { ...callContext, key: null });
          reply({ output, tags: tagsOf(spec, 'provides', input) });
        } else {
          if (message.numbering !== undefined && options.numbering !== undefined && message.numbering !== options.numbering) throw otherNumbers();
          reply({ output: await command(name, input, { ...callContext, key: message.key }) });
        }
      } catch (error) {
        const shape = toErrorShape(error);
        if (shape.code === 'INTERNAL') log.error({ call: message.call, err: error }, 'a call failed');
        reply({ error: shape });
      } finally {
        inFlight -= bytes;
        underWay.delete(message.id);
      }
    }

    return {
      receive(raw, bytes = 0) {
        const message = messageSchema.parse(raw) as ClientMessage;
        if (message.type === 'cancel') return underWay.get(message.id)?.abort.abort(cancelled());
        if (underWay.has(message.id)) throw new AppError('BAD_INPUT', `The call id ${message.id} is in use.`);
        const isTooMuch = underWay.size >= MAX_CALLS || inFlight + bytes > MAX_IN_FLIGHT;
        if (!isTooMuch) return void call(message, bytes);
        const refusal = new AppError('BUSY', `${underWay.size} calls of ${inFlight} bytes are under way on this connection; this one was not done.`);
        send({ type: 'reply', id: message.id, error: toErrorShape(refusal) });
      },
      close() {
        closed = true;
        windows.gone(client);
        // Reads are of no use to anyone now; a command that was received is finished, since its reply may be asked for again.
        for (const { abort, keep } of underWay.values()) if (!keep) abort.abort(new AppError('CANCELLED', 'The connection was closed.'));
        underWay.clear();
      },
    };
  }

  return { connect, idle: () => turns.take(1, () => Promise.resolve()) };
}

function givenBefore(name: CallName, other: string): AppError {
  return new AppError('BAD_INPUT', `The key of ${name} was given to ${other} before.`, { call: name, key: 'key' });
}

function otherNumbers(): AppError {
  return new AppError(
    'CONFLICT',
    'This change was made before a backup took the place of the project, whose numbers may name other tracklets, data sets and runs now; it was not done.',
    {},
    { remedy: 'Make the change again where it belongs, then discard the kept one.' },
  );
}

const messageSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('call'),
    id: z.int(),
    call: z.string().max(100),
    input: z.unknown(),
    key: z.string().min(8).max(100).nullable(),
    numbering: z.string().max(100).optional(),
  }),
  z.object({ type: z.literal('cancel'), id: z.int() }),
]);

function parseCall(message: CallMessage): { name: CallName; input: unknown } {
  if (!Object.hasOwn(calls, message.call)) throw new AppError('BAD_INPUT', `There is no call "${message.call}".`, { call: message.call });
  const name = message.call as CallName;
  const parsed = calls[name].input.safeParse(message.input);
  if (parsed.success) return { name, input: parsed.data };
  const issue = parsed.error.issues[0];
  const key = issue?.path.map(String).join('.') ?? '';
  throw new AppError('BAD_INPUT', `${name}: ${key === '' ? 'the input' : `"${key}"`} does not fit: ${issue?.message ?? 'unknown reason'}.`, {
    call: name,
    key,
  });
}
