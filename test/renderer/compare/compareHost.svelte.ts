/**
 * A host that answers what Compare asks, from a few evaluations that a test gives; answers can be held back. Stands in for `client.ts`:
 * `vi.mock('…/client.ts', () => import('./compareHost.svelte.ts'))`.
 */
import type { CompareQuery, Evaluation, QuestionCheck, RankList } from '../../../src-shared/contract/evaluations.ts';
import { AppError } from '../../../src-shared/errors.ts';
import { evaluationOf } from '../../support/evaluationOf.ts';

export const connection = $state({ opened: 1 });

/** What every answer depends on. */
const EVERYTHING = 'Everything';

interface Ids {
  evaluationIds: number[];
  trackletId: number;
  ids: number[];
  datasetId?: number;
}

/** Junk first, then wrong ones around the one match. */
function cellsOf(evaluationId: number, trackletId: number): RankList['cells'] {
  const hit = host.queries.get(trackletId)!.firstHit[evaluationId]!;
  return [
    { trackletId: trackletId + 100, rank: 0, distance: 0, mark: 'junk' },
    ...Array.from({ length: hit + 1 }, (_, i): RankList['cells'][number] => {
      const isMatch = i + 1 === hit;
      return { trackletId: trackletId + (isMatch ? 200 : 301 + i), rank: i + 1, distance: i + 1, mark: isMatch ? 'correct' : 'wrong' };
    }),
  ];
}

/** What the host has; `reset` makes it two runs that find people differently, and one of another distance. */
export const host = {
  evaluations: [] as Evaluation[],
  /** By tracklet; columns by evaluation id. */
  queries: new Map<number, { identityId: number; valid: boolean; ap: Record<number, number>; firstHit: Record<number, number> }>(),
  checks: [] as QuestionCheck[],
  /** By evaluation, why it is not of today. */
  reasons: {} as Record<number, string[]>,
  /** Of each list. */
  cells: cellsOf,
  asked: [] as { name: string; input: unknown }[],
  /** Calls of this name wait for `release`. */
  held: null as string | null,
  /** Calls of this name fail. */
  broken: null as string | null,
  changed: [] as ((event: { tags: string[] }) => void)[],
  waiting: [] as (() => void)[],
  inputs: (name: string): unknown[] => host.asked.filter((one) => one.name === name).map(({ input }) => input),
  change(...tags: string[]): void {
    for (const listener of [...host.changed]) listener({ tags });
  },
  release(): void {
    host.held = null;
    for (const go of host.waiting.splice(0)) go();
  },
};

export function reset(): void {
  // Answers are kept from one test to the next otherwise.
  host.change(EVERYTHING);
  // One match a query, so that its average precision is one over its rank. Two over one gains −1/2, +1/2 and −3/4; 14 has no match.
  const hits: [number, number, number][] = [
    [11, 1, 2],
    [12, 2, 1],
    [13, 1, 4],
    [14, 0, 0],
  ];
  const ap = (rank: number): number => (rank === 0 ? 0 : 1 / rank);
  host.queries = new Map(
    hits.map(([id, one, two]) => [
      id,
      { identityId: id - 10, valid: one > 0, ap: { 1: ap(one), 2: ap(two), 3: ap(one) }, firstHit: { 1: one, 2: two, 3: one } },
    ]),
  );
  const one = { runId: 'one', validQueries: 3, queries: 4, mAP: 5 / 6, mINP: 0.5, cmc: [2 / 3, 1] };
  host.evaluations = [
    evaluationOf({ id: 1, ...one }),
    evaluationOf({ id: 2, ...one, runId: 'two', mAP: 7 / 12, cmc: [1 / 3, 2 / 3] }),
    evaluationOf({ id: 3, ...one, distance: 'euclidean' }),
  ];
  host.checks = [];
  host.reasons = {};
  host.cells = cellsOf;
  host.asked.length = 0;
  host.held = host.broken = null;
  host.waiting.length = 0;
}

const answers: Record<string, (input: Ids) => unknown> = {
  'evaluations.list': ({ datasetId }) => host.evaluations.filter((one) => datasetId === undefined || one.datasetId === datasetId),
  'compare.load': ({ evaluationIds }) => ({
    evaluations: evaluationIds.map((id) => host.evaluations.find((one) => one.id === id)),
    labels: { revision: 'r7' },
    queries: [...host.queries].map(([trackletId, { identityId, valid, ap, firstHit }]): CompareQuery => ({
      trackletId,
      identityId,
      valid,
      ap: evaluationIds.map((id) => ap[id]!),
      inp: evaluationIds.map(() => 0.5),
      firstHit: evaluationIds.map((id) => firstHit[id]!),
      cameraId: 1,
      hiddenShare: identityId % 2 === 0 ? 0 : 0.3,
      occluders: [],
    })),
  }),
  'compare.ranks': ({ evaluationIds, trackletId }) =>
    evaluationIds.map((evaluationId): RankList => {
      const { ap, firstHit } = host.queries.get(trackletId)!;
      return {
        evaluationId,
        ap: ap[evaluationId]!,
        inp: 0.5,
        firstHit: firstHit[evaluationId]!,
        positives: firstHit[evaluationId]! > 0 ? [firstHit[evaluationId]!] : [],
        cells: host.cells(evaluationId, trackletId),
      };
    }),
  'compare.today': ({ evaluationIds }) => evaluationIds.map((evaluationId) => ({ evaluationId, reasons: host.reasons[evaluationId] ?? [] })),
  'compare.check': ({ evaluationIds }) => host.checks.filter((check) => evaluationIds.includes(check.evaluationId)),
  'tracklets.get': (input) => input,
  'tracklets.rows': ({ ids }) => ids.map((id) => ({ id, identity: `person ${id}`, camera: 'c1', name: `t${id}` })),
  'datasets.get': () => ({ cameraRows: [{ id: 1, name: 'Gate' }] }),
};

async function ask(name: string, input: unknown, { signal, onTags }: { signal?: AbortSignal; onTags?(tags: string[]): void } = {}): Promise<unknown> {
  host.asked.push({ name, input });
  if (host.broken === name) throw new AppError('INTERNAL', 'broken');
  if (host.held === name) await new Promise<void>((resolve) => host.waiting.push(resolve));
  if (signal?.aborted) throw new AppError('CANCELLED', 'gone');
  onTags?.([EVERYTHING]);
  return structuredClone(answers[name]!(input as Ids));
}

export const client = {
  send: ask,
  call: ask,
  on(event: string, listener: (event: { tags: string[] }) => void): () => void {
    if (event === 'changed') host.changed.push(listener);
    return () => void host.changed.splice(host.changed.indexOf(listener), 1);
  },
};
