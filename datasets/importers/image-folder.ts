/**
 * Importer of crops in folders: `<person>/<camera or tracklet>/*.jpg`, with `train`, `query` and `gallery` above on wish (the tree of
 * DukeMTMC-VideoReID). Names in a public grammar tell camera and frame, else the folder's name tells the camera; what neither tells is not
 * made up. Tests: test/datasets/importers/imageFolderRules.test.ts, test/datasets/importers/image-folder.test.ts,
 * test/main/features/imports/cases.test.ts and the contract suite.
 */
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { defineImporter, throwIfCancelled, type Guess, type IdentityRecord, type ImportContext, type RecordSink, type SplitName } from '../importer.ts';
import type { FileEntry, FileTree } from '../tree.ts';
import { walkFiles } from '../readWhole.ts';
import { nameCameras, readCameraFolder, type CameraName } from '../readers/cameraFolders.ts';
import { checkEvery, checkPictures, type PictureSize } from '../readers/checkPictures.ts';
import { guessFrameNumbers, orderAgrees, readFrameNumbers, undecidedRemedy } from '../readers/frameNumbers.ts';
import { readPeople, type People, type Person, type PersonFolder } from '../readers/personFolders.ts';
import { grammarOf, type Grammar } from '../readers/pictureNames.ts';
import { isPicture, sortedPictures } from '../readers/pictures.ts';

const SPLITS: Record<string, SplitName> = {
  train: 'train',
  bounding_box_train: 'train',
  query: 'query',
  gallery: 'gallery',
  test: 'gallery',
  bounding_box_test: 'gallery',
};

/** Folders of people that a probe looks into, and examples that it shows. */
const LOOKED_AT = 5;
const EXAMPLES = 4;

const options = z.object({
  people: z.enum(['numbers', 'names']).default('numbers').meta({
    title: 'People',
    description: 'numbers: folders such as 0001, p1 or id-1, others are left out; names: every folder is a person, whatever its name',
  }),
  conventions: z
    .boolean()
    .default(true)
    .meta({ title: 'Junk and distractors', description: 'A folder -1 holds junk and 0000 distractors, as in MARS and Market-1501; off: people' }),
  camera: z.enum(['auto', 'folders', 'one']).default('auto').meta({
    title: 'Camera',
    description:
      'auto: from picture names of a known grammar, else from folders such as c1 or cam_a; folders: every folder name is a camera; one: all pictures are of one camera',
  }),
  frameNumber: z.int().min(-20).max(20).default(0).meta({
    title: 'Frame number in names',
    description: 'Which group of digits counts frames: 1 the first, -1 the last; 0: found by comparing the names of a folder',
  }),
  checkEvery,
  minFrames: z.int().min(1).max(100_000).default(1).meta({ title: 'Shortest tracklet', description: 'Shorter ones are left out, with a warning' }),
});

type Options = z.output<typeof options>;

/** One tracklet as its folder and names tell it. */
interface Found {
  key: string;
  path: string;
  person: Person;
  split: SplitName;
  camera: CameraName | null;
  pictures: string[];
  /** Every picture is marked as a distractor by its name. */
  isDistractor: boolean;
}

interface Layout {
  hasSplits: boolean;
  people: PersonFolder[];
  /** Folders beside the splits. */
  beside: FileEntry[];
}

async function subfolders(tree: FileTree, folder: string): Promise<FileEntry[]> {
  return (await tree.list(folder)).filter((entry) => entry.kind === 'folder');
}

/** Folders of people, below split folders where there are any. */
async function findPeople(tree: FileTree): Promise<Layout> {
  const top = await subfolders(tree, '');
  const splits = top.filter((entry) => entry.name.toLowerCase() in SPLITS);
  if (splits.length === 0) return { hasSplits: false, people: top.map((folder) => ({ folder, split: 'none' as const })), beside: [] };
  const people: PersonFolder[] = [];
  for (const entry of splits) {
    for (const folder of await subfolders(tree, entry.path)) people.push({ folder, split: SPLITS[entry.name.toLowerCase()] ?? 'none' });
  }
  return { hasSplits: true, people, beside: top.filter((entry) => !splits.includes(entry)) };
}

async function filesBelow(tree: FileTree, folder: FileEntry, signal: AbortSignal): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of walkFiles(tree, signal, folder.path)) if (entry.kind === 'file') files.push(entry.path);
  return files;
}

