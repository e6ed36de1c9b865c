/**
 * Imports a long sequence and a tree of crops through a real host, while a client asks it things and paints values every 50 ms: rows a second,
 * answers, memory. Run: `node test/bench/import.ts [--rows 3000000] [--crops 20000] [--against <folder of another clone>]`; the other clone's host
 * does the same work for the column "peer". An answer counts from the moment it was due, so a host that stands still misses every one meanwhile.
 * Prints one JSON document as its last line, notes on standard error. Exits with 1 when a bar is missed.
 */
import { createWriteStream, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import type { Job } from '../../src-shared/contract/jobs.ts';
import type { RpcClient } from '../../src-shared/rpc.ts';
import { figureOf, load, note, printFigures, quantile, type BenchFigure } from '../support/bench.ts';
import { numbersFrom } from '../support/bigProject.ts';
import { startHostProcess } from '../support/hostProcess.ts';
import { makeMotSequence, motRows } from '../support/motSequence.ts';
import { childrenOf } from '../support/processes.ts';
import { temporaryFolder } from '../support/project.ts';
import { connectSocket } from '../support/socketClient.ts';

const { values } = parseArgs({ options: { rows: { type: 'string' }, crops: { type: 'string' }, against: { type: 'string' } } });
const ROWS = Number(values.rows ?? 3_000_000);
const CROPS = Number(values.crops ?? 20_000);
const EVERY_MS = 50;
const QUIET_MS = 5000;
const FRAMES = 1000;
const CROPS_A_TRACKLET = 20;

interface Side {
  seconds: number;
  /** Milliseconds by call. */
  waits: Record<string, number[]>;
  hostPeak: number;
  hostBefore: number;
  childPeak: number;
  /** Milliseconds of the same calls without an import. */
  quiet: number[];
}

using base = temporaryFolder();
note('Making the sources …');
const sequence = await makeSequence(join(base.path, 'sequence'));
const crops = await makeCropTree(join(base.path, 'crops'));
const small = await makeMotSequence(
  join(base.path, 'small'),
  motRows(
    [...Array(50).keys()].map((index) => index + 1),
    20,
  ),
  20,
);

const figures: BenchFigure[] = [];
for (const [what, source, rows] of [
  ['sequence', sequence, ROWS],
  ['crops', crops, CROPS],
] as const) {
  const ours = await run(what, source);
  const peer = values.against === undefined ? null : await run(what, source, resolve(values.against));
  const add = (name: string, unit: string, of: (side: Side) => number, mustReach: number | null): void => {
    const figure = figureOf(`${what}: ${name}`, of(ours), mustReach, unit);
    const other = peer && Math.round(of(peer) * 100) / 100;
    figures.push({ ...figure, peer: other, peerName: peer && basename(resolve(values.against ?? '')), ratio: other ? figure.ours / other : null });
  };
  const answers = (side: Side): number[] => Object.values(side.waits).flat();
  add(`rows a second, of ${rows}`, 'rows/s', (side) => rows / side.seconds, null);
  add('an answer, median', 'ms', (side) => quantile(answers(side), 0.5), null);
  add('an answer without an import, p99', 'ms', (side) => quantile(side.quiet, 0.99), null);
  add('an answer, p99', 'ms', (side) => quantile(answers(side), 0.99), 50);
  for (const call of Object.keys(ours.waits)) add(`${call}, p99`, 'ms', (side) => quantile(side.waits[call] ?? [], 0.99), null);
  add('the longest wait', 'ms', (side) => quantile(answers(side), 1), null);
  add('host, most memory', 'MB', (side) => side.hostPeak, null);
  add('host, memory before', 'MB', (side) => side.hostBefore, null);
  add('child, most memory', 'MB', (side) => side.childPeak, null);
}
note(load());
printFigures(figures, { rows: ROWS, crops: CROPS });

async function run(what: string, source: string, clone?: string): Promise<Side> {
  using folder = temporaryFolder();
  const home = join(folder.path, 'home');
  const host = await startHostProcess(
    join(folder.path, 'project'),
    [],
    { TRACKLET_HOME: home },
    clone === undefined ? undefined : join(clone, 'src-main/host/main.ts'),
  );
  const { client } = connectSocket(host.port, { authorization: `Bearer ${host.token}` });
  const pid = host.child.pid ?? 0;
  try {
    await importThrough(client, small);
    const { ids } = await client.call('tracklets.query', { filter: {}, sort: 'identity' });
    const hostBefore = peakOf(pid);
    const side: Side = { seconds: 0, waits: {}, hostPeak: 0, hostBefore, childPeak: 0, quiet: [] };
    const watching = setInterval(() => {
      side.hostPeak = Math.max(side.hostPeak, peakOf(pid));
      for (const child of childrenOf(pid)) side.childPeak = Math.max(side.childPeak, peakOf(child));
    }, 100);
    const still = ask(client, ids);
    await new Promise((done) => setTimeout(done, QUIET_MS));
    side.quiet = Object.values(await still.end()).flat();
    const asking = ask(client, ids);
    const startedAt = performance.now();
    await importThrough(client, source);
    side.seconds = (performance.now() - startedAt) / 1000;
    side.waits = await asking.end();
    clearInterval(watching);
    note(
      `${what}${clone === undefined ? '' : ` in ${clone}`}: ${side.seconds.toFixed(1)} s, host ${side.hostPeak.toFixed(0)} MB, child ${side.childPeak.toFixed(0)} MB`,
    );
    return side;
  } finally {
    await host.stop();
  }
}

/** Three kinds of calls side by side, until `end`. */
function ask(client: RpcClient, ids: Int32Array): { end(): Promise<Record<string, number[]>> } {
  const some = [...ids].slice(0, 60);
  let stroke = 0;
  const calls: Record<string, () => Promise<unknown>> = {
    'project.info': () => client.call('project.info', {}),
    'tracklets.rows': () => client.call('tracklets.rows', { ids: some }),
    'annotations.apply': () =>
      client.call('annotations.apply', {
        label: 'Paint',
        edits: [{ trackletId: ids[stroke % ids.length] ?? 1, field: 'visibility', start: stroke % 10, end: 15, value: stroke++ % 11 }],
      }),
  };
  let over = false;
  const waits: Record<string, number[]> = {};
  const asking = Object.entries(calls).map(async ([name, call]) => {
    const own = (waits[name] = [] as number[]);
    // A tick that comes too late because of the one before counts from when it was due.
    for (let due = performance.now(); !over; due += EVERY_MS) {
      await new Promise((done) => setTimeout(done, Math.max(0, due - performance.now())));
      await call();
      own.push(performance.now() - due);
    }
  });
  return {
    async end() {
      over = true;
      await Promise.all(asking);
      return waits;
    },
  };
}

async function importThrough(client: RpcClient, path: string): Promise<void> {
  const ended = Promise.withResolvers<void>();
  let id = -1;
  const look = (job: Job): void => {
    if (job.id !== id) return;
    if (job.state === 'done') ended.resolve();
    else if (job.state !== 'running' && job.state !== 'waiting') ended.reject(new Error(job.error?.message ?? `the import was ${job.state}`));
  };
  const off = client.on('job', look);
  id = (await client.call('imports.start', { path, importer: null, options: {}, name: null })).jobId;
  for (const job of await client.call('jobs.list', {})) look(job);
  await ended.promise;
  off();
}

/** Most memory a process ever held, in MB; 0 when it is gone. */
function peakOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function makeSequence(folder: string): Promise<string> {
  await makeMotSequence(folder, '', 0);
  for (let frame = 1; frame <= FRAMES; frame++) writeFileSync(join(folder, 'img1', `${String(frame).padStart(6, '0')}.jpg`), await frameOf(frame));
  const file = createWriteStream(join(folder, 'gt.txt'));
  const random = numbersFrom(3);
  const people = Math.ceil(ROWS / FRAMES);
  for (let id = 1; id <= people; id++) {
    let rows = '';
    for (let frame = 1; frame <= FRAMES && (id - 1) * FRAMES + frame <= ROWS; frame++)
      rows += `${frame},${id},${(random() * 250).toFixed(2)},${(random() * 100).toFixed(2)},30.5,90.25,1,-1,-1,-1\n`;
    if (!file.write(rows)) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
  return folder;
}

function frameOf(frame: number): Promise<Buffer> {
  return sharp({ create: { width: 320, height: 240, channels: 3, background: { r: frame % 256, g: frame >> 2, b: 90 } } })
    .jpeg()
    .toBuffer();
}

/** `<person>/c<camera>/<frame>.jpg`; no two files are the same. */
async function makeCropTree(folder: string): Promise<string> {
  const pictures = await Promise.all(
    [...Array(64).keys()].map((level) =>
      sharp({ create: { width: 64, height: 128, channels: 3, background: 'black', noise: { type: 'gaussian', mean: 60 + level, sigma: 30 } } })
        .jpeg()
        .toBuffer(),
    ),
  );
  for (let index = 0; index < CROPS; index++) {
    const tracklet = Math.floor(index / CROPS_A_TRACKLET);
    const path = join(folder, String(1 + (tracklet >> 2)).padStart(4, '0'), `c${1 + (tracklet & 3)}`);
    if (index % CROPS_A_TRACKLET === 0) mkdirSync(path, { recursive: true });
    // Bytes behind a picture's end are not looked at.
    writeFileSync(
      join(path, `${String(1 + (index % CROPS_A_TRACKLET)).padStart(4, '0')}.jpg`),
      Buffer.concat([pictures[index % 64] ?? Buffer.alloc(0), Buffer.from(String(index))]),
    );
  }
  return folder;
}
