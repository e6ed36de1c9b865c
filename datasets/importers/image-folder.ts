/**
 * Importer of crops in folders: `<pid>/<camera or tracklet>/*.jpg`, with `train`, `query` and `gallery` above on wish (the tree of
 * DukeMTMC-VideoReID). The camera comes from frame names (both Duke grammars), else from a folder name such as c1, cam2 or 3.
 * Tests: test/datasets/importers/image-folder.test.ts and the contract suite.
 */
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { defineImporter, type FileEntry, type FileTree, type ImportContext, type RecordSink, type SplitName } from '../importer.ts';
import { frameNumber, isPicture, refuseEmpty, sortedPictures } from '../readers/pictures.ts';

/** Old `0001C6F0099X30823`, new `0001_C6_F0099_X30823`; D in place of X marks distractors in some copies. */
const DUKE = /^(-?\d+)_?C(\d+)_?F(\d+)_?[XD](\d+)$/i;
const CAMERA_FOLDER = /^(?:c|cam|camera)[_-]?(\d{1,3})$|^(\d{1,2})$/i;
const PERSON_FOLDER = /^(?:pid|id|person|p)?[_-]?0*(\d{1,9})$/i;
const SPLITS: Record<string, SplitName> = {
  train: 'train',
  bounding_box_train: 'train',
  query: 'query',
  gallery: 'gallery',
  test: 'gallery',
  bounding_box_test: 'gallery',
};

const options = z.object({
  checkEvery: z.boolean().default(true).meta({ title: 'Check every picture', description: 'Off: only the first picture of a tracklet is opened' }),
  minFrames: z.int().min(1).max(100_000).default(1).meta({ title: 'Shortest tracklet', description: 'Shorter ones are left out, with a warning' }),
});

type Options = z.output<typeof options>;

interface Person {
  folder: FileEntry;
  split: SplitName;
}

async function subfolders(tree: FileTree, folder: string): Promise<FileEntry[]> {
  return (await tree.list(folder)).filter((entry) => entry.kind === 'folder');
}

/** Folders of people, below split folders where there are any. */
async function findPeople(tree: FileTree): Promise<Person[]> {
  const top = await subfolders(tree, '');
  const splits = top.filter((entry) => entry.name.toLowerCase() in SPLITS);
  if (splits.length === 0) return top.map((folder) => ({ folder, split: 'none' as const }));
  const people: Person[] = [];
  for (const entry of splits) {
    for (const folder of await subfolders(tree, entry.path)) people.push({ folder, split: SPLITS[entry.name.toLowerCase()] ?? 'none' });
  }
  return people;
}

function stem(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot < 1 ? name : name.slice(0, dot);
}

/** What the names of a tracklet's pictures and its folder say. */
function readNames(folder: FileEntry, pictures: readonly FileEntry[]): { camid: number; numbers: (number | null)[]; pid: number | null } {
  const duke = pictures.map((picture) => DUKE.exec(stem(picture.name)));
  const first = duke[0];
  if (first !== null && first !== undefined && duke.every((match) => match !== null)) {
    for (const [index, match] of duke.entries()) {
      if (Number(match?.[1]) !== Number(first[1]) || Number(match?.[2]) !== Number(first[2])) {
        throw new AppError('FILE_INVALID', `${folder.path} mixes people or cameras: ${pictures[0]?.name ?? ''} and ${pictures[index]?.name ?? ''}.`, {
          folder: folder.path,
        });
      }
    }
    return { camid: Number(first[2]), numbers: duke.map((match) => Number(match?.[3])), pid: Number(first[1]) };
  }
  const camera = CAMERA_FOLDER.exec(folder.name);
  return { camid: camera === null ? 0 : Number(camera[1] ?? camera[2]), numbers: pictures.map((picture) => frameNumber(picture.name)), pid: null };
}

function warnGaps(folder: string, numbers: readonly (number | null)[], warn: ImportContext['warn']): void {
  for (let index = 1; index < numbers.length; index++) {
    const before = numbers[index - 1];
    const here = numbers[index];
    if (before == null || here == null || here - before <= 1) continue;
    warn('FRAME_GAP', folder, 'Frame numbers have gaps; the frames that are there are kept in order.', 1);
  }
}

