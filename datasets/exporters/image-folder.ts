/**
 * Exporter of crops in folders, `<person>/<tracklet>/*.jpg` with train, query and gallery above where there are sides; pictures carry names as in MARS
 * (person, camera, visit, frame). Read back by the importer of the same name. Tests: test/datasets/exporters/image-folder.test.ts and the contract suite.
 */
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import {
  collectLosses,
  defineExporter,
  eachTracklet,
  type ExportContext,
  type ExportItem,
  type FileSink,
  type Losses,
  type RecordSource,
} from '../exporter.ts';
import type { IdentityRecord } from '../importer.ts';
import { extensionOf } from '../readers/pictures.ts';

const options = z.object({
  sides: z
    .boolean()
    .default(true)
    .meta({ title: 'Folders for sides', description: 'train, query and gallery above the people, where any tracklet has a side; off: one folder for all' }),
});

type Options = z.output<typeof options>;

/** Names in the grammar of MARS have room for so many. */
const LAST_CAMERA = 9999;
/** A folder of a person or a tracklet that is read as one. */
const SEGMENT = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** What has to be known of the whole set before the first tracklet. */
interface Study {
  hasSides: boolean;
  /** Number in folders and names; null where the format has none. */
  folderOf: ReadonlyMap<number, PersonFolder | null>;
}

interface PersonFolder {
  folder: string;
  /** As it stands in the names of pictures. */
  number: string;
}

async function study(source: RecordSource, { sides }: Options, context: ExportContext, losses: Losses): Promise<Study> {
  let hasSides = false;
  const used = new Set<number>();
  for await (const { tracklet } of eachTracklet(source, 0, { ...context, progress: () => undefined })) {
    hasSides ||= tracklet.split !== 'none';
    used.add(tracklet.pid);
  }
  const people = (await source.identities()).filter(({ pid }) => used.has(pid));
  return { hasSides: sides && hasSides, folderOf: new Map(people.map((person) => [person.pid, folderOf(person, losses)])) };
}

/** Junk is −1 and distractors are 0000, whoever they are. */
function folderOf({ pid, name, kind }: IdentityRecord, losses: Losses): PersonFolder | null {
  if (kind === 'person') {
    if (pid < 0) return null;
    const folder = pid === 0 ? '0' : String(pid).padStart(4, '0');
    if (name !== String(pid).padStart(4, '0'))
      losses.add('identityNames', name, 'People are known by their numbers; other names have no place in this format.');
    return { folder, number: folder.padStart(4, '0') };
  }
  const junk = kind === 'junk';
  if (pid !== (junk ? -1 : 0))
    losses.add('people', name, `Of ${junk ? 'junk' : 'distractors'} the format knows one: all of them become number ${junk ? '−1' : '0'}.`);
  if (name !== (junk ? '-1' : '0000')) losses.add('identityNames', name, 'Junk is called −1 and distractors 0000.');
  return junk ? { folder: '-1', number: '00-1' } : { folder: '0000', number: '0000' };
}

interface Placed {
  folder: string;
  names: string[];
}

