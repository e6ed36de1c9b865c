/**
 * Fifty random `kill -9` during a scripted labelling. Run: `node test/bench/kill.ts [rounds]`.
 * Prints one JSON document as its last line, notes on standard error. Exits with 1 when a value is lost or the database is damaged.
 */
import { figureOf, load, note, printFigures, quantile } from '../support/bench.ts';
import { killRounds } from '../support/killRounds.ts';

const { rounds, acknowledged, lost, integrity, startMs } = await killRounds({ rounds: Number(process.argv[2] ?? 50), seed: 50 });
note(`${acknowledged} acknowledged values in ${rounds} rounds; integrity check: ${integrity}; ${load()}`);
for (const one of lost) note(`lost: ${one}`);
printFigures(
  [
    figureOf(`acknowledged values lost in ${rounds} kills`, lost.length, 0, 'values'),
    figureOf('databases that fail the integrity check', integrity === 'ok' ? 0 : 1, 0, 'databases'),
    figureOf('start of the host after a kill, median', quantile(startMs, 0.5), null),
    figureOf('start of the host after a kill, worst', quantile(startMs, 1), null),
  ],
  { rounds, acknowledged, lost, integrity },
);
