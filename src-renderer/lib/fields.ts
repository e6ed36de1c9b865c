/** Annotation fields of this build: a new file in src-shared/fields/defs is one more, with no change here. What the program means by some of them: src-shared/fields/roles.ts. */
import type { FieldDefinition } from '../../src-shared/fields/field.ts';

const modules = import.meta.glob<{ default: FieldDefinition }>('../../src-shared/fields/defs/*.ts', { eager: true });

const FIELDS: readonly FieldDefinition[] = Object.values(modules)
  .map((module) => module.default)
  .sort((a, b) => a.order - b.order);
/** Fields with a lane, top to bottom. */
export const FRAME_FIELDS: readonly FieldDefinition[] = FIELDS.filter((field) => field.scope === 'frame');
/** Those that tracklets are filtered by. */
export const FACET_FIELDS = FIELDS.flatMap(({ facet, ...field }) => (facet === null ? [] : [{ ...field, facet }]));

export function fieldById(id: string): FieldDefinition {
  const field = FIELDS.find((known) => known.id === id);
  if (!field) throw new Error(`There is no annotation field ${id}`);
  return field;
}

/** Of a value to filter by; what a later version wrote has its own word. */
export function facetTitle(field: string, value: string): string {
  return FACET_FIELDS.find(({ id }) => id === field)?.facet.values.find((one) => one.value === value)?.title ?? value;
}
