/**
 * The command line: finds the command, runs it, turns errors into one sentence. `--json` prints one document on standard output;
 * everything else goes to standard error. Exit status 0, 1 (failed), 2 (bad usage) or 130 (ended at once by a signal).
 */
import { readdir } from 'node:fs/promises';
import { AppError, terminalRemedy, toErrorShape, type ErrorShape } from '../../src-shared/errors.ts';
import { programVersion } from '../platform/version.ts';
import { columns, parseCommand, UsageError, usage, type Command, type CommandIo } from './command.ts';
import { createStopSignal, isUnread, STOP_SIGNALS } from './stopSignal.ts';
import { visibleText } from '../../src-shared/visibleText.ts';

const folder = new URL('./commands/', import.meta.url);

async function commandNames(): Promise<string[]> {
  return (await readdir(folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -3))
    .sort();
}

async function loadCommand(id: string): Promise<Command> {
  // Each command loads only what it needs: `tracklet metrics` starts no engine.
  return ((await import(new URL(`${id}.ts`, folder).href)) as { default: Command }).default;
}

async function overview(): Promise<string> {
  const commands = await Promise.all((await commandNames()).map(loadCommand));
  return [
    'tracklet <command> [options]',
    '',
    ...columns(commands.map((command) => [[command.id, ...command.positionals].join(' '), command.summary])),
    '',
    'tracklet <command> --help shows the options of a command; tracklet --version the version.',
  ].join('\n');
}

/** Documents of commands that open a project are objects. */
function withLeftOut(document: string, leftOut: string): string {
  return JSON.stringify({ ...(JSON.parse(document) as object), leftOut });
}

async function main(argv: string[]): Promise<number> {
  const [id, ...rest] = argv;
  const json = argv.includes('--json');
  let hasPrinted = false;
  const io: CommandIo = {
    out(line) {
      // One document: what ends the command after it has been printed is only noted.
      if (json && hasPrinted) return;
      hasPrinted = true;
      process.stdout.write(`${visibleText(json && io.leftOut !== undefined ? withLeftOut(line, io.leftOut) : line)}\n`);
    },
    note: (line) => void process.stderr.write(`${visibleText(line)}\n`),
    json,
    get signal() {
      return stop.signal;
    },
  };
  let lost = 'what is not kept yet is lost';
  // From the start: what is loaded takes longer than some press Ctrl+C after.
  const stop = createStopSignal({
    now: () => performance.now(),
    note: io.note,
    lost: () => lost,
    end(error) {
      tell(error, io);
      process.exit(130);
    },
  });
  for (const name of STOP_SIGNALS) process.on(name, () => stop.receive(name));
  listenToOutput(() => stop.hasHungUp);
  const document = (name: string, text: string): string => (json ? JSON.stringify({ [name]: text }) : text);
  if (id === undefined || id === '--help' || id === 'help' || id === '--json') {
    io.out(document('help', await overview()));
    return 0;
  }
  if (id === '--version' || id === 'version') {
    io.out(document('version', programVersion()));
    return 0;
  }
  try {
    if (!(await commandNames()).includes(id)) throw new UsageError(`There is no command "${id}". "tracklet --help" lists them.`);
    const command = await loadCommand(id);
    const args = parseCommand(command, rest);
    if (args.values['help'] === true) {
      io.out(document('help', usage(command)));
      return 0;
    }
    lost = command.lost ?? lost;
    return (await command.run(args, io)) ?? 0;
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const shape = toErrorShape(isUsage ? new AppError('BAD_INPUT', error.message, {}, { remedy: '"tracklet <command> --help" shows the options.' }) : error);
    tell(shape, io, !isUsage);
    if (shape.code === 'INTERNAL' && error instanceof Error && error.stack) io.note(error.stack);
    return shape.code === 'UNKNOWN_METHOD' || shape.code === 'UNKNOWN_OPTION' || shape.code === 'BAD_INPUT' ? 2 : 1;
  }
}

/** The sentence with what helps, and with `--json` the one document. */
function tell(error: ErrorShape, io: CommandIo, withRemedy = true): void {
  const { code, message, params } = error;
  const remedy = terminalRemedy(error);
  if (io.json) io.out(JSON.stringify({ error: { code, message, remedy, params } }));
  io.note(`${message}${remedy && withRemedy ? `\n${remedy}` : ''}`);
}

/** Whoever reads less than there is, such as `head`, has what it wanted: the work goes on and ends quietly. So does that of a terminal that has gone. */
function listenToOutput(hasHungUp: () => boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (isUnread(error, stream, hasHungUp())) return;
      // Such as a full disk: what was asked for is not there.
      if (stream === process.stdout) process.stderr.write(`The output could not be written (${error.message}).\n`);
      process.exit(1);
    });
  }
}

process.exitCode = await main(process.argv.slice(2));
// Worker threads and children are closed by now; whatever a library left open must not keep the shell waiting.
process.stdout.write('', () => setImmediate(() => process.exit()));
