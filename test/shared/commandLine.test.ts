/** Command lines as people read them, and as a POSIX shell and the program's own parser read them back. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import train from '../../src-main/cli/commands/train.ts';
import { parseCommand, settings as readSettings, withLists } from '../../src-main/cli/command.ts';
import { commandLine, settings, trainCommand } from '../../src-shared/commandLine.ts';

test('what is not given is not said, lists repeat, switches stand alone', () => {
  expect(commandLine(['a', 'b c'], { one: 'x y', none: null, absent: undefined, off: false, on: true, many: ['1', "it's"], n: 0 })).toBe(
    `tracklet a 'b c' --one 'x y' --on --many 1 --many 'it'\\''s' --n 0`,
  );
});

test('what differs is set, quoted for a shell', () => {
  expect(trainCommand({ method: 'resnet-tap', project: '/home/a b/p', dataset: 'Synthetic', seed: 2, changes: { pool: 'max', decayEpochs: [4, 5] } })).toBe(
    "tracklet train resnet-tap --project '/home/a b/p' --dataset Synthetic --seed 2 --set pool=max --set decayEpochs=4,5",
  );
  expect(trainCommand({ method: 'm', project: '.', dataset: 'D', name: 'one', seed: 1, recipe: 'paper', changes: {} })).toBe(
    'tracklet train m --project . --dataset D --name one --seed 1 --recipe paper',
  );
  const evaluateOn = [
    { dataset: 'D', protocol: 'market' },
    { dataset: 'one camera', protocol: 'visits' },
  ];
  expect(trainCommand({ method: 'm', project: '.', dataset: 'D', changes: {}, evaluateOn })).toBe(
    "tracklet train m --project . --dataset D --evaluate-on D:market --evaluate-on 'one camera:visits'",
  );
});

test.each<[unknown, string]>([
  ['max', 'k=max'],
  ['5', 'k="5"'],
  ['true', 'k="true"'],
  ['a b', 'k=a b'],
  [3e-4, 'k=0.0003'],
  [false, 'k=false'],
  [null, 'k=null'],
  [[], 'k='],
  [[7], 'k=7'],
  [['a', 'b'], 'k=a,b'],
  [['a,b'], 'k=["a,b"]'],
  [['null'], 'k=["null"]'],
  [[[1, 2]], 'k=[[1,2]]'],
  [{ a: 1 }, 'k={"a":1}'],
])('the value %j is written %s', (value, text) => {
  expect(settings({ k: value })).toEqual([text]);
});

test.skipIf(process.platform === 'win32')('shell and program read back every value, name and path', () => {
  const changes = { depth: 18, width: 0.5, pool: 'max', note: "it's $(id); * ~", digits: '5', on: true, off: null, none: [], one: [5], more: [4, 5], words: ['a', 'b c', '1'], deep: { a: [1] } }; // prettier-ignore
  const asked = { method: 'm', project: '-p', dataset: "O'Hara", name: '--odd', seed: 3, recipe: 'paper' as const };
  const script = `tracklet() { for word in "$@"; do printf '%s\\0' "$word"; done; }; ${trainCommand({ ...asked, changes })}`;
  const [, ...args] = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
  const read = parseCommand(train, args);
  expect(read.positionals).toEqual(['m']);
  expect(read.values).toMatchObject({ project: '-p', dataset: "O'Hara", name: '--odd', seed: '3', recipe: 'paper' });
  expect(withLists(readSettings(read), (key) => Array.isArray(changes[key as keyof typeof changes]))).toEqual(changes);
});
