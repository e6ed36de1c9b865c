/**
 * What a file of features says about itself: which weights made it from which pictures, and how. Features are used again only where all of it
 * is as it would be written now. Tests: test/main/compute/featureFacts.test.ts, test/main/features/damagedResults.test.ts.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { question, type Question } from '../../src-shared/contract/evaluations.ts';
import { PIXELS_VERSION } from '../pixels/picture.ts';
import { shortHash } from './lists.ts';
import type { ClipRow } from './manifest.ts';

/** The one embedding that methods have today. */
export const VIEW = 'embedding';

export interface FeatureFacts {
  /** State of the data set and of the program that makes pixels from it. */
  content: string;
  /** Hash of the weights. */
  weights: string;
  test: Question['test'];
}

export function contentOf(contentHash: string): string {
  return `${contentHash}/pixels-${PIXELS_VERSION}`;
}

/** As text, for the metadata of the file. `rows`: exactly which frames, boxes and files of which tracklets were embedded. */
export function factsAsText(facts: FeatureFacts, rows: readonly ClipRow[]): Record<string, string> {
  return { content: facts.content, weights: facts.weights, test: JSON.stringify(facts.test), rows: rowsHash(rows) };
}

/**
 * What a feature set is kept under, beside weights and view: the content, and which frames of which tracklets were embedded, by what. Another split
 * or another clip of one content is another key, so no features take the place of others.
 */
export function contentKey(facts: Record<string, string>, method: string, options: Record<string, unknown>): string {
  return `${facts['content']}/${shortHash(JSON.stringify([method, options, facts['test'], facts['rows']])).slice(0, 16)}`;
}

/** Rows of before have the content alone, or nothing: only their file tells the rest. */
export function isContentKey(key: string | null): boolean {
  return key !== null && key.split('/').length > 2;
}

/** Whether the features of a key are of a content, as `contentOf` has it. */
export function isOfContent(key: string | null, content: string): boolean {
  return key === content || key?.startsWith(`${content}/`) === true;
}

const text = z.object({ content: z.string(), weights: z.string(), test: z.string() });

/** @throws FILE_INVALID for features of the first program versions, which said less */
export function featureFacts(metadata: Record<string, string>): FeatureFacts {
  const said = text.safeParse(metadata);
  const test = said.success ? question.shape.test.safeParse(JSON.parse(said.data.test)) : null;
  if (!said.success || !test?.success)
    throw new AppError('FILE_INVALID', 'The features do not say how they were made.', {}, { remedy: 'Evaluate again; the features are then extracted anew.' });
  return { content: said.data.content, weights: said.data.weights, test: test.data };
}

function rowsHash(rows: readonly ClipRow[]): string {
  const hash = createHash('sha256');
  for (const { id, frameIndex, boxes, files, mediaId } of rows) {
    hash.update(JSON.stringify([id, mediaId, frameIndex.length, boxes !== null, files]));
    hash.update(frameIndex);
    if (boxes) hash.update(boxes);
  }
  return hash.digest('hex');
}
