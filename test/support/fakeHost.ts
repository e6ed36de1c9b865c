/**
 * A host with made-up data for looking at the page and for timing it: serves dist/renderer, answers the calls of the shell, Tracklets and
 * Datasets views, and draws strips. For tests and development only; nothing of it ships.
 *
 *   node test/support/fakeHost.ts [tracklets=1284] [port=0]
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { WebSocketServer, type WebSocket } from 'ws';
import { calls, tagsOf, type CallName, type Handlers } from '../../src-shared/contract.ts';
import type { Job, TrackletFilter, TrackletRow } from '../../src-shared/entities.ts';
import { AppError, toErrorShape } from '../../src-shared/errors.ts';
import { decodeFrame, encodeFrame } from '../../src-shared/frames.ts';
import type { ClientMessage, HostMessage } from '../../src-shared/rpc.ts';

const CAMERAS = ['V001', 'V003', 'V005', 'V006', 'V007', 'V008'];
const SPLITS = ['train', 'query', 'gallery', 'none'] as const;
const REVIEWS = ['none', 'started', 'reviewed', 'disputed'] as const;
const OCCLUDERS = ['person', 'object', 'edge', 'self'];
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface FakeHost {
  url: string;
  /** Drops every connection and refuses new ones, or lets them in again. */
  setReachable(isReachable: boolean): void;
  /** Calls answered, by name. */
  calls: Map<string, number>;
  close(): Promise<void>;
}

function hash(seed: number): number {
  let a = (seed * 0x9e3779b1 + 0x6d2b79f5) | 0;
  a = Math.imul(a ^ (a >>> 15), 1 | a);
  a = (a + Math.imul(a ^ (a >>> 7), 61 | a)) ^ a;
  return ((a ^ (a >>> 14)) >>> 0) / 4294967296;
}

interface Made {
  id: number;
  identity: number;
  camera: number;
  split: (typeof SPLITS)[number];
  review: (typeof REVIEWS)[number];
  frames: number;
  hiddenShare: number;
  hiddenMax: number;
  occluder: number;
}

function make(id: number): Made {
  const identity = Math.floor((id - 1) / 8) + 1;
  const frames = 24 + Math.floor(hash(id) * 100);
  const isHidden = hash(id + 0.25) > 0.25;
  const hiddenShare = isHidden ? Math.min(1, hash(id + 0.5) ** 2 + 1 / frames) : 0;
  return { id, identity, camera: (id - 1) % CAMERAS.length, split: SPLITS[identity % 2 === 0 ? 0 : id % 3 === 0 ? 1 : 2] ?? 'none', review: REVIEWS[Math.floor(hash(id + 0.75) * 3.2)] ?? 'none', frames, hiddenShare, hiddenMax: isHidden ? 1 + Math.floor(hash(id + 0.1) * 10) : 0, occluder: Math.floor(hash(id + 0.3) * 4) };
}

function visibilityOf(made: Made): Int8Array<ArrayBuffer> {
  const values = new Int8Array(made.frames);
  const middle = hash(made.id + 0.6) * made.frames;
  const half = (made.hiddenShare * made.frames) / 2;
  for (let i = 0; i < made.frames; i++) {
    const away = Math.abs(i - middle);
    values[i] = half > 0 && away < half ? Math.max(1, Math.round(made.hiddenMax * (1 - (away / half) ** 2))) : 0;
  }
  return values;
}

