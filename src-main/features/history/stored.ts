/**
 * What a stored step of history, or a value set aside, may hold: one schema for whoever looks through a project that somebody sent and for
 * undo, which makes rows of it. Test: test/main/features/history/stored.test.ts.
 */
import { z } from 'zod';
import { splitName } from '../../../src-shared/contract/datasets.ts';
import { HOWS } from '../../../src-shared/fields/how.ts';
import { isValueOf, parsed } from '../annotations/fieldValues.ts';
import { CONTENT } from '../imports/contents.ts';
import { rowsOf, type PatchOperation } from './patch.table.ts';
import { FREED } from './removal.table.ts';

const number = z.int().min(0);
const name = z.string().refine((given) => !given.startsWith(FREED));

const annotationRow = z
  .object({
    tracklet_id: number,
    field: z.string(),
    start: number,
    end: number,
    value: z.string(),
    how: z.enum(HOWS),
    annotator: z.string(),
    updated_at: number,
  })
  .refine(({ start, end, field, value }) => start <= end && isValueOf(field, value));

const textOf = (schema: z.ZodType) => z.string().refine((json) => schema.safeParse(parsed(json)).success);

const asideRow = z
  .object({
    id: number,
    dataset_id: number,
    tracklet_key: z.string(),
    field: z.string(),
    start: number.nullable(),
    end: number.nullable(),
    pictures: textOf(z.array(z.string())),
    // Steps of before name none.
    contents: textOf(z.array(z.string().regex(CONTENT).nullable()))
      .nullable()
      .default(null),
    annotation: textOf(annotationRow),
    reason: z.enum(['changed', 'removed']),
    at: number,
  })
  .refine(({ start, end }) => (start === null || end === null ? start === end : start <= end))
  .refine(({ field, annotation }) => (parsed(annotation) as { field?: unknown } | undefined)?.field === field);

const operation = z.union([
  z.object({ op: z.literal('set'), table: z.literal('dataset'), ids: z.array(number), values: z.strictObject({ name }) }),
  z.object({ op: z.literal('set'), table: z.literal('run'), ids: z.array(z.string()), values: z.strictObject({ name }) }),
  z.object({ op: z.literal('set'), table: z.literal('tracklet'), ids: z.array(number), values: z.strictObject({ split: splitName }) }),
  z.object({ op: z.literal('remove'), table: z.literal('dataset'), id: number, at: number }),
  z.object({ op: z.literal('remove'), table: z.literal('run'), id: z.string(), at: number }),
  z.object({ op: z.literal('bringBack'), table: z.literal('dataset'), id: number }),
  z.object({ op: z.literal('bringBack'), table: z.literal('run'), id: z.string() }),
  z.object({ op: z.literal('clearAnnotations'), keys: z.array(z.object({ tracklet_id: number, field: z.string(), start: number })) }),
  z.object({ op: z.literal('putAnnotations'), rows: z.array(annotationRow) }),
  z.object({ op: z.literal('clearAside'), ids: z.array(number) }),
  z.object({ op: z.literal('putAside'), rows: z.array(asideRow) }),
]);
const operations = z.array(operation);

type Kind = PatchOperation['op'];
/** What undoes each. */
const OPPOSITE: Record<Kind, Kind> = {
  set: 'set',
  remove: 'bringBack',
  bringBack: 'remove',
  clearAnnotations: 'putAnnotations',
  putAnnotations: 'clearAnnotations',
  clearAside: 'putAside',
  putAside: 'clearAside',
};

/** What the steps of each call do. Those of a later version are held to the rest. */
const OF_CALL: Record<string, readonly string[]> = {
  'annotations.apply': ['clearAnnotations', 'putAnnotations'],
  'datasets.putBack': ['clearAnnotations', 'putAnnotations', 'clearAside'],
  'datasets.remove': ['remove dataset'],
  'datasets.rename': ['set dataset'],
  'runs.remove': ['remove run'],
  'runs.rename': ['set run'],
  'tracklets.setSplit': ['set tracklet'],
  'trash.restore': ['bringBack dataset', 'bringBack run'],
};

export interface StoredStep {
  call: string;
  /** JSON. */
  patch: string;
  inverse: string;
}

/** Null for a step that no call makes: one that cannot be read, does what its call does not, or whose two ways are not of the same rows. */
export function readStep({ call, patch, inverse }: StoredStep): { patch: PatchOperation[]; inverse: PatchOperation[] } | null {
  const there = operations.safeParse(parsed(patch));
  const back = operations.safeParse(parsed(inverse));
  if (!there.success || !back.success) return null;
  const allowed = Object.hasOwn(OF_CALL, call) ? OF_CALL[call] : undefined;
  if (allowed && !there.data.every((one) => allowed.includes('table' in one ? `${one.op} ${one.table}` : one.op))) return null;
  const undoing = new Set(there.data.map(({ op }) => OPPOSITE[op]));
  if (!isSame(undoing, new Set(back.data.map(({ op }) => op))) || !isSame(rowsOf(there.data), rowsOf(back.data))) return null;
  return { patch: there.data, inverse: back.data };
}

/** Of a row of `set_aside`, as its table has it. */
export function isAside(row: unknown): boolean {
  return asideRow.safeParse(row).success;
}

function isSame<Value>(a: ReadonlySet<Value>, b: ReadonlySet<Value>): boolean {
  return a.size === b.size && [...a].every((value) => b.has(value));
}
