/**
 * For sets with one camera: the first visit of whoever comes back asks, every visit is searched, and only the query itself is taken out.
 * Identities seen once stay in the gallery as distractors. Test: test/contracts/protocols.contract.test.ts.
 */
import { defineProtocol, type SideRow, type Sides } from '../protocol.ts';

export default defineProtocol({
  id: 'visits',
  aliases: [],
  title: 'Visits: first visit against all',
  short: 'visits',
  usesSplits: false,
  ownCameraCounts: true,
  precision: 'atMatch',
  cmcOver: 'valid',
  distance: 'cosine',
  sides: visits,
});

function visits<Row extends SideRow>(rows: readonly Row[]): Sides<Row> {
  // What a network was trained on says nothing; a set without other splits is taken whole. Visits are in the order they happened, or as they are given.
  const held = rows.filter((row) => row.split !== 'train' && row.kind !== 'junk');
  const gallery = [...(held.length > 0 ? held : rows)].sort((a, b) => a.firstFrame - b.firstFrame);
  const seen = new Map<number, { first: Row; count: number }>();
  for (const row of gallery) {
    if (row.kind !== 'person') continue;
    const entry = seen.get(row.identityId);
    if (entry) entry.count++;
    else seen.set(row.identityId, { first: row, count: 1 });
  }
  return { query: [...seen.values()].filter(({ count }) => count > 1).map(({ first }) => first), gallery };
}
