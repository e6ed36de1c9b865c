/**
 * Reads a folder or an archive with an importer, in the import child: checked records go into a spool file, and only counts, warnings and hashes are kept.
 * Tests: test/main/features/imports/readFolder.test.ts, test/main/features/imports/importChild.test.ts.
 */
import { createHash } from 'node:crypto';
import type { Guess, ImporterDefinition, MediaProbe, MediaRecord } from '../../../datasets/importer.ts';
import type { FileTree } from '../../../datasets/tree.ts';
import { onlyFolder } from '../../../datasets/trees/onlyFolder.ts';
import { chosenOptions } from '../../../datasets/chosenOptions.ts';
import { readWhole } from '../../../datasets/readWhole.ts';
import { collectWarnings } from '../../../datasets/warnings.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { containedPath } from '../../platform/contained.ts';
import { fileFingerprint } from '../../media/fingerprint.ts';
import { FIELDS } from '../annotations/fields.ts';
import type { OpenTree } from './fileTree.ts';
import { knownImporters } from './importers.ts';
import type { FoundImporter, ImportCounts, ReadResult, ReadTask } from './importProtocol.ts';
import { createPictureHashes } from './pictureHashes.ts';
import { createSpool, spooledTracklet, type Spool } from './spool.ts';
import { createStage, type Stage } from './stage.ts';
import type { SourceSplit } from '../splits/fromSource.table.ts';
import type { StagedTracklet } from './table.ts';

export interface ReadTools {
  signal: AbortSignal;
  mediaOf(tree: FileTree): MediaProbe;
  progress(done: number, total: number, unit: string, message: string): void;
  log(level: 'info' | 'warn', text: string): void;
}

/** One of each camera and split, up to so many. */
const EXAMPLES = 8;

/** Importers that recognise the folder, best first. */
export async function probeTree(tree: FileTree, media: MediaProbe): Promise<FoundImporter[]> {
  const results: FoundImporter[] = [];
  for (const { id, title, probe } of (await knownImporters()).values()) {
    const found = await probe(tree, media);
    if (found) results.push({ importer: id, title, confidence: found.confidence, summary: found.summary, guesses: found.guesses ?? [] });
  }
  return results.sort((a, b) => b.confidence - a.confidence);
}

/** What of an opened tree is read: of an archive that no importer recognises its only folder, where one recognises that. */
export async function rootOf(opened: OpenTree, mediaOf: (tree: FileTree) => MediaProbe): Promise<FileTree> {
  if (!opened.isArchive || (await probeTree(opened, mediaOf(opened))).length > 0) return opened;
  const inner = await onlyFolder(opened);
  return inner && (await probeTree(inner, mediaOf(inner))).length > 0 ? inner : opened;
}

