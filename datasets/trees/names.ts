/**
 * Which names can be part of a path, wherever files lie. Test: test/main/features/imports/fileTree.test.ts.
 */

export interface EntryName {
  /** The name; where it cannot be used, as one line that can be read in a message. */
  name: string;
  /** Why it cannot be part of a path here, or null. */
  bad: string | null;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
// eslint-disable-next-line no-control-regex -- these are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** @param isTop it would stand first in the path */
export function readName(raw: Uint8Array, isTop: boolean): EntryName {
  const name = decoder.decode(raw);
  const bad = whatIsBad(raw, name, isTop);
  return { name: bad === null ? name : shown(name), bad };
}

function whatIsBad(raw: Uint8Array, name: string, isTop: boolean): string | null {
  if (name.includes('\uFFFD') && !isUtf8(raw)) return 'has a name that is not UTF-8';
  if (name.includes('\\')) return 'has a backslash in its name';
  if (CONTROL.test(name)) return 'has a control character in its name';
  return isTop && /^[A-Za-z]:/.test(name) ? 'has a name that begins like a drive' : null;
}

function isUtf8(raw: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(raw);
    return true;
  } catch {
    return false;
  }
}

function shown(name: string): string {
  return name.replace(new RegExp(CONTROL, 'g'), (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** Whether a path that somebody asks for is none below the root. */
export function leavesFolder(path: string): boolean {
  return path.startsWith('/') || path.includes('\\') || path.includes('\0') || /^[A-Za-z]:/.test(path) || path.split('/').includes('..');
}
