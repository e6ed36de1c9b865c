/**
 * Makes a data set of others: its row, its members, and a split set of its own with the sides that the sources use now. Undoing removes it, as removing
 * does. Test: test/main/features/datasets/derive.test.ts.
 */
import { FIRST_SPLIT } from '../../../datasets/importer.ts';
import { AppError } from '../../../src-shared/errors.ts';
import type { Reader, Writer } from '../../db/handles.ts';
import { perform } from '../history/table.ts';
import { addSplitSet, takeSides, useSplitSet } from '../splits/members.table.ts';
import type { RecipeKind, StoredRecipe } from './recipe.ts';
import { recipeKinds } from './recipes.ts';
import { refuseTaken } from './table.ts';
import { trackletsOf } from './tracklets.table.ts';

export interface DeriveInput {
  name: string;
  recipe: { kind: string };
  at: number;
  tags: string[];
}

interface Source {
  id: number;
  name: string;
  state: 'importing' | 'ready';
  origin: string | null;
  licence: string | null;
}

export function derive(db: Writer, { name, recipe, at, tags }: DeriveInput): { id: number; tracklets: number } {
  refuseTaken(db, name, null);
  const { kind, asked } = readAsked(recipe);
  const sources = kind.sourcesOf(asked).map((id) => mustBeReady(db, id));
  const members = kind.membersOf(db, asked);
  if (members.length === 0)
    throw new AppError(
      'BAD_INPUT',
      `${kind.title(sources.map((source) => source.name))} has no tracklet.`,
      { key: 'recipe' },
      { remedy: 'Choose a wider filter, or other data sets.' },
    );
  const ids = JSON.stringify(members);
  const own = new Set(db.column<number>('SELECT DISTINCT dataset_id FROM tracklet WHERE id IN (SELECT value FROM json_each(?))', [ids]));
  const stored: StoredRecipe = {
    kind: kind.id,
    sources: sources.map((source) => ({ id: source.id, name: source.name })),
    imported: [...new Set(sources.flatMap((source) => trackletsOf(db, source.id).imported))].filter((id) => own.has(id)),
    asked: kind.kept(asked),
    at,
    tracklets: members.length,
  };
  const { id } = db.run(
    `INSERT INTO dataset (name, importer, options, root, origin, licence, state, content_hash, created_at, recipe) VALUES (?, '', '{}', '', ?, ?, 'ready', '', ?, ?)`,
    [name, joined(sources.map(({ origin }) => origin)), joined(sources.map(({ licence }) => licence)), at, JSON.stringify(stored)],
  );
  db.run('INSERT INTO dataset_member (dataset_id, tracklet_id) SELECT ?, value FROM json_each(?)', [id, ids]);
  const splitSet = addSplitSet(db, { datasetId: id, name: FIRST_SPLIT, origin: 'built', at });
  takeSides(db, splitSet, { datasetId: id, sources: sources.map((source) => source.id) });
  useSplitSet(db, id, splitSet);
  perform(db, {
    at,
    label: `Make data set "${name}"`,
    call: 'datasets.derive',
    trackletId: null,
    tags,
    // It is there already; done again, it comes back.
    patch: [{ op: 'bringBack', table: 'dataset', id }],
    inverse: [{ op: 'remove', table: 'dataset', id, at }],
    join: null,
  });
  return { id, tracklets: members.length };
}

function readAsked(recipe: DeriveInput['recipe']): { kind: RecipeKind; asked: unknown } {
  const kind = recipeKinds.get(recipe.kind);
  if (!kind)
    throw new AppError('BAD_INPUT', `There is no recipe "${recipe.kind}"; known are ${[...recipeKinds.keys()].join(', ')}.`, {
      key: 'recipe',
      kind: recipe.kind,
    });
  const read = kind.schema.safeParse(recipe);
  if (read.success) return { kind, asked: read.data };
  const [issue] = read.error.issues;
  const at = ['recipe', ...(issue?.path ?? [])].join('.');
  throw new AppError('BAD_INPUT', `datasets.derive: "${at}": ${issue?.message ?? 'it does not fit'}.`, { key: at });
}

function mustBeReady(db: Reader, id: number): Source {
  const source = db.get<Source>('SELECT id, name, state, origin, licence FROM dataset WHERE id = ? AND removed_at IS NULL', [id]);
  if (!source) throw new AppError('NOT_FOUND', `There is no data set ${id}.`, { datasetId: id });
  if (source.state === 'ready') return source;
  throw new AppError('CONFLICT', `Data set ${id} is still being imported.`, { datasetId: id }, { remedy: 'Make the data set when the import is done.' });
}

/** What its sources say, each once. */
function joined(said: readonly (string | null)[]): string | null {
  const all = [...new Set(said.filter((one) => one !== null && one !== ''))];
  return all.length === 0 ? null : all.join('; ');
}
