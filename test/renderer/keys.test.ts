/** What a key press is called, and that keys.json is whole. */
import { describe, expect, test } from 'vitest';
import keys from '../../src-shared/keys.json' with { type: 'json' };
import { calls, changesProject, type CallName } from '../../src-shared/contract/index.ts';
import { keyLabel, keyNames } from '../../src-renderer/lib/keys.ts';

const press = (key: string, code: string, modifiers: Partial<Record<'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey', boolean>> = {}) =>
  keyNames({ key, code, ctrlKey: false, shiftKey: false, altKey: false, metaKey: false, ...modifiers });

describe('a key press', () => {
  test('is named by letter, symbol or key, with modifiers in one order', () => {
    expect(press('k', 'KeyK', { ctrlKey: true })).toEqual(['Ctrl+K']);
    expect(press('Z', 'KeyZ', { ctrlKey: true, shiftKey: true })).toEqual(['Ctrl+Shift+Z']);
    expect(press('ArrowLeft', 'ArrowLeft', { shiftKey: true })).toEqual(['Shift+ArrowLeft']);
    expect(press(' ', 'Space')).toEqual(['Space']);
  });

  test('of a symbol does not name the Shift it needs on this keyboard', () => {
    expect(press('?', 'Slash', { shiftKey: true })).toEqual(['?']);
    expect(press('7', 'Digit7', { shiftKey: true })).toEqual(['7']);
  });

  test('of the number pad has its own name first', () => {
    expect(press('7', 'Numpad7')).toEqual(['Numpad7', '7']);
  });

  test('of a modifier alone has no name', () => {
    expect(press('Shift', 'ShiftLeft', { shiftKey: true })).toEqual([]);
  });

  test('is shown as printed on the key', () => {
    expect(keyLabel('Ctrl+ArrowLeft')).toBe('Ctrl ←');
    expect(keyLabel('Enter')).toBe('↵');
    expect(keyLabel('Numpad7')).toBe('Num 7');
    expect(keyLabel('Ctrl++')).toBe('Ctrl +');
  });
});

describe('keys.json', () => {
  test('names every command once', () => {
    const ids = keys.map((command) => command.id);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  test('gives no key to two commands of one view, and none of everywhere to a view', () => {
    const taken = new Map<string, string>();
    const twice: string[] = [];
    for (const command of keys)
      for (const key of command.keys) {
        for (const scope of command.view === '*' ? ['*', 'tracklets', 'annotate', 'runs', 'compare', 'datasets', 'jobs'] : [command.view]) {
          const other = taken.get(`${scope} ${key}`);
          if (other !== undefined && other !== command.id) twice.push(`${key}: ${other} and ${command.id}`);
          taken.set(`${scope} ${key}`, command.id);
        }
      }
    expect(twice).toEqual([]);
  });

  test('writes keys the way key presses are named', () => {
    const odd = keys.flatMap((command) => command.keys).filter((key) => !/^(Ctrl\+)?(Alt\+)?(Shift\+)?([^a-z\s]|[A-Z][A-Za-z]+\d*|F\d+|Numpad.+)$/.test(key));
    expect(odd).toEqual([]);
  });
});

test('the call that a command names is one that a project open for looking refuses', () => {
  const named = keys.flatMap((command) => ('call' in command ? [command.call as CallName] : []));
  expect(named.length).toBeGreaterThan(30);
  for (const call of named) expect(call in calls && changesProject(call), call).toBe(true);
});
