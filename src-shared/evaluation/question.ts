/**
 * What an evaluation was asked: who was searched where, by which rule and distance, of features made how. Only results of one question stand
 * side by side; where two differ, each difference is said in words. Pure, for page, host and command line. Test: test/shared/evaluation/question.test.ts.
 */
import type { Question } from '../contract/evaluations.ts';
import { protocols, type ProtocolName } from '../protocols/index.ts';

/** What of an evaluation the rules below look at. */
export interface Asked {
  id: number;
  datasetId: number;
  datasetName: string;
  protocol: ProtocolName;
  distance: string;
  /** Null where an older version of the program did not keep it. */
  question: Question | null;
}

/**
 * Evaluations with the same key may be compared. How a method cuts and embeds a tracklet is its own matter: that is named, and does not
 * part them. A question that was not kept equals no other.
 */
export function questionKey({ id, datasetId, protocol, distance, question }: Asked): string {
  if (!question) return `unknown-${id}`;
  return [datasetId, protocol, distance, question.rerank ? 'rerank' : '', question.queries.hash, question.gallery.hash, question.content].join('/');
}

/** Evaluations with the same request were asked in the same way, of the lists and pictures of their day. */
export function requestKey({ datasetId, protocol, distance }: Pick<Asked, 'datasetId' | 'protocol' | 'distance'>): string {
  return [datasetId, protocol, distance].join('/');
}

/** Of every question the newest evaluation. Newest first, as they are given. */
export function newestOfEach<One extends Asked>(newestFirst: readonly One[]): One[] {
  const byQuestion = new Map<string, One>();
  for (const one of newestFirst) if (!byQuestion.has(questionKey(one))) byQuestion.set(questionKey(one), one);
  return [...byQuestion.values()];
}

/**
 * Of every question the newest evaluation, where a request has several: which of them is of today only the data set tells. Newest first, as they
 * are given. Empty where each request has one question, which is then the one to show.
 */
export function askedSeveralWays<One extends Asked>(newestFirst: readonly One[]): One[] {
  const questions = newestOfEach(newestFirst);
  return questions.filter((one) => questions.some((other) => other !== one && requestKey(other) === requestKey(one)));
}

/** By question, why it is not of today; empty where it is. Nothing of one is taken for the same. */
export type Reasons = ReadonlyMap<string, readonly string[]>;

/** Those that answer the question of today first, otherwise as they were. */
export function todayFirst<One extends Asked>(newestFirst: readonly One[], reasons: Reasons): One[] {
  const isOfBefore = (one: One): boolean => (reasons.get(questionKey(one)) ?? []).length > 0;
  return [...newestFirst.filter((one) => !isOfBefore(one)), ...newestFirst.filter(isOfBefore)];
}

export interface Difference {
  words: string;
  /** Results that differ in this are not put side by side. */
  parts: boolean;
}

/** How many tracklets of a list only one side has. */
export interface ListDifference {
  onlyA: number;
  onlyB: number;
}

/** A's value first. Empty where both were asked the same. */
export function differencesOf(
  a: Asked,
  b: Asked,
  names: { a: string; b: string },
  lists: { queries: ListDifference; gallery: ListDifference } | null = null,
): Difference[] {
  const found: Difference[] = [];
  const note = (what: string, left: string, right: string, parts = true): void => {
    if (left !== right) found.push({ words: `${what}: ${left} / ${right}`, parts });
  };
  note('data set', a.datasetName, b.datasetName);
  if (a.datasetId !== b.datasetId && a.datasetName === b.datasetName) found.push({ words: 'data set: two of the same name', parts: true });
  note('protocol', protocols[a.protocol].title, protocols[b.protocol].title);
  note('distance', a.distance, b.distance);
  const unknown = [...(a.question ? [] : [names.a]), ...(b.question ? [] : [names.b])];
  if (unknown.length > 0) {
    found.push({ words: `query and gallery lists: not kept for ${unknown.join(' and ')}, evaluated by an older version`, parts: true });
    return found;
  }
  const [left, right] = [a.question as Question, b.question as Question];
  note('re-ranking', left.rerank ? 'yes' : 'no', right.rerank ? 'yes' : 'no');
  for (const list of ['queries', 'gallery'] as const) {
    if (left[list].hash === right[list].hash) continue;
    const only = lists?.[list];
    const told = only
      ? [only.onlyA > 0 ? `${only.onlyA} only in ${names.a}` : '', only.onlyB > 0 ? `${only.onlyB} only in ${names.b}` : ''].filter(Boolean)
      : [];
    const also = told.length > 0 ? `, ${told.join(', ')}` : ', the same ones with other people or cameras';
    found.push({ words: `${list}: ${left[list].count} / ${right[list].count} tracklets${only ? also : ''}`, parts: true });
  }
  // Two data sets have pictures of their own; that is said by their names.
  const pictures = a.datasetId === b.datasetId ? contentDifference(left.content, right.content) : null;
  if (pictures !== null)
    found.push({
      words: pictures === 'data' ? 'pictures: the data set was changed between the two' : 'pictures: read in another way by an older version of the program',
      parts: true,
    });
  note('embedding', left.view, right.view, false);
  note('clips', clipsInWords(left), clipsInWords(right), false);
  return found;
}

/** What evaluating again will do, as half a sentence: nobody should wait for hours where seconds were promised. */
export function againTakes(checks: readonly { again: readonly { runName: string; readsPictures: boolean }[] }[]): string {
  const sides = checks.flatMap(({ again }) => again);
  const reading = [...new Set(sides.filter((side) => side.readsPictures).map(({ runName }) => runName))];
  if (reading.length === 0) return 'features are kept, it takes seconds';
  const rest = sides.some((side) => !side.readsPictures) ? '; the others are kept' : '';
  return `features of ${reading.join(', ')} are made anew from the pictures, which takes as long as the first time${rest}`;
}

/** In what two states of a data set's pixels differ: in what was imported, or only in the program's way to read it. */
export function contentDifference(a: string, b: string): 'data' | 'reading' | null {
  if (a === b) return null;
  const imported = (content: string): string => content.split('/')[0] as string;
  return imported(a) === imported(b) ? 'reading' : 'data';
}

/** "Synthetic, Market protocol, cosine distance, 90 queries in a gallery of 270". */
export function questionInWords({ datasetName, protocol, distance, question }: Omit<Asked, 'id' | 'datasetId'>): string {
  const lists = question ? `${question.queries.count} queries in a gallery of ${question.gallery.count}` : 'lists not kept by an older version';
  return [datasetName, protocols[protocol].title, `${distance} distance`, ...(question?.rerank ? ['re-ranked'] : []), lists].join(', ');
}

function clipsInWords({ test }: Pick<Question, 'test'>): string {
  const ends = { 'loop-clip': 'the last one repeated in itself', 'loop-tracklet': 'the last one filled from the start', none: 'the last one shorter' };
  const most = test.maxClips === 0 ? '' : `, at most ${test.maxClips}`;
  return `${test.clipFrames === 1 ? 'single frames' : `${test.clipFrames} frames, ${ends[test.padding as keyof typeof ends] ?? test.padding}`}${most}`;
}
