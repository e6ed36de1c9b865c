/**
 * MARS by its original Matlab code, which "mars" alone means: queries in the gallery, average precision by the trapezoid rule, CMC divided
 * by all queries. Test: test/contracts/protocols.contract.test.ts.
 */
import { bySplitsWithQueries, defineProtocol } from '../protocol.ts';

export default defineProtocol({
  id: 'mars-c',
  aliases: ['mars'],
  title: 'MARS, original Matlab',
  short: 'MARS (c)',
  usesSplits: true,
  ownCameraCounts: false,
  precision: 'trapezoid',
  cmcOver: 'all',
  distance: 'cosine',
  sides: bySplitsWithQueries,
});
