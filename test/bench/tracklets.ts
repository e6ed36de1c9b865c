/**
 * Times the grid's calls at 100,000 tracklets and a value's way to the disk. Run: `node test/bench/tracklets.ts [tracklets]`.
 * Prints one JSON document as its last line, notes on standard error. A figure is the p99 of its calls. Exits with 1 when a bar is missed.
 */
import type { TrackletFilter, TrackletSort } from '../../src-shared/contract/tracklets.ts';
import { figureOf, load, note, printFigures, quantile, type BenchFigure } from '../support/bench.ts';
import { fillProject, numbersFrom } from '../support/bigProject.ts';
import { openTestProject } from '../support/project.ts';

const count = Number(process.argv[2] ?? 100_000);
const figures: BenchFigure[] = [];

await using project = await openTestProject({ validateOutputs: false });
const { host } = project;
const filledAt = performance.now();
await fillProject(host.context, { tracklets: count, identities: Math.ceil(count / 20), cameras: 8, hasParts: true });
const fillSeconds = (performance.now() - filledAt) / 1000;
const client = host.client();

async function measure(name: string, mustReach: number, repeats: number, work: (index: number) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let index = 0; index < repeats; index++) {
    const startedAt = performance.now();
    await work(index);
    times.push(performance.now() - startedAt);
  }
  note(`${name}: median ${quantile(times, 0.5).toFixed(1)} ms, worst ${quantile(times, 1).toFixed(1)} ms of ${repeats}`);
  figures.push(figureOf(name, quantile(times, 0.99), mustReach));
}

const filters: [string, TrackletFilter][] = [
  ['everything', {}],
  ['one split', { splits: ['query'] }],
  ['hidden share 50–100 %', { hiddenShare: { min: 0.5, max: 1 } }],
  ['two cameras, occluder person, length', { cameraIds: [1, 3], terms: { occluder: ['person'] }, length: { min: 20, max: 80 } }],
  ['a hidden part and a quality', { terms: { hiddenParts: ['torso'], quality: ['dark', 'blurred'] } }],
  ['text "42"', { text: '42' }],
  ['reviewed', { reviews: ['reviewed'] }],
];
for (const [name, filter] of filters) {
  for (const sort of ['identity', 'hiddenDesc', 'lengthDesc', 'reviewFirst'] satisfies TrackletSort[])
    await measure(`query ${name}, by ${sort}`, 300, 5, () => client.call('tracklets.query', { filter, sort }));
  await measure(`facets ${name}`, 300, 5, () => client.call('tracklets.facets', { filter }));
}
const { ids } = await client.call('tracklets.query', { filter: {}, sort: 'identity' });
const random = numbersFrom(3);
const someId = (): number => ids[Math.floor(random() * ids.length)] ?? 1;
await measure('rows, 60 at random', 33, 200, () => client.call('tracklets.rows', { ids: Array.from({ length: 60 }, someId) }));
await measure('value to durable', 50, 500, (index) =>
  client.call('annotations.apply', {
    label: 'Paint',
    edits: [{ trackletId: someId(), field: 'visibility', start: 0, end: 1 + (index % 7), value: index % 11 }],
  }),
);
await measure('undo', 50, 100, () => client.call('history.undo', {}));
await measure('data sets', 300, 5, () => client.call('datasets.list', {}));
await measure('one data set', 500, 5, () => client.call('datasets.get', { id: 1 }));

note(load());
printFigures(figures, { tracklets: count, fillSeconds: Math.round(fillSeconds * 10) / 10 });