/** The pictures of one folder that follow a grammar, by camera and visit, in time order. */
function byNames(
  folder: FileEntry,
  pictures: readonly FileEntry[],
  grammar: Grammar,
  owner: number | null,
  context: ImportContext,
): Omit<Found, 'key' | 'path' | 'person' | 'split'>[] {
  const visits = new Map<string, { camid: number; isDistractor: boolean; frames: { frame: number; path: string }[] }>();
  for (const { name, path } of pictures) {
    const parts = grammar.parse(name);
    if (parts === null) {
      context.leaveOut('NAME_UNKNOWN', `Pictures whose names do not follow the others of their folder, which are those of ${grammar.title}, are left out.`, {
        files: [path],
      });
      continue;
    }
    if (owner !== null && parts.pid !== owner) {
      context.leaveOut('NAME_OTHER_PERSON', 'Pictures that name another person than the folder they lie in are left out.', { files: [path] });
      continue;
    }
    const key = `${parts.camid} ${parts.visit}`;
    const visit = visits.get(key) ?? { camid: parts.camid, isDistractor: true, frames: [] };
    visits.set(key, visit);
    visit.isDistractor &&= parts.isDistractor;
    visit.frames.push({ frame: parts.frame, path });
  }
  return [...visits.values()].map(({ camid, isDistractor, frames }) => {
    // Of two pictures of one frame the name decides, as it sorted them before.
    frames.sort((a, b) => a.frame - b.frame);
    if (grammar.isConsecutive)
      warnGaps(
        folder.path,
        frames.map(({ frame }) => frame),
        context,
      );
    return { camera: { number: camid, name: null }, isDistractor, pictures: frames.map(({ path }) => path) };
  });
}

function warnGaps(place: string, numbers: readonly (number | null)[], { warn }: ImportContext): void {
  let before: number | null = null;
  for (const here of numbers) {
    if (before !== null && here !== null && here - before > 1)
      warn('FRAME_GAP', place, 'Frame numbers have gaps; the frames that are there are kept in order.');
    before = here ?? before;
  }
}

/** Pictures of one folder without a grammar, in the order of their frame numbers. */
function byNumbers(folder: FileEntry, pictures: readonly FileEntry[], chosen: Options, context: ImportContext): string[] {
  const names = pictures.map((picture) => picture.name);
  const guess = readFrameNumbers(names, chosen.frameNumber);
  if ('groups' in guess) {
    if (orderAgrees(names, guess.groups)) return pictures.map((picture) => picture.path);
    throw new AppError(
      'FILE_INVALID',
      `Which digits count frames is not told by the names in ${folder.path}, such as ${names[0] ?? ''}: groups ${guess.groups.join(' and ')} give different orders.`,
      { folder: folder.path },
      { remedy: undecidedRemedy(guess) },
    );
  }
  if (guess.group === 0) {
    if (pictures.length > 1) context.warn('FRAME_UNNUMBERED', folder.path, 'Names without numbers are put in the order of the alphabet.');
    return pictures.map((picture) => picture.path);
  }
  const order = pictures.map((picture, index) => ({ path: picture.path, number: guess.numbers[index] ?? null }));
  const numbered = order.filter(({ number }) => number !== null).sort((a, b) => (a.number ?? 0) - (b.number ?? 0));
  const odd = order.filter(({ number }) => number === null).map(({ path }) => path);
  context.leaveOut('NAME_UNKNOWN', 'Pictures whose names carry no frame number where the others of their folder do are left out.', { files: odd });
  warnGaps(
    folder.path,
    numbered.map(({ number }) => number),
    context,
  );
  return numbered.map(({ path }) => path);
}

/** Tracklets of one person: folders inside, and loose pictures whose names tell the camera. */
async function findTracklets(tree: FileTree, { folder, split }: PersonFolder, person: Person, chosen: Options, context: ImportContext): Promise<Found[]> {
  const found: Found[] = [];
  function add(place: string, tracklets: Omit<Found, 'key' | 'path' | 'person' | 'split'>[]): void {
    for (const tracklet of tracklets) {
      const key = tracklets.length === 1 ? place : `${place} C${tracklet.camera?.number ?? 0}`;
      const again = found.filter((each) => each.key === key || each.key.startsWith(`${key} `)).length;
      found.push({ ...tracklet, key: again === 0 ? key : `${key} ${again + 1}`, path: place, person, split });
    }
  }
  const entries = await tree.list(folder.path);
  const loose = sortedPictures(entries);
  const looseGrammar = grammarOf(loose.map((picture) => picture.name));
  if (looseGrammar !== null) add(folder.path, byNames(folder, loose, looseGrammar, person.number, context));
  else if (loose.length > 0 && chosen.camera === 'one')
    add(folder.path, [{ camera: { number: 0, name: null }, isDistractor: false, pictures: byNumbers(folder, loose, chosen, context) }]);
  else
    context.leaveOut('PICTURE_LOOSE', 'Pictures that lie beside the folders of a person, not in one, are left out: nothing tells their camera.', {
      files: loose.map((picture) => picture.path),
    });
  for (const inner of entries) {
    if (inner.kind !== 'folder') continue;
    throwIfCancelled(context.signal);
    const pictures = sortedPictures(await tree.list(inner.path));
    if (pictures.length === 0) {
      context.warn('FOLDER_EMPTY', inner.path, 'Folders without pictures are left out.');
      continue;
    }
    const grammar = grammarOf(pictures.map((picture) => picture.name));
    if (grammar !== null) {
      const visits = byNames(inner, pictures, grammar, person.number, context);
      if (visits.length > 1) context.warn('FOLDER_SPLIT', inner.path, 'Folders whose pictures name several cameras or visits become a tracklet of each.');
      add(inner.path, visits);
    } else
      add(inner.path, [{ camera: readCameraFolder(inner.name, chosen.camera), isDistractor: false, pictures: byNumbers(inner, pictures, chosen, context) }]);
  }
  return found;
}

