/** Words of this view: how a value came, and when. */
import { HOW_WORDS } from '../../../src-shared/fields/how.ts';
import { dateTime } from '../../lib/format.ts';
import type { LaneRange } from './lanes.ts';

/** "Judged, a.r., just now". */
export function setBy(range: LaneRange, now: number): string {
  const minutes = Math.floor((now - range.updatedAt) / 60_000);
  const when = minutes < 1 ? 'just now' : minutes < 60 ? `${minutes} min ago` : dateTime(range.updatedAt);
  return [HOW_WORDS[range.how].title, range.annotator, when].filter((part) => part !== '').join(', ');
}
