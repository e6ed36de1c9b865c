/** The data sets without a page: which is shown, keys, links that ask for a dialog, what is being imported, and no late question. */
import { flushSync } from 'svelte';
import { afterEach, expect, test, vi } from 'vitest';
import { AppError } from '../../../src-shared/errors.ts';
import type { CommandHandler } from '../../../src-renderer/lib/commands.svelte.ts';
import type { Route } from '../../../src-renderer/lib/route.ts';
import { Datasets } from '../../../src-renderer/views/datasets/datasets.svelte.ts';
import { fakeCalls } from '../support/fakeCalls.ts';

let close: () => void = () => undefined;
afterEach(() => close());

const settled = async (): Promise<void> => {
  flushSync();
  await new Promise((resolve) => setTimeout(resolve, 0));
  flushSync();
};
const jobOf = (id: number, more: object = {}) => ({ id, kind: 'import', group: 'data', state: 'done', dismissed: false, error: null, ...more });

async function open(path: Partial<Route> = {}, { jobs = [] as object[], hold = null as string | null } = {}) {
  const calls = fakeCalls({ 'datasets.get': ({ id }: { id: number }) => ({ id, name: `set ${id}` }) });
  if (hold) calls.hold(hold);
  const route: Route = $state({ view: 'datasets', id: null, params: {}, ...path });
  let list = $state.raw<{ id: number }[] | undefined>([{ id: 1 }, { id: 2 }, { id: 3 }]);
  const navigate = vi.fn<(path: string, options?: object) => void>((to) => {
    const [where, search = ''] = to.slice(1).split('?');
    const [view, id = null] = where!.split('/');
    Object.assign(route, { view, id, params: Object.fromEntries(new URLSearchParams(search)) });
  });
  const notify = vi.fn<(error: { message: string }) => void>();
  let datasets!: Datasets;
  close = $effect.root(() => {
    datasets = new Datasets({
      client: calls.client,
      query: (() => ({
        get data() {
          return list;
        },
        error: null,
      })) as never,
      route,
      navigate,
      jobs: { list: jobs as never },
      notify,
    });
  });
  await settled();
  const moved = vi.fn<() => void>();
  const commands = datasets.commands(moved) as Record<string, CommandHandler | (() => void)>;
  const handler = (id: string): CommandHandler => {
    const entry = commands[`datasets.${id}`]!;
    return typeof entry === 'function' ? { press: entry } : entry;
  };
  const press = async (id: string): Promise<void> => {
    handler(id).press();
    await settled();
  };
  return {
    datasets,
    calls,
    route,
    navigate,
    notify,
    moved,
    press,
    isEnabled: (id: string) => handler(id).enabled!(),
    setList: (next: typeof list) => (list = next),
  };
}

test('the data set of the address is shown, else the first', async () => {
  const { datasets, route, setList } = await open({ id: '2' });
  expect(datasets.selectedId).toBe(2);
  route.id = '9';
  expect(datasets.selectedId).toBe(1);
  setList([]);
  expect(datasets.selectedId).toBe(null);
  setList(undefined);
  expect([datasets.selectedId, datasets.all]).toEqual([null, []]);
});

test('where the address names none any more, the last one stays as long as it is there', async () => {
  const { datasets, route, setList } = await open({ id: '2' });
  route.id = null;
  await settled();
  expect(datasets.selectedId).toBe(2);
  setList([{ id: 1 }, { id: 3 }]);
  expect(datasets.selectedId).toBe(1);
});

test('keys go from one to the next as far as there are any, and the page is told', async () => {
  const { datasets, press, navigate, moved, isEnabled, setList } = await open();
  await press('next');
  await press('next');
  await press('next');
  expect([datasets.selectedId, moved.mock.calls.length]).toEqual([3, 3]);
  await press('previous');
  expect(navigate.mock.lastCall).toEqual(['/datasets/2', { replace: true }]);
  setList([{ id: 1 }]);
  expect([isEnabled('next'), isEnabled('previous'), isEnabled('rename')]).toEqual([false, false, true]);
  setList([]);
  expect([isEnabled('open'), isEnabled('rename'), isEnabled('remove')]).toEqual([false, false, false]);
});

test('its tracklets are those of the grid with it alone', async () => {
  const { press, navigate } = await open({ id: '3' });
  await press('open');
  expect(navigate.mock.lastCall).toEqual(['/tracklets?dataset=3']);
});

test('what is asked is about the data set as the host has it now, and of two questions only the last is put', async () => {
  const { datasets, calls, press } = await open({ id: '2' });
  await press('rename');
  expect(datasets.dialog).toEqual({ kind: 'rename', dataset: { id: 2, name: 'set 2' } });
  datasets.close();
  calls.hold('datasets.get');
  await press('remove');
  await press('rename');
  calls.waiting[1]!.answer();
  calls.waiting[0]!.answer();
  await settled();
  expect(datasets.dialog).toMatchObject({ kind: 'rename' });
  datasets.close();
  await press('remove');
  await press('import');
  calls.letGo('datasets.get');
  await settled();
  expect(datasets.dialog).toEqual({ kind: 'import' });
});

test('a data set that is gone meanwhile is told, and nothing opens', async () => {
  const { datasets, calls, press, notify } = await open();
  calls.broken.set('datasets.get', new AppError('NOT_FOUND', 'There is no data set 1.'));
  await press('remove');
  expect([datasets.dialog, notify.mock.calls]).toMatchObject([null, [[{ message: 'There is no data set 1.' }]]]);
});

test('a link opens the import, and the address forgets it', async () => {
  const { datasets, route } = await open({ id: '2', params: { import: '1' } });
  expect([datasets.dialog, route.id, route.params]).toEqual([{ kind: 'import' }, '2', {}]);
});

test('a link asks where the pictures are; who has gone on before it is answered stays there', async () => {
  const first = await open({ id: '2', params: { locate: '1' } });
  expect([first.datasets.dialog, first.route.params]).toMatchObject([{ kind: 'locate', dataset: { id: 2 } }, {}]);
  close();
  const { calls, route, navigate } = await open({ id: '2', params: { locate: '1' } }, { hold: 'datasets.get' });
  Object.assign(route, { view: 'runs', id: null, params: {} });
  calls.letGo('datasets.get');
  await settled();
  expect([navigate.mock.calls, route.view]).toEqual([[], 'runs']);
});

test('what is brought in stands above the list, and what failed until it is answered', async () => {
  const refused = { state: 'failed', error: { code: 'SOURCE_CHANGED', params: { dataset: 2 } } };
  const jobs = [
    jobOf(1, refused),
    jobOf(2, { datasetId: 2 }),
    jobOf(3, { state: 'running' }),
    jobOf(4, { state: 'waiting', kind: 'synth' }),
    jobOf(5, { ...refused, dismissed: true }),
    jobOf(6, refused),
    jobOf(7, { state: 'running', group: 'compute' }),
    jobOf(8, { state: 'failed', error: { code: 'DISK_FULL', params: {} } }),
  ];
  const { datasets } = await open({}, { jobs });
  expect(datasets.importing.map(({ id }) => id)).toEqual([3, 4, 6, 8]);
});
