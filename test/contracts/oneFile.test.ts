/**
 * Adding something is one file: in a copy of the sources a toy of each kind is put beside the real ones, and the contract suites, which nobody
 * tells of it, test it. An importer has a fixture beside it, since what a folder holds cannot be guessed.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { requireEngine, ENGINE_TIMEOUT_MS } from '../support/engine.ts';
import { temporaryFolder } from '../support/project.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const copy = temporaryFolder();
afterAll(() => copy[Symbol.dispose]());

const TOYS: Record<string, { file: string; text: string; suite: string; also?: { file: string; text: string } }> = {
  'a method': {
    file: 'models/methods/toy.ts',
    suite: 'methods',
    text: `import tap from './resnet-tap.ts';\nexport default { ...tap, id: 'toy', order: 99, title: 'Toy' };\n`,
  },
  'an importer': {
    file: 'datasets/importers/toy.ts',
    suite: 'importers',
    text: `import { z } from 'zod';
import { AppError } from '../../src-shared/errors.ts';
import { defineImporter, throwIfCancelled } from '../importer.ts';

export default defineImporter({
  id: 'toy',
  title: 'Toy',
  layout: 'toy.txt beside pictures of one person',
  options: z.object({}),
  probe: async (tree) => ((await tree.exists('toy.txt')) ? { confidence: 1, summary: 'Toy' } : null),
  async read(tree, _options, sink, { signal }) {
    throwIfCancelled(signal);
    const [name = '', count] = (await tree.text('toy.txt')).split(' ');
    const files = (await tree.list('crops')).filter(({ kind, name: file }) => kind === 'file' && file.endsWith('.jpg')).map(({ path }) => path);
    if (files.length < Number(count)) throw new AppError('MEDIA_MISSING', 'A picture in crops is missing.', {});
    await sink.camera({ camid: 0, name: 'one' });
    await sink.identity({ pid: 1, name: '1', kind: 'person' });
    await sink.media({ key: 'crops', kind: 'crops', path: 'crops', width: 16, height: 32, frameCount: files.length, fps: null });
    throwIfCancelled(signal);
    await sink.tracklet({
      key: 'only', pid: 1, camid: 0, split: 'none', mediaKey: 'crops', frameIndex: Int32Array.from(files, (_, i) => i), boxes: null, files, ignored: null, annotations: [],
    });
    return { name, licence: null, origin: null };
  },
});
`,
    also: {
      file: 'test/fixtures/datasets/toy.json',
      text: JSON.stringify({
        importer: 'toy',
        media: {},
        options: {},
        files: { 'toy.txt': 'Play 2', 'crops/1.jpg': 'x', 'crops/2.jpg': 'x' },
        needed: ['crops/1.jpg', 'crops/2.jpg'],
        expected: { name: 'Play', cameras: [[0, 'one']], identities: [[1, 'person']], tracklets: [['only', 1, 0, 'none', [0, 1]]], annotations: 0 },
      }),
    },
  },
  'an exporter': {
    file: 'datasets/exporters/toy.ts',
    suite: 'exporters',
    text: `import imageFolder from './image-folder.ts';\nexport default { ...imageFolder, id: 'toy', title: 'Toy' };\n`,
  },
  'an annotation field': {
    file: 'src-shared/fields/defs/toy.ts',
    suite: 'fields',
    text: readFileSync(join(root, 'src-shared/fields/defs/quality.ts'), 'utf8').replaceAll("'quality'", "'toy'").replace('order: 3', 'order: 99'),
  },
  'a test protocol': {
    file: 'src-shared/protocols/defs/toy.ts',
    suite: 'protocols',
    text: `import { bySplits, defineProtocol } from '../protocol.ts';
export default defineProtocol({
  id: 'toy', aliases: ['play'], title: 'Toy protocol', short: 'Toy', usesSplits: true, ownCameraCounts: true,
  precision: 'trapezoid', cmcOver: 'all', distance: 'euclidean', sides: bySplits,
});
`,
  },
  'a kind of job': {
    file: 'src-main/features/synth/jobs/toy.ts',
    suite: 'jobs',
    text: `import { z } from 'zod';
import { defineJob } from '../../../jobs/defineJob.ts';
export default defineJob({
  id: 'toy', title: 'Toy', group: 'data', params: z.object({ n: z.int() }), resource: 'io', resumable: false, run: async ({ n }) => n + 1,
});
`,
  },
  'an operation of undo': {
    file: 'src-main/features/datasets/operations/toy.table.ts',
    suite: 'operations',
    text: `import { z } from 'zod';
import { defineOperation, type TableOperations } from '../../history/operation.ts';
declare module '../../history/operation.ts' {
  interface PatchOperations { turnToy: { op: 'turnToy'; by: number } }
}
const turn = defineOperation({
  name: 'turnToy', schema: z.object({ op: z.literal('turnToy'), by: z.int().min(-1) }), opposite: 'turnToy', calls: ['synth.turn'],
  rowsOf: () => ['toy'], apply: (db, { by }) => void db.run('UPDATE dataset SET created_at = created_at + ?', [by]),
});
export default { id: 'toy', operations: [turn] } satisfies TableOperations;
`,
    also: {
      file: 'test/fixtures/operations/toy.json',
      text: JSON.stringify({
        pairs: [
          [
            { op: 'turnToy', by: 1 },
            { op: 'turnToy', by: -1 },
          ],
        ],
        junk: [{ op: 'turnToy', by: 'x' }],
      }),
    },
  },
  'a way to make a data set of others': {
    file: 'src-main/features/datasets/recipes/toy.table.ts',
    suite: 'recipes',
    text: `import { z } from 'zod';
import { defineRecipe } from '../recipe.ts';
import { trackletsOf } from '../tracklets.table.ts';
const schema = z.strictObject({ kind: z.literal('toy'), of: z.int() });
export default defineRecipe<z.output<typeof schema>>({
  id: 'toy', schema, title: ([source = '']) => \`Toy of \${source}\`, sourcesOf: ({ of }) => [of], kept: () => ({}),
  membersOf(db, { of }) {
    const { grid } = trackletsOf(db, of);
    return db.column<number>(\`SELECT min(t.id) FROM \${grid.from} WHERE \${grid.where}\`, [of]);
  },
});
`,
    also: {
      file: 'test/fixtures/recipes/toy.json',
      text: JSON.stringify({ asks: [{ asked: { kind: 'toy', of: 2 }, sources: [2], members: [11] }], junk: [{ kind: 'toy' }] }),
    },
  },
  'a compute task': {
    file: 'src-main/compute/tasks/toy.ts',
    suite: 'tasks',
    text: `import { defineTask } from '../defineTask.ts';
declare module '../protocol.ts' {
  interface TaskKinds { toy: { task: { kind: 'toy' }; result: number } }
}
export default defineTask({ id: 'toy', perform: async () => 1 });
`,
  },
};

/** What the page makes of every field. */
const PAGE_SUITE = 'test/renderer/fieldAddress.contract.test.ts';