/** `opened`: what lies at `task.folder`. `mediaOf`: about pictures and videos of a tree. */
export async function readFolder(task: ReadTask, opened: OpenTree, tools: ReadTools): Promise<ReadResult> {
  const { signal, mediaOf } = tools;
  const tree = await rootOf(opened, mediaOf);
  const media = mediaOf(tree);
  const { importer, guesses } = await chooseImporter(task, tree, media);
  const options = chosenOptions('importer', importer, task.options);
  tools.log('info', `Reading ${task.folder} with the importer "${importer.id}".`);

  const spool = task.spool === null ? null : createSpool(task.spool);
  const pictures = task.everyPicture ? createPictureHashes(tree, signal) : null;
  const counts: ImportCounts = { identities: 0, cameras: 0, tracklets: 0, frames: 0, splits: {}, splitSets: [] };
  const videos: Record<string, string> = {};
  const examples: { key: string; pid: number; camid: number; split: string; frames: number; file: string }[] = [];
  const content = createHash('sha256').update(`${importer.id} ${JSON.stringify(options)}`);

  async function keepMedia(record: MediaRecord): Promise<void> {
    // A moved video is known by it; pictures are hashed with their tracklets.
    const contentHash = record.kind === 'video' ? await fileFingerprint(containedPath(task.folder, record.path)) : null;
    if (contentHash !== null) videos[record.key] = contentHash;
    content.update(JSON.stringify({ ...record, contentHash }));
    spool?.media({ ...record, contentHash });
  }
  const silent = collectWarnings();
  async function keepTracklet(record: StagedTracklet, source: MediaRecord): Promise<void> {
    const { files, key, split, pid } = record;
    const kind = split === 'query' ? stage.kindOf(pid) : 'person';
    // Not left out, yet it would be missed among the queries.
    if (kind === 'distractor') silent.add('QUERY_OF_DISTRACTOR', key, 'A distractor in the split "query" does not ask: nobody is to be found with it.');
    if (kind === 'junk') silent.add('QUERY_OF_JUNK', key, 'Junk in the split "query" does not ask.');
    const found = files && pictures && (await pictures.of(files, source));
    const row = spooledTracklet(record, { pictures: found?.hashes ?? null, ranges: found?.ranges ?? null, video: videos[source.key] ?? null });
    content.update(row.digest);
    spool?.tracklet(row);
    if (examples.length < EXAMPLES && !examples.some((one) => one.camid === row.camid && one.split === row.split))
      examples.push({ key: row.key, pid: row.pid, camid: row.camid, split: row.split, frames: row.frames, file: files?.[0] ?? source.path });
    counts.tracklets++;
    counts.frames += row.frames;
    counts.splits[row.split] = (counts.splits[row.split] ?? 0) + 1;
  }

  async function keepSplit(record: SourceSplit): Promise<void> {
    let set = counts.splitSets.find(({ name }) => name === record.name);
    if (!set) counts.splitSets.push((set = { name: record.name, splits: {} }));
    for (const [, side] of record.members) set.splits[side] = (set.splits[side] ?? 0) + 1;
    content.update(JSON.stringify(record));
    spool?.split(record);
  }

  const stage = createStage(FIELDS, {
    media: keepMedia,
    tracklet: keepTracklet,
    split: keepSplit,
    progress: (done, total, message) => tools.progress(done, total, 'records', message),
  });
  try {
    const { summary, files } = await readWhole(importer, tree, options as never, stage.sink, { signal, media, strict: task.strict });
    signal.throwIfAborted();
    if (counts.tracklets === 0) throw new AppError('IMPORT_EMPTY', 'The source holds no identity with a tracklet.');
    content.update(JSON.stringify([stage.cameras, stage.identities]));
    stage.warnings.push(...silent.all());
    return {
      importer: importer.id,
      options,
      isArchive: opened.isArchive,
      summary,
      files,
      guesses,
      counts: { ...counts, identities: stage.identities.filter(({ kind }) => kind === 'person').length, cameras: stage.cameras.length },
      cameras: stage.cameras.toSorted((a, b) => a.camid - b.camid),
      examples: examples.map(({ key, pid, camid, split, frames, file }) => ({
        key,
        split,
        frames,
        file,
        identity: stage.identities.find((one) => one.pid === pid)?.name ?? String(pid),
        camera: stage.cameras.find((one) => one.camid === camid)?.name ?? String(camid),
      })),
      warnings: stage.warnings,
      videos,
      contentHash: content.digest('hex'),
      chunks: finishSpool(spool, stage),
      peakMemory: process.resourceUsage().maxRSS * 1024,
    };
  } finally {
    spool?.close();
  }
}

const KIND_ORDER = { person: 0, distractor: 1, junk: 2 } as const;

/** Identities in the order of their numbers, so that ordering by id is ordering by number: the grid's default order needs no sort. */
function finishSpool(spool: Spool | null, stage: Stage): ReadResult['chunks'] {
  return spool?.finish(stage.identities.sort((a, b) => KIND_ORDER[a.kind] - KIND_ORDER[b.kind] || a.pid - b.pid)) ?? [];
}

async function chooseImporter(task: ReadTask, tree: FileTree, media: MediaProbe): Promise<{ importer: ImporterDefinition; guesses: Guess[] }> {
  const known = await knownImporters();
  const ids = [...known.keys()].join(', ');
  if (task.importer !== null) {
    const importer = known.get(task.importer);
    if (!importer) throw new AppError('BAD_INPUT', `There is no importer "${task.importer}"; known are ${ids}.`, { key: 'importer' });
    // What is wrong with the source is said when it is read.
    const found = await importer.probe(tree, media).catch(() => null);
    return { importer, guesses: found?.guesses ?? [] };
  }
  const best = (await probeTree(tree, media))[0];
  const importer = best && known.get(best.importer);
  if (!importer) throw new AppError('IMPORT_UNRECOGNISED', `No importer recognises ${task.folder}; known are ${ids}.`, { path: task.folder });
  return { importer, guesses: best.guesses };
}
