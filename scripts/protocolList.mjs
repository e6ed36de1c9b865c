/**
 * Writes src-shared/protocols/list.ts from the files of src-shared/protocols/defs, where it says otherwise. Page and host need one list with
 * the names as types, at once and without a file system, so it cannot be read from the folder when the program runs.
 * Plain JavaScript: runs before the start, the tests and the types. Test: test/contracts/protocols.contract.test.ts.
 */
import { readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './runtime.mjs';

export function ensureProtocolList(folder = join(root, 'src-shared', 'protocols')) {
  const file = join(folder, 'list.ts');
  const text = listText(readdirSync(join(folder, 'defs')));
  if (readOr(file, '') === text) return;
  // In one step, since a program that runs may be reading it.
  writeFileSync(`${file}.${process.pid}`, text);
  renameSync(`${file}.${process.pid}`, file);
}

function listText(files) {
  const ids = files
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -3))
    .sort();
  const odd = ids.find((id) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id));
  if (odd !== undefined) throw new Error(`src-shared/protocols/defs/${odd}.ts: a protocol's file is named by its id, in small letters, digits and hyphens.`);
  const names = ids.map((id) => id.replace(/-(.)/g, (_, letter) => letter.toUpperCase()));
  return [
    '/** Every test protocol, one file each in `defs/`. Written by scripts/protocolList.mjs, never by hand. Test: test/contracts/protocols.contract.test.ts. */',
    ...ids.map((id, i) => `import ${names[i]} from './defs/${id}.ts';`),
    '',
    `export const list = [`,
    ...names.map((name) => `  ${name},`),
    '] as const;',
    '',
  ].join('\n');
}

function readOr(file, otherwise) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return otherwise;
  }
}