/** Where each tracklet goes; null where it cannot be written, which is a loss. */
function createPlacer({ hasSides, folderOf }: Study, losses: Losses): (item: ExportItem) => Placed | null {
  /** Visits of a person to a camera on one side. */
  const visits = new Map<string, number>();
  const taken = new Set<string>();
  return ({ tracklet, media }) => {
    const { key, pid, camid, split, files, frameIndex } = tracklet;
    const person = folderOf.get(pid);
    if (media.kind !== 'crops' || files === null) {
      losses.add('tracklets', key, 'Tracklets that are boxes on a video or on full frames are not written: this format holds cut-out pictures.');
      return null;
    }
    if (!person) {
      losses.add('tracklets', key, 'Tracklets of people with a number below 0 are not written: −1 would be junk.');
      return null;
    }
    if (hasSides && split === 'none') {
      losses.add('tracklets', key, 'Tracklets without a side are not written beside those of train, query and gallery; sides=false writes all.');
      return null;
    }
    if (camid < 0 || camid > LAST_CAMERA) {
      losses.add('tracklets', key, `Tracklets of cameras beyond number ${LAST_CAMERA} are not written.`);
      return null;
    }
    if (!hasSides && split !== 'none') losses.add('sides', key, 'Sides are left out, as was asked for.');
    const above = `${hasSides ? `${split}/` : ''}${person.folder}`;
    const visitKey = `${above}/${camid}`;
    const visit = (visits.get(visitKey) ?? 0) + 1;
    visits.set(visitKey, visit);
    const own = key.startsWith(`${above}/`) ? key.slice(above.length + 1) : '';
    let folder = `${above}/${SEGMENT.test(own) ? own : `c${camid}t${visit}`}`;
    for (let again = 2; taken.has(folder.toLowerCase()); again++) folder = `${above}/c${camid}t${visit}-${again}`;
    taken.add(folder.toLowerCase());
    if (frameIndex.some((frame, at) => frame !== at))
      losses.add('frames', key, 'Pictures are numbered one after the other; frame numbers with gaps, or from another start, have no place in this format.');
    if (folder !== key) losses.add('keys', key, 'Tracklets are known by their folders; other keys have no place in this format.');
    const stem = `${person.number}C${camid}T${String(visit).padStart(4, '0')}F`;
    return { folder, names: files.map((file, at) => `${stem}${String(at + 1).padStart(3, '0')}.${extensionOf(file) || 'jpg'}`) };
  };
}

export default defineExporter({
  id: 'image-folder',
  title: 'Folders of crops',
  help: [
    '<person>/<tracklet>/*.jpg, with train, query and gallery above where there are sides; -1 is junk, 0000 a distractor.',
    'Pictures are named as in MARS, 0001C1T0001F001.jpg: person, camera, visit, frame. Labels stay behind; the exporter "annotations" writes them.',
  ].join('\n'),
  options,
  importer: 'image-folder',
  holds: ['tracklets', 'pictures', 'keys', 'sides', 'people', 'kinds', 'cameras', 'frames', 'identityNames', 'cameraNames'],
  fields: [],

  async plan(source, chosen, context) {
    const losses = collectLosses(source);
    const place = createPlacer(await study(source, chosen, context, losses), losses);
    const plan = { tracklets: 0, frames: 0, media: 0 };
    const cameras = new Set<number>();
    for await (const item of eachTracklet(source, 0, context)) {
      const placed = place(item);
      if (placed === null) continue;
      plan.tracklets++;
      plan.frames += placed.names.length;
      plan.media += placed.names.length;
      cameras.add(item.tracklet.camid);
      losses.values(item.tracklet, { fields: [], importer: 'image-folder' });
      if (item.tracklet.ignored?.some((flag) => flag !== 0))
        losses.add('ignored', item.tracklet.key, 'Frames that are marked to be ignored are not marked in this format.');
    }
    for (const { camid, name } of await source.cameras())
      if (cameras.has(camid) && name !== `Camera ${camid}`)
        losses.add('cameraNames', name, 'Cameras are known by their numbers; names have no place in this format.');
    return { ...plan, lost: losses.all() };
  },

  async write(source: RecordSource, chosen, sink: FileSink, context) {
    const silent = collectLosses(source);
    const place = createPlacer(await study(source, chosen, context, silent), silent);
    let written = 0;
    for await (const item of eachTracklet(source, 0, context)) {
      const placed = place(item);
      if (placed === null) continue;
      for (const [at, name] of placed.names.entries()) await sink.media(`${placed.folder}/${name}`, item, at);
      written++;
    }
    if (written > 0) return;
    const first = silent.all().find(({ aspect }) => aspect === 'tracklets');
    throw new AppError('BAD_INPUT', `Nothing of ${source.name} can be written as folders of crops. ${first?.message ?? 'It holds no tracklet.'}`, {
      dataset: source.name,
    });
  },
});
