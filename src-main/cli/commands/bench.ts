/** `tracklet bench <what>`: figures of this machine beside their peer. The benchmarks are programs in test/bench that print one JSON document. */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defineCommand, UsageError } from '../command.ts';

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
  positionals: ['<what>'],
  summary: 'Measure this machine: figures, with their peer where one is installed',
  options: {},
  async run(args, io) {
    const known = (await readdir(folder).catch(() => []))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.slice(0, -3))
      .sort();
    const [what] = args.positionals as [string];
    if (!known.includes(what)) throw new UsageError(`There is no benchmark "${what}". Benchmarks: ${known.join(', ') || 'none in this installation'}.`);
    const document = await runProgram(fileURLToPath(new URL(`${what}.ts`, folder)), io.signal);
    if (io.json) return io.out(document);
    const { figures } = JSON.parse(document) as { figures: Figure[] };
    for (const figure of figures) io.out(sentence(figure));
  },
});

function sentence({ name, unit, ours, peer, peerName, ratio, mustReach }: Figure): string {
  const beside = peer === null ? '' : `; ${peerName ?? 'peer'} ${round(peer)} ${unit}${ratio === null ? '' : `, ratio ${ratio.toFixed(2)}`}`;
  return `${name}: ${round(ours)} ${unit}${beside}${mustReach === null ? '' : ` (must reach ${mustReach})`}`;
}

function round(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function runProgram(file: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = '';
    const child = spawn(process.execPath, [...process.execArgv, file], { stdio: ['ignore', 'pipe', 'inherit'], signal });
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve(printed.trim().split('\n').at(-1) ?? '') : reject(new Error(`the benchmark ended with status ${code}`))));
  });
}
