/** The child that stays: it is one and the same, ends when nobody asks, comes again, and never outlives its parent. What it shares with a child for each task: test/contracts/backends.contract.test.ts. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Backend } from '../../../src-main/compute/backend.ts';
import { interactiveBackend } from '../../../src-main/compute/interactive.ts';
import { computeInChild } from '../../../src-main/compute/local.ts';
import { childrenOf, isAlive } from '../../support/processes.ts';
import { openTestProject, temporaryFolder } from '../../support/project.ts';
import { until } from '../../support/until.ts';

const script = new URL('../../contracts/support/backends/interactiveChild.ts', import.meta.url);

/** Times that were asked for and not given up. */
let set: { ms: number; work: () => void }[] = [];
const after = (ms: number, work: () => void): (() => void) => {
  const one = { ms, work };
  set.push(one);
  return () => void (set = set.filter((other) => other !== one));
};
let backend: Backend;
afterEach(() => backend.close());

function open(): void {
  set = [];
  backend = interactiveBackend({ script, idleAfter: 300_000, after });
}
const pidOf = async () => ((await backend.run({ kind: 'plays', does: 'answers' } as never)) as unknown as { pid: number }).pid;

test('one child takes all requests, one after the other, and is started by the first', async () => {
  open();
  const order: string[] = [];
  const say = (name: string) => ({ onMessage: () => void order.push(name) });
  const first = await pidOf();
  await Promise.all(['a', 'b'].map((name) => backend.run({ kind: 'plays', does: 'reports' } as never, say(name))));
  expect(order).toEqual([...Array.from('aaaaaa'), ...Array.from('bbbbbb')]);
  expect(await pidOf()).toBe(first);
});

test('it ends when nobody has asked for five minutes, counted from the last answer, and another one answers then', async () => {
  open();
  const first = await pidOf();
  expect(set.map(({ ms }) => ms)).toEqual([300_000]);
  const before = set[0];
  expect(await pidOf()).toBe(first);
  expect(set).toHaveLength(1);
  expect(set[0]).not.toBe(before);
  set[0]?.work();
  await until(() => !isAlive(first));
  const second = await pidOf();
  expect(second).not.toBe(first);
});

test('the hour in which nobody asked counts as no silence', async () => {
  let time = 0;
  backend = interactiveBackend({ script, idleAfter: 300_000, after, now: () => time });
  // Looked at every ten milliseconds.
  const ask = async () => ((await backend.run({ kind: 'plays', does: 'takesLong' } as never, { silence: 40 })) as unknown as { pid: number }).pid;
  const first = await ask();
  time = 3_600_000;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(await ask()).toBe(first);
});

test('asked in the very moment in which it is told to leave, another one answers', async () => {
  open();
  const first = await pidOf();
  set[0]?.work();
  expect(await pidOf()).not.toBe(first);
});

test.skipIf(process.platform === 'win32')('one that was killed while nobody asked is replaced, and who asks next hears nothing of it', async () => {
  open();
  const first = await pidOf();
  // What is asked at once finds a dead one whose end nobody knows yet.
  process.kill(first, 'SIGKILL');
  const second = await pidOf();
  process.kill(second, 'SIGKILL');
  await until(() => !isAlive(second));
  const third = await pidOf();
  expect(new Set([first, second, third]).size).toBe(3);
});

test.skipIf(process.platform === 'win32').each(['answers', 'spins'])('it ends when its parent is killed: %s', async (does) => {
  open();
  using folder = temporaryFolder();
  const program = join(folder.path, 'parent.mts');
  writeFileSync(
    program,
    `import { interactiveBackend } from ${JSON.stringify(new URL('../../../src-main/compute/interactive.ts', import.meta.url).href)};
    const backend = interactiveBackend({ script: new URL(${JSON.stringify(script.href)}) });
    const tell = (pid) => process.stdout.write(pid + '\\n');
    tell((await backend.run({ kind: 'plays', does: 'answers' })).pid);
    backend.run({ kind: 'plays', does: ${JSON.stringify(does)} }, { onMessage: () => tell('busy') }).then(() => tell('idle'));`,
  );
  const parent = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  parent.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await until(() => /(busy|idle)\n/.test(said));
  const pid = Number.parseInt(said, 10);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  await until(() => !isAlive(pid));
});

test('methods and sizes are those that a child for each of them tells, errors too', async () => {
  backend = interactiveBackend();
  const size = { kind: 'describe' as const, method: 'resnet-tap', options: { width: 0.25 }, identities: 60 };
  expect(await backend.run({ kind: 'methods' })).toEqual(await computeInChild({ kind: 'methods' }));
  expect(await backend.run(size)).toEqual(await computeInChild(size));
  const unknown = { ...size, options: { depht: 50 } };
  const [here, there] = await Promise.allSettled([backend.run(unknown), computeInChild(unknown)]);
  expect(here).toEqual(there);
  expect(here).toMatchObject({ status: 'rejected', reason: { code: 'UNKNOWN_OPTION', params: { key: 'depht' } } });
  // Sizes of the one leave nothing behind that changes those of the next.
  expect(await backend.run({ ...size, identities: 625 })).toEqual(await computeInChild({ ...size, identities: 625 }));
  expect(await backend.run(size)).toEqual(await computeInChild(size));
});

// The process is found by its entry in /proc.
test.runIf(process.platform === 'linux')('a host answers sizes of other options from the same child, and ends it when it closes', async () => {
  open();
  await using project = await openTestProject();
  const client = project.host.client();
  const sizeOf = async (width: number) => (await client.call('methods.describe', { id: 'resnet-tap', options: { width } })).parameters;
  const wide = await sizeOf(0.5);
  const found = childrenOf(process.pid, 'compute/interactiveChild.ts');
  expect(found).toHaveLength(1);
  expect(await sizeOf(0.25)).toBeLessThan(wide);
  expect(childrenOf(process.pid, 'compute/interactiveChild.ts')).toEqual(found);
  await project.host.close();
  expect(found.filter(isAlive)).toEqual([]);
});
