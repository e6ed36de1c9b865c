/**
 * What an import would do, without doing it. `quick` is for a dialog that is being filled in: it opens a few pictures only and cannot tell whether
 * the source has changed.
 * Tests: test/main/features/imports/previewCalls.test.ts, test/main/features/imports/preview.test.ts.
 */
import { stat } from 'node:fs/promises';
import type { MediaProbe } from '../../../datasets/importer.ts';
import type { ImportPreview } from '../../../src-shared/contract/imports.ts';
import type { HostContext } from '../context.ts';
import { containedPath } from '../../platform/contained.ts';
import { createQuickProbe } from '../../media/mediaProbe.ts';
import { createTurns } from '../../platform/turns.ts';
import { compareSource, earlierImport, shownChange, type Comparison } from './compareSource.ts';
import { folderAt, readSource, type ReadSource, type SourceParams } from './source.ts';

/** Reading folders is work for a process each; more at once would only slow each other down. */
const AT_ONCE = 2;
const KEPT_VIDEOS = 20;

type VideoFacts = Awaited<ReturnType<MediaProbe['video']>>;

export interface Previews {
  /** A client's new preview ends its last one. */
  preview(client: string, params: SourceParams & { quick: boolean }, signal: AbortSignal): Promise<ImportPreview>;
  /** What an update of data set `of` would change. Every picture is read. */
  compare(client: string, params: SourceParams, of: number, signal: AbortSignal): Promise<Comparison>;
}

export function createPreviews(context: Omit<HostContext, 'jobs'>): Previews {
  const running = new Map<string, AbortController>();
  const turns = createTurns({ atOnce: AT_ONCE, what: 'previews' });
  /** Counting the frames of a video is decoding it: once, however often an option is changed. */
  const videos = new Map<string, Promise<VideoFacts>>();

  async function videoFacts(folder: string, path: string, signal: AbortSignal): Promise<VideoFacts> {
    const { size, mtimeMs } = await stat(containedPath(folder, path));
    const key = JSON.stringify([folder, path, size, mtimeMs]);
    const known = videos.get(key);
    if (known) return known;
    const facts = createQuickProbe(context, folder, signal).video(path);
    videos.set(key, facts);
    if (videos.size > KEPT_VIDEOS) videos.delete(videos.keys().next().value ?? '');
    facts.catch(() => videos.delete(key));
    return facts;
  }

  async function inTurn<T>(client: string, signal: AbortSignal, work: (either: AbortSignal) => Promise<T>): Promise<T> {
    running.get(client)?.abort();
    const own = new AbortController();
    running.set(client, own);
    const either = AbortSignal.any([signal, own.signal]);
    try {
      return await turns.take(1, () => work(either));
    } finally {
      if (running.get(client) === own) running.delete(client);
    }
  }

  return {
    preview: (client, params, signal) => inTurn(client, signal, (either) => previewFolder(context, params, either, videoFacts)),
    compare: (client, params, of, signal) =>
      inTurn(client, signal, async (either) => {
        await using source = await readQuietly(context, { ...params, quick: false }, either, videoFacts);
        // Awaited here: the records are gone once this ends.
        return await compareSource(context, source, either, of);
      }),
  };
}

type VideoAnswers = (folder: string, path: string, signal: AbortSignal) => Promise<VideoFacts>;

/** Neither progress nor log lines; no frame of a video is kept. */
async function readQuietly(
  context: Omit<HostContext, 'jobs'>,
  params: SourceParams & { quick: boolean },
  signal: AbortSignal,
  videoFacts: VideoAnswers,
): Promise<ReadSource> {
  signal.throwIfAborted();
  const folder = await folderAt(params.path);
  return readSource(
    context,
    params,
    { signal, progress: () => undefined, log: () => undefined },
    { everyPicture: !params.quick, video: (path) => videoFacts(folder, path, signal) },
  );
}

async function previewFolder(
  context: Omit<HostContext, 'jobs'>,
  params: SourceParams & { quick: boolean },
  signal: AbortSignal,
  videoFacts: VideoAnswers,
): Promise<ImportPreview> {
  await using source = await readQuietly(context, params, signal, videoFacts);
  const { read } = source;
  const { same, change } = params.quick ? { same: null, change: null } : await compareSource(context, source, signal);
  return {
    importer: read.importer,
    options: read.options,
    name: read.summary.name,
    ...read.counts,
    cameraNames: read.cameras.slice(0, 50).map((camera) => camera.name),
    examples: read.examples,
    files: read.files,
    guesses: read.guesses,
    warnings: read.warnings,
    everyPicture: !params.quick,
    earlier: (await earlierImport(context, source))?.name ?? null,
    alreadyImported: same?.name ?? null,
    changed: change && shownChange(change),
  };
}
