/** Fifty random `kill -9` during a scripted labelling. Run: `node test/bench/kill.ts [rounds]`. Prints one JSON document. */
import { killRounds } from '../support/killRounds.ts';

const report = await killRounds({ rounds: Number(process.argv[2] ?? 50), seed: 50 });
const sorted = report.startMs.toSorted((a, b) => a - b);
console.log(JSON.stringify({ ...report, startMs: { median: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0), worst: Math.round(sorted.at(-1) ?? 0) } }, null, 1));
process.exitCode = report.lost.length === 0 && report.integrity === 'ok' ? 0 : 1;
