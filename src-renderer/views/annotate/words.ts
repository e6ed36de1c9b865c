/** Words of this view: origins, review states, when something was set. */
import type { AnnotationOrigin } from '../../../src-shared/entities.ts';
import { dateTime } from '../../lib/format.ts';
import type { LaneRange } from './lanes.ts';

export const ORIGIN_TITLES: Record<AnnotationOrigin, string> = { human: 'Human', imported: 'Imported', interpolated: 'Interpolated', model: 'Model' };

/** "Human, a.r., just now". */
export function setBy(range: LaneRange, now: number): string {
  const minutes = Math.floor((now - range.updatedAt) / 60_000);
  const when = minutes < 1 ? 'just now' : minutes < 60 ? `${minutes} min ago` : dateTime(range.updatedAt);
  return [ORIGIN_TITLES[range.origin], range.annotator, when].filter((part) => part !== '').join(', ');
}
