/** Rules about the repository itself that no linter knows. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|svelte)$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}

it('has a line for every folder in ARCHITECTURE.md', () => {
  const text = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const tops = ['src-shared', 'models', 'datasets', 'src-renderer', 'test', 'scripts', 'docs'];
  const parts = readdirSync(join(root, 'src-main'))
    .filter((name) => statSync(join(root, 'src-main', name)).isDirectory())
    .map((name) => `src-main/${name}`);
  const missing = [...tops, ...parts].filter((folder) => !text.includes(`\`${folder}/\``));
  expect(missing).toEqual([]);
});

it('keeps SQL in src-main/db and files named table.ts or *.table.ts', () => {
  const statement = /\b(SELECT\s+[\w*"].*\sFROM|INSERT\s+(OR \w+ )?INTO|DELETE\s+FROM|UPDATE\s+\w+\s+SET|CREATE\s+TABLE)\b/;
  const outside = sources('src-main')
    .filter((file) => !file.startsWith('src-main/db/') && !/[/.]table\.ts$/.test(file))
    .filter((file) => statement.test(readFileSync(join(root, file), 'utf8')));
  expect(outside).toEqual([]);
});

it('says of which layer a value is wherever it reads or writes one', () => {
  const ofAll = [
    // Of a tracklet that changes, every value is put anew.
    "db.run('DELETE FROM annotation WHERE tracklet_id = ?', [id]);",
    "annotations: count('SELECT count(*) FROM annotation'),",
  ];
  const lines = ['src-main/features', 'src-main/db']
    .flatMap(sources)
    .filter((file) => !file.startsWith('src-main/db/migrations/'))
    .flatMap((file) => readFileSync(join(root, file), 'utf8').split('\n'))
    .map((line) => line.trim())
    .filter((line) => /\b(FROM|INTO|JOIN|UPDATE)\s+(main\.)?annotation\b/.test(line));
  expect(lines.length).toBeGreaterThan(8);
  expect(lines.filter((line) => !/\blayer\b/.test(line)).sort()).toEqual(ofAll.sort());
});

it('asks which tracklets, people, cameras and media a data set has in one place', () => {
  // Imported sets alone are meant: what an import or an update writes, where their files lie, what goes with them, and the place itself.
  const ofImported = [
    ['datasets/table.ts', ['FROM media WHERE dataset_id = ? AND content_hash', 'JOIN tracklet_source s ON s.tracklet_id = t.id WHERE t.dataset_id = ?']],
    ['splits/fromSource.table.ts', ['FROM tracklet WHERE dataset_id = ? AND key = ?']],
    ['splits/members.table.ts', ["FROM tracklet WHERE dataset_id = ? AND split <> 'none'"]],
    ['trash/table.ts', ['FROM main.media WHERE dataset_id = ?', 'FROM tracklet WHERE dataset_id = ?)']],
  ] as const;
  const pattern = /\b(?:FROM|JOIN)\s+(?:main\.)?(?:tracklet|identity|camera|media)\b[^`']*\bdataset_id\s*(?:=\s*[?@]|IN\s*\(SELECT value)[^`]*/g;
  const found = sources('src-main/features')
    .filter((file) => !file.startsWith('src-main/features/imports/') && !file.endsWith('datasets/tracklets.table.ts'))
    .flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(pattern)].map(([text]) => ({
        file: file.replace('src-main/features/', ''),
        text: text.replaceAll(/\s+/g, ' ').slice(0, 300),
      })),
    );
  expect(found.length).toBeGreaterThanOrEqual(ofImported.flatMap(([, texts]) => texts).length);
  expect(found.filter(({ file, text }) => !ofImported.some(([own, texts]) => own === file && texts.some((part) => text.includes(part))))).toEqual([]);
  // It finds one that goes past.
  expect(`SELECT id FROM main.tracklet t INDEXED BY tracklet_grid WHERE t.dataset_id = ?`.match(pattern)).not.toBeNull();
  expect('SELECT c.id FROM camera c\n WHERE c.dataset_id = ? ORDER BY camid'.match(pattern)).not.toBeNull();
});

it('starts ffmpeg in src-main/media only', () => {
  const outside = sources('src-main')
    .filter((file) => !file.startsWith('src-main/media/'))
    .filter((file) => /spawn\w*\([^)]*ffmpeg/i.test(readFileSync(join(root, file), 'utf8')));
  expect(outside).toEqual([]);
});

it('names no folder of one machine in tracked sources', () => {
  const folders = [/\/root\//, /\/home\/[a-z]+\//, /\/work\/(main|shared)/, /\/tmp\/[a-z]/];
  const found = [...['src-shared', 'models', 'datasets', 'src-main', 'src-renderer', 'test'].flatMap(sources)]
    .filter((file) => file !== 'test/architecture.test.ts')
    .filter((file) => folders.some((pattern) => pattern.test(readFileSync(join(root, file), 'utf8'))));
  expect(found).toEqual([]);
});

it('names no test that does not exist', () => {
  const named = ['src-shared', 'models', 'datasets', 'src-main', 'src-renderer']
    .flatMap(sources)
    .flatMap((file) => [...readFileSync(join(root, file), 'utf8').matchAll(/\btest\/[\w./-]+\.(?:ts|mjs|py|json)\b/g)].map(([path]) => ({ file, path })));
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ path }) => !existsSync(join(root, path)))).toEqual([]);
});
