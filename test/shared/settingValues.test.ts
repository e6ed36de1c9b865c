import { expect, test } from 'vitest';
import { settingProblem } from '../../src-shared/settingValues.ts';

test.each<[string, unknown]>([
  ['theme', 'dark'],
  ['theme', null],
  ['annotator', 'Ann'],
  ['keys', { 'app.undo': ['mod+z'], 'annotate.note': [] }],
  ['ffmpeg', '/usr/bin/ffmpeg'],
  ['engine.threads', 2],
  ['of an older version', null],
])('%s may be %j', (key, value) => {
  expect(settingProblem(key, value, 4)).toBe(null);
});

test.each<[string, unknown, RegExp]>([
  ['anything', 1, /There is no setting "anything"; there are theme, annotator, keys, ffmpeg and engine\.\*/],
  ['__proto__', {}, /There is no setting/],
  ['constructor', 'x', /There is no setting/],
  ['engine.other', 1, /There is no setting/],
  ['theme', 'red', /dark, light or system/],
  ['annotator', 'x'.repeat(101), /at most 100/],
  ['annotator', 5, /is a text/],
  ['keys', [], /by command/],
  ['keys', { a: 'b' }, /by command/],
  ['keys', { a: Array(17).fill('x') }, /by command/],
  ['ffmpeg', 3, /full path/],
  ['engine.threads', 5, /4 cores/],
])('%s is refused as %j', (key, value, sentence) => {
  expect(settingProblem(key, value, 4)).toMatch(sentence);
});
