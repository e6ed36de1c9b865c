/**
 * `tracklet bench <what>`: figures of this machine beside their peer. The benchmarks are programs in test/bench that print one JSON document
 * as their last line and take their own settings, such as how many rounds; status 1 with a document means that a bar was missed.
 */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../../src-shared/errors.ts';
import { isStartUpNote } from '../../compute/local.ts';
import { defineCommand, UsageError, type CommandIo } from '../command.ts';

const folder = new URL('../../../test/bench/', import.meta.url);

interface Figure {
  name: string;
  unit: string;
  ours: number;
  peer: number | null;
  peerName: string | null;
  ratio: number | null;
  mustReach: number | null;
}

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
    without: { type: 'string', value: 'way,…', help: 'engine: peers to leave out' },
  },
  async run(args, io) {
    const known = (await readdir(folder).catch(() => []))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.slice(0, -3))
      .sort();
    const [what, ...positionals] = args.positionals as [string, ...string[]];
    const named = Object.entries(args.values).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
    const settings = [...positionals, ...named.flatMap(([name, value]) => [`--${name}`, value])];
    if (!known.includes(what)) throw new UsageError(`There is no benchmark "${what}". Benchmarks: ${known.join(', ') || 'none in this installation'}.`);
    const { status, document } = await runProgram(fileURLToPath(new URL(`${what}.ts`, folder)), settings, io);
    const figures = figuresOf(document);
    if (!figures) throw new AppError('JOB_CRASHED', `The benchmark "${what}" ended with status ${status} and printed no figures.`, { what, status });
    if (io.json) io.out(document);
    else for (const figure of figures) io.out(sentence(figure));
    return status;
  },
});

function sentence({ name, unit, ours, peer, peerName, ratio, mustReach }: Figure): string {
  const beside = peer === null ? '' : `; ${peerName ?? 'peer'} ${round(peer)} ${unit}${ratio === null ? '' : `, ratio ${ratio.toFixed(2)}`}`;
  return `${name}: ${round(ours)} ${unit}${beside}${mustReach === null ? '' : ` (must reach ${mustReach})`}`;
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function figuresOf(document: string): Figure[] | null {
  try {
    const { figures } = JSON.parse(document) as { figures?: Figure[] };
    return Array.isArray(figures) ? figures : null;
  } catch {
    return null;
  }
}

function runProgram(file: string, settings: string[], io: CommandIo): Promise<{ status: number; document: string }> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const child = spawn(process.execPath, [...process.execArgv, file, ...settings], { stdio: ['ignore', 'pipe', 'pipe'], signal: io.signal });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    createInterface({ input: child.stderr }).on('line', (line) => {
      if (!isStartUpNote(line)) io.note(line);
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status: status ?? 1, document: printed.trim().split('\n').at(-1) ?? '' }));
  });
}
