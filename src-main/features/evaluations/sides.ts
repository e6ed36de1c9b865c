/** Asks before anything is computed. Test: test/main/features/evaluationSides.test.ts. */
import { countValidQueries, type ProtocolName } from '../../../src-shared/protocols/index.ts';
import { noQueries } from '../../../src-shared/evaluation/noQueries.ts';
import type { HostContext } from '../context.ts';

/** @throws NO_VALID_QUERY when an evaluation could only end with it. A data set that is not there is the caller's matter. */
export async function refuseUnanswerable({ db }: Pick<HostContext, 'db'>, datasetId: number, protocol: ProtocolName): Promise<void> {
  const rows = await db.read('evaluations', 'sideRows', { datasetId });
  if (rows.length > 0 && countValidQueries(protocol, rows) === 0) throw noQueries(protocol, rows);
}
