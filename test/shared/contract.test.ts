/** The contract as a whole: what a page may rely on for every call. */
import { expect, it } from 'vitest';
import type { z } from 'zod';
import { calls, tagsOf } from '../../src-shared/contract/index.ts';
import { ERROR_CODES, AppError, fromErrorShape, toErrorShape } from '../../src-shared/errors.ts';

const entries = Object.entries(calls);

it('names every call noun.verb and explains it in one sentence', () => {
  for (const [name, spec] of entries) {
    expect(name).toMatch(/^[a-z]+\.[a-zA-Z]+$/);
    expect(spec.doc.length, name).toBeGreaterThan(5);
  }
});

it('starts every job with an id at once', () => {
  for (const [name, spec] of entries) if (spec.kind === 'job') expect(Object.keys((spec.output as z.ZodObject).shape), name).toContain('jobId');
});

it('announces a change for every command and record', () => {
  const inputs: Record<string, unknown> = { id: 1, trackletId: 1, mediaId: 1, edits: [{ trackletId: 4 }, { trackletId: 4 }, { trackletId: 5 }] };
  for (const [name, spec] of entries) if (spec.kind === 'command' || spec.kind === 'record') expect(tagsOf(spec, 'invalidates', inputs), name).not.toEqual([]);
  for (const [name, spec] of entries)
    if (spec.kind === 'command' && spec.undoable) expect(tagsOf(spec, 'invalidates', inputs).at(-1), `${name} changes what undo would do`).toBe('History');
  expect(tagsOf(calls['annotations.apply'], 'invalidates', inputs).filter((tag) => tag.startsWith('Tracklet:'))).toEqual(['Tracklet:4', 'Tracklet:5']);
});

it('has a cause and a next step for every error code', () => {
  for (const [code, { cause, remedy }] of Object.entries(ERROR_CODES)) for (const sentence of [cause, remedy]) expect(sentence, code).toMatch(/^[A-Z].+\.$/);
});

it('keeps code, sentence and parameters of an error over a boundary, and knows a full disk', () => {
  const error = new AppError('FILE_INVALID', 'gt.txt, line 3: 5 columns.', { line: 3 });
  expect(toErrorShape(fromErrorShape(JSON.parse(JSON.stringify(toErrorShape(error)))))).toEqual(toErrorShape(error));
  expect(toErrorShape(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })).code).toBe('DISK_FULL');
  expect(toErrorShape('odd')).toMatchObject({ code: 'INTERNAL', message: 'odd' });
});
