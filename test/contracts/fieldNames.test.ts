/**
 * A field is one file: outside src-shared/fields nothing of page, host and what they share names one by its id. Where the same word means
 * something else it stands below, with what it means; importers and the synthetic generator are sources of values, and are not looked at.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { FieldDefinition } from '../../src-shared/fields/field.ts';
import { loadRegistry } from '../../src-main/platform/registry.ts';

const root = new URL('../../', import.meta.url);
const ids = [...(await loadRegistry<FieldDefinition>(new URL('src-shared/fields/defs/', root))).keys()];

const STATE = 'the state of a review, which has the name of the field';
const ELSE: Record<string, { id: string; means: string }> = {
  'src-shared/contract/tracklets.ts': { id: 'reviewed', means: STATE },
  'src-main/features/annotations/table.ts': { id: 'reviewed', means: STATE },
  'src-main/features/annotations/seen.table.ts': { id: 'reviewed', means: STATE },
  'src-main/features/tracklets/filter.table.ts': { id: 'reviewed', means: STATE },
  'src-main/features/tracklets/table.ts': { id: 'reviewed', means: STATE },
  'src-renderer/lib/trackletFilter.ts': { id: 'reviewed', means: STATE },
  'src-renderer/views/annotate/Desk.svelte': { id: 'reviewed', means: STATE },
  'src-renderer/views/annotate/Head.svelte': { id: 'reviewed', means: STATE },
  'src-renderer/views/annotate/session.svelte.ts': { id: 'reviewed', means: STATE },
  'src-renderer/views/tracklets/browser.svelte.ts': { id: 'reviewed', means: STATE },
  'src-main/cli/terminalLog.ts': { id: 'note', means: 'where a command writes what is no result' },
};

test('nothing outside src-shared/fields names a field', () => {
  // In single quotes or backticks, or in double ones that are no attribute of a page: role="note", class="note".
  const literal = new RegExp(`(?<![\\w-]=)(['"\`])(${ids.join('|')})\\1`, 'g');
  const found = ['src-shared', 'src-main', 'src-renderer'].flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, root), { recursive: true, encoding: 'utf8' })
      .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
      // A migration is of the fields of its time.
      .filter((file) => /\.(ts|svelte)$/.test(file) && !file.startsWith('src-shared/fields/') && !file.startsWith('src-main/db/migrations/'))
      .flatMap((file) => Array.from(readFileSync(fileURLToPath(new URL(file, root)), 'utf8').matchAll(literal), ([, , id]) => ({ file, id }))),
  );
  expect(found.filter(({ file, id }) => ELSE[file]?.id !== id)).toEqual([]);
  // What is excepted and is not there any more is no exception.
  expect([...new Set(found.map(({ file }) => file))].sort()).toEqual(Object.keys(ELSE).sort());
});