async function checkPictures(
  tree: FileTree,
  pictures: readonly FileEntry[],
  checkEvery: boolean,
  media: { check(path: string): Promise<{ width: number; height: number }> },
): Promise<{ width: number; height: number }> {
  let size = { width: 0, height: 0 };
  for (const [index, picture] of pictures.entries()) {
    await refuseEmpty(tree, picture.path);
    if (index > 0 && !checkEvery) continue;
    const own = await media.check(picture.path);
    if (index === 0) size = own;
  }
  return size;
}

async function read(tree: FileTree, chosen: Options, sink: RecordSink, { signal, media, warn }: ImportContext) {
  function throwIfCancelled(): void {
    if (signal.aborted) throw new AppError('CANCELLED', 'The import was cancelled.');
  }
  throwIfCancelled();
  const people = await findPeople(tree);
  const found: { pid: number; camid: number; split: SplitName; folder: FileEntry; pictures: FileEntry[]; numbers: (number | null)[] }[] = [];
  for (const { folder, split } of people) {
    throwIfCancelled();
    const person = PERSON_FOLDER.exec(folder.name);
    if (person === null) {
      warn('NOT_A_PERSON', folder.path, 'Folders whose name is no person number are left out.');
      continue;
    }
    for (const inner of await subfolders(tree, folder.path)) {
      throwIfCancelled();
      const pictures = sortedPictures(await tree.list(inner.path));
      if (pictures.length < chosen.minFrames) {
        warn(
          pictures.length === 0 ? 'FOLDER_EMPTY' : 'TRACKLET_SHORT',
          inner.path,
          pictures.length === 0 ? 'Folders without pictures are left out.' : `Tracklets shorter than ${chosen.minFrames} frames are left out.`,
        );
        continue;
      }
      const names = readNames(inner, pictures);
      const pid = Number(person[1]);
      if (names.pid !== null && names.pid !== pid)
        throw new AppError('FILE_INVALID', `${pictures[0]?.path ?? inner.path} names person ${names.pid}, but lies in the folder of person ${pid}.`, {
          file: pictures[0]?.path ?? inner.path,
        });
      warnGaps(inner.path, names.numbers, warn);
      found.push({ pid, camid: names.camid, split, folder: inner, pictures, numbers: names.numbers });
    }
  }
  if (found.length === 0)
    throw new AppError('IMPORT_EMPTY', `${tree.label} holds no folder <person>/<camera or tracklet> with pictures.`, { folder: tree.label });

  for (const camid of [...new Set(found.map((item) => item.camid))].sort((a, b) => a - b)) await sink.camera({ camid, name: `Camera ${camid}` });
  for (const pid of [...new Set(found.map((item) => item.pid))].sort((a, b) => a - b))
    await sink.identity({ pid, name: String(pid).padStart(4, '0'), kind: 'person' });
  for (const [index, item] of found.entries()) {
    throwIfCancelled();
    const size = await checkPictures(tree, item.pictures, chosen.checkEvery, media);
    const key = item.folder.path;
    await sink.media({ key, kind: 'crops', path: item.folder.path, ...size, frameCount: item.pictures.length, fps: null });
    await sink.tracklet({
      key,
      pid: item.pid,
      camid: item.camid,
      split: item.split,
      mediaKey: key,
      frameIndex: Int32Array.from(item.pictures, (_, frame) => frame),
      boxes: null,
      files: item.pictures.map((picture) => picture.path),
      ignored: null,
      annotations: [],
    });
    sink.progress(index + 1, found.length, key);
  }
  return { name: tree.label, licence: null, origin: null };
}

export default defineImporter({
  id: 'image-folder',
  title: 'Folders of crops',
  layout: [
    '<person>/<camera or tracklet>/*.jpg, people as numbers.',
    'Above them, on wish, train, query and gallery.',
    'Names of DukeMTMC-VideoReID (0001C6F0099X30823, 0001_C6_F0099_X30823) give camera and frame.',
  ].join('\n'),
  options,

  async probe(tree) {
    if (await tree.exists('synthetic.json')) return null;
    let looked = 0;
    for (const { folder, split } of await findPeople(tree)) {
      if (!PERSON_FOLDER.test(folder.name)) continue;
      // A handful is enough to know.
      if (++looked > 5) break;
      for (const inner of await subfolders(tree, folder.path)) {
        if ((await tree.list(inner.path)).some(isPicture))
          return {
            confidence: split === 'none' ? 0.7 : 0.85,
            summary: `Crops in folders of people${split === 'none' ? '' : ', with splits'}, such as ${inner.path}.`,
          };
      }
    }
    return null;
  },

  read,
});
