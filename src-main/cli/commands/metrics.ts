/** `tracklet metrics --distance d.npy --query q.csv --gallery g.csv`: evaluates any distance matrix; needs no project and no engine. Test: test/main/cli/metrics.test.ts. */
import { basename } from 'node:path';
import { AppError } from '../../../src-shared/errors.ts';
import { npyHead, readNpy } from '../../../datasets/readers/npy.ts';
import { protocolHelp, protocolNamed, type RankEntry } from '../../../src-shared/protocols/index.ts';
import { checkRanking } from '../../../models/metrics/ranking.ts';
import { rerank } from '../../../models/metrics/rerank.ts';
import { evaluateRanking } from '../../../models/metrics/summary.ts';
import { readNamedFile } from '../../platform/readNamedFile.ts';
import { defineCommand, integer, required, text, UsageError } from '../command.ts';

export default defineCommand({
  id: 'metrics',
  positionals: [],
  summary: 'CMC, mAP and mINP of a distance matrix',
  options: {
    distance: { type: 'string', value: 'd.npy', help: 'distances [queries, gallery]; with --rerank the joint square matrix, queries first' },
    query: { type: 'string', value: 'q.csv', help: 'columns pid,camid and, for visits, tracklet; pid is the person' },
    gallery: {
      type: 'string',
      value: 'g.csv',
      help: 'the same for the gallery; there pid -1 is junk, left out of every ranking, and 0, as any pid that no query has, a distractor: always a wrong match',
    },
    protocol: { type: 'string', value: 'name', help: `${protocolHelp}; default market` },
    rerank: { type: 'boolean', help: 'k-reciprocal re-ranking first (k1 20, k2 6, lambda 0.3)' },
    'max-rank': { type: 'string', value: 'n', help: 'length of the CMC, at most the gallery; default 50' },
  },
  async run(args, io) {
    const protocolName = protocolNamed(text(args, 'protocol') ?? 'market');
    const maxRank = integer(args, 'max-rank', 50);
    if (maxRank < 1) throw new UsageError(`--max-rank needs at least 1, not ${maxRank}.`);
    const distanceFile = required(args, 'distance');
    const [query, gallery] = [await readEntries(required(args, 'query')), await readEntries(required(args, 'gallery'))];
    const name = basename(distanceFile);
    const matrix = readNpy(await readNamedFile(distanceFile, npyHead(name)), name);
    const joint = args.values['rerank'] === true;
    const expected = joint ? [query.length + gallery.length, query.length + gallery.length] : [query.length, gallery.length];
    if (matrix.shape.length !== 2 || matrix.shape[0] !== expected[0] || matrix.shape[1] !== expected[1]) {
      throw new AppError(
        'BAD_INPUT',
        `${name} has shape (${matrix.shape.join(', ')}); ${query.length} queries and ${gallery.length} gallery entries need (${expected.join(', ')})${joint ? ' with --rerank' : ''}.`,
      );
    }
    // Before re-ranking, which would spread one bad number over many distances.
    checkRanking({ query, gallery, protocol: protocolName });
    checkFinite(matrix.values, expected[1] as number, name);
    const distance = joint ? rerank({ distance: singlePrecision(matrix.values, expected[1] as number, name), queries: query.length }) : matrix.values;
    const result = evaluateRanking({
      distance,
      query,
      gallery,
      protocol: protocolName,
      maxRank,
    });
    const { mAP, mINP, cmc, queries, validQueries, protocol } = result;
    if (io.json) io.out(JSON.stringify({ mAP, mINP, cmc, queries, validQueries, gallery: gallery.length, protocol }));
    else {
      const percent = (value = NaN): string => (100 * value).toFixed(2);
      const ranks = [1, 5, 10].filter((rank) => rank <= cmc.length).map((rank) => `rank-${rank} ${percent(cmc[rank - 1])}`);
      io.out([`mAP ${percent(mAP)}`, ...ranks, `mINP ${percent(mINP)}`].join('  '));
      io.out(`${validQueries} of ${queries} queries valid, gallery ${gallery.length}, protocol ${protocol}`);
    }
  },
});

function checkFinite(values: Float32Array | Float64Array, columns: number, name: string): void {
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw badCell(name, bad, columns, `is ${values[bad]}; distances must be finite`);
}

/** Re-ranking is defined in float32, as its original is. */
function singlePrecision(values: Float32Array | Float64Array, columns: number, name: string): Float32Array {
  const single = Float32Array.from(values);
  // It squares distances, so that the square must fit as well.
  const bad = single.findIndex((value) => !Number.isFinite(Math.fround(value * value)));
  if (bad >= 0) throw badCell(name, bad, columns, `is ${values[bad]}, too large for re-ranking, which squares distances in float32`);
  return single;
}

function badCell(name: string, index: number, columns: number, what: string): AppError {
  const [row, column] = [Math.floor(index / columns), index % columns];
  return new AppError('BAD_INPUT', `${name}: the distance in row ${row}, column ${column} (from 0) ${what}.`, { file: name, row, column });
}

/** A header names the columns; without one they are pid, camid. */
async function readEntries(path: string): Promise<RankEntry[]> {
  const lines = (await readNamedFile(path)).toString('utf8').split(/\r?\n/);
  const first = (lines[0] ?? '')
    .replace(/^\uFEFF/, '')
    .split(',')
    .map((cell) => cell.trim());
  const hasHeader = first.some((cell) => !/^-?\d+$/.test(cell));
  const columns = hasHeader ? first : ['pid', 'camid'];
  const twice = columns.find((name, i) => name !== '' && columns.indexOf(name) !== i);
  if (twice !== undefined)
    throw new AppError('FILE_INVALID', `${basename(path)}, line 1: the column ${twice} is there twice.`, { file: basename(path), line: 1 });
  for (const name of ['pid', 'camid'])
    if (!columns.includes(name))
      throw new AppError('FILE_INVALID', `${basename(path)}, line 1: the column ${name} is missing; there are ${columns.join(', ')}.`, {
        file: basename(path),
      });
  const entries: RankEntry[] = [];
  for (let number = hasHeader ? 2 : 1; number <= lines.length; number++) {
    const line = lines[number - 1] ?? '';
    if (line.trim() === '') continue;
    const cells = line.split(',').map((cell) => cell.trim());
    const value = (name: string): number => {
      const cell = cells[columns.indexOf(name)] ?? '';
      if (!/^-?\d+$/.test(cell))
        throw new AppError('FILE_INVALID', `${basename(path)}, line ${number}: ${name} must be a whole number, not "${cell}".`, {
          file: basename(path),
          line: number,
        });
      if (!Number.isSafeInteger(Number(cell)))
        throw new AppError('FILE_INVALID', `${basename(path)}, line ${number}: ${name} must be at most ${Number.MAX_SAFE_INTEGER} in size, not ${cell}.`, {
          file: basename(path),
          line: number,
        });
      return Number(cell);
    };
    entries.push({ pid: value('pid'), camid: value('camid'), ...(columns.includes('tracklet') ? { tracklet: value('tracklet') } : {}) });
  }
  if (entries.length === 0) throw new AppError('FILE_INVALID', `${basename(path)} has no rows.`, { file: basename(path) });
  return entries;
}
