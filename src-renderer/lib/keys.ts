/**
 * Keys as text: "Ctrl+K", "Shift+ArrowLeft", "7", "?". On a Mac, Cmd counts as Ctrl.
 * Letters are upper case; Shift is named only with letters and named keys, because "?" already says it.
 * Tested by test/renderer/keys.test.ts.
 */

export interface KeyPress {
  key: string;
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const IS_MAC = typeof navigator !== 'undefined' && /Mac/.test(navigator.platform);
const MODIFIERS = new Set(['Control', 'Shift', 'Alt', 'Meta', 'AltGraph', 'CapsLock', 'Dead', 'Unidentified', 'Process']);

/** The names a key press goes by, most exact first; none for a modifier alone. */
export function keyNames(press: KeyPress): string[] {
  if (MODIFIERS.has(press.key)) return [];
  const isCharacter = press.key.length === 1;
  const key = press.key === ' ' ? 'Space' : isCharacter ? press.key.toUpperCase() : press.key;
  const isLetter = isCharacter && press.key.toLowerCase() !== press.key.toUpperCase();
  const ctrl = press.ctrlKey || (IS_MAC && press.metaKey) ? 'Ctrl+' : '';
  const alt = press.altKey ? 'Alt+' : '';
  const shift = press.shiftKey && (!isCharacter || isLetter || key === 'Space') ? 'Shift+' : '';
  const names = [`${ctrl}${alt}${shift}${key}`];
  // The number pad has its own names, and digits keep working on keyboards where they need Shift.
  if (press.code.startsWith('Numpad') && press.code !== 'NumpadEnter') names.unshift(`${ctrl}${alt}${press.code}`);
  const digit = /^Digit(\d)$/.exec(press.code)?.[1];
  if (digit !== undefined && digit !== key && (ctrl !== '' || alt !== '')) names.push(`${ctrl}${alt}${press.shiftKey ? 'Shift+' : ''}${digit}`);
  return names;
}

const SYMBOLS: Record<string, string> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Enter: '↵',
  Escape: 'Esc',
  Backspace: '⌫',
  Delete: 'Del',
  PageUp: 'Page Up',
  PageDown: 'Page Down',
};

/** "Ctrl+ArrowLeft" → "Ctrl ←", as printed on a key. */
export function keyLabel(key: string): string {
  const parts = key === '+' ? ['+'] : key.replace(/\+\+$/, '+Plus').split('+');
  return parts.map((part) => SYMBOLS[part] ?? (part === 'Plus' ? '+' : part === 'Ctrl' && IS_MAC ? '⌘' : part.replace(/^Numpad/, 'Num '))).join(' ');
}

/** For `aria-keyshortcuts`. */
export function ariaKeys(keys: readonly string[]): string | undefined {
  return keys.length === 0 ? undefined : keys.map((key) => key.replace('Ctrl', 'Control')).join(' ');
}