interface Ran {
  suite: string;
  title: string;
  status: string;
  trouble: string;
}
let ran: Ran[] = [];

beforeAll(async () => {
  await requireEngine();
  for (const folder of [
    'scripts',
    'src-shared',
    'src-main',
    'src-renderer',
    'models',
    'datasets',
    'test/contracts',
    'test/support',
    'test/fixtures/datasets',
    'test/fixtures/operations',
    'test/renderer/support',
    PAGE_SUITE,
    'test/fixtures/recipes',
  ])
    cpSync(join(root, folder), join(copy.path, folder), { recursive: true, filter: (path) => !path.endsWith('oneFile.test.ts') });
  for (const file of ['package.json', 'tsconfig.base.json', 'vite.config.ts', 'svelte.config.js', 'vitest.config.ts'])
    cpSync(join(root, file), join(copy.path, file));
  symlinkSync(join(root, 'node_modules'), join(copy.path, 'node_modules'));
  for (const { file, text, also } of Object.values(TOYS))
    for (const one of [{ file, text }, ...(also ? [also] : [])]) writeFileSync(join(copy.path, one.file), one.text);
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      'scripts/vitest.mjs',
      'run',
      '--project',
      'unit',
      '--project',
      'renderer',
      'test/contracts',
      PAGE_SUITE,
      '-t',
      '(?<![a-z])toy(?![a-z])',
      '--reporter',
      'json',
    ],
    { cwd: copy.path, encoding: 'utf8', env: { ...process.env, VITEST: undefined, VITEST_POOL_ID: undefined, VITEST_WORKER_ID: undefined }, maxBuffer: 1e8 },
  );
  const from = stdout.indexOf('{"numTotalTestSuites"');
  expect(from, stderr || stdout).toBeGreaterThanOrEqual(0);
  const report = JSON.parse(stdout.slice(from)) as {
    testResults: { name: string; assertionResults: { fullName: string; status: string; failureMessages: string[] }[] }[];
  };
  ran = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ fullName, status, failureMessages }) => ({
      suite: /(?:contracts|renderer)\/(\w+)\.contract/.exec(name.replaceAll('\\', '/'))?.[1] ?? name,
      title: fullName,
      status,
      trouble: failureMessages.join('\n').slice(0, 500),
    })),
  );
}, ENGINE_TIMEOUT_MS + 300_000);

test.each(Object.entries(TOYS))('%s is one file, and its contract suite tests it', (_what, { suite }) => {
  const own = ran.filter((one) => one.suite === suite && one.status !== 'skipped');
  expect(own.filter(({ status }) => status !== 'passed')).toEqual([]);
  expect(own.length).toBeGreaterThan(0);
  expect(own.every(({ title }) => /toy/.test(title))).toBe(true);
});

test('the host finds, counts and refuses by the field as by any other', () => {
  const host = ran.find(({ title }) => title === 'toy is found, counted and refused by the host as any other');
  expect(host).toMatchObject({ suite: 'fields', status: 'passed' });
});

test('the page has a part of the filter for the field, an address and words', () => {
  const page = ran.filter(({ suite, status }) => suite === 'fieldAddress' && status !== 'skipped');
  expect(page.map(({ title, status }) => [/toy/.test(title), status])).toEqual(page.map(() => [true, 'passed']));
  expect(page.length).toBeGreaterThan(1);
});
