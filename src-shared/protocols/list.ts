/** Every test protocol, one file each in `defs/`. Written by scripts/protocolList.mjs, never by hand. Test: test/contracts/protocols.contract.test.ts. */
import market from './defs/market.ts';
import marsA from './defs/mars-a.ts';
import marsB from './defs/mars-b.ts';
import marsC from './defs/mars-c.ts';
import odv from './defs/odv.ts';
import visits from './defs/visits.ts';

export const list = [
  market,
  marsA,
  marsB,
  marsC,
  odv,
  visits,
] as const;
