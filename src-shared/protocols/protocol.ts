/**
 * What a test protocol says: who asks, who is searched, which entries count, how precision is averaged and what the CMC is divided by.
 * One file a protocol in `defs/`; `index.ts` gives them to page, host, models and command line alike.
 * Test: test/contracts/protocols.contract.test.ts.
 */
import type { IdentityKind, SplitName } from '../contract/datasets.ts';

export const distanceNames = ['cosine', 'euclidean'] as const;
export type DistanceName = (typeof distanceNames)[number];

/** What of a tracklet decides its side. */
export interface SideRow {
  id: number;
  identityId: number;
  kind: IdentityKind;
  camid: number;
  split: SplitName;
  /** First frame number in its medium, for the order of visits. */
  firstFrame: number;
}

export interface Sides<Row> {
  query: Row[];
  gallery: Row[];
}

export interface Protocol {
  id: string;
  /** Other names that are accepted wherever a protocol is named. */
  aliases: readonly string[];
  title: string;
  short: string;
  /** Who asks and who is searched is taken from the splits "query" and "gallery". */
  usesSplits: boolean;
  /** The same person in the query's own camera is a match; otherwise such an entry is taken out. */
  ownCameraCounts: boolean;
  /** Mean of the precision at each match, or of the precision before and after it. */
  precision: 'atMatch' | 'trapezoid';
  /** What the CMC is divided by: queries that have a match, or all. mAP and mINP are always means over those that have one. */
  cmcOver: 'valid' | 'all';
  /** Between features, where none is asked for. */
  distance: DistanceName;
  sides<Row extends SideRow>(rows: readonly Row[]): Sides<Row>;
}

export function defineProtocol<const Id extends string>(protocol: Protocol & { id: Id }): Protocol & { id: Id } {
  return protocol;
}

/** Persons of the split "query" ask; the split "gallery" is searched. */
export function bySplits<Row extends SideRow>(rows: readonly Row[]): Sides<Row> {
  return { query: rows.filter((row) => row.split === 'query' && row.kind === 'person'), gallery: rows.filter((row) => row.split === 'gallery') };
}

/** The same, with the queries in front of the gallery. */
export function bySplitsWithQueries<Row extends SideRow>(rows: readonly Row[]): Sides<Row> {
  const { query, gallery } = bySplits(rows);
  return { query, gallery: [...query, ...gallery] };
}
