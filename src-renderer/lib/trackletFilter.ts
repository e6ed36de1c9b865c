/**
 * The filter of the Tracklets view as part of its address, so that any view can open it filtered and Back undoes a filter:
 * `#/tracklets?split=query&occluder=person&hidden=5-100&sort=hiddenDesc`: a field is named by its id. Shares are percent in the address. Tested by test/renderer/trackletFilter.test.ts.
 */
import type { TrackletFilter, TrackletSort } from '../../src-shared/contract/tracklets.ts';
import { FACET_FIELDS } from './fields.ts';
import { count, percent } from './format.ts';

type ListKey = 'datasetIds' | 'cameraIds' | 'identityIds' | 'trackletIds' | 'splits' | 'reviews';

const NUMBER_LISTS = { datasetIds: 'dataset', cameraIds: 'camera', identityIds: 'identity', trackletIds: 'only' } as const;
const TEXT_LISTS = { splits: 'split', reviews: 'review' } as const;
const SPLITS: readonly string[] = ['train', 'query', 'gallery', 'none'];
const REVIEWS: readonly string[] = ['none', 'started', 'gaps', 'reviewed', 'disputed'];

export const SORTS: readonly { value: TrackletSort; label: string }[] = [
  { value: 'identity', label: 'Identity, then camera' },
  { value: 'camera', label: 'Camera, then identity' },
  { value: 'hiddenDesc', label: 'Most hidden first' },
  { value: 'hiddenAsc', label: 'Least hidden first' },
  { value: 'lengthDesc', label: 'Longest first' },
  { value: 'lengthAsc', label: 'Shortest first' },
  { value: 'reviewFirst', label: 'Waiting for review first' },
];

export function sortOf(params: Record<string, string>): TrackletSort {
  return SORTS.find((sort) => sort.value === params['sort'])?.value ?? 'identity';
}

export function filterOf(params: Record<string, string>): TrackletFilter {
  const filter: TrackletFilter = {};
  for (const [key, name] of Object.entries(NUMBER_LISTS) as [keyof typeof NUMBER_LISTS, string][]) {
    const ids = (params[name] ?? '')
      .split(',')
      .filter((part) => part !== '')
      .map(Number)
      .filter(Number.isInteger);
    if (ids.length > 0) filter[key] = ids;
  }
  const texts = (name: string) => (params[name] ?? '').split(',').filter((part) => part !== '');
  const splits = texts('split').filter((value) => SPLITS.includes(value));
  const reviews = texts('review').filter((value) => REVIEWS.includes(value));
  const terms = Object.fromEntries(FACET_FIELDS.flatMap(({ id }) => (texts(id).length > 0 ? [[id, texts(id)]] : [])));
  if (splits.length > 0) filter.splits = splits as NonNullable<TrackletFilter['splits']>;
  if (reviews.length > 0) filter.reviews = reviews as NonNullable<TrackletFilter['reviews']>;
  if (Object.keys(terms).length > 0) filter.terms = terms;
  const hiddenShare = shareOf(params['hidden']);
  if (hiddenShare) filter.hiddenShare = hiddenShare;
  const most = pair(params['most']);
  if (most) filter.hiddenMax = { min: most[0], max: most[1] };
  const length = pair(params['length']);
  if (length) filter.length = { min: length[0], max: length[1] };
  if (params['text']) filter.text = params['text'].slice(0, 200);
  return filter;
}

function pair(text: string | undefined): [number, number] | null {
  const match = /^(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$/.exec(text ?? '');
  return match ? [Number(match[1]), Number(match[2])] : null;
}

/** "5-100": more than 5 %, at most 100 %; "0-5": nothing hidden too; "some-5": not that. */
function shareOf(text: string | undefined): NonNullable<TrackletFilter['hiddenShare']> | null {
  const isSome = text?.startsWith(SOME) ?? false;
  const range = pair(isSome ? `0${text?.slice(SOME.length)}` : text);
  if (!range) return null;
  const [min, max] = [range[0] / 100, range[1] / 100];
  if (min === 0 && !isSome) return { min: null, max };
  return min < max ? { min, max } : null;
}
const SOME = 'some';

/** As it stands in the chip of the filter. */
export function shareWords({ min, max }: NonNullable<TrackletFilter['hiddenShare']>): string {
  return min === 0 ? `more than 0–${percent(max, 0)}` : `${percent(min ?? 0, 0).replace(' %', '')}–${percent(max, 0)}`;
}

/** For `routePath('tracklets', null, paramsOf(filter, sort))`. */
export function paramsOf(filter: TrackletFilter, sort: TrackletSort = 'identity'): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [key, name] of Object.entries({ ...NUMBER_LISTS, ...TEXT_LISTS }) as [ListKey, string][]) if (filter[key]) params[name] = filter[key].join(',');
  for (const [field, values] of Object.entries(filter.terms ?? {})) params[field] = values.join(',');
  if (filter.hiddenShare) {
    const { min, max } = filter.hiddenShare;
    params['hidden'] = `${min === 0 ? SOME : round((min ?? 0) * 100)}-${round(max * 100)}`;
  }
  if (filter.hiddenMax) params['most'] = `${filter.hiddenMax.min}-${filter.hiddenMax.max}`;
  if (filter.length) params['length'] = `${filter.length.min}-${filter.length.max}`;
  if (filter.text) params['text'] = filter.text;
  if (sort !== 'identity') params['sort'] = sort;
  return params;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

