/** Two sides in turns: the order, medians, ratios of neighbours and when they lie apart; and two checkouts, each by its own command line. */
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { besideSentence, measureBeside, orderOf, type Figure } from '../../../src-main/cli/benchBeside.ts';
import { runBeside } from '../../../src-main/cli/commands/bench.ts';
import { temporaryFolder } from '../../support/project.ts';

const figure = (name: string, ours: number | null, unit = 'ms'): Figure => ({ name, unit, ours, peer: null, peerName: null, ratio: null, mustReach: 50 });

test('whoever begins a pair ends the next', () => {
  expect(orderOf(3)).toEqual(['ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
});

test('medians of each side, the ratio of turns beside each other, and whether all turns lie apart', async () => {
  const turns = {
    ours: [
      [figure('slower', 20), figure('same', 10), figure('lost', 0), figure('new', 1)],
      [figure('slower', 24), figure('same', 8), figure('lost', 0), figure('new', 1)],
      [figure('slower', 30), figure('same', 12), figure('lost', 0), figure('new', 1)],
    ],
    peer: [
      [figure('slower', 10), figure('same', 8), figure('lost', 0), figure('old', null)],
      [figure('slower', 12), figure('same', 10), figure('lost', 0), figure('old', 3)],
      [figure('slower', 12), figure('same', 12), figure('lost', 0), figure('old', 3)],
    ],
  };
  const next = { ours: 0, peer: 0 };
  const { figures, only } = await measureBeside(3, 'before', (side) => Promise.resolve(turns[side][next[side]++] ?? []));
  expect(figures).toEqual([
    {
      ...{ name: 'slower', unit: 'ms', ours: 24, peer: 12, peerName: 'before', ratio: 2, mustReach: 50 },
      ...{ turns: { ours: [20, 24, 30], peer: [10, 12, 12] }, ratios: [2, 2.5], apart: 'above' },
    },
    {
      ...{ name: 'same', unit: 'ms', ours: 10, peer: 10, peerName: 'before', ratio: 1, mustReach: 50 },
      ...{ turns: { ours: [10, 8, 12], peer: [8, 10, 12] }, ratios: [0.8, 1.25], apart: null },
    },
    {
      ...{ name: 'lost', unit: 'ms', ours: 0, peer: 0, peerName: 'before', ratio: null, mustReach: 50 },
      ...{ turns: { ours: [0, 0, 0], peer: [0, 0, 0] }, ratios: null, apart: null },
    },
  ]);
  // One that a turn did not measure has nothing to stand beside.
  expect(only).toEqual({ ours: ['new'], peer: [] });
  expect(figures.map(besideSentence)).toEqual([
    'slower: 24.0 ms (20.0 to 30.0); before 12.0 ms (10.0 to 12.0), ratio 2.00 (2.00 to 2.50), each turn above',
    'same: 10.0 ms (8.00 to 12.0); before 10.0 ms (8.00 to 12.0), ratio 1.00 (0.80 to 1.25)',
    'lost: 0.00 ms (0.00 to 0.00); before 0.00 ms (0.00 to 0.00)',
  ]);
});

/** A checkout whose command line notes that it ran and prints figures of its own. */
function checkout(folder: string, name: string, log: string, value: number, status = 0): string {
  const root = join(folder, name);
  for (const part of ['scripts', 'node_modules', 'test/bench']) mkdirSync(join(root, part), { recursive: true });
  writeFileSync(join(root, 'test/bench/speed.ts'), '');
  writeFileSync(
    join(root, 'scripts/build.mjs'),
    `import { appendFileSync } from 'node:fs'; export const ensureBuilt = async () => appendFileSync(${JSON.stringify(log)}, 'build ${name}\\n');`,
  );
  writeFileSync(
    join(root, 'scripts/tracklet.mjs'),
    `import { appendFileSync } from 'node:fs';
     appendFileSync(${JSON.stringify(log)}, ['${name}', ...process.argv.slice(2), process.env.NODE_COMPILE_CACHE ?? 'no cache of another'].join(' ') + '\\n');
     console.error('a note');
     console.log(JSON.stringify({ figures: ${status === 0 ? JSON.stringify([figure('speed', value)]) : 'null'} }));
     process.exitCode = ${status};`,
  );
  return root;
}

function said() {
  const out: string[] = [];
  const notes: string[] = [];
  return {
    out,
    notes,
    io: { out: (text: string) => void out.push(text), note: (text: string) => void notes.push(text), json: false, signal: new AbortController().signal },
  };
}

test('both are built, then measured in turns by their own command lines with the same settings', async () => {
  using folder = temporaryFolder();
  const log = join(folder.path, 'log');
  appendFileSync(log, '');
  const [ours, peer] = [checkout(folder.path, 'now', log, 30), checkout(folder.path, 'before', log, 20)];
  const { io, out, notes } = said();
  await runBeside('speed', ['--rounds', '2'], { ours, peer }, 2, io);
  const ran = (name: string): string => `${name} bench speed --rounds 2 --json no cache of another`;
  expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual(['build now', 'build before', ...['now', 'before', 'before', 'now'].map(ran)]);
  expect(out).toEqual(['speed: 30.0 ms (30.0 to 30.0); before 20.0 ms (20.0 to 20.0), ratio 1.50 (1.50 to 1.50), each turn above']);
  expect(notes).toEqual(['here', 'before', 'before', 'here'].flatMap((name) => [`[${name}] speed begins.`, `[${name}] a note`]));

  const asDocument = said();
  await runBeside('speed', [], { ours, peer }, 1, { ...asDocument.io, json: true });
  expect(JSON.parse(asDocument.out[0] ?? '')).toMatchObject({
    what: 'speed',
    turns: 1,
    figures: [{ name: 'speed', ours: 30, peer: 20, ratio: 1.5, apart: null }],
    only: { ours: [], peer: [] },
  });
});

test('what is no installed checkout, or prints no figures, is said by name', async () => {
  using folder = temporaryFolder();
  const log = join(folder.path, 'log');
  const [ours, peer] = [checkout(folder.path, 'now', log, 30), checkout(folder.path, 'before', log, 20, 3)];
  await expect(runBeside('speed', [], { ours, peer }, 1, said().io)).rejects.toThrow('The benchmark "speed" ended with status 3 and printed no figures.');
  rmSync(join(peer, 'node_modules'), { recursive: true });
  await expect(runBeside('speed', [], { ours, peer }, 1, said().io)).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: expect.stringContaining(`${peer} has no node_modules`) as string,
  });
});
