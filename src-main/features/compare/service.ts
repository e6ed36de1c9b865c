/**
 * Comparisons read the per-query files of evaluations, and the labels of now; nothing is ranked again here. Only evaluations of one question
 * are put side by side. The last few files stay in memory, since a person steps through hundreds of queries of the same pair.
 * Tests: test/main/features/compareRules.test.ts, test/main/features/evaluationContract.test.ts, test/main/features/damagedResults.test.ts.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../src-shared/errors.ts';
import type { CompareQuery, Evaluation, QuestionCheck, RankCell, RankList } from '../../../src-shared/contract/evaluations.ts';
import { againTakes, contentDifference, differencesOf, questionKey, type ListDifference } from '../../../src-shared/evaluation/question.ts';
import { contentOf, isOfContent } from '../../compute/featureFacts.ts';
import type { HostContext } from '../context.ts';
import { MARKS, METRICS_FILE, PER_QUERY_FILE, checkFile, checkMeans, damaged, readPerQuery, type PerQuery } from '../../compute/resultFiles.ts';
import type { EvaluationRow, ListsNow } from '../evaluations/table.ts';

export interface Comparison {
  evaluations: Evaluation[];
  queries: CompareQuery[];
  labels: { revision: string };
}

export interface CompareService {
  check(evaluationIds: number[], reference: number): Promise<QuestionCheck[]>;
  today(evaluationIds: number[]): Promise<{ evaluationId: number; reasons: string[] }[]>;
  load(evaluationIds: number[], reference: number): Promise<Comparison>;
  ranks(evaluationIds: number[], trackletId: number, top: number): Promise<RankList[]>;
}

type AskLists = (row: Pick<EvaluationRow, 'datasetId' | 'protocol'>) => Promise<ListsNow | null>;

interface Opened {
  row: EvaluationRow;
  columns: PerQuery;
  /** Column of a query tracklet. */
  index: Map<number, number>;
}

/** Why an evaluation of other pixels than those of now is outdated. */
const PICTURES_NOW = {
  same: [],
  data: ['the pictures of the data set were changed after this evaluation'],
  reading: ['its pictures were read in another way, by an older version of the program'],
};

const KEPT = 12;

