/**
 * What a request costs in the compute child that stays, beside a child of its own for each. Run: `node test/bench/interactive.ts [--requests n]`.
 * "Nothing to do" names a method that there is not: what is left is the way there and back. Exits with 1 when the bar is missed.
 */
import { parseArgs } from 'node:util';
import type { Compute } from '../../src-main/compute/backend.ts';
import { interactiveBackend } from '../../src-main/compute/interactive.ts';
import { localBackend } from '../../src-main/compute/local.ts';
import { figureOf, load, note, printFigures, quantile, type BenchFigure } from '../support/bench.ts';

const { values } = parseArgs({ options: { requests: { type: 'string', default: '20' } } });
const REQUESTS = Number(values.requests);
const WARM_UP = 2;
const OVERHEAD_MS = 30;

type Ask = (run: Compute, n: number) => Promise<unknown>;
const WORK: [name: string, ask: Ask, mustReach: number | null][] = [
  ['nothing to do', (run) => run({ kind: 'describe', method: 'none', options: {} }).catch(() => undefined), OVERHEAD_MS],
  ['all methods', (run) => run({ kind: 'methods' }), null],
  // Other options every time, as in a form that is filled in.
  ['size of a method', (run, n) => run({ kind: 'describe', method: 'resnet-tap', options: {}, identities: 100 + n }), null],
];

const interactive = interactiveBackend();
const local = localBackend();
const began = performance.now();
await interactive.run({ kind: 'methods' });
const figures: BenchFigure[] = [figureOf('first request, which starts the child', performance.now() - began, null)];

for (const [name, ask, mustReach] of WORK) {
  const ours: number[] = [];
  const peers: number[] = [];
  // In turn, so that both sides meet the same machine.
  for (let n = 0; n < WARM_UP + REQUESTS; n++) {
    for (const [{ run }, times] of [
      [interactive, ours],
      [local, peers],
    ] as const) {
      const start = performance.now();
      await ask(run, n);
      if (n >= WARM_UP) times.push(performance.now() - start);
    }
  }
  const peer = quantile(peers, 0.5);
  note(`${name}: child of its own ${peer.toFixed(0)} ms; ${load()}`);
  const figure = figureOf(`${name}, median of ${REQUESTS}`, quantile(ours, 0.5), mustReach);
  figures.push({ ...figure, peer, peerName: 'a child of its own', ratio: peer / Math.max(0.01, figure.ours) });
}
await Promise.all([interactive.close(), local.close()]);
printFigures(figures);
