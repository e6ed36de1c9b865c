/**
 * What a data set lacks when nobody has a match under a protocol. Known before anything is computed, so that an evaluation without a single
 * valid query is refused at its start. Tests: test/main/features/evaluationSides.test.ts, test/main/compute/evaluate.test.ts.
 */
import { AppError } from '../errors.ts';
import { countValidQueries, protocols, type ProtocolName } from '../protocols/index.ts';
import type { SideRow } from '../protocols/protocol.ts';

export function noQueries(protocol: ProtocolName, rows: SideRow[]): AppError {
  const { usesSplits, ownCameraCounts } = protocols[protocol];
  const queries = rows.filter((row) => row.split === 'query' && row.kind === 'person').length;
  const cameras = new Set(rows.map((row) => row.camid)).size;
  const params = { protocol, queries, cameras };
  const canVisit = countValidQueries('visits', rows) > 0;
  const toVisits = canVisit ? 'Choose the protocol "visits", which needs neither splits nor a second camera' : '';
  const fail = (message: string, remedy: string): AppError =>
    new AppError('NO_VALID_QUERY', message, params, {
      remedy: `${toVisits === '' ? '' : `${toVisits}; or `}${toVisits === '' ? remedy : remedy.charAt(0).toLowerCase() + remedy.slice(1)}`,
    });
  if (!usesSplits && ownCameraCounts)
    return fail(
      `No identity of the data set has two visits, so no query has a match under the protocol "${protocol}".`,
      'Import the source again with its tracks cut into visits (option "Frames per visit"), or evaluate on a data set whose people come back.',
    );
  if (!ownCameraCounts && cameras < 2) {
    const without = queries === 0 ? 'has one camera and no tracklets in the split "query"' : `has one camera, which filmed all ${queries} queries`;
    return fail(
      `The data set ${without}; under the protocol "${protocol}" a match must come from another camera.`,
      'Evaluate on a data set with two cameras or more.',
    );
  }
  if (usesSplits && queries === 0)
    return fail(
      `The data set has no tracklets in the split "query", which the protocol "${protocol}" needs.`,
      'Move tracklets to the splits "query" and "gallery".',
    );
  if (ownCameraCounts)
    return fail(
      `None of the ${queries} queries has a match under the protocol "${protocol}".`,
      'Move other tracklets of the same people to the split "gallery".',
    );
  return fail(
    `None of the ${queries} queries has a match in another camera under the protocol "${protocol}".`,
    'Move tracklets of the same people in other cameras to the split "gallery".',
  );
}
