/** Market-1501: matches come from other cameras; a query without one is left out of every mean. Test: test/contracts/protocols.contract.test.ts. */
import { bySplits, defineProtocol } from '../protocol.ts';

export default defineProtocol({
  id: 'market',
  aliases: [],
  title: 'Market protocol',
  short: 'Market',
  usesSplits: true,
  ownCameraCounts: false,
  precision: 'atMatch',
  cmcOver: 'valid',
  distance: 'cosine',
  sides: bySplits,
});