function refuseUnknownCameras(found: readonly Found[]): void {
  const unknown = found.filter((each) => each.camera === null);
  const [first] = unknown;
  if (first === undefined) return;
  throw new AppError(
    'FILE_INVALID',
    `Nothing tells the camera of ${unknown.length} of ${found.length} tracklets, such as ${first.path}: neither the folder's name nor those of its pictures.`,
    { folder: first.path, count: unknown.length },
    {
      remedy:
        'Set the option camera: camera=folders takes every folder name as a camera, camera=one puts all pictures on one camera; or name the folders c1, c2, ….',
    },
  );
}

async function read(tree: FileTree, chosen: Options, sink: RecordSink, context: ImportContext) {
  const { signal, warn, leaveOut } = context;
  const layout = await findPeople(tree);
  for (const folder of layout.beside)
    leaveOut('FOLDER_BESIDE', 'Folders beside train, query and gallery are left out.', { files: await filesBelow(tree, folder, signal) });
  const people = readPeople(layout.people, chosen, warn);
  const found: Found[] = [];
  for (const folder of layout.people) {
    const person = people.of(folder);
    if (person === null) {
      leaveOut('NOT_A_PERSON', 'Folders whose name is no person number are left out; people=names takes every folder as a person.', {
        files: await filesBelow(tree, folder.folder, signal),
      });
      continue;
    }
    found.push(...(await findTracklets(tree, folder, person, chosen, context)));
  }
  if (found.length === 0)
    throw new AppError('IMPORT_EMPTY', `${tree.label} holds no folder <person>/<camera or tracklet> with pictures.`, { folder: tree.label });
  refuseUnknownCameras(found);
  const cameras = nameCameras(found.flatMap((each) => each.camera ?? []));
  const distractors = new Set(found.map((each) => each.person));
  for (const each of found) if (!each.isDistractor) distractors.delete(each.person);
  const sent = new Set<Person | number>();
  for (const [index, item] of found.entries()) {
    throwIfCancelled(signal);
    const camera = cameras.of(item.camera ?? { number: null, name: null });
    const files = await usablePictures(tree, item, chosen, context);
    if (files === null) continue;
    // What has no usable tracklet does not come in.
    if (!sent.has(camera.camid)) await sink.camera(camera);
    if (!sent.has(item.person)) await sink.identity(identityOf(item.person, distractors));
    sent.add(camera.camid).add(item.person);
    await sink.media({ key: item.key, kind: 'crops', path: item.path, ...files.size, frameCount: files.paths.length, fps: null });
    await sink.tracklet({
      key: item.key,
      pid: item.person.pid,
      camid: camera.camid,
      split: item.split,
      mediaKey: item.key,
      frameIndex: Int32Array.from(files.paths, (_, frame) => frame),
      boxes: null,
      files: files.paths,
      ignored: null,
      annotations: [],
    });
    sink.progress(index + 1, found.length, item.key);
  }
  if (sent.size === 0) throw new AppError('IMPORT_EMPTY', `Of the ${found.length} tracklets in ${tree.label} none is left.`, { folder: tree.label });
  return { name: tree.label, licence: null, origin: null };
}

function identityOf(person: Person, distractors: ReadonlySet<Person>): IdentityRecord {
  // Duke marks distractors picture by picture; a person is one when nothing else is said of it.
  return { pid: person.pid, name: person.name, kind: person.kind === 'person' && distractors.has(person) ? 'distractor' : person.kind };
}

/** The pictures of a tracklet that can be read; null when it is left out. */
async function usablePictures(tree: FileTree, item: Found, chosen: Options, context: ImportContext): Promise<{ paths: string[]; size: PictureSize } | null> {
  const isLongEnough = item.pictures.length >= chosen.minFrames;
  const sizes = isLongEnough ? await checkPictures(tree, item.pictures, context, { decode: chosen.checkEvery }) : [];
  const paths = isLongEnough ? item.pictures.filter((_, at) => sizes[at] !== null) : item.pictures;
  const size = sizes.find((each) => each !== null);
  if (size && paths.length >= chosen.minFrames) return { paths, size };
  context.leaveOut('TRACKLET_SHORT', `Tracklets shorter than ${chosen.minFrames} frames are left out.`, { files: paths, expected: true });
  return null;
}

