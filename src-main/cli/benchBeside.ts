/**
 * One benchmark of two checkouts of the program in one run, in turns (A B B A …), so that whatever else the machine does falls on both.
 * Each side is measured by its own command line, with its own sources, libraries and built page. Bars are not judged here: whether a
 * change made something worse is the ratio, and whether both sides' turns lie apart at all. Test: test/main/cli/benchBeside.test.ts.
 */
export interface Figure {
  name: string;
  unit: string;
  ours: number | null;
  peer: number | null;
  peerName: string | null;
  ratio: number | null;
  mustReach: number | null;
}

export interface BesideFigure extends Figure {
  /** Of every turn, in order; `ours` and `peer` are their medians. */
  turns: { ours: number[]; peer: number[] };
  /** Least and most of each turn's ratio to the other side's turn beside it; null where nothing can be divided by. */
  ratios: [number, number] | null;
  /** Every turn of ours is above, or below, every turn of the other: more than how much each side varies by itself. */
  apart: 'above' | 'below' | null;
}

export interface Beside {
  figures: BesideFigure[];
  /** Names of figures that only one of the two prints. */
  only: { ours: string[]; peer: string[] };
}

export type Side = keyof Beside['only'];

/** Whoever begins a pair ends the next, so a machine that grows slower is slower for both. */
export function orderOf(turns: number): Side[] {
  return Array.from({ length: turns }, (_, turn): Side[] => (turn % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours'])).flat();
}

export async function measureBeside(turns: number, peerName: string, measure: (side: Side) => Promise<Figure[]>): Promise<Beside> {
  const measured: Record<Side, Figure[][]> = { ours: [], peer: [] };
  for (const side of orderOf(turns)) measured[side].push(await measure(side));
  return joined(measured, peerName);
}

function joined(measured: Record<Side, Figure[][]>, peerName: string): Beside {
  const names = { ours: namesOf(measured.ours), peer: namesOf(measured.peer) };
  const figures = names.ours
    .filter((name) => names.peer.includes(name))
    .map((name) => besideOf(name, { ours: valuesOf(measured.ours, name), peer: valuesOf(measured.peer, name) }, peerName, measured.ours));
  return {
    figures,
    only: { ours: names.ours.filter((name) => !names.peer.includes(name)), peer: names.peer.filter((name) => !names.ours.includes(name)) },
  };
}

/** Of figures that every turn has, with a value: one that is missing once has nothing beside it. */
function namesOf(turns: readonly Figure[][]): string[] {
  const [first = [], ...rest] = turns.map((figures) => figures.filter(({ ours }) => typeof ours === 'number').map(({ name }) => name));
  return first.filter((name) => rest.every((names) => names.includes(name)));
}

function valuesOf(turns: readonly Figure[][], name: string): number[] {
  return turns.map((figures) => figures.find((figure) => figure.name === name)?.ours ?? NaN);
}

function besideOf(name: string, turns: BesideFigure['turns'], peerName: string, measured: readonly Figure[][]): BesideFigure {
  const { unit = '', mustReach = null } = measured[0]?.find((figure) => figure.name === name) ?? {};
  const pairs = turns.ours.map((value, turn) => value / (turns.peer[turn] ?? NaN));
  const isRatio = pairs.every(Number.isFinite);
  return {
    name,
    unit,
    mustReach,
    ours: median(turns.ours),
    peer: median(turns.peer),
    peerName,
    ratio: isRatio ? median(pairs) : null,
    turns,
    ratios: isRatio ? [Math.min(...pairs), Math.max(...pairs)] : null,
    apart: apartOf(turns),
  };
}

/** One turn of each says nothing of how much a side varies. */
function apartOf({ ours, peer }: BesideFigure['turns']): BesideFigure['apart'] {
  if (ours.length < 2) return null;
  if (Math.min(...ours) > Math.max(...peer)) return 'above';
  return Math.max(...ours) < Math.min(...peer) ? 'below' : null;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** "rows: 12.0 ms (11.0 to 14.0); before 10.0 ms (9.0 to 10.5), ratio 1.20 (1.05 to 1.40), each turn above". */
export function besideSentence({ name, unit, ours, peer, peerName, ratio, ratios, turns, apart }: BesideFigure): string {
  const side = (value: number | null, all: number[]): string =>
    `${rounded(value ?? NaN)} ${unit} (${rounded(Math.min(...all))} to ${rounded(Math.max(...all))})`;
  const beside = ratio === null || ratios === null ? '' : `, ratio ${ratio.toFixed(2)} (${ratios.map((one) => one.toFixed(2)).join(' to ')})`;
  return `${name}: ${side(ours, turns.ours)}; ${peerName ?? 'the other'} ${side(peer, turns.peer)}${beside}${apart === null ? '' : `, each turn ${apart}`}`;
}

export function rounded(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
