/** MARS as torchreid and NSSB test it: the gallery does not hold the queries. Test: test/models/metrics/rank.test.ts. */
import { bySplits, defineProtocol } from './protocol.ts';

export default defineProtocol({
  id: 'mars-a',
  aliases: [],
  title: 'MARS, gallery without queries',
  short: 'MARS (a)',
  usesSplits: true,
  galleryHasQueries: false,
  ownCameraCounts: false,
  precision: 'atMatch',
  cmcOver: 'valid',
  sides: (rows) => bySplits(rows, false),
});