/** What can be taken back by itself: a key, or the values of one field. */
export type FilterPart = Exclude<keyof TrackletFilter, 'terms'> | `terms.${string}`;

/** The field of a part that is one's values. */
export function fieldOf(part: FilterPart): string | null {
  return part.startsWith(TERMS) ? part.slice(TERMS.length) : null;
}
const TERMS = 'terms.';

export function without(filter: TrackletFilter, part: FilterPart): TrackletFilter {
  const field = fieldOf(part);
  if (field !== null) return withTerms(filter, field, undefined);
  const { [part as keyof TrackletFilter]: _gone, ...rest } = filter;
  return rest;
}

/** With other values of one field; undefined: none. */
export function withTerms(filter: TrackletFilter, field: string, values: string[] | undefined): TrackletFilter {
  const { terms, ...rest } = filter;
  const next = Object.fromEntries(Object.entries({ ...terms, [field]: values }).filter((entry): entry is [string, string[]] => entry[1] !== undefined));
  return Object.keys(next).length === 0 ? rest : { ...rest, terms: next };
}

/** A list with one value more or less; a list left empty is no filter. */
export function toggled<T extends string | number>(list: readonly T[] | undefined, value: T): T[] | undefined {
  const next = list?.includes(value) ? list.filter((other) => other !== value) : [...(list ?? []), value];
  return next.length === 0 ? undefined : next;
}

/** Parts in force. */
export function parts(filter: TrackletFilter): FilterPart[] {
  return (Object.keys(filter) as (keyof TrackletFilter)[])
    .filter((key) => filter[key] !== undefined && filter[key] !== '')
    .flatMap((key): FilterPart[] => (key === 'terms' ? Object.keys(filter.terms ?? {}).map((field): FilterPart => `terms.${field}`) : [key]));
}

interface DatasetValue {
  value: number;
  label: string;
  /** The imported data sets whose tracklets it has. */
  madeOf?: number[] | undefined;
}

/**
 * Cameras to choose from: those of the data sets that are shown, under the name of each where there are several, since names such as "c1" are
 * common to many. One that is filtered by stays, so that it can be taken back.
 */
export function camerasByDataset<Camera extends { value: number; datasetId?: number | undefined }>(
  cameras: readonly Camera[],
  datasets: readonly DatasetValue[],
  filter: Pick<TrackletFilter, 'datasetIds' | 'cameraIds'>,
): { title: string | null; values: Camera[] }[] {
  const shown = filter.datasetIds?.flatMap((id) => [id, ...(datasets.find((dataset) => dataset.value === id)?.madeOf ?? [])]);
  const isShown = (camera: Camera): boolean =>
    shown === undefined || (camera.datasetId !== undefined && shown.includes(camera.datasetId)) || (filter.cameraIds?.includes(camera.value) ?? false);
  const groups = [...Map.groupBy(cameras.filter(isShown), (camera) => camera.datasetId)];
  const isOne = groups.length === 1 && (datasets.length === 1 || filter.datasetIds?.length === 1);
  return groups.map(([id, values]) => ({ title: isOne ? null : (datasets.find((dataset) => dataset.value === id)?.label ?? null), values }));
}

/** Under the histogram of hidden shares: how many of the tracklets shown it cannot count. */
export function leftOutOfShare(shown: number, counts: readonly number[]): string | null {
  const left = shown - counts.reduce((sum, n) => sum + n, 0);
  return left > 0 ? `Without ${count(left)} of ${count(shown)}: too few frames have a value` : null;
}
