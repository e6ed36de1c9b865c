/**
 * Checks what an importer emits as it comes, so that a wrong record is named with its key and nothing is stored before all is known to be right.
 * Keeps keys only; the records go on at once. Runs in the import child. Test: test/main/features/imports/stage.test.ts.
 */
import {
  FIRST_SPLIT,
  type CameraRecord,
  type IdentityRecord,
  type ImportWarning,
  type MediaRecord,
  type RecordSink,
  type SplitRecord,
  type TrackletRecord,
} from '../../../datasets/importer.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { FieldDefinition } from '../../../src-shared/fields/field.ts';
import type { SourceSplit } from '../splits/fromSource.table.ts';
import type { StagedTracklet } from './table.ts';

export interface Stage {
  sink: RecordSink;
  cameras: CameraRecord[];
  identities: IdentityRecord[];
  kindOf(pid: number): IdentityRecord['kind'] | undefined;
  warnings: ImportWarning[];
}

/** Where checked records go; a promise holds the importer back. */
export interface StageKeeps {
  media(record: MediaRecord): Promise<void>;
  tracklet(record: StagedTracklet, media: MediaRecord): Promise<void>;
  split(record: SourceSplit): Promise<void>;
  progress(done: number, total: number, message: string): void;
}

export function createStage(fields: ReadonlyMap<string, FieldDefinition>, keep: StageKeeps): Stage {
  const cameras = new Map<number, CameraRecord>();
  const identities = new Map<number, IdentityRecord>();
  const media = new Map<string, MediaRecord>();
  const tracklets = new Set<string>();
  const splits = new Map<string, Map<string, string>>();
  const warnings: ImportWarning[] = [];

  function once<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, what: string): void {
    if (map.has(key)) throw invalid(`The source names ${what} ${String(key)} twice.`, { key: String(key) });
    map.set(key, value);
  }

  return {
    get cameras() {
      return [...cameras.values()];
    },
    get identities() {
      return [...identities.values()];
    },
    kindOf: (pid) => identities.get(pid)?.kind,
    warnings,
    sink: {
      async camera(record) {
        once(cameras, record.camid, record, 'camera');
      },
      async identity(record) {
        once(identities, record.pid, record, 'identity');
      },
      async media(record) {
        if (!(record.width > 0 && record.height > 0 && record.frameCount > 0))
          throw invalid(`The medium ${record.key} has no size or no frames.`, { key: record.key });
        once(media, record.key, record, 'medium');
        await keep.media(record);
      },
      async tracklet(record) {
        const staged = checkTracklet(record, { cameras, identities, media, fields });
        if (tracklets.has(record.key)) throw invalid(`The source names tracklet ${record.key} twice.`, { key: record.key });
        tracklets.add(record.key);
        await keep.tracklet(staged, media.get(record.mediaKey) as MediaRecord);
      },
      async split(record) {
        const known = splits.get(record.name) ?? new Map<string, string>();
        splits.set(record.name, known);
        await keep.split(checkSplit(record, tracklets, known));
      },
      warning: (warning) => void warnings.push(warning),
      progress: keep.progress,
    },
  };
}

