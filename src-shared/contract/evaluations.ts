/** Features, evaluations and their comparison. Conventions: contract/index.ts. */
import { z } from 'zod';
import { protocolNames } from '../protocols/index.ts';
import { distanceNames } from '../protocols/protocol.ts';
import { job, jobStarted, query } from './call.ts';

export const protocolName = z.enum(protocolNames);

const distanceName = z.enum(distanceNames);

const listFacts = z.object({
  /** Of the keys, people and cameras of its tracklets, whatever their rows. */
  hash: z.string(),
  count: z.int(),
});

/** What an evaluation was asked, beside its data set, protocol and distance; the rules over it are `evaluation/question.ts`. */
export const question = z.object({
  /** Of everything below, with protocol and distance. */
  hash: z.string(),
  queries: listFacts,
  gallery: listFacts,
  /** State of the data set whose pictures were embedded. */
  content: z.string(),
  rerank: z.boolean(),
  /** Which of a method's embeddings. */
  view: z.string(),
  /** How a tracklet is cut into clips. */
  test: z.object({ clipFrames: z.int(), padding: z.string(), maxClips: z.int() }),
});

const evaluation = z.object({
  id: z.int(),
  runId: z.string(),
  runName: z.string(),
  method: z.string(),
  datasetId: z.int(),
  datasetName: z.string(),
  protocol: protocolName,
  distance: distanceName,
  queries: z.int(),
  validQueries: z.int(),
  gallery: z.int(),
  mAP: z.number(),
  mINP: z.number(),
  cmc: z.array(z.number()),
  /** Null where an older version of the program did not keep it. */
  question: question.nullable(),
  /** What was judged. */
  featuresHash: z.string(),
  weightsHash: z.string().nullable(),
  createdAt: z.number(),
});

/** One query of a comparison; columns follow the order of the asked evaluations. */
const compareQuery = z.object({
  trackletId: z.int(),
  ap: z.array(z.number()),
  inp: z.array(z.number()),
  /** 1-based rank of the first correct match; 0 = not valid. */
  firstHit: z.array(z.int()),
  valid: z.boolean(),
  identityId: z.int(),
  cameraId: z.int(),
  /** By the labels of now, as strata count it; null where too few frames have a value. */
  hiddenShare: z.number().nullable(),
  occluders: z.array(z.string()),
});

/** Whether an evaluation answers the question of the reference, and what to evaluate again where it does not. */
const questionCheck = z.object({
  evaluationId: z.int(),
  /** In words, the reference first; those that part two results, and those that are only told. */
  differences: z.array(z.object({ words: z.string(), parts: z.boolean() })),
  /** Evaluating again would ask something else, or ask other weights. */
  isOutdated: z.boolean(),
  /** Why it is outdated, each in words without a full stop. */
  reasons: z.array(z.string()),
  /** What makes it comparable; empty where it is. */
  again: z.array(
    z.object({
      runId: z.string(),
      runName: z.string(),
      datasetId: z.int(),
      datasetName: z.string(),
      protocol: protocolName,
      distance: distanceName,
      /** Its features are made anew from the pictures; else they are there, and ranking takes seconds. */
      readsPictures: z.boolean(),
    }),
  ),
});

const rankCell = z.object({
  trackletId: z.int(),
  /** 1-based among the entries that count; 0 for junk. */
  rank: z.int(),
  distance: z.number(),
  mark: z.enum(['correct', 'wrong', 'junk', 'distractor']),
});

const rankList = z.object({
  evaluationId: z.int(),
  ap: z.number(),
  inp: z.number(),
  firstHit: z.int(),
  /** 1-based ranks of every correct match. */
  positives: z.array(z.int()),
  cells: z.array(rankCell),
});

export const evaluationsCalls = {
  'features.list': query(
    'Features of a run, by data set, those used last first',
    z.object({ runId: z.string() }),
    z.array(
      z.object({
        runId: z.string(),
        /** Another run with the same weights may have made it; null when that one is gone. */
        madeBy: z.string().nullable(),
        datasetId: z.int(),
        /** Null where an older version of the program did not keep them. */
        weightsHash: z.string().nullable(),
        contentHash: z.string().nullable(),
        view: z.string(),
        path: z.string(),
        hash: z.string(),
        count: z.int(),
        dims: z.int(),
      }),
    ),
    ['Evaluations', 'Runs'],
  ),
  'features.extract': job('Extract the features of a data set with a run', z.object({ runId: z.string(), datasetId: z.int() }), jobStarted),
  'evaluations.list': query('All evaluations, newest first', z.object({ datasetId: z.int().optional() }), z.array(evaluation), ['Evaluations']),
  'evaluations.start': job(
    'Extract features of a data set with a run and evaluate them',
    z.object({ runId: z.string(), datasetId: z.int(), protocol: protocolName, distance: distanceName }),
    jobStarted,
  ),
  'compare.check': query(
    'Whether evaluations answer the question of a reference, and that of today with the weights of today; where not, why in words and what to evaluate again',
    z.object({ evaluationIds: z.array(z.int()).min(1).max(64), reference: z.int() }),
    z.array(questionCheck),
    ['Evaluations', 'Tracklets', 'Datasets', 'Runs'],
  ),
  'compare.today': query(
    'Whether evaluations answer what would be asked today, whatever weights they judged; where not, why in words',
    z.object({ evaluationIds: z.array(z.int()).min(1).max(1000) }),
    z.array(z.object({ evaluationId: z.int(), reasons: z.array(z.string()) })),
    ['Evaluations', 'Tracklets', 'Datasets'],
  ),
  'compare.load': query(
    'Per-query results of several evaluations of one question, with the labels of now',
    z.object({ evaluationIds: z.array(z.int()).min(1).max(8), reference: z.int() }),
    z.object({
      evaluations: z.array(evaluation),
      queries: z.array(compareQuery),
      /** Hash of the labels that strata and causes were read from: equal for equal labels. */
      labels: z.object({ revision: z.string() }),
    }),
    (i) => [...i.evaluationIds.map((id) => `Evaluation:${id}`), 'Annotations'],
  ),
  'compare.ranks': query(
    'Aligned rank lists of one query',
    z.object({ evaluationIds: z.array(z.int()).min(1).max(8), trackletId: z.int(), top: z.int().min(1).max(200) }),
    z.array(rankList),
    (i) => i.evaluationIds.map((id) => `Evaluation:${id}`),
  ),
} as const;

export type { ProtocolName } from '../protocols/index.ts';
export type Evaluation = z.output<typeof evaluation>;
export type CompareQuery = z.output<typeof compareQuery>;
export type QuestionCheck = z.output<typeof questionCheck>;
export type RankCell = z.output<typeof rankCell>;
export type RankList = z.output<typeof rankList>;
export type Question = z.output<typeof question>;
export type ListFacts = z.output<typeof listFacts>;
