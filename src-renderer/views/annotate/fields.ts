/** Annotation fields of this build and the lanes they make: a new file in src-shared/fields/defs is a new lane, with no change here. */
import type { LaneSpec } from '../../canvas/timelineLayout.ts';
import type { FieldDefinition } from '../../../src-shared/fields/field.ts';

const modules = import.meta.glob<{ default: FieldDefinition }>('../../../src-shared/fields/defs/*.ts', { eager: true });

const FIELDS: readonly FieldDefinition[] = Object.values(modules)
  .map((module) => module.default)
  .sort((a, b) => a.order - b.order);
/** Fields with a lane, top to bottom. */
export const FRAME_FIELDS: readonly FieldDefinition[] = FIELDS.filter((field) => field.scope === 'frame');

export function fieldById(id: string): FieldDefinition {
  const field = FIELDS.find((known) => known.id === id);
  if (!field) throw new Error(`There is no annotation field ${id}`);
  return field;
}

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
