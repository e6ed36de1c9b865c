/** Lines of what a child prints: how they are cut, however the bytes come, and what is left of a flood. */
import { beforeEach, expect, test } from 'vitest';
import { createLineReader, type LineReader } from '../../../src-main/jobs/childLines.ts';

let time: number;
let lines: string[];
let reader: LineReader;
beforeEach(() => {
  [time, lines] = [5000, []];
  reader = createLineReader(
    () => time,
    (line, stream) => void lines.push(`${stream}: ${line}`),
  );
});
const print = (text: string, stream: 'stdout' | 'stderr' = 'stdout'): void => reader.read(Buffer.from(text), stream);

test('a line is told once it ends, in whatever way lines end; empty ones are none', () => {
  print('one\ntwo\r\nthree\rfour');
  expect(lines).toEqual(['stdout: one', 'stdout: two', 'stdout: three']);
  print('\n \n\t\n\n  five \n');
  expect(lines.slice(3)).toEqual(['stdout: four', 'stdout:   five ']);
});

test('pieces of a line are put together, of each stream for itself', () => {
  print('o');
  print('err', 'stderr');
  print('ne\n');
  print('or\r', 'stderr');
  print('\n', 'stderr');
  expect(lines).toEqual(['stdout: one', 'stderr: error']);
});

test('a letter that comes in two pieces is whole', () => {
  const bytes = Buffer.from('Größe 10 µm\n');
  for (const byte of bytes) reader.read(Buffer.of(byte), 'stderr');
  expect(lines).toEqual(['stderr: Größe 10 µm']);
});

test('what was begun when nothing comes any more is a line too, once', () => {
  print('out\nFatal');
  print('error', 'stderr');
  reader.end();
  expect(lines).toEqual(['stdout: out', 'stdout: Fatal', 'stderr: error']);
  reader.end();
  expect(lines).toHaveLength(3);
});

test('of a line 4,000 characters are told, of one without an end the last', () => {
  print(`${'x'.repeat(4000)}\n${'y'.repeat(4001)}z\n`);
  print('z'.repeat(4000));
  print('end');
  print('!\n');
  expect(lines).toEqual([`stdout: ${'x'.repeat(4000)}`, `stdout: ${'y'.repeat(4000)}`, `stdout: ${'z'.repeat(3997)}end`]);
});

test('200 lines a second are told, and how many more there were when the second is over', () => {
  const many = (n: number): string => 'line\n'.repeat(n);
  print(many(200));
  expect(lines).toHaveLength(200);
  print(many(2), 'stderr');
  print(many(1));
  expect(lines).toHaveLength(200);
  time = 5999;
  print(many(1));
  expect(lines).toHaveLength(200);
  time = 6000;
  print(many(200));
  expect(lines[200]).toBe('stdout: (4 further lines were left out)');
  expect(lines).toHaveLength(401);
  // None were left out: nothing is said of it.
  time = 7000;
  print('next\n');
  expect(lines.slice(401)).toEqual(['stdout: next']);
});

test('what was left out last is said at the end', () => {
  print('line\n'.repeat(203));
  reader.end();
  expect(lines.slice(200)).toEqual(['stderr: (3 further lines were left out)']);
});
