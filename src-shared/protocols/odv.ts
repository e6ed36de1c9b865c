/** Occluded-DukeMTMC-VideoReID: Market's rule on its own query list. Test: test/models/metrics/rank.test.ts. */
import { bySplits, defineProtocol } from './protocol.ts';

export default defineProtocol({
  id: 'odv',
  aliases: [],
  title: 'ODV protocol',
  short: 'ODV',
  usesSplits: true,
  galleryHasQueries: false,
  ownCameraCounts: false,
  precision: 'atMatch',
  cmcOver: 'valid',
  sides: (rows) => bySplits(rows, false),
});