export async function startFakeHost(options: { tracklets?: number; port?: number; delayMs?: number } = {}): Promise<FakeHost> {
  const total = options.tracklets ?? 1284;
  const all = Array.from({ length: total }, (_, index) => make(index + 1));
  const reviews = new Map<number, (typeof REVIEWS)[number]>();
  const sockets = new Set<WebSocket>();
  const counted = new Map<string, number>();
  const undone: { label: string; undo(): void; redo(): void; tags: string[]; trackletId: number | null }[] = [];
  let undoAt = 0;
  let settings: Record<string, unknown> = {};
  let isReachable = true;
  const dist = fileURLToPath(new URL('../../dist/renderer', import.meta.url));

  const reviewOf = (made: Made) => reviews.get(made.id) ?? made.review;
  function row(made: Made): TrackletRow {
    return {
      id: made.id, datasetId: 1, name: `${made.identity}-${made.id}`, identityId: made.identity, identity: String(made.identity).padStart(4, '0'), identityKind: 'person', cameraId: made.camera + 1, camera: CAMERAS[made.camera] ?? '', split: made.split, frames: made.frames,
      mediaStart: 100, mediaEnd: 100 + made.frames - 1, hiddenShare: Array.from(visibilityOf(made)).filter((value) => value > 0).length / made.frames, hiddenMax: made.hiddenMax, framesWithValue: made.frames, review: reviewOf(made), visibility: visibilityOf(made), stamp: 'a', mediaMissing: made.id % 97 === 23,
    };
  }
  function passes(made: Made, filter: TrackletFilter, without = ''): boolean {
    const has = <T>(key: keyof TrackletFilter, list: T[] | undefined, value: T) => without === key || !list || list.includes(value);
    if (!has('cameraIds', filter.cameraIds, made.camera + 1) || !has('splits', filter.splits, made.split) || !has('reviews', filter.reviews, reviewOf(made))) return false;
    if (!has('identityIds', filter.identityIds, made.identity) || !has('occluders', filter.occluders, OCCLUDERS[made.occluder] ?? '') || !has('datasetIds', filter.datasetIds, 1)) return false;
    if (filter.hiddenShare && without !== 'hiddenShare' && (made.hiddenShare < filter.hiddenShare.min || made.hiddenShare > filter.hiddenShare.max)) return false;
    if (filter.length && without !== 'length' && (made.frames < filter.length.min || made.frames > filter.length.max)) return false;
    return !filter.text || `${String(made.identity).padStart(4, '0')} ${CAMERAS[made.camera]}`.toLowerCase().includes(filter.text.toLowerCase());
  }
  const jobs: Job[] = [
    { id: 1, kind: 'train', title: 'Train resnet-tap', state: 'running', done: 142, total: 240, unit: 'epochs', message: '318 crops/s', secondsLeft: 2400, runId: 'r1', datasetId: 1, after: [], error: null, resumable: true, createdAt: Date.now() - 1e6, startedAt: Date.now() - 1e6, endedAt: null },
    { id: 2, kind: 'evaluate', title: 'Evaluate resnet-tap', state: 'waiting', done: 0, total: 0, unit: '', message: '', secondsLeft: null, runId: 'r1', datasetId: 1, after: [1], error: null, resumable: false, createdAt: Date.now() - 1e6, startedAt: null, endedAt: null },
    { id: 3, kind: 'train', title: 'Train nssb-baseline', state: 'failed', done: 212, total: 4000, unit: 'steps', message: '', secondsLeft: null, runId: 'r2', datasetId: 1, after: [], error: { code: 'ENGINE_FAILED', message: 'The device is out of memory: 25.8 of 24 GB asked for.', remedy: 'Use smaller batches or shorter clips.', params: {} }, resumable: true, createdAt: Date.now() - 2e6, startedAt: Date.now() - 2e6, endedAt: Date.now() - 1e6 },
  ];
  const splitCounts = Object.fromEntries(SPLITS.map((split) => [split, all.filter((made) => made.split === split).length]));
  const frames = all.reduce((sum, made) => sum + made.frames, 0);
  const dataset = { id: 1, name: 'Made-up street', importer: 'synthetic', origin: 'Made by the fake host', licence: 'CC0', createdAt: Date.now() - 8e7, state: 'ready' as const, cameras: CAMERAS.length, identities: Math.ceil(total / 8), tracklets: total, frames, splits: splitCounts, coverTracklet: total > 0 ? 1 : null };
  const table = (bins: string[], percents: number[][]) => ({ bins: bins.map((label, i) => ({ label, from: i, to: i + 1, fromOpen: true, toOpen: false })), rows: percents.map((percent, i) => ({ split: ['query', 'gallery'][i] ?? '', n: 500, counts: percent.map((value) => Math.round(value * 5)), percent, sum: Math.round(percent.reduce((a, b) => a + b, 0) * 10) / 10, warning: Math.abs(percent.reduce((a, b) => a + b, 0) - 100) > 0.15 ? 'The row adds up to less than 100 %' : null })) });

  const changed = (tags: string[], origin: string | null) => broadcast({ type: 'event', event: 'changed', payload: { tags, origin } });
  function remember(label: string, tags: string[], trackletId: number | null, redo: () => void, undo: () => void): void {
    undone.length = undoAt;
    undone.push({ label, tags, trackletId, undo, redo });
    undoAt = undone.length;
  }

  const handlers: Partial<Handlers> = {
    'project.info': () => ({ name: 'Occlusion study', folder: '/projects/occlusion', version: '0.1.0', session: 's', annotator: 'me' }),
    'engine.status': () => ({ state: 'ready', engine: 'TensorFlow', device: 'CPU', version: '2.21.0', threads: 2, message: null }),
    'settings.get': () => settings,
    'settings.set': ({ key, value }) => { settings = { ...settings, [key]: value }; return {}; },
    'files.browse': ({ path }) => ({ path: path ?? '/home', parent: path && path !== '/' ? '/' : null, entries: [{ name: 'MARS', path: '/home/MARS', kind: 'folder' }, { name: 'pets.mp4', path: '/home/pets.mp4', kind: 'file' }] }),
    'datasets.list': () => (total === 0 ? [] : [dataset, { ...dataset, id: 2, name: 'Synthetic plaza', identities: 40, tracklets: 312, frames: 18720, cameras: 5, coverTracklet: 50 }]),
    'datasets.get': ({ id }) => ({
      ...dataset, id, root: '../media/street', options: { seed: 7 }, kinds: { person: dataset.identities },
      cameraRows: CAMERAS.map((name, i) => ({ id: i + 1, camid: i, name, tracklets: all.filter((made) => made.camera === i).length, identities: dataset.identities, frames: all.filter((made) => made.camera === i).reduce((sum, made) => sum + made.frames, 0) })),
      splitRows: SPLITS.map((split) => ({ split, identities: 48, tracklets: splitCounts[split] ?? 0, frames: all.filter((made) => made.split === split).reduce((sum, made) => sum + made.frames, 0), cameras: 6 })),
      warnings: [{ code: 'SHORT', message: 'Tracklets of fewer than 8 frames were left out', where: 'V003', count: 4 }],
      validQueries: { market: 139, visits: 131 }, lengthHistogram: { edges: [0, 20, 40, 60, 80, 100, 120, 140], counts: [0, 40, 210, 330, 400, 210, 94] },
    }),
    'datasets.statistics': ({ id }) => ({
      datasetId: id, tracklets: splitCounts, framesWithValue: frames, frames, occluders: { person: 3000, object: 2200, edge: 400, self: 90 },
      trackletsByHiddenShare: table(['0', '0–40', '40–60', '60–70', '70–80', '80–90', '90–100'], [[0, 45.3, 24.5, 12.2, 9.4, 5.8, 2.8], [52.4, 31.2, 7.1, 3.4, 2.7, 2.1, 1.1]]),
      framesByHiddenArea: table(['0–10', '10–20', '20–30', '30–40', '40–50', '50–60', '60–70', '70–100'], [[18.2, 14.0, 13.1, 12.6, 12.9, 11.8, 9.3, 8.1], [21.4, 15.2, 13.6, 12.1, 11.8, 10.7, 8.2, 3.0]]),
    }),
    'datasets.identities': () => Array.from({ length: dataset.identities }, (_, i) => ({ id: i + 1, datasetId: 1, pid: i + 1, name: String(i + 1).padStart(4, '0'), kind: 'person' as const, tracklets: 8 })),
    'datasets.rename': () => ({}),
    'importers.list': () => [{ id: 'mot-video', title: 'Video with MOT tracks', layout: 'video.mp4 and gt/gt.txt', optionsSchema: { type: 'object', properties: { minFrames: { type: 'integer', minimum: 1, maximum: 1000, default: 8, title: 'Shortest tracklet', description: 'Frames.' }, keepIgnored: { type: 'boolean', default: true, title: 'Keep frames marked as ignored' } } }, defaults: { minFrames: 8, keepIgnored: true } }],
    'imports.probe': ({ path }) => (path.includes('none') ? [] : [{ importer: 'mot-video', title: 'Video with MOT tracks', confidence: 0.9, summary: '795 frames, 19 people, 1 camera' }]),
    'imports.start': () => ({ jobId: 9 }),
    'synth.start': () => ({ jobId: 9 }),
    'tracklets.query': ({ filter, sort }) => {
      const start = performance.now();
      const found = all.filter((made) => passes(made, filter));
      if (sort === 'hiddenDesc') found.sort((a, b) => b.hiddenShare - a.hiddenShare);
      if (sort === 'lengthDesc') found.sort((a, b) => b.frames - a.frames);
      return { ids: Int32Array.from(found, (made) => made.id), of: total, frames: found.reduce((sum, made) => sum + made.frames, 0), identities: new Set(found.map((made) => made.identity)).size, cameras: new Set(found.map((made) => made.camera)).size, tookMs: performance.now() - start };
    },
    'tracklets.facets': ({ filter }) => {
      const facet = <T extends string | number>(key: keyof TrackletFilter, values: readonly T[], labels: readonly string[], of: (made: Made) => T) => values.map((value, i) => ({ value, label: labels[i] ?? String(value), count: all.filter((made) => passes(made, filter, key) && of(made) === value).length, all: all.filter((made) => of(made) === value).length }));
      const shares = all.filter((made) => passes(made, filter, 'hiddenShare'));
      const lengths = all.filter((made) => passes(made, filter, 'length'));
      return {
        facets: { reviews: facet('reviews', REVIEWS, REVIEWS, reviewOf), occluders: facet('occluders', OCCLUDERS, ['Person', 'Object', 'Frame edge', 'Self'], (made) => OCCLUDERS[made.occluder] ?? ''), cameraIds: facet('cameraIds', CAMERAS.map((_, i) => i + 1), CAMERAS, (made) => made.camera + 1), datasetIds: [{ value: 1, label: dataset.name, count: shares.length, all: total }], splits: facet('splits', SPLITS, SPLITS, (made) => made.split) },
        hiddenShare: Array.from({ length: 21 }, (_, bin) => shares.filter((made) => (bin === 0 ? made.hiddenShare === 0 : made.hiddenShare > 0 && Math.min(20, Math.ceil(made.hiddenShare * 20)) === bin)).length),
        length: { edges: Array.from({ length: 23 }, (_, i) => 24 + i * 4.6), counts: Array.from({ length: 22 }, (_, i) => lengths.filter((made) => Math.min(21, Math.floor((made.frames - 24) / 4.6)) === i).length) },
      };
    },
    'tracklets.rows': ({ ids }) => ids.flatMap((id) => { const made = all[id - 1]; return made ? [row(made)] : []; }),
    'tracklets.setSplit': ({ ids, split }) => { for (const id of ids) { const made = all[id - 1]; if (made) made.split = split; } changed(['Tracklets', 'Datasets', 'History'], null); return {}; },
    'annotations.apply': ({ label, edits }) => {
      const before = edits.map((edit) => [edit.trackletId, reviewOf(all[edit.trackletId - 1] ?? make(edit.trackletId))] as const);
      const redo = () => { for (const edit of edits) reviews.set(edit.trackletId, edit.value === 'reviewed' ? 'reviewed' : 'started'); };
      redo();
      const tags = [...new Set(edits.map((edit) => `Tracklet:${edit.trackletId}`)), 'TrackletRows', 'Annotations', 'History'];
      remember(label, tags, edits[0]?.trackletId ?? null, redo, () => { for (const [id, value] of before) reviews.set(id, value); });
      changed(tags, null);
      return { historyId: undoAt, durableAt: Date.now() };
    },
    'history.state': () => ({ undoLabel: undone[undoAt - 1]?.label ?? null, redoLabel: undone[undoAt]?.label ?? null, undoCount: undoAt, redoCount: undone.length - undoAt }),
    'history.undo': () => { const step = undone[undoAt - 1]; if (!step) return { label: null, tags: [], trackletId: null }; undoAt--; step.undo(); changed(step.tags, null); return { label: step.label, tags: step.tags, trackletId: step.trackletId }; },
    'history.redo': () => { const step = undone[undoAt]; if (!step) return { label: null, tags: [], trackletId: null }; undoAt++; step.redo(); changed(step.tags, null); return { label: step.label, tags: step.tags, trackletId: step.trackletId }; },
    'jobs.list': () => jobs,
    'jobs.cancel': ({ id }) => { const job = jobs.find((other) => other.id === id); if (job) { job.state = 'cancelled'; broadcast({ type: 'event', event: 'job', payload: job }); } return {}; },
    'runs.list': () => [],
    'evaluations.list': () => [],
    'methods.list': () => [],
  };

  function broadcast(message: HostMessage): void {
    for (const socket of sockets) socket.send(encodeFrame(message, encoder));
  }
  async function answer(socket: WebSocket, message: ClientMessage): Promise<void> {
    if (message.type !== 'call') return;
    counted.set(message.call, (counted.get(message.call) ?? 0) + 1);
    if (options.delayMs) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
    const spec = calls[message.call as CallName];
    try {
      const handler = handlers[message.call as CallName] as ((input: unknown, context: unknown) => unknown) | undefined;
      if (!handler) throw new AppError('UNSUPPORTED', `The fake host does not answer ${message.call}.`);
      const output = await handler(spec.input.parse(message.input), { origin: '', signal: new AbortController().signal, key: message.key });
      const tags = spec.kind === 'query' ? tagsOf(spec, 'provides', message.input) : undefined;
      socket.send(encodeFrame({ type: 'reply', id: message.id, output, tags } satisfies HostMessage, encoder));
    } catch (error) {
      socket.send(encodeFrame({ type: 'reply', id: message.id, error: toErrorShape(error) } satisfies HostMessage, encoder));
    }
  }

  const strips = new Map<string, Promise<Buffer>>();
  async function strip(id: number, crops: number, height: number, moment = 0): Promise<Buffer> {
    const key = `${id % 48} ${crops} ${height} ${moment}`;
    let made = strips.get(key);
    if (!made) strips.set(key, (made = drawStrip(id % 48, crops, height, moment)));
    return made;
  }

  const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const media = /^\/media\/(strip|crop|sheet)\/(\d+)(?:\/([\d-]+))?\.jpg$/.exec(url.pathname);
    if (media) {
      const height = Number(url.searchParams.get('h') ?? 132);
      const [from = 0, to = 0] = (media[3] ?? '').split('-').map(Number);
      const picturesWanted = media[1] === 'strip' ? Number(url.searchParams.get('crops') ?? 8) : media[1] === 'crop' ? 1 : Math.floor((to - from) / Number(url.searchParams.get('every') ?? 1)) + 1;
      const body = await strip(Number(media[2]), picturesWanted, height, media[1] === 'crop' ? from : 0);
      response.writeHead(200, { 'content-type': 'image/jpeg', 'cache-control': 'max-age=3600' }).end(body);
      return;
    }
    const file = normalize(join(dist, url.pathname === '/' ? 'index.html' : url.pathname));
    if (!file.startsWith(dist)) return void response.writeHead(404).end();
    const body = await readFile(file).catch(() => null);
    if (body === null) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(body);
  }

  const server = createServer((request, response) => void serve(request, response).catch(() => response.writeHead(500).end()));
  const sockets_ = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    if (!isReachable) return socket.destroy();
    sockets_.handleUpgrade(request, socket, head, (client) => {
      sockets.add(client);
      client.on('close', () => sockets.delete(client));
      client.on('message', (data: Buffer) => void answer(client, decodeFrame(new Uint8Array(data), decoder) as ClientMessage));
      client.send(encodeFrame({ type: 'hello', version: '0.1.0', contract: 'fake', session: 's', client: 'c' } satisfies HostMessage, encoder));
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/`,
    calls: counted,
    setReachable(value) {
      isReachable = value;
      if (!value) for (const socket of sockets) socket.terminate();
    },
    close: () => new Promise((resolve) => { for (const socket of sockets) socket.terminate(); server.closeAllConnections(); server.close(() => resolve()); }),
  };
}

/** People as simple figures, walking past something now and then. */
async function drawStrip(seed: number, crops: number, height: number, moment: number): Promise<Buffer> {
  const width = height / 2;
  const hue = Math.floor(hash(seed + 3) * 360);
  const figures = Array.from({ length: crops }, (_, i) => {
    const lean = Math.sin((i + moment) * 1.3 + seed) * 6;
    const post = hash(seed * 31 + i) > 0.75 ? `<rect x="${18 + hash(seed + i) * 20}" y="34" width="26" height="44" fill="#5cc8d6"/>` : '';
    return `<g transform="translate(${i * 50} 0)"><rect width="50" height="100" fill="hsl(${90 + hash(seed) * 30} 12% ${56 + hash(seed + i) * 6}%)"/><circle cx="25" cy="14" r="7" fill="#c9a183"/><rect x="16" y="22" width="18" height="34" rx="5" fill="hsl(${hue} 45% 32%)"/><path d="M21 54L${20 - lean} 94M29 54L${30 + lean} 94" stroke="hsl(${(hue + 200) % 360} 30% 25%)" stroke-width="7"/>${post}</g>`;
  }).join('');
  return sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${crops * width}" height="${height}" viewBox="0 0 ${crops * 50} 100" preserveAspectRatio="none">${figures}</svg>`)).jpeg({ quality: 82 }).toBuffer();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const host = await startFakeHost({ tracklets: Number(process.argv[2] ?? 1284), port: Number(process.argv[3] ?? 0) });
  process.stdout.write(`${host.url}\n`);
}
