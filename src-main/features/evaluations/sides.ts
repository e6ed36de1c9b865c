/**
 * Who asks and who is searched under a protocol, and what a data set lacks when nobody can be found. Known before anything is computed, so
 * that an evaluation without a single valid query is refused at its start. Test: test/main/engine/computeEvaluate.test.ts.
 */
import { AppError } from '../../../src-shared/errors.ts';
import type { IdentityKind, ProtocolName, SplitName } from '../../../src-shared/entities.ts';
import { galleryIncludesQueries, markOf, visitsSplit, type RankEntry } from '../../../models/metrics/rank.ts';
import type { HostContext } from '../../host/context.ts';

/** What of a tracklet decides its side. */
export interface SideRow {
  id: number;
  identityId: number;
  kind: IdentityKind;
  camid: number;
  split: SplitName;
  /** For the order of visits. */
  frameIndex?: Int32Array;
}

export function sidesOf<Row extends SideRow>(protocol: ProtocolName, rows: Row[]): { query: Row[]; gallery: Row[] } {
  if (protocol === 'visits') {
    // What a network was trained on says nothing; a set without splits is taken whole. Visits are in the order they happened.
    const held = rows.filter((row) => row.split !== 'train' && row.kind !== 'junk');
    const visits = [...(held.length > 0 ? held : rows)].sort((a, b) => (a.frameIndex?.[0] ?? 0) - (b.frameIndex?.[0] ?? 0) || a.id - b.id);
    const { query, gallery } = visitsSplit(visits.map((row) => ({ pid: row.kind === 'person' ? row.identityId : -1 })));
    return { query: query.map((i) => visits[i] as Row), gallery: gallery.map((i) => visits[i] as Row) };
  }
  const query = rows.filter((row) => row.split === 'query' && row.kind === 'person');
  const gallery = rows.filter((row) => row.split === 'gallery');
  return { query, gallery: galleryIncludesQueries(protocol) ? [...query, ...gallery] : gallery };
}

/** Identities by their own id; junk of every kind by the −1 that the metrics know. */
export function entryOf(row: SideRow): RankEntry {
  return { pid: row.kind === 'junk' ? -1 : row.identityId, camid: row.camid, tracklet: row.id };
}

export function hasValidQuery(protocol: ProtocolName, rows: SideRow[]): boolean {
  const { query, gallery } = sidesOf(protocol, rows);
  const byIdentity = Map.groupBy(gallery, (row) => row.identityId);
  return query.some((asking) => byIdentity.get(asking.identityId)?.some((entry) => markOf(entryOf(asking), entryOf(entry), protocol) === 'correct'));
}

/** @throws NO_VALID_QUERY when an evaluation could only end with it. A data set that is not there is the caller's matter. */
export async function refuseUnanswerable({ db }: Pick<HostContext, 'db'>, datasetId: number, protocol: ProtocolName): Promise<void> {
  const rows = await db.read('evaluations', 'sideRows', { datasetId });
  if (rows.length > 0 && !hasValidQuery(protocol, rows)) throw noQueries(protocol, rows);
}

export function noQueries(protocol: ProtocolName, rows: SideRow[]): AppError {
  const queries = rows.filter((row) => row.split === 'query' && row.kind === 'person').length;
  const cameras = new Set(rows.map((row) => row.camid)).size;
  const params = { protocol, queries, cameras };
  const canVisit = protocol !== 'visits' && hasValidQuery('visits', rows);
  const toVisits = canVisit ? 'Choose the protocol "visits", which needs neither splits nor a second camera' : '';
  const fail = (message: string, remedy: string): AppError =>
    new AppError('NO_VALID_QUERY', message, params, {
      remedy: `${toVisits === '' ? '' : `${toVisits}; or `}${toVisits === '' ? remedy : remedy.charAt(0).toLowerCase() + remedy.slice(1)}`,
    });
  if (protocol === 'visits')
    return fail(
      'No identity of the data set has two visits, so no query has a match under the protocol "visits".',
      'Import the source again with its tracks cut into visits (option "Frames per visit"), or evaluate on a data set whose people come back.',
    );
  if (cameras < 2) {
    const without = queries === 0 ? 'has one camera and no tracklets in the split "query"' : `has one camera, which filmed all ${queries} queries`;
    return fail(
      `The data set ${without}; under the protocol "${protocol}" a match must come from another camera.`,
      'Evaluate on a data set with two cameras or more.',
    );
  }
  if (queries === 0)
    return fail(
      `The data set has no tracklets in the split "query", which the protocol "${protocol}" needs.`,
      'Move tracklets to the splits "query" and "gallery".',
    );
  return fail(
    `None of the ${queries} queries has a match in another camera under the protocol "${protocol}".`,
    'Move tracklets of the same people in other cameras to the split "gallery".',
  );
}