export function createCompareService({ db, project }: Pick<HostContext, 'db' | 'project'>): CompareService {
  const opened = new Map<string, Promise<Omit<Opened, 'row'>>>();

  async function rowsOf(ids: number[]): Promise<EvaluationRow[]> {
    const rows = await db.read('evaluations', 'byIds', { ids });
    const lost = ids.find((id) => !rows.some((row) => row.id === id));
    if (lost !== undefined) throw new AppError('NOT_FOUND', `There is no evaluation ${lost}.`, { id: lost });
    return rows;
  }

  async function open(rows: EvaluationRow[]): Promise<Opened[]> {
    return Promise.all(rows.map(async (row) => ({ row, ...(await columnsOf(row)) })));
  }

  function columnsOf(row: EvaluationRow): Promise<Omit<Opened, 'row'>> {
    // The same evaluation made again has other files, and another time.
    const key = `${row.id}@${row.createdAt}@${row.files?.[PER_QUERY_FILE] ?? ''}`;
    const known = opened.get(key) ?? read(row);
    opened.delete(key);
    opened.set(key, known);
    known.catch(() => opened.delete(key));
    if (opened.size > KEPT) opened.delete(opened.keys().next().value as string);
    return known;
  }

  async function read(row: EvaluationRow): Promise<Omit<Opened, 'row'>> {
    const folder = project.file(row.folder);
    const path = join(folder, PER_QUERY_FILE);
    const columns = await readPerQuery(path, row.files?.[PER_QUERY_FILE] ?? null);
    const report = row.files?.[METRICS_FILE];
    if (report !== undefined) await checkFile(join(folder, METRICS_FILE), report);
    checkMeans(path, row, row.protocol, columns);
    const known = new Set(await db.read('evaluations', 'trackletIds', { datasetId: row.datasetId }));
    for (const ids of [columns.trackletIds, columns.topTracklet]) {
      const strange = ids.find((id) => !known.has(id));
      if (strange !== undefined) throw damaged(path, `it names tracklet ${strange}, which "${row.datasetName}" does not have`);
    }
    return { columns, index: new Map(Array.from(columns.trackletIds, (id, q) => [id, q])) };
  }

  function referenceOf<Row extends { id: number }>(rows: Row[], reference: number): Row {
    const first = rows.find((row) => row.id === reference);
    if (!first) throw new AppError('BAD_INPUT', `The reference ${reference} is not among the evaluations asked for.`, { key: 'reference' });
    return first;
  }

  /** How many tracklets only one list has; null where a file does not tell. */
  async function listDifferences(a: EvaluationRow, b: EvaluationRow): Promise<{ queries: ListDifference; gallery: ListDifference } | null> {
    if (!a.question || !b.question || a.datasetId !== b.datasetId) return null;
    if (a.question.queries.hash === b.question.queries.hash && a.question.gallery.hash === b.question.gallery.hash) return null;
    try {
      const [left, right] = (await open([a, b])) as [Opened, Opened];
      if (!left.columns.gallery || !right.columns.gallery) return null;
      return { queries: onlyIn(left.columns.trackletIds, right.columns.trackletIds), gallery: onlyIn(left.columns.gallery, right.columns.gallery) };
    } catch {
      // A damaged file is told where it is read for its figures; here the counts alone must do.
      return null;
    }
  }

  /** Why evaluating again would ask something else, each in words; empty where it would not. */
  async function askedOtherwise(row: EvaluationRow, listsNow: AskLists): Promise<string[]> {
    if (!row.question) return ['evaluated by an older version, which did not keep the query and gallery lists'];
    const now = await listsNow(row);
    const { queries, gallery, content } = row.question;
    const areListsOther = now === null || now.queries.hash !== queries.hash || now.gallery.hash !== gallery.hash;
    return [
      ...(areListsOther ? ['the query and gallery lists were changed after this evaluation'] : []),
      ...(now === null ? [] : PICTURES_NOW[contentDifference(contentOf(now.content), content) ?? 'same']),
    ];
  }

  /** Why evaluating again would give other figures. */
  async function outdatedBy(row: EvaluationRow, listsNow: AskLists): Promise<string[]> {
    const [reasons, run] = await Promise.all([askedOtherwise(row, listsNow), db.read('runs', 'one', { id: row.runId })]);
    return [
      ...reasons,
      ...(row.question !== null && run !== null && run.weightsHash !== null && run.weightsHash !== row.weightsHash
        ? ['the run was trained on after this evaluation']
        : []),
    ];
  }

  /** Whether evaluating a run makes its features anew, which takes as long as it did the first time; as far as can be told without opening their file. */
  async function readsPictures(runId: string, asked: Pick<EvaluationRow, 'datasetId' | 'protocol'>, listsNow: AskLists): Promise<boolean> {
    const { datasetId } = asked;
    const [run, now] = await Promise.all([db.read('runs', 'one', { id: runId }), listsNow(asked)]);
    if (!run || run.weightsHash === null || !now) return true;
    const sets = await db.read('evaluations', 'features', { runId, datasetId, weightsHash: run.weightsHash });
    for (const { contentHash, count, path } of sets) {
      if (!isOfContent(contentHash, contentOf(now.content)) || count !== now.tested) continue;
      const isThere = await access(project.file(path)).then(
        () => true,
        () => false,
      );
      if (isThere) return false;
    }
    return true;
  }

  /** Of each data set and protocol once, since making them goes through all its tracklets. */
  function listsOfToday(): AskLists {
    const known = new Map<string, Promise<ListsNow | null>>();
    return ({ datasetId, protocol }) => {
      const key = `${datasetId} ${protocol}`;
      const lists = known.get(key) ?? db.read('evaluations', 'listsNow', { datasetId, protocol });
      known.set(key, lists);
      return lists;
    };
  }

  async function check(rows: EvaluationRow[], reference: number): Promise<QuestionCheck[]> {
    const listsNow = listsOfToday();
    const first = referenceOf(rows, reference);
    const referenceReasons = await outdatedBy(first, listsNow);
    const isReferenceOutdated = referenceReasons.length > 0;
    return Promise.all(
      rows.map(async (row): Promise<QuestionCheck> => {
        const differences = row === first ? [] : differencesOf(first, row, { a: first.runName, b: row.runName }, await listDifferences(first, row));
        const reasons = row === first ? referenceReasons : await outdatedBy(row, listsNow);
        const outdated = reasons.length > 0;
        const parted = questionKey(first) !== questionKey(row);
        // What is asked today is the same for both, so only sides that are not of today need it.
        const missing = parted
          ? [...(isReferenceOutdated ? [first] : []), ...(isReferenceOutdated && !outdated && isSameRequest(first, row) ? [] : [row])]
          : [];
        return {
          evaluationId: row.id,
          differences,
          isOutdated: outdated,
          reasons,
          again: await Promise.all(
            missing.map(async ({ runId, runName }) => ({
              runId,
              runName,
              datasetId: first.datasetId,
              datasetName: first.datasetName,
              protocol: first.protocol,
              distance: first.distance,
              readsPictures: await readsPictures(runId, first, listsNow),
            })),
          ),
        };
      }),
    );
  }

  return {
    check: async (evaluationIds, reference) => check(await rowsOf(evaluationIds), reference),

    async today(evaluationIds) {
      const listsNow = listsOfToday();
      // One that went meanwhile answers nothing.
      const rows = await db.read('evaluations', 'byIds', { ids: evaluationIds });
      return Promise.all(rows.map(async (row) => ({ evaluationId: row.id, reasons: await askedOtherwise(row, listsNow) })));
    },

    async load(evaluationIds, reference) {
      const rows = await rowsOf(evaluationIds);
      const first = referenceOf(rows, reference);
      if (rows.some((row) => questionKey(row) !== questionKey(first))) throw parted(rows, first, await check(rows, reference));
      const all = await open(rows);
      const { columns: asked } = all.find(({ row }) => row === first) as Opened;
      const { revision, rows: labels } = await db.read('evaluations', 'labels', { datasetId: first.datasetId, ids: asked.trackletIds });
      const queries = Array.from(asked.trackletIds, (trackletId): CompareQuery => {
        const label = labels.get(trackletId);
        const at = all.map(({ row, index, columns }) => {
          const q = index.get(trackletId);
          // The lists have equal hashes, so one of the two files is not what it was.
          if (q === undefined || !label) throw damaged(join(project.file(row.folder), PER_QUERY_FILE), `it lacks the query ${trackletId}`);
          return { columns, q };
        });
        const firstHit = at.map(({ columns, q }) => columns.firstHit[q] as number);
        return {
          trackletId,
          ap: at.map(({ columns, q }) => columns.ap[q] as number),
          inp: at.map(({ columns, q }) => columns.inp[q] as number),
          firstHit,
          valid: firstHit.every((rank) => rank > 0),
          ...(label as NonNullable<typeof label>),
        };
      });
      return { evaluations: rows.map(({ folder: _folder, files: _files, ...evaluation }) => evaluation), queries, labels: { revision } };
    },

    async ranks(evaluationIds, trackletId, top) {
      return (await open(await rowsOf(evaluationIds))).map(({ row, columns, index }) => {
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

function isSameRequest(a: EvaluationRow, b: EvaluationRow): boolean {
  return a.datasetId === b.datasetId && a.protocol === b.protocol && a.distance === b.distance;
}

function parted(rows: EvaluationRow[], first: EvaluationRow, checks: QuestionCheck[]): AppError {
  const sentences = checks
    .filter(({ differences }) => differences.some(({ parts }) => parts))
    .map(({ evaluationId, differences }) => {
      const other = rows.find(({ id }) => id === evaluationId) as EvaluationRow;
      return `"${first.runName}" and "${other.runName}" were not asked the same: ${differences
        .filter(({ parts }) => parts)
        .map(({ words }) => words)
        .join('; ')}.`;
    });
  return new AppError('BAD_INPUT', sentences.join(' '), { key: 'evaluationIds' }, { remedy: `Evaluate again what differs; ${againTakes(checks)}.` });
}

function onlyIn(a: Int32Array, b: Int32Array): ListDifference {
  const [left, right] = [new Set(a), new Set(b)];
  return { onlyA: [...left].filter((id) => !right.has(id)).length, onlyB: [...right].filter((id) => !left.has(id)).length };
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
