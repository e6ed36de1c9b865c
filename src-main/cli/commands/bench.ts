/**
 * `tracklet bench <what>`: figures of this machine beside their peer. The benchmarks are programs in test/bench that print one JSON document
 * as their last line and take their own settings, such as how many rounds; status 1 with a document means that a bar was missed.
 * With `--beside` another checkout of the program runs the same benchmark in turns with this one (benchBeside.ts).
 * Tests: test/main/cli/commands.test.ts, test/main/cli/benchBeside.test.ts.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AppError } from '../../../src-shared/errors.ts';
import { isStartUpNote } from '../../compute/local.ts';
import { besideSentence, measureBeside, rounded, type Figure, type Side } from '../benchBeside.ts';
import { defineCommand, integer, UsageError, type CommandIo, type ParsedArguments } from '../command.ts';

const folder = new URL('../../../test/bench/', import.meta.url);
const ourRoot = fileURLToPath(new URL('../../../', import.meta.url));

export default defineCommand({
  id: 'bench',
  positionals: ['<what>', '[setting]…'],
  summary: 'Measure this machine: figures, with their peer where one is installed',
  options: {
    against: {
      type: 'string',
      value: 'torch|folder',
      help: 'engine: PyTorch of the Python in TRACKLET_TORCH_PYTHON, in the same run; import: another clone of the program',
    },
    rows: { type: 'string', value: 'row,…', help: 'engine: these rows only; import: boxes of the sequence' },
    crops: { type: 'string', value: 'n', help: 'import: pictures of the tree' },
    rounds: { type: 'string', value: 'n', help: 'engine: turns of each side' },
    turn: { type: 'string', value: 's', help: 'engine: seconds of a turn' },
    threads: { type: 'string', value: 'n', help: 'engine: threads of each side' },
    device: { type: 'string', value: 'cpu|cuda', help: 'engine: where both sides compute' },
    precision: { type: 'string', value: 'fp32|tf32|amp', help: 'engine: of the numbers on both sides, as far as each has it' },
    adam: { type: 'string', value: 'default|fused', help: "engine: PyTorch's optimizer as it comes, or its fused one" },
    beside: { type: 'string', value: 'folder', help: 'the same benchmark of another checkout of the program, in turns with this one' },
    turns: { type: 'string', value: 'n', help: 'with --beside: turns of each side; default 4' },
    without: { type: 'string', value: 'way,…', help: 'engine: peers to leave out' },
  },
  async run(args, io) {
    const known = (await readdir(folder).catch(() => []))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.slice(0, -3))
      .sort();
    const [what, ...positionals] = args.positionals as [string, ...string[]];
    const { beside, turns, ...own } = args.values;
    const named = Object.entries(own).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
    const settings = [...positionals, ...named.flatMap(([name, value]) => [`--${name}`, value])];
    if (!known.includes(what)) throw new UsageError(`There is no benchmark "${what}". Benchmarks: ${known.join(', ') || 'none in this installation'}.`);
    if (typeof beside === 'string') return runBeside(what, settings, { ours: ourRoot, peer: resolve(beside) }, turnsOf(args), io);
    if (turns !== undefined) throw new UsageError('--turns is for --beside.');
    const { status, document, figures } = await runProgram(what, [fileURLToPath(new URL(`${what}.ts`, folder)), ...settings], io);
    if (io.json) io.out(document);
    else for (const figure of figures) io.out(sentence(figure));
    return status;
  },
});

/** Each side by its own command line; both are built first, so that no turn of one has to. */
export async function runBeside(what: string, settings: string[], roots: Record<Side, string>, turns: number, io: CommandIo): Promise<undefined> {
  const peerName = basename(roots.peer);
  for (const root of Object.values(roots)) {
    for (const part of ['scripts/tracklet.mjs', 'node_modules', `test/bench/${what}.ts`])
      if (!existsSync(join(root, part)))
        throw new AppError(
          'BAD_INPUT',
          `${root} has no ${part}: it is not an installed checkout of the program with the benchmark "${what}".`,
          { key: 'beside' },
          { remedy: 'Check the commit out into a folder of its own (git worktree add), run npm ci in it, then try again.' },
        );
  }
  // What this process was started with is of its own packages.
  const { NODE_COMPILE_CACHE: _ours, ...env } = process.env;
  for (const root of Object.values(roots)) {
    const build = `await (await import(${JSON.stringify(pathToFileURL(join(root, 'scripts/build.mjs')).href)})).ensureBuilt()`;
    const built = await runNode(['--input-type=module', '-e', build], (line) => io.note(`[${root}] ${line}`), io.signal, env);
    if (built.status !== 0) throw new AppError('JOB_CRASHED', `The program in ${root} could not be built.`, { what, status: built.status });
  }
  const names: Record<Side, string> = { ours: 'here', peer: peerName };
  const measured = await measureBeside(turns, peerName, async (side) => {
    io.note(`[${names[side]}] ${what} begins.`);
    const program = [join(roots[side], 'scripts/tracklet.mjs'), 'bench', what, ...settings, '--json'];
    return (await runProgram(what, program, { ...io, note: (line) => io.note(`[${names[side]}] ${line}`) }, env)).figures;
  });
  if (io.json) io.out(JSON.stringify({ what, settings, turns, ...measured }));
  else {
    for (const figure of measured.figures) io.out(besideSentence(figure));
    for (const [side, only] of Object.entries(measured.only)) for (const name of only) io.out(`${name}: of ${names[side as Side]} alone`);
  }
  return undefined;
}

function sentence({ name, unit, ours, peer, peerName, ratio, mustReach }: Figure): string {
  const beside = peer === null ? '' : `; ${peerName ?? 'peer'} ${rounded(peer)} ${unit}${ratio === null ? '' : `, ratio ${ratio.toFixed(2)}`}`;
  return `${name}: ${rounded(ours ?? NaN)} ${unit}${beside}${mustReach === null ? '' : ` (must reach ${mustReach})`}`;
}

function figuresOf(document: string): Figure[] | null {
  try {
    const { figures } = JSON.parse(document) as { figures?: Figure[] };
    return Array.isArray(figures) ? figures : null;
  } catch {
    return null;
  }
}

interface Ended {
  status: number;
  document: string;
}

async function runProgram(what: string, program: string[], io: CommandIo, env?: NodeJS.ProcessEnv): Promise<Ended & { figures: Figure[] }> {
  const ended = await runNode([...(env ? [] : process.execArgv), ...program], (line) => io.note(line), io.signal, env);
  const figures = figuresOf(ended.document);
  if (!figures)
    throw new AppError('JOB_CRASHED', `The benchmark "${what}" ended with status ${ended.status} and printed no figures.`, { what, status: ended.status });
  return { ...ended, figures };
}

function runNode(args: string[], note: (line: string) => void, signal: AbortSignal, env?: NodeJS.ProcessEnv): Promise<Ended> {
  return new Promise((done, reject) => {
    let printed = '';
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], signal, env });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!isStartUpNote(line)) note(line);
    });
    child.on('error', reject);
    child.on('close', (status) => done({ status: status ?? 1, document: printed.trim().split('\n').at(-1) ?? '' }));
  });
}

function turnsOf(args: ParsedArguments): number {
  const turns = integer(args, 'turns', 4);
  if (turns < 1) throw new UsageError('--turns needs at least 1.');
  return turns;
}
