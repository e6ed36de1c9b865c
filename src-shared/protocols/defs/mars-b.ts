/** MARS as AP3D, TCLNet, BiCnet and DCCT test it: the gallery holds the queries. Test: test/contracts/protocols.contract.test.ts. */
import { bySplitsWithQueries, defineProtocol } from '../protocol.ts';

export default defineProtocol({
  id: 'mars-b',
  aliases: [],
  title: 'MARS, gallery with queries',
  short: 'MARS (b)',
  usesSplits: true,
  ownCameraCounts: false,
  precision: 'atMatch',
  cmcOver: 'valid',
  distance: 'cosine',
  sides: bySplitsWithQueries,
});
