/** The parts of a call: its kinds (contract/index.ts says what they are), and inputs that many have. */
import { z } from 'zod';

export const none = z.object({});
/** No system allows longer ones. */
export const path = z.string().max(4096);
export const byId = z.object({ id: z.int() });
export const byRun = z.object({ id: z.string() });
export const jobStarted = z.object({ jobId: z.int() });

type Tags<I extends z.ZodType> = string[] | ((input: z.output<I>) => string[]);

interface CallSpec<K extends 'query' | 'command' | 'record' | 'job', I extends z.ZodType, O extends z.ZodType> {
  kind: K;
  input: I;
  output: O;
  provides?: Tags<I>;
  invalidates?: Tags<I>;
  undoable?: boolean;
  doc: string;
}

export function query<I extends z.ZodType, O extends z.ZodType>(doc: string, input: I, output: O, provides: Tags<I>): CallSpec<'query', I, O> {
  return { kind: 'query', input, output, provides, doc };
}
export function command<I extends z.ZodType, O extends z.ZodType>(
  doc: string,
  input: I,
  output: O,
  invalidates: Tags<I>,
  options: { undoable?: boolean } = {},
): CallSpec<'command', I, O> {
  const undoable = options.undoable ?? false;
  return { kind: 'command', input, output, invalidates: undoable ? withHistory(invalidates) : invalidates, undoable, doc };
}
/** A step of history also changes what undo would do. */
function withHistory<I extends z.ZodType>(tags: Tags<I>): Tags<I> {
  return Array.isArray(tags) ? [...tags, 'History'] : (input) => [...tags(input), 'History'];
}
export function record<I extends z.ZodType, O extends z.ZodType>(doc: string, input: I, output: O, invalidates: Tags<I>): CallSpec<'record', I, O> {
  return { kind: 'record', input, output, invalidates, doc };
}
export function job<I extends z.ZodType, O extends z.ZodType>(doc: string, input: I, output: O): CallSpec<'job', I, O> {
  return { kind: 'job', input, output, doc };
}
