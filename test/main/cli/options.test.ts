/** `--set key=value` of the command line. */
import { expect, test } from 'vitest';
import { defineCommand, parseCommand, settings } from '../../../src-main/cli/command.ts';

const command = defineCommand({
  id: 'x',
  positionals: [],
  summary: 'x',
  options: { set: { type: 'string', multiple: true, value: 'key=value', help: 'x' } },
  run: () => Promise.resolve(),
});
const given = (...pairs: string[]) =>
  settings(
    parseCommand(
      command,
      pairs.flatMap((pair) => ['--set', pair]),
    ),
  );

test('values are JSON where they can be read as such, else text', () => {
  expect(given('a=1', 'b=[1,2]', 'c=x=y', 'd=')).toEqual({ a: 1, b: [1, 2], c: 'x=y', d: '' });
});

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('%s, which every object has, is no option', (key) => {
  expect(() => given('a=1', `${key}=1`)).toThrow(expect.objectContaining({ code: 'UNKNOWN_OPTION', message: `There is no option "${key}".` }));
});
