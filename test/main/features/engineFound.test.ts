/** What is found of cards and TensorFlow in folders made by hand, what "auto" means by it, and what is refused as a library. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { cardNames, engineSetup, mayComputeOnCard, meaningOfAuto, refuseLibrary } from '../../../src-main/features/engine/setup.ts';
import type { EngineSetup } from '../../../src-shared/contract/engine.ts';
import { temporaryFolder } from '../../support/project.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
  vi.stubEnv('TRACKLET_TENSORFLOW', undefined);
});
afterEach(() => {
  vi.unstubAllEnvs();
  folder[Symbol.dispose]();
});

/** A folder as pip lays it out, with a library that is none. */
function install(version: string): { folder: string; path: string } {
  const root = join(folder.path, version);
  mkdirSync(join(root, 'tensorflow'), { recursive: true });
  mkdirSync(join(root, `tensorflow_cpu-${version}.dist-info`));
  const path = join(root, 'tensorflow', 'libtensorflow_cc.so.2');
  writeFileSync(path, '');
  return { folder: root, path };
}
const cores = availableParallelism();
const isPinned = process.platform === 'linux' && process.arch === 'x64';
const nothing = (): { provisioned: string; python: null } => ({ provisioned: join(folder.path, 'none'), python: null });

test('"auto" means a card with a TensorFlow for it, then the processor, then WebAssembly, and the reason is said', () => {
  const own = { path: join('native', 'tensorflow-cpu', 'tensorflow', 'libtensorflow_cc.so.2'), version: '2.21.0', source: 'provisioned' } as const;
  const of = (found: Partial<EngineSetup>) => meaningOfAuto({ cards: [], library: null, fetches: null, problem: null, ...found });
  expect(of({ problem: 'It is too old.' })).toEqual({ device: 'wasm', reason: 'It is too old.' });
  expect(of({})).toEqual({ device: 'wasm', reason: 'There is no TensorFlow for this platform.' });
  expect(of({ fetches: 'TensorFlow' })).toEqual({ device: 'cpu', reason: 'No NVIDIA card was found.' });
  expect(of({ cards: ['A'], fetches: 'TensorFlow' })).toMatchObject({ device: 'cpu', reason: expect.stringContaining('3 GB') });
  expect(of({ cards: ['A'], library: own })).toMatchObject({ device: 'cpu', reason: expect.stringContaining('3 GB') });
  expect(of({ cards: ['A'], library: { ...own, path: own.path.replace('-cpu', '-cuda') } })).toEqual({ device: 'cuda', reason: null });
  expect(of({ cards: ['A'], library: { ...own, source: 'setting' } })).toEqual({ device: 'cuda', reason: null });
});

test('before a job has told, a card counts only with a driver and more than the build for processors', () => {
  const driver = join(folder.path, 'nvidiactl');
  const provisioned = join(folder.path, 'parts');
  const guess = (tensorflow?: string): boolean => mayComputeOnCard({ provisioned, tensorflow }, driver);
  mkdirSync(join(provisioned, 'tensorflow-cuda'), { recursive: true });
  expect(guess()).toBe(false);
  writeFileSync(driver, '');
  expect(guess()).toBe(true);
  rmSync(join(provisioned, 'tensorflow-cuda'), { recursive: true });
  // Python may have one for cards.
  expect(guess()).toBe(true);
  mkdirSync(join(provisioned, 'tensorflow-cpu'));
  expect(guess()).toBe(false);
  // So may the folder that the user chose.
  expect(guess(folder.path)).toBe(true);
  vi.stubEnv('TRACKLET_TENSORFLOW', folder.path);
  expect(guess()).toBe(true);
  vi.stubEnv('TRACKLET_TENSORFLOW', undefined);
  // Where the program keeps nothing of its own, there may be anything.
  expect([mayComputeOnCard({ provisioned: undefined }, driver), mayComputeOnCard({ provisioned }, driver)]).toEqual([true, false]);
  if (!existsSync('/dev/nvidiactl')) expect(mayComputeOnCard({ provisioned: undefined })).toBe(false);
});

test('a library that was chosen is told with its version; nothing is fetched', async () => {
  const { folder: chosen, path } = install('2.20.0');
  for (const device of ['auto', 'cuda', 'cpu', 'wasm'] as const)
    expect(await engineSetup({ device, paths: { ...nothing(), tensorflow: chosen } }, [])).toEqual({
      cores,
      cards: [],
      library: { path, version: '2.20.0', source: 'setting' },
      fetches: null,
      problem: null,
      auto: { device: 'cpu', reason: 'No NVIDIA card was found.' },
    });
  expect(await engineSetup({ device: 'auto', paths: { ...nothing(), tensorflow: chosen } }, ['A', 'B'])).toMatchObject({
    cards: ['A', 'B'],
    auto: { device: 'cuda', reason: null },
  });
});

test('what cannot be used is told as the problem, and means WebAssembly', async () => {
  const old = install('2.15.9');
  for (const [tensorflow, problem] of [
    [old.folder, `TensorFlow 2.15.9 at ${old.path} is too old; the engine needs 2.16.0 or newer.`],
    [join(folder.path, 'gone'), `The setting for TensorFlow points to ${join(folder.path, 'gone')}, where there is no TensorFlow library.`],
  ] as const)
    expect(await engineSetup({ device: 'auto', paths: { ...nothing(), tensorflow } }, ['A'])).toEqual({
      cores,
      cards: ['A'],
      library: null,
      fetches: null,
      problem,
      auto: { device: 'wasm', reason: problem },
    });
});

test.runIf(isPinned)('where there is none, what would be fetched is named: by the device, and nothing for WebAssembly', async () => {
  const fetches = async (device: 'auto' | 'cuda' | 'cpu' | 'wasm') => (await engineSetup({ device, paths: nothing() }, [])).fetches;
  const forProcessor = await fetches('auto');
  expect(forProcessor).toMatch(/^TensorFlow 2\.\d+/);
  expect(await fetches('cpu')).toBe(forProcessor);
  expect(await fetches('cuda')).not.toBe(forProcessor);
  expect(await fetches('cuda')).toMatch(/^TensorFlow 2\.\d+/);
  expect(await fetches('wasm')).toBeNull();
});

test('a path is refused with a sentence unless it leads to a library that is not too old', async () => {
  const [good, old] = [install('2.16.0'), install('2.15.9')];
  for (const path of [good.folder, good.path, join(good.folder, 'tensorflow')]) await expect(refuseLibrary(path)).resolves.toBeUndefined();
  await expect(refuseLibrary(old.folder)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', params: { version: '2.15.9', path: old.path } });
  await expect(refuseLibrary(folder.path)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE', params: { path: folder.path } });
  await expect(refuseLibrary('tensorflow')).rejects.toMatchObject({
    code: 'BAD_INPUT',
    message: '"tensorflow" is not a full path.',
    params: { path: 'tensorflow' },
    remedy: 'Give the whole path, from the root of the disk.',
  });
  // One whose version nothing tells is taken as it is.
  writeFileSync(join(folder.path, 'libtensorflow_cc.so.2'), '');
  await expect(refuseLibrary(folder.path)).resolves.toBeUndefined();
});

test.runIf(process.platform === 'linux' && !existsSync('/dev/nvidiactl'))('without a driver there are no cards, and nobody is asked', async () => {
  expect(await cardNames()).toEqual([]);
});
