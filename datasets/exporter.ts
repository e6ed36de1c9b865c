/**
 * The interface of an exporter, the mirror of an importer. One file in `datasets/exporters/` default-exports `defineExporter({...})`. Exporters read a
 * `RecordSource` and write to a `FileSink`; they never touch Node or the database. What a format can hold comes back when it is imported again, and
 * what it cannot is listed by `plan`, before a byte is written. Tested for every entry by `test/contracts/exporters.contract.test.ts`.
 */
import type { z } from 'zod';
import type { How } from '../src-shared/fields/how.ts';
import { SHARED_LAYER } from '../src-shared/fields/layer.ts';
import { throwIfCancelled, type AnnotationRecord, type CameraRecord, type IdentityRecord, type MediaRecord, type TrackletRecord } from './importer.ts';
import { collectWarnings } from './warnings.ts';

/** What of a data set may be held or lost. `pictures`: that the pictures or the video come along; `splits`: sets beside the one in use. */
export const ASPECTS = [
  'tracklets',
  'pictures',
  'keys',
  'sides',
  'people',
  'kinds',
  'identityNames',
  'cameras',
  'cameraNames',
  'frames',
  'boxes',
  'ignored',
  'values',
  'how',
  'layers',
  'annotators',
  'splits',
  'episodes',
] as const;
export type Aspect = (typeof ASPECTS)[number];

export interface ExportValue extends AnnotationRecord {
  /** What formats call its field. */
  called: string;
  how: How;
  layer: string;
  /** Who gave it. */
  annotator: string;
}

export interface ExportTracklet extends Omit<TrackletRecord, 'annotations'> {
  annotations: ExportValue[];
}

export interface ExportItem {
  tracklet: ExportTracklet;
  media: MediaRecord;
}

/** Where the records come from. */
export interface RecordSource {
  name: string;
  licence: string | null;
  origin: string | null;
  cameras(): Promise<readonly CameraRecord[]>;
  identities(): Promise<readonly IdentityRecord[]>;
  /** What of the data set is in none of these records: no format has it, and each says so. */
  beyond: readonly ExportLoss[];
  /** One after the other, in an order that is the same each time; may be asked for again. */
  tracklets(): AsyncIterable<ExportItem>;
}

/** Where the files go. Paths are relative with `/` and stay inside; nothing is seen under its name before all is whole. */
export interface FileSink {
  text(path: string, lines: AsyncIterable<string> | Iterable<string>): Promise<void>;
  /** A picture of a tracklet, by its position in it, or the video that it is of; linked or copied, as was asked for. */
  media(path: string, of: ExportItem, position: number): Promise<void>;
}

export interface ExportLoss {
  aspect: Aspect;
  /** One sentence. */
  message: string;
  /** The first places. */
  where: string;
  count: number;
}

/** What would be written. */
export interface ExportPlan {
  tracklets: number;
  frames: number;
  /** Pictures and videos. */
  media: number;
  lost: ExportLoss[];
}

export interface ExportContext {
  signal: AbortSignal;
  progress(done: number, total: number, message: string): void;
}

export interface ExporterDefinition<Options extends z.ZodObject = z.ZodObject> {
  id: string;
  title: string;
  /** What it writes and for whom, a few lines of plain text. */
  help: string;
  options: Options;
  /** The importer that reads it back; null where none does. */
  importer: string | null;
  /** What it can hold. A part of it may still be lost in a data set that goes beyond the format, which `plan` says. */
  holds: readonly Aspect[];
  /** Fields whose values it keeps. */
  fields: 'all' | readonly string[];
  plan(source: RecordSource, options: z.output<Options>, context: ExportContext): Promise<ExportPlan>;
  /** Writes what `plan` said; checks `signal` between tracklets. Throws BAD_INPUT when nothing can be written. */
  write(source: RecordSource, options: z.output<Options>, sink: FileSink, context: ExportContext): Promise<void>;
}

export function defineExporter<Options extends z.ZodObject>(definition: ExporterDefinition<Options>): ExporterDefinition<Options> {
  return definition;
}

export interface Losses {
  add(aspect: Aspect, where: string, message: string, count?: number): void;
  /** Of a format that keeps the shared values of some fields: all others, and of those that are kept what their importer will not know of them. */
  values(tracklet: ExportTracklet, keeps: { fields: readonly string[]; importer: string }): void;
  all(): ExportLoss[];
}

export function collectLosses({ beyond }: Pick<RecordSource, 'beyond'>): Losses {
  const collected = collectWarnings();
  for (const { aspect, where, message, count } of beyond) collected.add(aspect, where, message, { count });
  function add(aspect: Aspect, where: string, message: string, count = 1): void {
    collected.add(aspect, where, message, { count });
  }
  return {
    add,
    values({ key, annotations }, keeps) {
      for (const { field, how, layer, annotator } of annotations) {
        if (!keeps.fields.includes(field)) add('values', key, `Values of "${field}" have no place in this format.`);
        else if (layer !== SHARED_LAYER) add('values', key, 'Values of other layers than the shared one have no place in this format.');
        else {
          if (how !== 'imported') add('how', key, 'How a value came about has no place in this format; all of them come back as imported.');
          if (annotator !== keeps.importer) add('annotators', key, 'Who gave a value has no place in this format.');
        }
      }
    },
    all: () => collected.all().map(({ code, ...rest }) => ({ aspect: code as Aspect, ...rest })),
  };
}

/** The tracklets with their number, and a word to whoever waits. */
export async function* eachTracklet(source: RecordSource, total: number, { signal, progress }: ExportContext): AsyncGenerator<ExportItem> {
  let done = 0;
  throwIfCancelled(signal);
  for await (const item of source.tracklets()) {
    throwIfCancelled(signal);
    yield item;
    progress(++done, Math.max(done, total), item.tracklet.key);
  }
  throwIfCancelled(signal);
}