function checkTracklet(
  record: TrackletRecord,
  known: { cameras: Map<number, unknown>; identities: Map<number, unknown>; media: Map<string, MediaRecord>; fields: ReadonlyMap<string, FieldDefinition> },
): StagedTracklet {
  const { key } = record;
  const frames = record.frameIndex.length;
  const media = known.media.get(record.mediaKey);
  if (frames === 0) throw invalid(`Tracklet ${key} has no frames.`, { key });
  if (!known.identities.has(record.pid)) throw invalid(`Tracklet ${key} names identity ${record.pid}, which the source does not have.`, { key });
  if (!known.cameras.has(record.camid)) throw invalid(`Tracklet ${key} names camera ${record.camid}, which the source does not have.`, { key });
  if (!media) throw invalid(`Tracklet ${key} names the medium ${record.mediaKey}, which the source does not have.`, { key });
  if (record.boxes && record.boxes.length !== frames * 4) throw invalid(`Tracklet ${key} has ${record.boxes.length / 4} boxes for ${frames} frames.`, { key });
  if (record.boxes && !record.boxes.every(Number.isFinite)) throw invalid(`Tracklet ${key} has a box that is no number.`, { key });
  if (!record.boxes && media.kind !== 'crops') throw invalid(`Tracklet ${key} lies in full frames but has no boxes.`, { key });
  if (record.files && record.files.length !== frames) throw invalid(`Tracklet ${key} has ${record.files.length} pictures for ${frames} frames.`, { key });
  if (!record.files && media.kind !== 'video') throw invalid(`Tracklet ${key} names no pictures.`, { key });
  if (record.ignored && record.ignored.length !== frames)
    throw invalid(`Tracklet ${key} has ${record.ignored.length} ignore marks for ${frames} frames.`, { key });
  let before = -1;
  for (const index of record.frameIndex) {
    if (index < 0 || (media.kind === 'video' && index >= media.frameCount))
      throw invalid(`Tracklet ${key} names frame ${index}; ${media.path} has frames 0 to ${media.frameCount - 1}.`, { key, frame: index });
    if (index <= before) throw invalid(`Tracklet ${key} is not in time order at frame ${index}.`, { key, frame: index });
    before = index;
  }
  return { ...record, annotations: checkAnnotations(record, known.fields) };
}

const SIDES: readonly string[] = ['train', 'query', 'gallery'];
const LONGEST_NAME = 120;

/** Said twice is one member; `known` has those of earlier parts, and gets these. */
function checkSplit({ name, members }: SplitRecord, tracklets: ReadonlySet<string>, known: Map<string, string>): SourceSplit {
  if (name.trim() === '' || name.length > LONGEST_NAME) throw invalid(`The source has a split whose name has not 1 to ${LONGEST_NAME} characters.`, { name });
  if (name === FIRST_SPLIT) throw invalid(`The source names a split "${FIRST_SPLIT}"; that is the one of its records.`, { name });
  const checked: SourceSplit['members'] = [];
  for (const { key, side } of members) {
    if (!tracklets.has(key)) throw invalid(`The split "${name}" names tracklet ${key}, which the source does not have.`, { name, key });
    if (!SIDES.includes(side)) throw invalid(`The split "${name}" has tracklet ${key} on the side "${side}"; sides are ${SIDES.join(', ')}.`, { name, key });
    const before = known.get(key);
    if (before === side) continue;
    if (before !== undefined) throw invalid(`The split "${name}" has tracklet ${key} on two sides, "${before}" and "${side}".`, { name, key });
    known.set(key, side);
    checked.push([key, side]);
  }
  return { name, members: checked };
}

function checkAnnotations(record: TrackletRecord, fields: ReadonlyMap<string, FieldDefinition>): StagedTracklet['annotations'] {
  const { key } = record;
  const last = record.frameIndex.length - 1;
  const checked: StagedTracklet['annotations'] = [];
  for (const annotation of record.annotations.toSorted((a, b) => (a.field === b.field ? a.start - b.start : a.field < b.field ? -1 : 1))) {
    const field = fields.get(annotation.field);
    if (!field) throw invalid(`Tracklet ${key} has a value of the unknown field "${annotation.field}".`, { key, field: annotation.field });
    const parsed = field.parse(annotation.value);
    if (parsed === null)
      throw invalid(`Tracklet ${key}: ${JSON.stringify(annotation.value)} is no value of the field "${field.id}".`, { key, field: field.id });
    const [start, end] = field.scope === 'tracklet' ? [0, last] : [annotation.start, annotation.end];
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end >= start && end <= last))
      throw invalid(`Tracklet ${key} has a value of "${field.id}" at ${start} to ${end}, but frames 0 to ${last}.`, { key, field: field.id });
    const value = JSON.stringify(parsed);
    const before = checked.at(-1);
    if (before?.field !== field.id || before.end < start) checked.push({ field: field.id, start, end, value });
    else if (before.value !== value) throw invalid(`Tracklet ${key} has two values of "${field.id}" at frame ${start}.`, { key, field: field.id });
    // Said twice is one value: rows of one field never overlap.
    else before.end = Math.max(before.end, end);
  }
  return checked;
}

function invalid(sentence: string, params: Record<string, string | number>): AppError {
  return new AppError('FILE_INVALID', sentence, params);
}
