import { expect, test } from 'vitest';
import type { Question } from '../../../src-shared/contract/evaluations.ts';
import {
  againTakes,
  askedSeveralWays,
  differencesOf,
  questionInWords,
  questionKey,
  requestKey,
  todayFirst,
  type Asked,
} from '../../../src-shared/evaluation/question.ts';
import { questionOf } from '../../support/evaluationOf.ts';

const question = questionOf({ queries: { hash: 'a', count: 90 }, gallery: { hash: 'b', count: 196 } });
const asked = (change: Partial<Asked> = {}, changed: Partial<Question> = {}): Asked => ({
  id: 1,
  datasetId: 1,
  datasetName: 'Synthetic',
  protocol: 'market',
  distance: 'cosine',
  question: { ...question, ...changed },
  ...change,
});
const names = { a: 'A', b: 'B' };
const words = (a: Asked, b: Asked, lists: Parameters<typeof differencesOf>[3] = null) =>
  differencesOf(a, b, names, lists).map((difference) => difference.words);

test('the same question has no differences and one key', () => {
  expect(words(asked(), asked({ id: 2 }))).toEqual([]);
  expect(questionKey(asked())).toBe(questionKey(asked({ id: 2 })));
});

test('each difference is said, the reference first', () => {
  expect(words(asked(), asked({ distance: 'euclidean' }))).toEqual(['distance: cosine / euclidean']);
  expect(words(asked(), asked({ protocol: 'visits' }))).toEqual(['protocol: Market protocol / Visits: first visit against all']);
  expect(words(asked(), asked({ datasetId: 2 }))).toEqual(['data set: two of the same name']);
  expect(words(asked(), asked({}, { content: 'd' }))).toEqual(['pictures: the data set was changed between the two']);
  expect(words(asked(), asked({}, { rerank: true }))).toEqual(['re-ranking: no / yes']);
  const smaller = asked({}, { gallery: { hash: 'x', count: 136 } });
  expect(words(asked(), smaller)).toEqual(['gallery: 196 / 136 tracklets']);
  expect(words(asked(), smaller, { queries: { onlyA: 0, onlyB: 0 }, gallery: { onlyA: 60, onlyB: 0 } })).toEqual([
    'gallery: 196 / 136 tracklets, 60 only in A',
  ]);
  const relabelled = asked({}, { queries: { hash: 'y', count: 90 } });
  expect(words(asked(), relabelled, { queries: { onlyA: 0, onlyB: 0 }, gallery: { onlyA: 0, onlyB: 0 } })).toEqual([
    'queries: 90 / 90 tracklets, the same ones with other people or cameras',
  ]);
  expect(words(asked({ question: null }), asked())).toEqual(['query and gallery lists: not kept for A, evaluated by an older version']);
});

test('two data sets are told by their names alone, whatever their pictures; a program that reads pictures in another way is no change of the data set', () => {
  const elsewhere = asked({ datasetId: 2, datasetName: 'PETS' }, { content: 'd/pixels-2', gallery: { hash: 'x', count: 136 } });
  expect(words(asked(), elsewhere)).toEqual(['data set: Synthetic / PETS', 'gallery: 196 / 136 tracklets']);
  expect(words(asked(), asked({ datasetId: 2 }, { content: 'd' }))).toEqual(['data set: two of the same name']);
  const read = (content: string) => asked({}, { content });
  expect(words(read('c/pixels-2'), read('c/pixels-1'))).toEqual(['pictures: read in another way by an older version of the program']);
  expect(words(read('c/pixels-2'), read('d/pixels-1'))).toEqual(['pictures: the data set was changed between the two']);
});

test('evaluating again takes what it takes', () => {
  const side = (runName: string, readsPictures: boolean) => ({ again: [{ runName, readsPictures }] });
  expect(againTakes([side('a', false), side('b', false)])).toBe('features are kept, it takes seconds');
  expect(againTakes([side('a', true), side('b', false), side('a', true)])).toBe(
    'features of a are made anew from the pictures, which takes as long as the first time; the others are kept',
  );
  expect(againTakes([side('a', true), side('b', true)])).toBe('features of a, b are made anew from the pictures, which takes as long as the first time');
});

test('whatever parts two results gives them another key; how a method cuts its clips is told and does not', () => {
  for (const other of [
    asked({ distance: 'euclidean' }),
    asked({ protocol: 'odv' }),
    asked({ datasetId: 2 }),
    asked({ question: null }),
    asked({}, { content: 'd' }),
    asked({}, { rerank: true }),
    asked({}, { queries: { hash: 'y', count: 90 } }),
    asked({}, { gallery: { hash: 'x', count: 136 } }),
  ]) {
    expect(questionKey(other)).not.toBe(questionKey(asked()));
    expect(differencesOf(asked(), other, names).some(({ parts }) => parts)).toBe(true);
  }
  const longer = asked({}, { test: { clipFrames: 8, padding: 'none', maxClips: 2 } });
  expect(questionKey(longer)).toBe(questionKey(asked()));
  expect(differencesOf(asked(), longer, names)).toEqual([
    { words: 'clips: 4 frames, the last one repeated in itself / 8 frames, the last one shorter, at most 2', parts: false },
  ]);
  // Two that were not kept may have been asked anything.
  expect(questionKey(asked({ question: null }))).not.toBe(questionKey(asked({ id: 2, question: null })));
});

test('a question in words', () => {
  expect(questionInWords(asked())).toBe('Synthetic, Market protocol, cosine distance, 90 queries in a gallery of 196');
  expect(questionInWords(asked({ question: null }))).toContain('lists not kept');
});

test('what a data set was asked in one way several times is told apart: of each question the newest', () => {
  const now = (id: number): Asked => asked({ id });
  const before = (id: number): Asked => asked({ id }, { queries: { hash: 'before', count: 80 } });
  expect(askedSeveralWays([now(4), now(3), asked({ id: 2, protocol: 'visits' })])).toEqual([]);
  const newestFirst = [asked({ id: 6, distance: 'euclidean' }), now(5), before(4), now(3), before(2)];
  expect(askedSeveralWays(newestFirst).map(({ id }) => id)).toEqual([5, 4]);
  expect(new Set(newestFirst.map(requestKey)).size).toBe(2);
  // Questions that were not kept are each their own.
  expect(askedSeveralWays([now(3), asked({ id: 2, question: null }), asked({ id: 1, question: null })]).map(({ id }) => id)).toEqual([3, 2, 1]);
  const order = (reasons: [Asked, string[]][]) => todayFirst(newestFirst, new Map(reasons.map(([one, why]) => [questionKey(one), why]))).map(({ id }) => id);
  expect(order([])).toEqual([6, 5, 4, 3, 2]);
  expect(order([[now(0), ['lists']]])).toEqual([6, 4, 2, 5, 3]);
  expect(
    order([
      [now(0), []],
      [before(0), ['lists']],
    ]),
  ).toEqual([6, 5, 3, 4, 2]);
});
