/** The fields of this build, read from their folder once: handlers, tables and functions of SQL ask them. Test: test/contracts/fields.contract.test.ts. */
import type { FieldDefinition } from '../../../src-shared/fields/field.ts';
import { loadRegistry } from '../../platform/registry.ts';

// Read before the first row is: functions of SQL and of tables cannot wait.
export const FIELDS: ReadonlyMap<string, FieldDefinition> = await loadRegistry<FieldDefinition>(new URL('../../../src-shared/fields/defs/', import.meta.url));

/** Those that tracklets are filtered by, in the order of their lanes. */
export const FACET_FIELDS = [...FIELDS.values()]
  .flatMap(({ facet, ...field }) => (facet === null ? [] : [{ ...field, facet }]))
  .sort((a, b) => a.order - b.order);
