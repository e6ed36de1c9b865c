/**
 * Times the list of tracklets that a task gets: read out of the database, written to its file beside that, and read again by the task.
 * Run: `node test/bench/manifest.ts [tracklets]`. Prints one JSON document as its last line, notes on standard error. No figure has a bar.
 */
import { statSync } from 'node:fs';
import { readManifest } from '../../src-main/compute/manifest.ts';
import { withManifest } from '../../src-main/features/manifests/write.ts';
import { figureOf, load, note, printFigures, quantile } from '../support/bench.ts';
import { fillProject } from '../support/bigProject.ts';
import { openTestProject } from '../support/project.ts';

const count = Number(process.argv[2] ?? 20_000);
const FRAMES = 60;
const ROUNDS = 5;

await using project = await openTestProject({ validateOutputs: false });
const { context } = project.host;
const datasetId = await fillProject(context, { tracklets: count, identities: Math.ceil(count / 20), cameras: 8, frames: [FRAMES] });

const times = { database: [] as number[], written: [] as number[], read: [] as number[] };
let bytes = 0;
// The first round warms the caches and is not counted.
for (let round = 0; round <= ROUNDS; round++) {
  const begun = performance.now();
  for (let after = 0; ;) {
    const rows = await context.db.read('manifests', 'clips', { datasetId, after, most: 100 });
    const last = rows.at(-1);
    if (!last) break;
    after = last.id;
  }
  const database = performance.now() - begun;
  const writing = performance.now();
  await withManifest(context, { jobId: round + 1, datasetId }, async (path) => {
    const written = performance.now() - writing;
    bytes = statSync(path).size;
    const reading = performance.now();
    const { rows } = await readManifest(path);
    const read = performance.now() - reading;
    if (rows.length !== count) throw new Error(`${count} tracklets were written, ${rows.length} are in the list`);
    note(
      `${round === 0 ? 'warm-up' : `round ${round}`}: database ${database.toFixed(0)}, written ${written.toFixed(0)}, read ${read.toFixed(0)} ms; ${load()}`,
    );
    if (round === 0) return;
    times.database.push(database);
    times.written.push(written);
    times.read.push(read);
  });
}
printFigures(
  [
    figureOf('rows out of the database, median', quantile(times.database, 0.5), null),
    figureOf('list written, rows out of the database included, median', quantile(times.written, 0.5), null),
    figureOf('list read by the task, median', quantile(times.read, 0.5), null),
    figureOf('size of the list', bytes / 1e6, null, 'MB'),
  ],
  { tracklets: count, frames: FRAMES, rounds: ROUNDS },
);
