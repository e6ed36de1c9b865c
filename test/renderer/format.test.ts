/** How numbers, shares and times are written. */
import { expect, test } from 'vitest';
import { bytes, count, counted, duration, hiddenRange, large, percent, range, score, scoreDifference, shortened } from '../../src-renderer/lib/format.ts';

test('counts have commas and their unit in the right number', () => {
  expect(count(117206)).toBe('117,206');
  expect(count(-4)).toBe('−4');
  expect(counted(1, 'frame')).toBe('1 frame');
  expect(counted(96, 'frame')).toBe('96 frames');
  expect(counted(2, 'identity', 'identities')).toBe('2 identities');
  expect(range(529, 624)).toBe('529–624');
});

test('shares have one decimal, and something is never shown as nothing or everything', () => {
  expect(percent(0.3142)).toBe('31.4 %');
  expect(percent(0.31, 0)).toBe('31 %');
  expect(percent(0)).toBe('0.0 %');
  expect(percent(1)).toBe('100.0 %');
  expect(percent(0.0001)).toBe('< 0.1 %');
  expect(percent(0.9999)).toBe('> 99.9 %');
});

test('average precision has two decimals, a difference its sign', () => {
  expect(score(0.71424)).toBe('71.42');
  expect(scoreDifference(0.0214)).toBe('+2.14');
  expect(scoreDifference(-0.0214)).toBe('−2.14');
  expect(scoreDifference(0.000001)).toBe('0.00');
});

test('durations name at most two units', () => {
  expect(duration(14)).toBe('14 s');
  expect(duration(200)).toBe('3 min 20 s');
  expect(duration(7500)).toBe('2 h 5 min');
  expect(duration(273600)).toBe('3 d 4 h');
});

test('large figures and sizes', () => {
  expect(large(25_300_000)).toBe('25.3 M');
  expect(large(4_100_000_000)).toBe('4.1 G');
  expect(bytes(68_000_000)).toBe('68 MB');
  expect(hiddenRange(7)).toBe('60–70 % hidden');
  expect(hiddenRange(0)).toBe('nothing hidden');
});

test('a name that is too long loses its middle, never its end', () => {
  expect(shortened('resnet-tap-s1', 13)).toBe('resnet-tap-s1');
  expect(shortened('resnet-tap-s1', 12)).toBe('resnet…ap-s1');
  for (let most = 3; most < 20; most++) {
    const short = shortened('resnet-tap-small-seed7', most);
    expect(short).toHaveLength(most);
    expect(short.endsWith('7')).toBe(true);
  }
});
