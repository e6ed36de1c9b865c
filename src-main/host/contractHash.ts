/** Names, kinds and shapes of all calls, as one text: a page or command built for another contract notices. Test: test/main/cli/attach.test.ts. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { calls } from '../../src-shared/contract/index.ts';

const FOLDER = new URL('../../src-shared/contract/', import.meta.url);
let known: string | null = null;

export function contractHash(): string {
  if (known) return known;
  const files = readdirSync(FOLDER).sort();
  known = createHash('sha256')
    .update(files.map((name) => readFileSync(new URL(name, FOLDER), 'utf8')).join('\n'))
    .update(Object.keys(calls).join())
    .digest('hex')
    .slice(0, 16);
  return known;
}
