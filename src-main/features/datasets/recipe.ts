/**
 * A data set that is made of others, and the form of one way to make it. A way is one file, `recipes/<kind>.table.ts`: what may be asked for, of
 * which data sets, and which of their tracklets become members. Members are the tracklets themselves; nothing of them is copied.
 * Test: test/contracts/recipes.contract.test.ts.
 */
import { z } from 'zod';
import type { Reader } from '../../db/handles.ts';

/** More sources than anyone puts together by hand; each is one more look for every tracklet. */
export const MOST_SOURCES = 50;

export interface RecipeKind<Asked = unknown> {
  id: string;
  /** What the command says of a recipe of this kind; strict, so that a filter with a slip of the pen is not taken for none. */
  schema: z.ZodType<Asked>;
  /** "Subset of Market", from the names of its sources. */
  title(sources: readonly string[]): string;
  /** In the order that decides ties. */
  sourcesOf(asked: Asked): number[];
  /** What is kept of it beside kind and sources. */
  kept(asked: Asked): Record<string, unknown>;
  /** Ids of the tracklets that become members, chosen once, now. Called with sources that are there. */
  membersOf(db: Reader, asked: Asked): number[];
}

export function defineRecipe<Asked>(kind: RecipeKind<Asked>): RecipeKind<Asked> {
  return kind;
}

const id = z.int().min(0);

/** As column `recipe` has it. */
export const storedRecipe = z.object({
  kind: z.string(),
  /** With their names of then. */
  sources: z.array(z.object({ id, name: z.string() })).min(1),
  /** The imported data sets that the members were of, in the order of the sources, which may be made of others themselves. */
  imported: z.array(id).min(1),
  asked: z.record(z.string(), z.unknown()),
  at: z.number(),
  /** Members when it was made. */
  tracklets: z.int().min(1),
});
export type StoredRecipe = z.output<typeof storedRecipe>;

/** null: imported. */
export function readRecipe(column: string | null): StoredRecipe | null {
  return column === null ? null : storedRecipe.parse(JSON.parse(column));
}
