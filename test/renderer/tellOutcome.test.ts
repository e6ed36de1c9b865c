/** What is said of an import or an update that has ended, and where the page goes then. */
import { beforeEach, expect, test, vi } from 'vitest';
import type { Output } from '../../src-shared/contract/index.ts';
import type { Job } from '../../src-shared/contract/jobs.ts';
import { notices } from '../../src-renderer/lib/notices.svelte.ts';
import { stepDone } from '../../src-renderer/lib/stepDone.svelte.ts';
import { tellOutcome } from '../../src-renderer/lib/tellOutcome.ts';

type Result = Output<'imports.result'>;
const now = vi.hoisted(() => ({ result: null as unknown, route: { view: 'tracklets', id: null as string | null }, went: [] as string[] }));
vi.mock('../../src-renderer/client.ts', () => ({
  client: { call: async () => (now.result === null ? Promise.reject(new Error('gone')) : now.result) },
}));
vi.mock('../../src-renderer/lib/router.svelte.ts', () => ({
  route: now.route,
  navigate: (to: string) => void now.went.push(to),
  routePath: (view: string, id: number) => `/${view}/${id}`,
}));

beforeEach(() => {
  notices.list = [];
  stepDone.text = '';
  Object.assign(now.route, { view: 'tracklets', id: null });
  now.went.length = 0;
});

const change = {
  dataset: 4,
  name: 'Street',
  tracklets: { added: 0, changed: 1, removed: 0, renamed: 0 },
  pictures: { changed: 2, added: 0, removed: 0 },
};
async function end(result: Partial<Result> | null, job: Partial<Job> = {}): Promise<void> {
  const base: Result = { dataset: 4, name: 'Street', alreadyImported: false, updated: false, isUpdate: false, changed: null, outcome: null };
  now.result = result && { ...base, ...result };
  await tellOutcome({ id: 1, kind: 'import', group: 'data', state: 'done', ...job } as Job);
}
const told = (): string[][] => notices.list.map(({ title, text }) => [title, text]);

test.each<[Partial<Result>, string, string]>([
  [{ alreadyImported: true }, 'Nothing was added', 'The same source is there as Street.'],
  [{ alreadyImported: true, isUpdate: true }, 'Nothing changed in Street', 'Its source is as it was imported.'],
  [
    { updated: true, changed: change, outcome: { setAside: 0, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 0, backup: 'b' } },
    'Updated Street',
    '2 pictures changed.',
  ],
  [
    { updated: true, isUpdate: true, changed: change, outcome: { setAside: 1, moved: 0, putBack: 0, splitsKept: 0, stepsEnded: 0, backup: 'b' } },
    'Updated Street',
    '2 pictures changed. 1 value was set aside, since its picture changed or is gone.',
  ],
])('%j is told in every view, and its data set offered', async (result, title, text) => {
  for (const [view, id] of [
    ['tracklets', null],
    ['datasets', null],
    ['datasets', '4'],
  ] as const) {
    notices.list = [];
    Object.assign(now.route, { view, id });
    await end(result);
    expect([told(), now.went]).toEqual([[[title, text]], []]);
  }
  notices.list[0]?.action?.run();
  expect(now.went).toEqual(['/datasets/4']);
});

test('a new data set is shown where none was chosen, offered where another was, and named elsewhere', async () => {
  await end({});
  expect([told(), stepDone.text, now.went]).toEqual([[], 'Imported Street', []]);
  Object.assign(now.route, { view: 'datasets', id: '2' });
  await end({}, { kind: 'synth' });
  expect([told().map(([title]) => title), now.went]).toEqual([['Imported Street'], []]);
  Object.assign(now.route, { id: null });
  await end({});
  expect([told().length, now.went]).toEqual([1, ['/datasets/4']]);
});

test('where an import asks what to do and no data set is chosen, the one that it asks about is shown', async () => {
  const refused = { state: 'failed', error: { code: 'SOURCE_CHANGED', message: '', remedy: '', params: { dataset: 4 } } } as const;
  await end(null, refused);
  Object.assign(now.route, { view: 'datasets', id: '2' });
  await end(null, refused);
  expect(now.went).toEqual([]);
  Object.assign(now.route, { id: null });
  await end(null, refused);
  expect([now.went, told()]).toEqual([['/datasets/4'], []]);
});

test('nothing is said of other jobs, of those that ended otherwise, or of one that cannot be asked', async () => {
  await end({}, { kind: 'train', group: 'compute' });
  await end({}, { state: 'failed' });
  await end(null);
  expect([told(), stepDone.text, now.went]).toEqual([[], '', []]);
});
