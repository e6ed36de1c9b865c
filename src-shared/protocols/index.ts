/**
 * Every protocol by its name, and the rules that follow from one: which entries count for a query, which queries are valid.
 * Whoever names, lists or counts by protocols takes it from here; the list follows from the files in `defs/`.
 * Tests: test/shared/protocols.test.ts, and test/contracts/protocols.contract.test.ts for each of them.
 */
import { AppError } from '../errors.ts';
import { list } from './list.ts';
import type { Protocol, SideRow, Sides } from './protocol.ts';

export type ProtocolName = (typeof list)[number]['id'];

export const protocols: Record<ProtocolName, Protocol> = Object.fromEntries(list.map((protocol) => [protocol.id, protocol])) as Record<ProtocolName, Protocol>;
export const protocolNames = list.map((protocol) => protocol.id) as [ProtocolName, ...ProtocolName[]];

/** For help texts: "market, mars-a, …, visits; mars means mars-c". */
export const protocolHelp = [protocolNames.join(', '), ...list.flatMap(({ id, aliases }) => aliases.map((alias) => `${alias} means ${id}`))].join('; ');

/** @throws BAD_INPUT that lists what there is */
export function protocolNamed(name: string): ProtocolName {
  const found = list.find((protocol) => protocol.id === name || (protocol.aliases as readonly string[]).includes(name));
  if (!found) throw new AppError('BAD_INPUT', `There is no protocol "${name}"; there are ${protocolHelp}.`, { protocol: name });
  return found.id;
}

export interface RankEntry {
  /** −1 is junk; 0 and any other that no query has is a distractor. */
  pid: number;
  camid: number;
  /** Needed by `visits`, and where queries are part of the gallery. */
  tracklet?: number;
}

export type Mark = 'correct' | 'wrong' | 'junk';

const JUNK_PID = -1;

export function markOf(query: RankEntry, entry: RankEntry, protocol: ProtocolName): Mark {
  if (entry.pid === JUNK_PID) return 'junk';
  if (query.tracklet !== undefined && query.tracklet === entry.tracklet) return 'junk';
  if (query.pid !== entry.pid) return 'wrong';
  if (!protocols[protocol].ownCameraCounts && query.camid === entry.camid) return 'junk';
  return 'correct';
}

/** Identities by their own id; junk of every kind by the −1 that the metrics know. */
export function entryOf(row: SideRow): RankEntry {
  return { pid: row.kind === 'junk' ? JUNK_PID : row.identityId, camid: row.camid, tracklet: row.id };
}

export function sidesOf<Row extends SideRow>(protocol: ProtocolName, rows: readonly Row[]): Sides<Row> {
  return protocols[protocol].sides(rows);
}

/** What stands in the split "query" and yet asks nothing under a protocol that goes by splits: nobody is to be found with it. */
export function silentQueries(rows: readonly Pick<SideRow, 'split' | 'kind'>[]): { distractor: number; junk: number } {
  const of = (wanted: SideRow['kind']): number => rows.filter(({ split, kind }) => split === 'query' && kind === wanted).length;
  return { distractor: of('distractor'), junk: of('junk') };
}

/** Queries of a set that have a match in the gallery: those that an evaluation can count, before anything is computed. */
export function countValidQueries(protocol: ProtocolName, rows: readonly SideRow[]): number {
  const { query, gallery } = sidesOf(protocol, rows);
  const byIdentity = Map.groupBy(gallery, (row) => row.identityId);
  return query.filter((asking) => byIdentity.get(asking.identityId)?.some((entry) => markOf(entryOf(asking), entryOf(entry), protocol) === 'correct')).length;
}
