/** What the host and an export child say to each other. Pure types: both sides import it without pulling in the other. */
import type { ExportPlan } from '../../../datasets/exporter.ts';
import type { LogLine } from '../../../src-shared/contract/jobs.ts';

export interface ExportTask {
  /** File of the records. */
  records: string;
  exporter: string;
  options: Record<string, unknown>;
  /** Folders of the data set's pictures, absolute, by what the rows call them. */
  roots: Record<string, string>;
  /** A new folder that the files go to; null: only what would be written is told. */
  folder: string | null;
  links: ExportLinks;
}

export interface ExportDone extends ExportPlan {
  /** null after a dry run. */
  written: { files: number; bytes: number } | null;
}

/** How pictures come along: bytes of their own, or another name of the same bytes on the same disk. */
export type ExportLinks = 'copy' | 'link';

export type FromExportChild =
  { type: 'progress'; done: number; total: number; unit: string; message: string } | { type: 'log'; level: LogLine['level']; text: string };
