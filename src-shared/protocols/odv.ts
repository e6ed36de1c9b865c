/** Occluded-DukeMTMC-VideoReID: Market's rule on its own query list. Tests: test/shared/protocols.test.ts, test/models/metrics/summary.test.ts. */
import market from './market.ts';
import { defineProtocol } from './protocol.ts';

export default defineProtocol({ ...market, id: 'odv', title: 'ODV protocol', short: 'ODV' });
