/** MARS as torchreid and NSSB test it: Market's rule, so the gallery does not hold the queries. Test: test/contracts/protocols.contract.test.ts. */
import market from './market.ts';
import { defineProtocol } from '../protocol.ts';

export default defineProtocol({ ...market, id: 'mars-a', title: 'MARS, gallery without queries', short: 'MARS (a)' });
