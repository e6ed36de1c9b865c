/**
 * Comparisons read the per-query files of evaluations; nothing is ranked again here. The last few files stay in memory, since a
 * person steps through hundreds of queries of the same pair. Test: test/main/features/runs.test.ts.
 */
import { join } from 'node:path';
import { AppError } from '../../../src-shared/errors.ts';
import type { CompareQuery, Evaluation, PairedDifference, RankCell, RankList } from '../../../src-shared/entities.ts';
import { pairedDifference } from '../../../models/metrics/strata.ts';
import { createRng } from '../../../models/rng.ts';
import type { HostContext } from '../../host/context.ts';
import { MARKS, readPerQuery, type PerQuery } from '../evaluations/files.ts';
import type { EvaluationRow } from '../evaluations/table.ts';

export interface Comparison {
  evaluations: Evaluation[];
  queries: CompareQuery[];
  differences: PairedDifference[];
}

export interface CompareService {
  load(evaluationIds: number[], reference: number): Promise<Comparison>;
  ranks(evaluationIds: number[], trackletId: number, top: number): Promise<RankList[]>;
}

interface Opened {
  row: EvaluationRow;
  columns: PerQuery;
  /** Column of a query tracklet. */
  index: Map<number, number>;
}

const KEPT = 12;

export function createCompareService({ db, project }: Pick<HostContext, 'db' | 'project'>): CompareService {
  const opened = new Map<string, Promise<Omit<Opened, 'row'>>>();

  async function open(ids: number[]): Promise<Opened[]> {
    const rows = await db.read('evaluations', 'byIds', { ids });
    const lost = ids.find((id) => !rows.some((row) => row.id === id));
    if (lost !== undefined) throw new AppError('NOT_FOUND', `There is no evaluation ${lost}.`, { id: lost });
    return Promise.all(rows.map(async (row) => ({ row, ...(await columnsOf(row)) })));
  }

  function columnsOf(row: EvaluationRow): Promise<Omit<Opened, 'row'>> {
    // The same evaluation made again has another time.
    const key = `${row.id}@${row.createdAt}`;
    const known = opened.get(key) ?? read(row);
    opened.delete(key);
    opened.set(key, known);
    known.catch(() => opened.delete(key));
    if (opened.size > KEPT) opened.delete(opened.keys().next().value as string);
    return known;
  }

  async function read(row: EvaluationRow): Promise<Omit<Opened, 'row'>> {
    const columns = await readPerQuery(join(project.file(row.folder), 'per-query.safetensors'));
    return { columns, index: new Map(Array.from(columns.trackletIds, (id, q) => [id, q])) };
  }

  return {
    async load(evaluationIds, reference) {
      const all = await open(evaluationIds);
      const first = all.find(({ row }) => row.id === reference);
      if (!first) throw new AppError('BAD_INPUT', `The reference ${reference} is not among the evaluations asked for.`, { key: 'reference' });
      const other = all.find(({ row }) => row.datasetId !== first.row.datasetId || row.protocol !== first.row.protocol);
      if (other) {
        throw new AppError(
          'BAD_INPUT',
          `Only evaluations on one data set under one protocol can be compared; "${first.row.runName}" has ${first.row.datasetName} / ${first.row.protocol}, "${other.row.runName}" has ${other.row.datasetName} / ${other.row.protocol}.`,
          { key: 'evaluationIds' },
        );
      }
      const ids = [...first.columns.trackletIds].filter((id) => all.every(({ index }) => index.has(id)));
      const queries = ids.map((trackletId): CompareQuery => {
        const at = all.map(({ index, columns }) => ({ columns, q: index.get(trackletId) as number }));
        const firstHit = at.map(({ columns, q }) => columns.firstHit[q] as number);
        return {
          trackletId,
          ap: at.map(({ columns, q }) => columns.ap[q] as number),
          inp: at.map(({ columns, q }) => columns.inp[q] as number),
          firstHit,
          valid: firstHit.every((rank) => rank > 0),
        };
      });
      return {
        evaluations: all.map(({ row: { folder: _folder, ...evaluation } }) => evaluation),
        queries,
        differences: all.filter(({ row }) => row.id !== reference).flatMap((one) => differenceOf(first, one, ids)),
      };
    },

    async ranks(evaluationIds, trackletId, top) {
      return (await open(evaluationIds)).map(({ row, columns, index }) => {
        const q = index.get(trackletId);
        if (q === undefined) throw new AppError('NOT_FOUND', `Tracklet ${trackletId} is no query of the evaluation of "${row.runName}".`, { trackletId });
        return {
          evaluationId: row.id,
          ap: columns.ap[q] as number,
          inp: columns.inp[q] as number,
          firstHit: columns.firstHit[q] as number,
          positives: [...columns.positives.subarray(columns.positivesStart[q], columns.positivesStart[q + 1])],
          cells: cellsOf(columns, q, top),
        };
      });
    },
  };
}

/** b − a with a the reference; none where no query is valid in both. */
function differenceOf(a: Opened, b: Opened, ids: number[]): PairedDifference[] {
  const outcomes = (one: Opened) =>
    ids
      .map((id) => one.index.get(id) as number)
      .map((q) => ({ valid: (one.columns.firstHit[q] as number) > 0, ap: one.columns.ap[q] as number, firstHit: one.columns.firstHit[q] as number }));
  const identity = ids.map((id) => a.columns.identity[a.index.get(id) as number] as number);
  try {
    const { onlyA: onlyB, onlyB: onlyA, ...rest } = pairedDifference(outcomes(b), outcomes(a), identity, { rng: createRng('paired') });
    return [{ a: a.row.id, b: b.row.id, ...rest, onlyA, onlyB }];
  } catch (error) {
    if (error instanceof AppError && error.code === 'NO_VALID_QUERY') return [];
    throw error;
  }
}

/** The first entries in order of distance until `top` of them count; junk stays in place with rank 0. */
function cellsOf(columns: PerQuery, q: number, top: number): RankCell[] {
  const cells: RankCell[] = [];
  let rank = 0;
  for (let k = q * columns.kept; k < (q + 1) * columns.kept && rank < top; k++) {
    const mark = MARKS[columns.topMark[k] as number] ?? 'wrong';
    if (mark !== 'junk') rank++;
    cells.push({ trackletId: columns.topTracklet[k] as number, rank: mark === 'junk' ? 0 : rank, distance: columns.topDistance[k] as number, mark });
  }
  return cells;
}
