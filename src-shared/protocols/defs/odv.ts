/** Occluded-DukeMTMC-VideoReID: Market's rule on its own query list. Test: test/contracts/protocols.contract.test.ts. */
import market from './market.ts';
import { defineProtocol } from '../protocol.ts';

export default defineProtocol({ ...market, id: 'odv', title: 'ODV protocol', short: 'ODV' });