/** What is read in one way among several, on a few folders. */
async function guessesOf(tree: FileTree, folders: readonly PersonFolder[]): Promise<Guess[]> {
  const cameras: Guess['examples'] = [];
  const frames: Guess['examples'] = [];
  let unknown: string | null = null;
  for (const { folder } of folders) {
    for (const inner of await subfolders(tree, folder.path)) {
      const pictures = sortedPictures(await tree.list(inner.path));
      const names = pictures.map((picture) => picture.name);
      const [first] = pictures;
      if (first === undefined) continue;
      const grammar = grammarOf(names);
      const parts = grammar?.parse(first.name) ?? null;
      if (parts !== null) {
        cameras.push({ file: first.path, reads: `camera ${parts.camid}, frame ${parts.frame} (names of ${grammar?.title ?? ''})` });
        continue;
      }
      const camera = readCameraFolder(inner.name, 'auto');
      if (camera === null) unknown ??= inner.path;
      else cameras.push({ file: inner.path, reads: camera.name === null ? `camera ${camera.number ?? 0}` : `camera "${camera.name}"` });
      const guess = guessFrameNumbers(names);
      if (!('groups' in guess) && guess.isGuess) frames.push({ file: first.path, reads: `frame ${guess.numbers[0] ?? '–'}` });
    }
  }
  const guesses: Guess[] = [];
  if (unknown !== null)
    guesses.push({
      option: 'camera',
      value: 'auto',
      why: 'The camera is not told by some folders; the import needs camera=folders or camera=one.',
      examples: [{ file: unknown, reads: 'no camera' }],
    });
  else if (cameras.length > 0) guesses.push({ option: 'camera', value: 'auto', why: 'The camera is read from names.', examples: cameras.slice(0, EXAMPLES) });
  if (frames.length > 0)
    guesses.push({
      option: 'frameNumber',
      value: 0,
      why: 'Names hold several numbers; the one that changes from picture to picture counts frames.',
      examples: frames.slice(0, EXAMPLES),
    });
  return guesses;
}

/** People by what their folders are called, where that is more than a number. */
function peopleGuesses(people: People): Guess[] {
  const guesses: Guess[] = [];
  const special = people.all.filter(({ kind }) => kind !== 'person').map(({ name, kind }) => ({ file: name, reads: kind }));
  if (special.length > 0)
    guesses.push({ option: 'conventions', value: true, why: 'A folder -1 holds junk and 0000 distractors, as in MARS and Market-1501.', examples: special });
  const named = people.all.filter(({ kind, pid, name }) => kind === 'person' && name !== String(pid).padStart(4, '0'));
  const examples = named.slice(0, EXAMPLES).map(({ name, pid }) => ({ file: name, reads: `person ${pid}` }));
  if (examples.length > 0) guesses.push({ option: 'people', value: 'numbers', why: 'People get their numbers from the names of their folders.', examples });
  return guesses;
}

export default defineImporter({
  id: 'image-folder',
  title: 'Folders of crops',
  layout: [
    '<person>/<camera or tracklet>/*.jpg, people as numbers; -1 is junk, 0000 a distractor.',
    'Above them, on wish, train, query and gallery.',
    'Cameras from folders (c1, cam_a, Camera 2) or from names of DukeMTMC-VideoReID (0001C6F0099X30823, 0001_C6_F0099_X30823),',
    'MARS (0001C1T0001F001) and Market-1501 (0001_c1s1_000151_00); with such names pictures may lie in the folder of the person.',
  ].join('\n'),
  options,

  async probe(tree) {
    if (await tree.exists('synthetic.json')) return null;
    const { people: folders, hasSplits } = await findPeople(tree);
    const people = readPeople(folders, { people: 'numbers', conventions: true }, () => undefined);
    // A handful is enough to know.
    const looked = folders.filter((folder) => people.of(folder) !== null).slice(0, LOOKED_AT);
    for (const { folder } of looked) {
      const entries = await tree.list(folder.path);
      const loose = entries.filter(isPicture);
      let place = grammarOf(loose.map(({ name }) => name)) === null ? null : folder.path;
      for (const inner of entries) if (place === null && inner.kind === 'folder' && (await tree.list(inner.path)).some(isPicture)) place = inner.path;
      if (place === null) continue;
      return {
        confidence: hasSplits ? 0.85 : 0.7,
        summary: `Crops in folders of people${hasSplits ? ', with splits' : ''}, such as ${place}.`,
        guesses: [...peopleGuesses(people), ...(await guessesOf(tree, looked))],
      };
    }
    return null;
  },

  read,
});
