/** An evaluation, and the question it was asked, for tests; what matters is given, the rest is small and fits together. */
import type { Evaluation, Question } from '../../src-shared/contract/evaluations.ts';

export function questionOf(change: Partial<Question> = {}): Question {
  return {
    hash: 'q',
    queries: { hash: 'queries', count: 3 },
    gallery: { hash: 'gallery', count: 9 },
    content: 'c',
    rerank: false,
    view: 'embedding',
    test: { clipFrames: 4, padding: 'loop-clip', maxClips: 0 },
    ...change,
  };
}

export function evaluationOf(change: Partial<Evaluation> & { id: number }): Evaluation {
  return {
    runId: 'r',
    runName: change.runId ?? 'r',
    method: 'm',
    datasetId: 1,
    datasetName: `set ${change.datasetId ?? 1}`,
    protocol: 'market',
    distance: 'cosine',
    queries: 3,
    validQueries: 3,
    gallery: 9,
    mAP: 0.5,
    mINP: 0,
    cmc: [],
    question: questionOf(),
    featuresHash: '',
    weightsHash: '',
    createdAt: change.id,
    ...change,
  };
}
