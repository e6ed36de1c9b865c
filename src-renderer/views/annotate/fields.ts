/** The lanes that annotation fields make. */
import type { LaneSpec } from '../../canvas/timelineLayout.ts';
import { FRAME_FIELDS } from '../../lib/fields.ts';

export const DOUBT_LANE = 'doubt';

/** Lanes of the timeline; doubt stands under the score it is about. */
export const LANES: readonly LaneSpec[] = FRAME_FIELDS.flatMap((field): LaneSpec[] => {
  if (field.widget === 'score')
    return [
      { id: field.id, kind: 'score', rows: 1 },
      { id: DOUBT_LANE, kind: 'doubt', rows: 1 },
    ];
  return [field.widget === 'set' ? { id: field.id, kind: 'rows', rows: field.choices.length } : { id: field.id, kind: 'blocks', rows: 1 }];
});
